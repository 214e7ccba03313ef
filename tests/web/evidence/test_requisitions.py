"""From the call to the register: the picture is never lost, two persons decide, only who may receive receives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, transaction
from django.test import override_settings

from beffroi.core.errors import BarredByLaw, BeffroiError, Conflict, InvalidInput, NotPermitted
from beffroi.evidence import services
from beffroi.evidence.hold_rules import US_PER_DAY, HoldKind
from beffroi.evidence.models import Hold, Pack, Recipient, Requisition
from beffroi.evidence.queries import cases
from beffroi.evidence.rules import Act, Lane, PackState, lane, next_act
from beffroi.evidence.services import Call, Handing, NewPiece
from beffroi.evidence.services.steps import clock
from beffroi.journal.models import Line
from beffroi.operate.models import Device
from beffroi.people.models import Agent, CameraGroup
from beffroi.people.rules import Role
from tests.web.evidence.conftest import HOUR_US, PDF, Team, deliver, piece, treat, written

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path) -> Iterator[None]:
    with override_settings(BEFFROI=replace(django_settings.BEFFROI, data=tmp_path)):
        yield


def stands(requisition: Requisition) -> tuple[Lane, Act | None]:
    case = cases.facts_of(Requisition.objects.get(pk=requisition.pk))
    return lane(case), next_act(case)


# -- call, number, lock ---------------------------------------------------------------------------------------


def test_a_call_is_numbered_and_locks_every_camera_that_could_see(called: Requisition) -> None:
    held = Hold.objects.get()
    assert called.pk == f"R-{called.year}-001"
    assert (held.camera_id, held.kind, held.requisition_id) == ("c01", HoldKind.TELEPHONE.value, called.pk)
    assert held.until_at_us == called.opened_at_us + 8 * US_PER_DAY
    assert stands(called) == (Lane.TO_TREAT, Act.RECEIVE)


def test_numbers_follow_without_gap_even_when_a_call_fails_midway(call: Call, team: Team) -> None:
    services.note_call(call, by=team.operator)
    with pytest.raises(NotPermitted):
        services.note_call(replace(call, cameras=("c99",)), by=Agent.objects.get(pk=_outside(team.operator)))
    second = services.note_call(call, by=team.operator)
    assert second.rank == 2


def _outside(agent: Agent) -> str:
    """The same agent, whose role is over another camera's group only."""
    group = CameraGroup.objects.create(id="other", name="Ailleurs", cameras=["c98"])
    agent.assignments.update(group=group)
    return agent.pk


def test_a_requisition_noted_without_lock_is_to_be_saved_and_says_until_when(call: Call, team: Team) -> None:
    noted = services.note_call(call, by=team.operator, locks=False)
    assert stands(noted) == (Lane.TO_SAVE, Act.LOCK)
    assert cases.due_at_us(noted) == call.from_at_us + 15 * US_PER_DAY
    services.lock(noted, cases.could_see(noted), by=team.operator)
    assert stands(noted)[0] is Lane.TO_TREAT
    assert cases.due_at_us(noted) is None


def test_a_call_for_pictures_long_gone_is_numbered_and_locks_nothing(call: Call, team: Team) -> None:
    old = call.from_at_us - 40 * US_PER_DAY
    noted = services.note_call(replace(call, from_at_us=old, to_at_us=old + HOUR_US), by=team.operator)
    assert not Hold.objects.exists() and stands(noted) == (Lane.TO_TREAT, Act.RECEIVE)


def test_a_call_for_pictures_long_gone_of_a_named_camera_is_barred(call: Call, team: Team) -> None:
    old = call.from_at_us - 40 * US_PER_DAY
    with pytest.raises(BarredByLaw) as refusal:
        services.note_call(replace(call, from_at_us=old, to_at_us=old + HOUR_US, cameras=("c01",)), by=team.operator)
    assert refusal.value.article == "CSI R253-4" and not Requisition.objects.exists()


def test_a_call_needs_facts_a_place_and_a_span(call: Call, team: Team) -> None:
    for broken, field in (
        (replace(call, facts=" "), "facts"),
        (replace(call, place=""), "place"),
        (replace(call, to_at_us=call.from_at_us), "to_at"),
        (replace(call, from_at_us=clock.now_us() + HOUR_US, to_at_us=clock.now_us() + 2 * HOUR_US), "from_at"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            services.note_call(broken, by=team.operator)
        assert refusal.value.field == field and refusal.value.message_fr != refusal.value.message


def test_the_database_itself_refuses_an_inquiry_lock_without_its_inquiry(called: Requisition) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Hold.objects.update(kind=HoldKind.INQUIRY.value, requisition=None)


# -- what is received -----------------------------------------------------------------------------------------


def test_a_whole_requisition_makes_the_lock_the_inquirys(called: Requisition, team: Team) -> None:
    services.receive(called, written(), by=team.operator)
    held = Hold.objects.get()
    assert held.kind == HoldKind.INQUIRY.value and held.until_at_us > called.opened_at_us + 59 * US_PER_DAY


def test_a_requisition_without_its_date_leaves_the_telephone_lock(called: Requisition, team: Team) -> None:
    services.receive(called, replace(written(), dated_on=None), by=team.operator)
    assert Hold.objects.get().kind == HoldKind.TELEPHONE.value
    assert cases.missing_fields(called) == ("dated_on",)


def test_a_frame_that_is_not_in_force_is_refused(called: Requisition, team: Team) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.receive(called, written("60-9"), by=team.operator)
    assert refusal.value.field == "frame"


def test_a_preliminary_inquiry_waits_for_the_prosecutor_and_keeps_its_lock(
    called: Requisition, team: Team, opj: Recipient
) -> None:
    services.receive(called, written("77-1-1"), by=team.operator)
    services.add_piece(called, piece("requisition"), by=team.operator)
    services.choose(called, {"c01": ""}, by=team.operator)
    services.conclude(called, "images", by=team.operator)
    services.validate(called, by=team.chief)
    with pytest.raises(BarredByLaw) as refusal:
        services.ask_pack(called, opj, by=team.chief)
    assert refusal.value.article == "CPP 77-1-1" and "verrou reste" in refusal.value.message_fr
    assert Hold.objects.filter(released_at_us__isnull=True).count() == 1
    services.add_piece(called, piece("instructions", months_old=8), by=team.operator)
    assert cases.missing(called)
    services.add_piece(called, piece("instructions", months_old=2), by=team.operator)
    assert not cases.missing(called)
    services.ask_pack(called, opj, by=team.chief)


def test_an_instruction_waits_for_the_commission(called: Requisition, team: Team, opj: Recipient) -> None:
    treat(called, team)
    services.receive(called, written("99-3"), by=team.operator)
    services.validate(called, by=team.chief)
    with pytest.raises(BarredByLaw) as refusal:
        services.ask_pack(called, opj, by=team.chief)
    assert "commission rogatoire" in refusal.value.message_fr


@pytest.mark.parametrize("lacking", ["officer", "unit", "procedure", "dated_on"])
def test_pictures_leave_only_with_every_field_of_the_requisition(
    lacking: str, called: Requisition, team: Team, opj: Recipient
) -> None:
    treat(called, team)
    services.validate(called, by=team.chief)
    setattr(called, lacking, None if lacking == "dated_on" else "")
    called.save()
    with pytest.raises(BarredByLaw) as refusal:
        services.ask_pack(called, opj, by=team.chief)
    assert (refusal.value.field, refusal.value.article) == (lacking, "CPP 60-1")


def test_a_second_person_may_let_it_go_without_the_piece_and_that_is_written(
    called: Requisition, team: Team, opj: Recipient
) -> None:
    treat(called, team)
    services.receive(called, written("99-3"), by=team.operator)
    with pytest.raises(BarredByLaw):
        services.dispense(called, "piece-follows", by=team.operator)
    with pytest.raises(InvalidInput):
        services.dispense(called, "because", by=team.chief)
    services.dispense(called, "piece-follows", by=team.chief)
    services.validate(called, by=team.chief)
    services.ask_pack(called, opj, by=team.chief)
    line = Line.objects.get(action="requisition.dispensed")
    assert (line.author, line.subject) == (team.chief.pk, called.pk)


@pytest.mark.parametrize("content", [b"MZ\x90", b"<svg onload=alert(1)>", PDF + b"0" * (10 * 2**20)])
def test_a_scan_is_a_pdf_a_jpeg_or_a_png_by_content_and_not_too_large(
    content: bytes, called: Requisition, team: Team
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.add_piece(called, NewPiece(kind="requisition", content=content), by=team.operator)
    assert refusal.value.field == "scan"


def test_a_scan_is_sealed_and_reading_it_is_a_line(called: Requisition, team: Team) -> None:
    scan = services.add_piece(called, piece("requisition"), by=team.operator).scan
    assert scan is not None and PDF not in bytes(scan.sealed)
    opened = services.read_scan(called, scan.pk, by=team.chief)
    assert opened is not None and opened[0] == PDF
    assert Line.objects.filter(action="requisition.piece-read", author=team.chief.pk).count() == 1


# -- cameras and result -------------------------------------------------------------------------------------


def test_a_camera_is_set_aside_with_a_reason_of_the_list(called: Requisition, team: Team) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.choose(called, {"c01": "not in the mood"}, by=team.operator)
    assert refusal.value.field == "reason"


def test_what_is_set_aside_stays_locked_until_the_second_person_agrees(
    called: Requisition, team: Team, make_camera: Callable[..., object]
) -> None:
    services.receive(called, written(), by=team.operator)
    services.choose(called, {"c01": "nothing-seen"}, by=team.operator)
    services.conclude(called, "negative", ["nothing-seen"], by=team.operator)
    assert Hold.objects.filter(released_at_us__isnull=True).count() == 1
    services.validate(called, by=team.chief)
    assert not Hold.objects.filter(released_at_us__isnull=True).exists()


def test_a_partial_or_negative_answer_says_why(called: Requisition, team: Team) -> None:
    for result in ("partial", "negative"):
        with pytest.raises(InvalidInput) as refusal:
            services.conclude(called, result, by=team.operator)
        assert refusal.value.field == "reasons"


def test_pictures_come_from_a_camera_that_was_kept(called: Requisition, team: Team) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.conclude(called, "images", by=team.operator)
    assert refusal.value.field == "result"


def test_an_opj_who_looks_on_site_is_a_line_of_communication(called: Requisition, team: Team, opj: Recipient) -> None:
    services.attend(called, opj, by=team.operator)
    with pytest.raises(Conflict):
        services.attend(called, opj, by=team.operator)
    services.attend_end(called, by=team.operator)
    lines = Line.objects.filter(register="communication", recipient=opj.pk, subject=called.pk)
    told = lines.filter(action__startswith="requisition.attended")
    assert list(told.values_list("action", "author")) == [
        ("requisition.attended", team.operator.pk),
        ("requisition.attended-end", team.operator.pk),
    ]


# -- four eyes ------------------------------------------------------------------------------------------------


def test_who_chose_does_not_validate(called: Requisition, team: Team) -> None:
    services.receive(called, written(), by=team.chief)
    services.choose(called, {"c01": ""}, by=team.chief)
    services.conclude(called, "images", by=team.chief)
    with pytest.raises(BarredByLaw) as refusal:
        services.validate(called, by=team.chief)
    assert (refusal.value.field, refusal.value.article) == ("validator", "CSI R253-3")
    assert "Deux personnes" in refusal.value.message_fr and "Two different" in refusal.value.message
    services.validate(called, by=team.deputy)


def test_a_result_changed_afterwards_is_validated_again(called: Requisition, team: Team) -> None:
    treat(called, team)
    services.validate(called, by=team.chief)
    services.conclude(called, "partial", ["failure"], by=team.operator)
    assert stands(called) == (Lane.TO_VALIDATE, Act.VALIDATE)


def test_alone_on_shift_it_goes_out_flagged_and_is_validated_before_it_closes(
    called: Requisition, team: Team, opj: Recipient
) -> None:
    treat(called, team, result="negative", reasons=("dark",))
    with pytest.raises(BarredByLaw):
        services.hand_over(called, Handing(recipient=opj, medium="paper"), by=team.chief)
    services.go_alone(called, by=team.operator)
    services.hand_over(called, Handing(recipient=opj, medium="paper"), by=team.operator)
    assert stands(called) == (Lane.TO_VALIDATE, Act.VALIDATE)
    with pytest.raises(Conflict):
        services.close(called, by=team.operator)
    with pytest.raises(BarredByLaw):
        services.validate(called, by=team.operator)
    services.validate(called, by=team.chief)
    services.close(called, by=team.operator)
    assert stands(called) == (Lane.CLOSED, Act.FEEDBACK)


# -- hand-over ----------------------------------------------------------------------------------------------


def test_pictures_go_to_a_registered_recipient_only(called: Requisition, team: Team, opj: Recipient) -> None:
    treat(called, team)
    deliver(called, team, opj)
    services.end_recipient(opj, by=team.chief)
    opj.refresh_from_db()
    with pytest.raises(BarredByLaw) as refusal:
        services.hand_over(called, Handing(recipient=opj, medium="disc"), by=team.chief)
    assert refusal.value.field == "recipient"
    line = Line.objects.get(action="requisition.handed-over")
    assert (line.recipient, line.register, line.reason) == (opj.pk, "communication", "requisition")


def test_a_recipient_outside_the_closed_list_is_refused(team: Team) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.add_recipient(services.NewRecipient(quality="press", name="X", unit="Y"), by=team.chief)
    assert refusal.value.field == "quality"


def test_a_service_named_by_the_order_keeps_a_month_at_most(called: Requisition, team: Team) -> None:
    service = services.add_recipient(
        services.NewRecipient(quality="l252-3", name="Poste", unit="gendarmerie"), by=team.chief
    )
    treat(called, team)
    deliver(called, team, service)
    row = called.hand_overs.get()
    assert row.keeps_until_on is not None and 28 <= (row.keeps_until_on - cases.today()).days <= 31


def test_there_is_no_pack_of_a_negative_answer_and_no_hand_over_without_a_pack_of_the_others(
    called: Requisition, team: Team, opj: Recipient
) -> None:
    treat(called, team)
    services.validate(called, by=team.chief)
    with pytest.raises(Conflict):
        services.hand_over(called, Handing(recipient=opj, medium="disc"), by=team.chief)
    services.conclude(called, "negative", ["dark"], by=team.operator)
    services.validate(called, by=team.chief)
    with pytest.raises(Conflict):
        services.ask_pack(called, opj, by=team.chief)


def test_no_step_can_be_skipped_on_the_way_to_a_pack(called: Requisition, team: Team, opj: Recipient) -> None:
    for act in (
        lambda: services.ask_pack(called, opj, by=team.chief),
        lambda: services.validate(called, by=team.chief),
        lambda: services.close(called, by=team.chief),
    ):
        with pytest.raises(BeffroiError):
            act()
    assert not Pack.objects.exists()


def test_every_line_of_the_register_of_exports_has_its_fields(called: Requisition, team: Team, opj: Recipient) -> None:
    treat(called, team)
    deliver(called, team, opj)
    line = Line.objects.get(register="export", action="pack.asked")
    assert all((line.author, line.reason, line.camera, line.subject)) and '"from_at_us"' in line.detail


# -- purge ----------------------------------------------------------------------------------------------------


def test_the_working_copy_dies_after_the_receipt_and_the_grace_time(
    called: Requisition, team: Team, opj: Recipient
) -> None:
    treat(called, team)
    deliver(called, team, opj)
    folder = services.packs_folder() / Pack.objects.get().folder
    with pytest.raises(Conflict):
        services.close(called, by=team.chief)
    later = clock.now_us() + 49 * HOUR_US
    assert services.purge_due(later) == []
    services.add_piece(called, piece("receipt"), by=team.chief)
    services.close(called, by=team.chief)
    assert services.purge_due(clock.now_us() + 47 * HOUR_US) == [] and folder.exists()
    assert services.purge_due(clock.now_us() + 49 * HOUR_US) == [Pack.objects.get().pk]
    assert not folder.exists() and Pack.objects.get().state is PackState.DESTROYED
    assert Line.objects.get(action="pack.destroyed").register == "erasure"


def test_a_purge_cut_before_the_files_went_is_finished_by_the_next(
    called: Requisition, team: Team, opj: Recipient
) -> None:
    treat(called, team)
    deliver(called, team, opj)
    Pack.objects.update(destroy_asked_at_us=1)
    assert services.purge_due(clock.now_us()) == [Pack.objects.get().pk]


def test_a_purge_cut_after_the_files_went_says_so_at_the_next(called: Requisition, team: Team, opj: Recipient) -> None:
    treat(called, team)
    deliver(called, team, opj)
    Pack.objects.update(destroy_asked_at_us=1)
    for file in sorted(services.packs_folder().rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()
    services.purge_due(clock.now_us())
    assert Pack.objects.get().state is PackState.DESTROYED


def test_a_closed_requisition_takes_no_more_steps(called: Requisition, team: Team, opj: Recipient) -> None:
    treat(called, team, result="negative", reasons=("dark",))
    services.validate(called, by=team.chief)
    services.hand_over(called, Handing(recipient=opj, medium="paper"), by=team.chief)
    services.close(called, by=team.chief)
    with pytest.raises(Conflict):
        services.choose(called, {"c01": ""}, by=team.operator)
    services.note_feedback(called, "useful", by=team.chief)
    assert stands(called) == (Lane.CLOSED, None)


# -- who reads ------------------------------------------------------------------------------------------------


def test_an_agent_of_other_cameras_does_not_know_of_it(
    called: Requisition, agent_with: Callable[..., Agent], device: Device
) -> None:
    stranger = agent_with(Role.OPERATOR, username="stranger")
    group = CameraGroup.objects.create(id="east", name="Est", cameras=["c44"])
    stranger.assignments.update(group=group)
    assert cases.requisitions_for(stranger) == []
    group.cameras = ["c01"]
    group.save()
    again = Agent.objects.get(pk=stranger.pk)
    assert cases.requisitions_for(again) == [called]
