"""What a lock kept beyond the order's limit stays lawful to keep for its inquiry, and renews itself for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.authorise.models import Order, OrderCamera
from beffroi.core.dates import day_of
from beffroi.core.errors import BarredByLaw, InvalidInput
from beffroi.evidence import services
from beffroi.evidence.hold_rules import US_PER_DAY, HoldKind
from beffroi.evidence.models import Hold, Requisition
from beffroi.evidence.queries import holds_of
from beffroi.evidence.services import Call
from beffroi.evidence.services.holds import hold_id
from beffroi.evidence.services.steps import clock
from beffroi.journal.models import Line
from beffroi.people.rules import Role
from beffroi.plan.models import Camera
from beffroi.territory.queries import town_zone
from tests.web.evidence.conftest import HOUR_US, Team, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def late(called: Requisition) -> Requisition:
    """A call three days ago for pictures that were twelve and a half days old: the order's fifteen are over."""
    then = clock.now_us() - 15 * US_PER_DAY - 12 * HOUR_US
    span = {"from_at_us": then, "to_at_us": then + HOUR_US}
    Requisition.objects.update(opened_at_us=clock.now_us() - 3 * US_PER_DAY, **span)
    Hold.objects.update(until_at_us=clock.now_us() + 5 * US_PER_DAY, **span)
    return Requisition.objects.get()


def test_the_paper_that_comes_after_the_limit_keeps_what_the_call_kept(late: Requisition, team: Team) -> None:
    services.receive(late, written(), by=team.operator)
    held = Hold.objects.get()
    assert held.kind == HoldKind.INQUIRY.value and held.until_at_us > clock.now_us() + 50 * US_PER_DAY
    until_on = day_of(timezone.now(), town_zone()) + timedelta(days=90)
    services.extend(late, until_on, by=team.operator)
    assert Hold.objects.get().until_at_us > clock.now_us() + 89 * US_PER_DAY


def test_an_inquirys_lock_has_a_ceiling_is_renewed_with_a_line_told_before_and_ends_by_itself(
    late: Requisition, team: Team, client_of: Callable[..., Client]
) -> None:
    services.receive(late, written(), by=team.operator)
    today = day_of(timezone.now(), town_zone())
    with pytest.raises(InvalidInput) as refusal:
        services.extend(late, today + timedelta(days=190), by=team.operator)
    assert refusal.value.field == "until_on"
    services.extend(late, today + timedelta(days=10), by=team.operator)
    line = Line.objects.filter(action="requisition.extended").latest("pk")
    assert (line.author, line.subject, line.register) == (team.operator.pk, late.pk, "lock")
    assert "prolongez-le si l" in client_of(Role.CHIEF).get("/requisitions/").content.decode()
    ends_at_us = Hold.objects.get().until_at_us
    assert holds_of(["c01"], ends_at_us - 1)["c01"] and holds_of(["c01"], ends_at_us) == {}


def test_a_second_call_does_not_renew_what_the_first_kept_past_the_limit(late: Requisition, team: Team) -> None:
    again = Call(
        facts="Incendie", place="Capelle", cameras=("c01",), from_at_us=late.from_at_us, to_at_us=late.to_at_us
    )
    with pytest.raises(BarredByLaw):
        services.note_call(again, by=team.operator)
    until_at_us = services.lock(late, ["c01"], by=team.operator)[0].until_at_us
    assert until_at_us == late.opened_at_us + 8 * US_PER_DAY


def test_a_paper_that_comes_once_the_call_is_over_is_written_down_all_the_same(late: Requisition, team: Team) -> None:
    Hold.objects.update(until_at_us=1)
    services.receive(late, written(), by=team.operator)
    assert Requisition.objects.get().procedure and Hold.objects.get().kind == HoldKind.TELEPHONE.value


def test_one_camera_whose_pictures_are_gone_loses_no_others(
    call: Call, team: Team, make_camera: Callable[..., Camera]
) -> None:
    OrderCamera.objects.filter(camera=make_camera("c02")).delete()
    Order.objects.update(retention_days=10)
    old = clock.now_us() - 12 * US_PER_DAY  # without an order our own setting says how long: fifteen days
    asked = replace(call, cameras=("c01", "c02"), from_at_us=old, to_at_us=old + HOUR_US)
    services.note_call(asked, by=team.operator)
    assert list(Hold.objects.values_list("camera", flat=True)) == ["c02"]


def test_two_long_names_of_cameras_have_two_locks() -> None:
    long = "camera-of-the-northern-entrance-of-the-old-market-square-"
    assert hold_id("limitation-A-2026-001", long + "a") != hold_id("limitation-A-2026-001", long + "b")
    assert len(hold_id("limitation-A-2026-001", long + "a")) <= 63
