"""Each camera in service keeps a day and a night picture, taken again within the year."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.authorise import pages
from beffroi.core.dates import add_months, day_of
from beffroi.people.rules import Role
from beffroi.plan.models import AcceptanceMeasure, AcceptanceSheet, Camera
from beffroi.plan.works.queries import references
from beffroi.territory.queries import town_zone

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def took(camera: Camera, item: str, days_ago: int, *, is_passed: bool = True) -> None:
    sheet, _ = AcceptanceSheet.objects.get_or_create(site=camera.site, opened_on=TODAY - timedelta(days=400))
    AcceptanceMeasure.objects.create(sheet=sheet, camera=camera, item=item, measured="nette", is_passed=is_passed,
                                     by="system", at=timezone.now() - timedelta(days=days_ago))  # fmt: skip


def due_on(camera: Camera) -> tuple[date | None, bool]:
    (one,) = references(TODAY)
    assert one.camera == camera
    return one.due_on, one.is_due


def test_a_night_picture_is_due_a_year_after_it_was_taken(a_camera: Camera) -> None:
    assert due_on(a_camera) == (None, True)
    took(a_camera, "day-picture", 10)
    assert due_on(a_camera) == (None, True)
    took(a_camera, "night-picture", 100)
    night_on = day_of(timezone.now() - timedelta(days=100), town_zone())  # an hour later in summer: maybe the day after
    assert due_on(a_camera) == (add_months(night_on, 12), False)
    took(a_camera, "night-picture", 5, is_passed=False)
    assert due_on(a_camera) == (add_months(night_on, 12), False)


def test_it_is_told_two_months_ahead_and_is_late_after_the_year(
    a_camera: Camera, client_of: Callable[..., Client]
) -> None:
    took(a_camera, "day-picture", 10)
    took(a_camera, "night-picture", 330)
    assert due_on(a_camera)[1]
    (decision,) = [one for one in pages.standing(TODAY).decisions if "images de référence" in one.title]
    assert decision.tone == "warn"
    AcceptanceMeasure.objects.filter(item="night-picture").update(at=timezone.now() - timedelta(days=370))
    (decision,) = [one for one in pages.standing(TODAY).decisions if "images de référence" in one.title]
    assert decision.tone == "bad"
    shown = client_of(Role.TECHNICAL).get("/programme/images-de-reference/").content.decode()
    assert "C01" in shown and "s-bad" in shown


def test_a_camera_not_in_service_has_none_due(make_camera: Callable[..., Camera]) -> None:
    make_camera(in_service=False)
    assert references(TODAY) == []
