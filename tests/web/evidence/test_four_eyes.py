"""Ways in which one person alone might do what needs two: each of them is shut."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client, override_settings

from beffroi.core.errors import BarredByLaw, Conflict, NotPermitted
from beffroi.evidence import services, tasks
from beffroi.evidence.models import Pack, Recipient, Requisition
from beffroi.evidence.packs import making
from beffroi.evidence.queries import cases
from beffroi.evidence.rules import Act, PackState, next_act
from beffroi.evidence.services import Handing
from beffroi.evidence.services.steps import clock
from beffroi.people.models import Agent, CameraGroup
from beffroi.people.rules import Role
from beffroi.plan.models import Camera
from tests.web.evidence.conftest import HOUR_US, Team, deliver, treat, written

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path) -> Iterator[None]:
    with override_settings(BEFFROI=replace(django_settings.BEFFROI, data=tmp_path)):
        yield


def test_a_camera_added_after_the_validation_is_validated_again_before_any_pack(
    called: Requisition, team: Team, opj: Recipient, make_camera: Callable[..., Camera]
) -> None:
    make_camera("c02")
    treat(called, team)
    services.validate(called, by=team.chief)
    services.choose(called, {"c02": ""}, by=team.deputy)
    with pytest.raises(BarredByLaw) as refusal:
        services.ask_pack(called, opj, by=team.deputy)
    assert refusal.value.field == "validator"


def test_a_camera_added_while_the_pack_waits_for_the_worker_is_not_in_it(
    called: Requisition, team: Team, opj: Recipient, make_camera: Callable[..., Camera]
) -> None:
    make_camera("c02")
    treat(called, team)
    services.validate(called, by=team.chief)
    pack = services.ask_pack(called, opj, by=team.chief)
    half = making.packs_folder() / f"{making.MAKING}{pack.pk}"
    half.mkdir(parents=True)
    services.choose(called, {"c02": ""}, by=team.operator)
    tasks.make_pack.call(pack.pk)
    assert Pack.objects.get().state is PackState.FAILED and not half.exists()


def test_a_pack_of_another_choice_is_not_handed_over_and_dies_with_the_locks(
    called: Requisition, team: Team, opj: Recipient, make_camera: Callable[..., Camera]
) -> None:
    make_camera("c02")
    treat(called, team)
    deliver(called, team, opj)
    services.choose(called, {"c01": "out-of-field", "c02": ""}, by=team.operator)
    services.conclude(called, "images", by=team.operator)
    services.validate(called, by=team.chief)
    with pytest.raises(Conflict):
        services.hand_over(called, Handing(recipient=opj, medium="disc"), by=team.chief)
    services.lift(called, by=team.chief)
    assert services.purge_due(clock.now_us() + 47 * HOUR_US) == []
    assert services.purge_due(clock.now_us() + 49 * HOUR_US) == [Pack.objects.get().pk]


def test_who_chooses_afterwards_cannot_have_dispensed_with_the_piece(
    called: Requisition, team: Team, opj: Recipient
) -> None:
    services.receive(called, written("77-1-1"), by=team.operator)
    services.dispense(called, "verbal-order", by=team.chief)
    services.choose(called, {"c01": ""}, by=team.chief)
    services.conclude(called, "images", by=team.chief)
    services.validate(called, by=team.deputy)
    assert next_act(cases.facts_of(called)) is Act.COMPLETE
    with pytest.raises(BarredByLaw):
        services.ask_pack(called, opj, by=team.chief)


def test_a_dispensation_is_of_the_frame_it_was_given_for(called: Requisition, team: Team, opj: Recipient) -> None:
    services.receive(called, written(), by=team.operator)
    services.choose(called, {"c01": ""}, by=team.operator)
    services.conclude(called, "images", by=team.operator)
    services.dispense(called, "verbal-order", by=team.chief)
    services.validate(called, by=team.chief)
    assert next_act(cases.facts_of(called)) is Act.PACK
    services.receive(called, written("77-1-1"), by=team.operator)
    with pytest.raises(BarredByLaw):
        services.ask_pack(called, opj, by=team.chief)


def test_nobody_validates_or_hands_over_cameras_of_another_group(
    called: Requisition, team: Team, opj: Recipient
) -> None:
    treat(called, team)
    group = CameraGroup.objects.create(id="east", name="Est", cameras=["c44"])
    team.deputy.assignments.update(group=group)
    stranger = Agent.objects.get(pk=team.deputy.pk)
    with pytest.raises(NotPermitted):
        services.validate(called, by=stranger)
    services.validate(called, by=team.chief)
    with pytest.raises(NotPermitted):
        services.ask_pack(called, opj, by=stranger)


def test_the_console_exports_for_a_requisition_only_what_two_persons_let_go(
    called: Requisition, team: Team, client_of: Callable[..., Client]
) -> None:
    client = client_of(Role.CHIEF)

    def refusal_of(code: str, reference: str, camera: str = "c01", late_us: int = 0) -> str | None:
        span = {"from_at_us": called.from_at_us, "to_at_us": called.to_at_us + late_us}
        asked = {
            "requests": [{"camera": camera, "kind": "export", **span}],
            "reason": {"code": code, "reference": reference},
        }
        answer = client.post("/api/grants", asked, content_type="application/json").json()
        return None if "grants" in answer else str(answer["error"]["article"])

    ours = ("requisition", called.pk)
    assert refusal_of("requisition", "R-1") == "CSI R253-3"
    assert refusal_of("access-request", "A-2026-001") == "CSI R253-6"
    assert refusal_of(*ours) == "CPP 60-1"
    treat(called, team)
    assert refusal_of(*ours) == "CSI R253-3"
    services.validate(called, by=team.deputy)
    assert refusal_of(*ours) is None
    assert refusal_of(*ours, late_us=1) == refusal_of(*ours, camera="c99") == "CSI R253-3"
    services.conclude(called, "negative", ("dark",), by=team.operator)
    services.validate(called, by=team.deputy)
    assert refusal_of(*ours) == "CSI R253-3"  # nothing is handed over of a negative answer
