"""A lock reaches the node that has the footage, lasts as long as its kind may, and releases by itself."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.conf import settings
from django.test import override_settings

from beffroi.core.errors import BarredByLaw, InvalidInput
from beffroi.evidence import queries, services
from beffroi.evidence.hold_rules import US_PER_DAY, HoldKind
from beffroi.evidence.models import Hold
from beffroi.evidence.services import HoldRequest
from beffroi.evidence.services.holds import clock
from beffroi.journal.models import Line
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.plan.models import Camera

pytestmark = pytest.mark.django_db

HOUR_US = 3_600_000_000


@pytest.fixture
def fire(make_camera: Callable[..., Camera]) -> HoldRequest:
    evening = clock.now_us() - 2 * HOUR_US
    return HoldRequest(
        id="bin-fire",
        camera=make_camera("c08").pk,
        from_at_us=evening,
        to_at_us=evening + HOUR_US,
        until_at_us=evening + 24 * HOUR_US,
        subject="feu de poubelle",
    )


def test_a_hold_is_in_force_until_its_end_date(fire: HoldRequest) -> None:
    services.hold(fire)
    held = queries.holds_of([fire.camera], fire.to_at_us)[fire.camera]
    assert [(one.id, one.from_at_us, one.to_at_us) for one in held] == [("bin-fire", fire.from_at_us, fire.to_at_us)]
    assert queries.holds_of([fire.camera], fire.until_at_us) == {}


def test_asking_twice_for_the_same_hold_keeps_one(fire: HoldRequest) -> None:
    services.hold(fire)
    services.hold(fire)
    assert Hold.objects.count() == 1


def test_a_hold_without_an_end_after_its_span_is_refused(fire: HoldRequest) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.hold(replace(fire, until_at_us=fire.from_at_us))
    assert refusal.value.field == "until_at_us"


def test_an_incident_is_kept_to_the_limit_of_its_order_and_no_longer(fire: HoldRequest) -> None:
    kept = services.hold(replace(fire, until_at_us=fire.to_at_us + 300 * US_PER_DAY))
    assert kept.until_at_us == fire.from_at_us + 15 * US_PER_DAY


def test_a_call_keeps_its_days_beyond_the_order(fire: HoldRequest) -> None:
    old = fire.from_at_us - 14 * US_PER_DAY
    asked = replace(fire, from_at_us=old, to_at_us=old + HOUR_US, until_at_us=0, kind=HoldKind.TELEPHONE)
    kept = services.hold(asked)
    assert kept.until_at_us > old + 15 * US_PER_DAY
    assert abs(kept.until_at_us - clock.now_us() - settings.BEFFROI.evidence.telephone_days * US_PER_DAY) < HOUR_US


def test_an_inquiry_hold_without_its_inquiry_is_barred(fire: HoldRequest) -> None:
    with pytest.raises(BarredByLaw) as refusal:
        services.hold(replace(fire, kind=HoldKind.INQUIRY))
    assert refusal.value.field == "officer" and not Hold.objects.exists()


def test_a_span_whose_pictures_are_gone_cannot_be_locked(fire: HoldRequest) -> None:
    old = fire.from_at_us - 40 * US_PER_DAY
    with pytest.raises(BarredByLaw) as refusal:
        services.hold(replace(fire, from_at_us=old, to_at_us=old + HOUR_US, until_at_us=0, kind=HoldKind.TELEPHONE))
    assert refusal.value.article == "CSI R253-4"


def test_a_limitation_waits_for_the_town_and_the_signature(fire: HoldRequest, agent_with: Callable[..., Agent]) -> None:
    asked = replace(fire, kind=HoldKind.LIMITATION, until_at_us=fire.to_at_us + 60 * US_PER_DAY)
    with pytest.raises(BarredByLaw):
        services.hold(asked)
    opened = replace(settings.BEFFROI, evidence=replace(settings.BEFFROI.evidence, limitation=True))
    with override_settings(BEFFROI=opened):
        with pytest.raises(InvalidInput):
            services.hold(asked)
        signed = services.hold(replace(asked, signed_by=agent_with(Role.DPO)))
    assert signed.until_at_us == asked.until_at_us


def test_a_released_lock_keeps_nothing_and_says_so_in_the_journal(fire: HoldRequest) -> None:
    services.release([services.hold(fire)])
    assert queries.holds_of([fire.camera], fire.to_at_us) == {}
    told = Line.objects.filter(register="lock").order_by("index").values_list("action", "camera", "reason")
    assert list(told) == [("hold.made", "c08", "incident"), ("hold.released", "c08", "incident")]
