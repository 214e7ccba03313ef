"""A hold reaches the node that has the footage, and releases by itself."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from beffroi.core.errors import InvalidInput
from beffroi.evidence import queries, services
from beffroi.evidence.models import Hold
from beffroi.evidence.services import HoldRequest
from beffroi.plan.models import Camera

pytestmark = pytest.mark.django_db

EVENING = 1_800_000_000_000_000
HOUR_US = 3_600_000_000


@pytest.fixture
def fire(make_camera: Callable[..., Camera]) -> HoldRequest:
    return HoldRequest(
        id="bin-fire",
        camera=make_camera("c08").pk,
        from_at_us=EVENING,
        to_at_us=EVENING + HOUR_US,
        until_at_us=EVENING + 24 * HOUR_US,
        subject="feu de poubelle",
    )


def test_a_hold_is_in_force_until_its_end_date(fire: HoldRequest) -> None:
    services.hold(fire)
    held = queries.holds_of([fire.camera], EVENING)[fire.camera]
    assert [(one.id, one.from_at_us, one.to_at_us) for one in held] == [("bin-fire", EVENING, EVENING + HOUR_US)]
    assert queries.holds_of([fire.camera], fire.until_at_us) == {}


def test_asking_twice_for_the_same_hold_keeps_one(fire: HoldRequest) -> None:
    services.hold(fire)
    services.hold(fire)
    assert Hold.objects.count() == 1


def test_a_hold_without_an_end_after_its_span_is_refused(fire: HoldRequest) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.hold(replace(fire, until_at_us=fire.from_at_us))
    assert refusal.value.field == "until_at_us"
