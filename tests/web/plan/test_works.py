"""Works in the database: what a folder brings, what a phase lacks, no service before its sheet is passed."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pikepdf
import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker

import beffroi
from beffroi.authorise.services import import_town
from beffroi.core.errors import InvalidInput
from beffroi.core.reading import FolderRefused
from beffroi.journal.models import Line
from beffroi.people.rules import Role
from beffroi.plan.models import AcceptanceSheet, Camera, Lot, Phase, Reserve, Site, Task
from beffroi.plan.rules import StateName
from beffroi.plan.services import record_state
from beffroi.plan.works import documents, queries, services
from beffroi.plan.works.rules import BudgetKind, Item, Progress, Want
from beffroi.plan.works.services import NewMeasure
from beffroi.plan.works.words import sentence
from tests.web.conftest import draw_demo_masks, pass_sheet

DEMO_TOWN = Path(beffroi.__file__).parent / "demo_town"
START = date(2026, 11, 23)
NOON = datetime.combine(START, time(12), tzinfo=UTC)
ClientOf = Callable[..., Client]


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo town, once for this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        import_town(DEMO_TOWN, start_on=START)
        draw_demo_masks(DEMO_TOWN)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def phase(landed: None, db: None) -> Phase:
    return Phase.objects.get(pk="px")


@pytest.fixture
def sheet(phase: Phase) -> AcceptanceSheet:
    return AcceptanceSheet.objects.get(site="sa")


def test_the_trench_of_the_voultre_holds_up_camera_47(phase: Phase) -> None:
    found = {line.task.pk: line for line in queries.task_lines(START, phase=phase.pk)}
    assert found["x-b-trench"].standing.progress is Progress.LATE
    assert found["x-b-trench"].standing.late_days == 21
    assert found["x-b-camera-47"].standing.progress is Progress.BLOCKED


def test_the_budget_of_the_extension_adds_up(phase: Phase) -> None:
    money = queries.money(START, phase=phase.pk)
    total = {kind: sum(lot.cents[kind] for lot in money) // 100 for kind in BudgetKind}
    assert (total[BudgetKind.VOTED], total[BudgetKind.COMMITTED], total[BudgetKind.INVOICED]) == (
        112_000,
        103_710,
        50_230,
    )
    assert sum(lot.left_to_commit_cents for lot in money) // 100 == 8_290


def test_a_phase_says_all_that_it_lacks(phase: Phase) -> None:
    found = queries.phase_check(phase, START)
    assert not found.is_ready
    wants = {(want.want, want.camera or want.subject) for want in found.wanting}
    assert (Want.LINK_NOT_LIT, "f69") in wants
    assert (Want.TASK_NOT_DONE, "x-b-trench") in wants
    assert (Want.CAMERA_STATE, "c47") in wants
    assert all(sentence(want) for want in found.wanting)


def test_phases_in_service_lack_nothing(phase: Phase) -> None:
    assert all(queries.phase_check(Phase.objects.get(pk=known), START).is_ready for known in ("p1", "p2", "p3", "p4"))


def test_a_camera_is_not_accepted_before_its_night_picture(sheet: AcceptanceSheet) -> None:
    with pytest.raises(InvalidInput, match=r"First, .*night picture"):
        record_state("c46", StateName.ACCEPTED, on=START)
    night = NewMeasure(
        item=Item.NIGHT_PICTURE, measured="nette", is_passed=True, camera="c46", sha256="0" * 64, at=NOON
    )
    services.record_measures(sheet, [night], by="system")
    record_state("c46", StateName.ACCEPTED, on=START)


def test_a_measure_that_fails_later_shuts_the_way_again(sheet: AcceptanceSheet) -> None:
    record_state("c45", StateName.IN_SERVICE, on=START - timedelta(days=1))
    services.record_measures(sheet, [NewMeasure(item=Item.POE, measured="0 W", is_passed=False, at=NOON)], by="system")
    with pytest.raises(InvalidInput, match=r"First, .*PoE"):
        record_state("c46", StateName.ACCEPTED, on=START)


def test_a_blocking_reserve_stands_until_it_is_lifted(sheet: AcceptanceSheet) -> None:
    camera = Camera.objects.get(pk="c45")
    reserve = Reserve(text="joint à refaire", owner="installateur", due_on=date(2999, 1, 1))
    services.add_reserve(sheet, reserve, by="system")
    assert [want.want for want in queries.acceptance_wants(camera, START)] == [Want.RESERVE]
    services.lift_reserve(reserve, on=START, by="system")
    assert queries.acceptance_wants(camera, START) == ()
    assert Line.objects.filter(action__startswith="reserve.").count() == 2


def test_a_camera_of_another_site_is_not_measured_on_this_sheet(sheet: AcceptanceSheet) -> None:
    with pytest.raises(InvalidInput, match="is measured of a camera of this site"):
        services.record_measures(
            sheet, [NewMeasure(item=Item.POSE, measured="1°", is_passed=True, camera="c01")], by="system"
        )


def test_real_days_are_in_order_and_in_the_past(phase: Phase) -> None:
    task = Task.objects.get(pk="x-b-trench")
    with pytest.raises(InvalidInput, match="ends after it begins"):
        services.record_days(task, from_on=START, to_on=START - timedelta(days=1), by="system")
    with pytest.raises(InvalidInput, match="not in the future"):
        services.record_days(task, from_on=date(2999, 1, 1), to_on=None, by="system")


def dated(task: str, from_days: int, to_days: int | None) -> None:
    to_on = None if to_days is None else START + timedelta(days=to_days)
    services.record_days(
        Task.objects.select_related("lot__phase").get(pk=task), from_on=START + timedelta(days=from_days), to_on=to_on,
        by="system",
    )  # fmt: skip


def test_a_task_is_not_over_before_what_it_waits_for_and_what_to_do_is_said(phase: Phase) -> None:
    with pytest.raises(InvalidInput) as caught:
        dated("x-b-fibre", -5, -1)
    assert "« Voultre : tranchée » (pas finie)" in caught.value.message_fr
    assert "inscrivez d'abord sa fin" in caught.value.message_fr and "first write its end" in str(caught.value)
    assert Task.objects.get(pk="x-b-fibre").actual_to_on is None
    dated("x-b-fibre", -5, None)  # begun while the trench is open: pulled stretch by stretch
    dated("x-b-trench", -26, -2)
    with pytest.raises(InvalidInput, match=r"over on 2026-11-21"):
        dated("x-b-fibre", -5, -3)
    dated("x-b-fibre", -5, -2)


def test_a_camera_is_not_put_up_before_the_fibre_of_its_site_though_nobody_wrote_it(phase: Phase) -> None:
    with pytest.raises(InvalidInput, match="Capelle : bras posé et allumé"):
        dated("x-a-cameras", -33, -32)


def test_a_wrong_day_is_mended_the_last_work_first(phase: Phase) -> None:
    with pytest.raises(InvalidInput) as caught:
        dated("x-a-mast", -74, -30)
    said = caught.value.message_fr
    assert "Capelle : bras posé et allumé" in said and "pose des caméras 45 et 46" in said and "videz leur fin" in said
    with pytest.raises(InvalidInput, match="empty the end of those"):
        dated("x-a-mast", -74, None)
    dated("x-a-cameras", -33, None)
    dated("x-a-fibre", -50, None)
    dated("x-a-mast", -74, -30)
    dated("x-a-fibre", -50, -30)
    dated("x-a-cameras", -33, -30)
    assert Task.objects.get(pk="x-a-mast").actual_to_on == START - timedelta(days=30)


def test_what_is_over_waits_for_nothing_that_is_not(phase: Phase) -> None:
    mast = Task.objects.get(pk="x-a-mast")
    with pytest.raises(InvalidInput, match="waits for “Voultre : tranchée”") as caught:
        services.put_task(mast, cameras=[], after=[Task.objects.get(pk="x-b-trench")], by="system")
    assert caught.value.field == "after" and not mast.after.exists()


def test_a_folder_has_no_task_over_before_what_it_waits_for(phase: Phase, tmp_path: Path) -> None:
    folder = tmp_path / "town"
    shutil.copytree(DEMO_TOWN, folder)
    works = (folder / "works.toml").read_text(encoding="utf-8")
    late = works.replace('actual_to_on = "start - 63 days"', 'actual_to_on = "start - 20 days"')
    (folder / "works.toml").write_text(late, encoding="utf-8")
    with pytest.raises(FolderRefused) as caught:
        import_town(folder, start_on=START)
    assert {"works.toml"} == {one.file for one in caught.value.problems}
    assert any("which it waits for" in one.message for one in caught.value.problems)


def test_a_step_rests_only_on_what_was_measured_by_its_day(sheet: AcceptanceSheet) -> None:
    later = NewMeasure(
        item=Item.NIGHT_PICTURE, measured="nette", is_passed=True, camera="c46", at=NOON + timedelta(days=2)
    )
    services.record_measures(sheet, [later], by="system")
    for day in (START, START + timedelta(days=1)):
        with pytest.raises(InvalidInput, match=r"First, .*night picture.* counts from its own day") as caught:
            record_state("c46", StateName.ACCEPTED, on=day)
    assert "compte de son propre jour" in caught.value.message_fr
    assert queries.acceptance_wants(Camera.objects.get(pk="c46"), START + timedelta(days=2)) == ()
    record_state("c46", StateName.ACCEPTED, on=START + timedelta(days=2))


def test_a_failure_known_since_bars_a_step_of_a_day_before_it(sheet: AcceptanceSheet) -> None:
    failed = NewMeasure(item=Item.POE, measured="0 W", is_passed=False, at=NOON + timedelta(days=2))
    services.record_measures(sheet, [failed], by="system")
    with pytest.raises(InvalidInput, match=r"First, .*PoE"):
        record_state("c45", StateName.IN_SERVICE, on=START)


def test_a_measure_typed_today_may_be_of_an_earlier_day_of_its_sheet(
    sheet: AcceptanceSheet, client_of: ClientOf
) -> None:
    form = {"act": "measure", "item": "sign", "measured": "à l'entrée", "is_passed": "on", "on": START.isoformat()}
    address, client = "/programme/sites/sa/reception/", client_of(Role.TECHNICAL)
    assert client.post(address, form).status_code == 302
    assert sheet.measures.filter(item="sign").latest("pk").at.date() == START
    for wrong in ("2026-11-01", "2999-01-01"):
        assert "au plus tôt" in client.post(address, form | {"on": wrong}).content.decode()


def test_a_sheet_is_opened_once_a_day(phase: Phase) -> None:
    site = Site.objects.get(pk="sb")
    assert services.open_sheet(site, on=START, by="system") == services.open_sheet(site, on=START, by="system")


def test_the_page_of_a_phase_tells_its_calendar_as_a_list_too(phase: Phase, client_of: ClientOf) -> None:
    page = client_of(Role.MAYOR).get("/programme/phases/px/").content.decode()
    for task in Task.objects.filter(lot__phase=phase):
        assert page.count(task.name) >= 2, task.name
    assert "103\u202f710" in page


def test_a_measure_is_written_on_the_sheet_by_those_who_configure(sheet: AcceptanceSheet, client_of: ClientOf) -> None:
    form = {"act": "measure", "item": "mask-proof", "camera": "c46", "measured": "uniforme", "is_passed": "on"}
    form["on"] = timezone.localdate().isoformat()
    address = "/programme/sites/sa/reception/"
    client_of(Role.MAYOR).post(address, form)
    assert not sheet.measures.filter(camera="c46", item="mask-proof").exists()
    assert client_of(Role.TECHNICAL).post(address, form | {"camera": ""}).status_code == 400
    assert client_of(Role.TECHNICAL).post(address, form).status_code == 302
    assert sheet.measures.get(camera="c46", item="mask-proof").is_passed


def test_planned_masks_without_drawing_nor_finding_are_to_be_drawn_never_nothing_to_mask(
    phase: Phase, client_of: ClientOf
) -> None:
    plan_alone, looked_at = Camera.objects.get(pk="c08"), Camera.objects.get(pk="c02")
    pages = {}
    for camera in (plan_alone, looked_at):
        AcceptanceSheet.objects.create(site=camera.site, opened_on=START)
        address = f"/programme/sites/{camera.site_id}/reception/"
        pages[camera.pk] = client_of(Role.TECHNICAL).get(address).content.decode()
    assert "masques à dessiner, ou constat à signer" in pages["c08"]
    assert "mask-proof" in {want.subject for want in queries.acceptance_wants(plan_alone, START)}
    assert "rien à masquer : constat signé" in pages["c02"]
    assert "mask-proof" not in {want.subject for want in queries.acceptance_wants(looked_at, START)}


def passed(phase: Phase) -> None:
    """Every site of the phase has a sheet, all of it measured and passed; reserves are lifted."""
    for site in Site.objects.filter(phase=phase):
        for one in Reserve.objects.filter(sheet__site=site, lifted_on=None):
            services.lift_reserve(one, on=START, by="system")
        pass_sheet(site.pk, START)


def test_no_acceptance_report_before_every_sheet_is_passed(phase: Phase, client_of: ClientOf) -> None:
    client = client_of(Role.TECHNICAL)
    page = client.get("/programme/phases/px/").content.decode()
    assert "points encore à passer" in page and "proces-verbal.pdf" not in page
    assert client.get("/programme/phases/px/proces-verbal.pdf").status_code == 409
    assert client.get("/programme/phases/px/ouvrages-executes.pdf").status_code == 409


def test_once_all_is_passed_the_report_and_the_as_built_file_are_made(phase: Phase, client_of: ClientOf) -> None:
    passed(phase)
    assert documents.wanting(phase, START) == []
    client = client_of(Role.TECHNICAL)
    assert "proces-verbal.pdf" in client.get("/programme/phases/px/").content.decode()
    for name in documents.TITLES:
        content = documents.paper_pdf(name, phase, made_at=datetime(2026, 11, 23, 9, tzinfo=UTC))
        with pikepdf.open(io.BytesIO(content)) as pdf, pdf.open_metadata() as told:
            assert (told["pdfaid:part"], told["pdfuaid:part"], told["dc:title"]) == ("2", "1", documents.TITLES[name])
            assert str(pdf.Root.Lang) == "fr"


def test_lots_tasks_and_sums_are_added_in_the_browser(phase: Phase, client_of: ClientOf) -> None:
    client = client_of(Role.TECHNICAL)
    lot = {"name": "Salle du centre", "contractor": "Entreprise (jeu fictif)", "contract": "X-6"}
    assert client.post("/programme/phases/px/lots/ajouter/", lot).status_code == 302
    added = Lot.objects.get(phase=phase, name="Salle du centre")
    task = {"lot": added.pk, "kind": "room", "name": "Postes du centre", "planned_from_on": "2026-12-01",
            "planned_to_on": "2026-12-10", "after": ["x-b-trench"]}  # fmt: skip
    assert client.post("/programme/phases/px/taches/ajouter/", task).status_code == 302
    line = next(one for one in queries.task_lines(START, phase="px") if one.task.name == "Postes du centre")
    assert line.waits_for == ("Voultre : tranchée",)
    paid = {"lot": added.pk, "kind": "voted", "on": "2026-11-20", "euros": "1200.50", "reference": "D-12"}
    assert client.post("/programme/phases/px/sommes/ajouter/", paid).status_code == 302
    refused = client.post("/programme/phases/px/sommes/ajouter/", paid)
    assert refused.status_code == 400 and "déjà inscrit" in refused.content.decode()
    found = next(one for one in queries.money(START, phase="px") if one.lot == added)
    assert found.cents[BudgetKind.VOTED] == 120_050
    backwards = task | {"name": "Autre", "planned_to_on": "2026-11-01"}
    assert client.post("/programme/phases/px/taches/ajouter/", backwards).status_code == 400
