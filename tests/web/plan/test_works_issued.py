"""The papers that end a phase's works: issued once all is passed, kept as issued, signed, and only then in service."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker

import beffroi
from beffroi.authorise import duties as authorise_duties
from beffroi.authorise.models import Order
from beffroi.authorise.services import import_town
from beffroi.cli import civil
from beffroi.cli import phase as command
from beffroi.cli.answers import PhaseChecked
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.core.scans import MAX_BYTES
from beffroi.journal.models import Line
from beffroi.people.models import Agent, Assignment
from beffroi.people.rules import Role
from beffroi.plan import queries as plan_queries
from beffroi.plan.models import (
    AcceptanceSheet,
    Camera,
    CameraState,
    IssuedPaper,
    Phase,
    Reserve,
    SignedCopy,
    Site,
    Task,
)
from beffroi.plan.rules import StateName
from beffroi.plan.services import record_state
from beffroi.plan.works import documents, issuing, queries, services
from beffroi.plan.works import duties as works_duties
from beffroi.plan.works.issuing import NewCopy
from beffroi.plan.works.rules import Item, PaperName, Want
from beffroi.plan.works.services import NewMeasure
from tests.web.conftest import pass_sheet

DEMO_TOWN = Path(beffroi.__file__).parent / "demo_town"
START = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
PHASE = "/programme/phases/px/"
REPORT = f"{PHASE}proces-verbal.pdf"
SCAN = b"%PDF-1.7 a signed copy"
ClientOf = Callable[..., Client]


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo town, once for this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        import_town(DEMO_TOWN, start_on=START)
        Order.objects.update(perimeter=None, max_cameras=None)  # no notice of location before a camera goes up
        yield
        transaction.set_rollback(True)


@pytest.fixture
def phase(landed: None, db: None) -> Phase:
    return Phase.objects.get(pk="px")


@pytest.fixture
def passed(phase: Phase) -> Phase:
    """Every site of the phase has a sheet, all of it measured and passed."""
    Reserve.objects.filter(sheet__site__phase=phase).update(lifted_on=START)
    for site in Site.objects.filter(phase=phase):
        pass_sheet(site.pk, START)
    return phase


@pytest.fixture
def technical(phase: Phase, client_of: ClientOf) -> Client:
    return client_of(Role.TECHNICAL)


def wants(phase: Phase, on: date = START) -> set[Want]:
    return {want.want for want in queries.phase_check(phase, on).wanting}


def issued(phase: Phase, name: PaperName = PaperName.REPORT, *, at: datetime = AT) -> IssuedPaper:
    return issuing.issue(name, phase, at=at, by="system")


def serve(phase: Phase, on: date) -> None:
    """Every camera of the phase goes through its life up to service."""
    life = list(StateName)
    for camera, history in plan_queries.histories(phase.cameras.values_list("pk", flat=True)).items():
        for state in life[life.index(history[-1].state) + 1 : life.index(StateName.IN_SERVICE) + 1]:
            record_state(camera, state, on=on)


# -- issued and kept --------------------------------------------------------------------------------------


def test_nothing_is_issued_before_every_sheet_is_passed(phase: Phase, technical: Client) -> None:
    for name in PaperName:
        with pytest.raises(Conflict, match="points of the acceptance are not passed"):
            issued(phase, name)
        assert technical.post(f"{PHASE}etablir/", {"paper": name.value}).status_code == 409
    assert not IssuedPaper.objects.exists() and "Établir</button>" not in technical.get(PHASE).content.decode()


def test_what_is_issued_has_a_number_a_day_and_one_line_with_the_hash_of_its_file(passed: Phase) -> None:
    paper = issued(passed)
    assert (paper.number, paper.on, paper.version) == ("PV-px-1", START, 1)
    assert paper.sha256 == hashlib.sha256(issuing.content_of(paper)).hexdigest()
    line = Line.objects.get(action="paper.issued")
    assert (line.subject, json.loads(line.detail)) == (
        "px",
        {"number": "PV-px-1", "on": "2026-11-23", "sha256": paper.sha256},
    )
    with pikepdf.open(io.BytesIO(issuing.content_of(paper))) as pdf, pdf.open_metadata() as told:
        assert (told["pdfaid:part"], told["dc:title"]) == ("2", documents.TITLES[PaperName.REPORT])


def test_later_prints_give_the_same_bytes_whatever_happened_since(passed: Phase, technical: Client) -> None:
    draft = technical.get(REPORT)
    assert draft["Content-Disposition"].endswith('-projet.pdf"')
    technical.post(f"{PHASE}etablir/", {"paper": "proces-verbal"})
    paper = IssuedPaper.objects.get()
    first = technical.get(REPORT).content
    assert first != draft.content and hashlib.sha256(first).hexdigest() == paper.sha256
    failed = NewMeasure(item=Item.POE, measured="0 W", is_passed=False)
    services.record_measures(AcceptanceSheet.objects.filter(site="sa").latest("opened_on"), [failed], by="system")
    assert technical.get(REPORT).content == first
    assert technical.get(f"/programme/documents/{paper.pk}/").content == first
    assert "Des points ne passent plus depuis" in technical.get(PHASE).content.decode()
    assert technical.get(f"{REPORT}?projet").status_code == 409


def test_a_later_state_is_another_version_and_the_same_state_is_not(passed: Phase, technical: Client) -> None:
    sheet = AcceptanceSheet.objects.filter(site="sa").latest("opened_on")
    due = date(2999, 1, 1)
    reserve = Reserve.objects.create(sheet=sheet, text="enrobé", owner="Génie civil", due_on=due, is_blocking=False)
    first = issued(passed)
    with pytest.raises(Conflict, match="says all of this already"):
        issued(passed, at=AT + timedelta(days=3))
    kept = issuing.content_of(first)
    services.lift_reserve(reserve, on=START, by="system")
    assert "établissez une autre version" in technical.get(PHASE).content.decode()
    second = issued(passed)
    assert (second.number, second.version) == ("PV-px-2", 2)
    assert issuing.content_of(IssuedPaper.objects.get(pk=first.pk)) == kept != issuing.content_of(second)
    page = technical.get(PHASE).content.decode()
    assert "PV-px-1" in page and "PV-px-2" in page and "Versions d'avant" in page


def test_a_report_is_issued_with_reserves_that_have_an_owner_and_a_day_unless_they_bar_it(passed: Phase) -> None:
    sheet = AcceptanceSheet.objects.filter(site="sa").latest("opened_on")
    known = {"sheet": sheet, "text": "enrobé à reprendre", "owner": "Génie civil", "due_on": date(2027, 1, 15)}
    barring = Reserve.objects.create(**known, is_blocking=True)
    with pytest.raises(Conflict, match="enrobé"):
        issued(passed)
    Reserve.objects.filter(pk=barring.pk).update(is_blocking=False)
    said = str(documents._given(PaperName.REPORT, passed, START)["blocks"])
    assert all(word in said for word in ("enrobé à reprendre", "Génie civil", "15 janvier 2027", "avec 1 réserve"))
    assert issued(passed).version == 1


def test_a_report_hides_no_task_that_is_not_over(passed: Phase) -> None:
    assert "Voultre : tranchée ; Voultre : fibre" in str(documents._given(PaperName.REPORT, passed, START)["blocks"])
    day = START - timedelta(days=1)
    Task.objects.filter(lot__phase=passed).update(actual_from_on=day, actual_to_on=day)
    assert "Restent à finir" not in str(documents._given(PaperName.REPORT, passed, START)["blocks"])


# -- signed -----------------------------------------------------------------------------------------------


def test_the_signed_copy_is_kept_as_scanned_and_the_page_says_received_or_awaited(
    passed: Phase, technical: Client, client_of: ClientOf
) -> None:
    paper = issued(passed)
    assert "Exemplaire signé attendu" in technical.get(PHASE).content.decode()
    address = f"/programme/documents/{paper.pk}/signature/"
    form = {"signed_on": "2026-11-24", "note": "Le maire, lots 1 à 5", "scan": SimpleUploadedFile("x.exe", SCAN)}
    assert technical.post(address, form).status_code == 302
    copy = SignedCopy.objects.get()
    assert (copy.media_type, copy.sha256) == ("application/pdf", hashlib.sha256(SCAN).hexdigest())
    assert SCAN not in bytes(copy.sealed)
    line = Line.objects.get(action="paper.signed")
    assert json.loads(line.detail) == {"number": "PV-px-1", "on": "2026-11-24", "sha256": copy.sha256}
    page = technical.get(PHASE).content.decode()
    assert "du 24 novembre 2026" in page and "Le maire, lots 1 à 5" in page and "signé attendu" not in page
    served = client_of(Role.MAYOR).get(f"/programme/exemplaires/{copy.pk}/")
    assert served.content == SCAN and served["Content-Disposition"] == f'inline; filename="PV-px-1-signe-{copy.pk}.pdf"'
    for stranger in (client_of(Role.OPERATOR), Client()):
        assert stranger.get(f"/programme/exemplaires/{copy.pk}/").status_code in (302, 403)
    assert client_of(Role.MAYOR).get(address).status_code == 403


@pytest.mark.parametrize(
    ("content", "signed_on", "said"),
    [
        (b"MZ a program", "2026-11-24", "PDF, JPEG ou PNG"),
        (b"%PDF-" + bytes(MAX_BYTES), "2026-11-24", "10 Mo au plus"),
        (SCAN, "2026-11-22", "de ce jour ou d&#x27;apr"),
        (SCAN, "2999-01-01", "pas dans le futur"),
        (b"", "2026-11-24", "vide"),
    ],
)
def test_a_signed_copy_that_cannot_be_is_refused(
    passed: Phase, technical: Client, content: bytes, signed_on: str, said: str
) -> None:
    paper = issued(passed)
    form = {"signed_on": signed_on, "scan": SimpleUploadedFile("pv.pdf", content)}
    answer = technical.post(f"/programme/documents/{paper.pk}/signature/", form)
    assert answer.status_code == 400 and said in answer.content.decode()
    assert not SignedCopy.objects.exists()


def test_the_same_scan_is_not_kept_twice_nor_the_issued_file_called_signed(passed: Phase) -> None:
    paper = issued(passed)
    with pytest.raises(InvalidInput, match="without a signature"):
        issuing.join_signed(paper, NewCopy(content=issuing.content_of(paper), signed_on=START), at=AT, by="system")
    issuing.join_signed(paper, NewCopy(content=SCAN, signed_on=START), at=AT, by="system")
    with pytest.raises(Conflict, match="there already"):
        issuing.join_signed(paper, NewCopy(content=SCAN, signed_on=START), at=AT, by="system")


def test_the_check_of_a_phase_names_what_is_not_issued_or_not_signed(
    passed: Phase, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("check_database", "open_civil", "configured"):
        monkeypatch.setattr(civil, name, lambda *_: None)

    def told() -> set[Want]:
        command.run(argparse.Namespace(data=None, phase="px", json=True))
        answer = PhaseChecked.model_validate_json(capsys.readouterr().out)
        assert all(one.text for one in answer.wanting)
        return {one.want for one in answer.wanting} & papers

    papers = {Want.REPORT_NOT_ISSUED, Want.REPORT_NOT_SIGNED, Want.AS_BUILT_NOT_ISSUED}
    assert told() == {Want.REPORT_NOT_ISSUED, Want.AS_BUILT_NOT_ISSUED}
    paper = issued(passed)
    assert told() == {Want.REPORT_NOT_SIGNED, Want.AS_BUILT_NOT_ISSUED}
    issuing.join_signed(paper, NewCopy(content=SCAN, signed_on=START), at=AT, by="system")
    issued(passed, PaperName.AS_BUILT)
    assert told() == set()


def told(role: Role, on: date) -> str:
    caller = Agent.objects.get_or_create(username=f"u-{role.value}", defaults={"name": role.value})[0]
    Assignment.objects.get_or_create(agent=caller, role=role)
    waiting = (*works_duties.duties(caller, on), *authorise_duties.duties(caller, on))
    return " ".join(f"{one.title} {one.effect}" for one in waiting)


def test_late_reserves_and_awaited_signatures_wait_for_whoever_keeps_the_works(passed: Phase) -> None:
    sheet = AcceptanceSheet.objects.filter(site="sa").latest("opened_on")
    due = START + timedelta(days=5)
    Reserve.objects.create(sheet=sheet, text="enrobé", owner="Génie civil", due_on=due, is_blocking=False)
    paper = issued(passed)
    assert "enrobé" not in told(Role.TECHNICAL, due) and "PV-px-1" in told(Role.TECHNICAL, due)
    assert "réserve : enrobé" in told(Role.TECHNICAL, due + timedelta(days=1))
    assert "enrobé" not in told(Role.OPERATOR, due + timedelta(days=1))
    issuing.join_signed(paper, NewCopy(content=SCAN, signed_on=START), at=AT, by="system")
    assert "PV-px-1" not in told(Role.TECHNICAL, due)


def test_a_day_declared_to_the_prefect_that_went_by_without_the_phase_is_told(passed: Phase) -> None:
    declared = START + timedelta(days=24)
    assert "nouveau jour de mise en service" not in told(Role.MAYOR, declared)
    assert "nouveau jour de mise en service : Extension" in told(Role.MAYOR, declared + timedelta(days=1))
    serve(passed, declared)
    assert "nouveau jour de mise en service" not in told(Role.MAYOR, declared + timedelta(days=1))


# -- only then in service ---------------------------------------------------------------------------------


def test_a_phase_is_in_service_once_its_last_camera_is_and_its_report_is_issued(passed: Phase) -> None:
    serve(passed, START)
    passed.refresh_from_db()
    assert passed.in_service_on is None and Want.REPORT_NOT_ISSUED in wants(passed)
    figures = next(one for one in plan_queries.phase_figures(START) if one.id == "px")
    assert figures.in_service_on is None and passed in plan_queries.phases_under_way(START)
    issued(passed, at=AT + timedelta(days=2))
    passed.refresh_from_db()
    assert passed.in_service_on == START + timedelta(days=2)
    assert {Want.REPORT_NOT_SIGNED, Want.AS_BUILT_NOT_ISSUED} <= wants(passed, START + timedelta(days=2))


def test_a_report_before_the_last_camera_waits_for_it(passed: Phase) -> None:
    issued(passed)
    passed.refresh_from_db()
    assert passed.in_service_on is None
    serve(passed, START + timedelta(days=3))
    passed.refresh_from_db()
    assert passed.in_service_on == START + timedelta(days=3)


def test_a_camera_put_on_the_phase_after_its_report_asks_for_another(passed: Phase) -> None:
    issued(passed)
    serve(passed, START)
    Phase.objects.filter(pk="px").update(in_service_on=None)
    moved = Camera.objects.get(pk="c01")
    moved.phase = passed
    moved.save()
    services.date_phase(passed)
    passed.refresh_from_db()
    assert passed.in_service_on is None and Want.REPORT_NOT_ISSUED in wants(passed)


def test_the_last_camera_given_up_dates_its_phase_too(passed: Phase) -> None:
    issued(passed)
    left = Camera.objects.get(pk="c48")
    others = Phase.objects.get(pk="px").cameras.exclude(pk="c48")
    life = list(StateName)
    for camera, history in plan_queries.histories(others.values_list("pk", flat=True)).items():
        for state in life[life.index(history[-1].state) + 1 : life.index(StateName.IN_SERVICE) + 1]:
            record_state(camera, state, on=START)
    passed.refresh_from_db()
    assert passed.in_service_on is None
    record_state(left.pk, StateName.REMOVED, on=START + timedelta(days=1))
    passed.refresh_from_db()
    assert passed.in_service_on == START + timedelta(days=1)


def test_the_commissioning_of_a_phase_is_not_written_before_its_report(passed: Phase, technical: Client) -> None:
    task = Task.objects.select_related("lot__phase").get(pk="x-service")
    task.after.clear()
    days = {"act": "days", "actual_from_on": "2026-11-23", "actual_to_on": "2026-11-23"}
    page = technical.post("/programme/taches/x-service/", days)
    assert page.status_code == 400 and "procès-verbal de réception soit établi" in page.content.decode()
    task.refresh_from_db()
    assert task.actual_to_on is None
    issued(passed)
    assert technical.post("/programme/taches/x-service/", days).status_code == 302


def test_the_programme_page_calls_no_phase_in_service_before_its_report(passed: Phase, technical: Client) -> None:
    serve(passed, START)
    assert not CameraState.objects.filter(camera__phase=passed, on__gt=START).exists()
    page = technical.get(PHASE).content.decode()
    assert "En service depuis" not in page and "Établir le procès-verbal" in page
    assert "réelle 23 novembre 2026" not in technical.get("/programme/").content.decode()
    issued(passed, at=timezone.now())
    assert "En service depuis" in technical.get(PHASE).content.decode()


def test_phases_whose_works_came_before_this_register_lack_no_paper(phase: Phase) -> None:
    assert not wants(Phase.objects.get(pk="p1")) & {Want.REPORT_NOT_ISSUED, Want.AS_BUILT_NOT_ISSUED}


def test_a_signature_of_another_day_is_refused_in_both_languages(passed: Phase) -> None:
    with pytest.raises(InvalidInput, match="was issued on") as caught:
        issuing.join_signed(issued(passed), NewCopy(content=SCAN, signed_on=date(2020, 1, 1)), at=AT, by="system")
    assert "est établi le 23/11/2026" in caught.value.message_fr
