"""The works written in the browser: tasks, links, lots, sums, a camera's steps up to its service; bad input refused."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker

import beffroi
from beffroi.authorise.models import OrderCamera
from beffroi.authorise.services import import_town
from beffroi.cli import civil
from beffroi.cli import phase as command
from beffroi.cli.answers import PhaseChecked
from beffroi.core.errors import InvalidInput
from beffroi.journal.models import Line
from beffroi.people.rules import Role
from beffroi.plan import fibre, links
from beffroi.plan.calc.ranges import Range
from beffroi.plan.models import (
    AcceptanceMeasure,
    AcceptanceSheet,
    BudgetEntry,
    Camera,
    CameraState,
    Link,
    Lot,
    MeasuredWeek,
    Phase,
    Reserve,
    Site,
    Task,
)
from beffroi.plan.rules import StateName
from beffroi.plan.services import record_state
from beffroi.plan.works import documents, queries, services
from beffroi.plan.works.rules import BudgetKind, Item, PaperName, Want
from beffroi.plan.works.services import NewMeasure
from beffroi.web import wiring
from tests.web.conftest import draw_demo_masks, pass_sheet

DEMO_TOWN = Path(beffroi.__file__).parent / "demo_town"
START = date(2026, 11, 23)
NOON = datetime.combine(START, time(12), tzinfo=UTC)
PHASE = "/programme/phases/px/"
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
def technical(phase: Phase, client_of: ClientOf) -> Client:
    return client_of(Role.TECHNICAL)


def posted(client: Client, address: str, form: dict[str, Any], *, status: int = 302) -> str:
    answer = client.post(address, form)
    assert answer.status_code == status, answer.content.decode()[:4000]
    return str(answer.content.decode())


def task_form(**changed: Any) -> dict[str, Any]:
    known = {"lot": "x-civil", "kind": "power", "name": "Essai", "planned_from_on": "2026-12-01"}
    return known | {"planned_to_on": "2026-12-10"} | changed


# -- tasks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"planned_to_on": "2026-11-01"}, "La fin prévue suit le début"),
        ({"lot": "p1-lot"}, "Sélectionnez un choix valide"),
        ({"after": ["p1-task"]}, "p1-task"),
        ({"kind": "camera"}, "Choisissez les caméras posées"),
        ({"kind": "camera", "site": "sa", "cameras": ["c47"]}, "est d&#x27;un autre emplacement"),
        ({"cameras": ["c01"]}, "c01"),
        ({"name": ""}, "obligatoire"),
    ],
)
def test_a_task_that_cannot_be_is_refused_beside_its_field_and_keeps_what_was_typed(
    technical: Client, changed: dict[str, Any], said: str
) -> None:
    Lot.objects.create(pk="p1-lot", phase_id="p1", rank=1, name="Autre phase")
    day = {"planned_from_on": START, "planned_to_on": START}
    Task.objects.create(pk="p1-task", lot_id="p1-lot", kind="mast", name="Autre", **day)
    before = Task.objects.count()
    page = posted(technical, f"{PHASE}taches/ajouter/", task_form(note="à garder", **changed), status=400)
    assert said in page and "à garder" in page and Task.objects.count() == before


def test_a_task_is_changed_and_a_circle_of_waiting_is_refused(technical: Client) -> None:
    trench = Task.objects.get(pk="x-b-trench")
    address = "/programme/taches/x-b-trench/"
    plan = {"act": "plan", "lot": "x-civil", "kind": "trench", "name": "Voultre : tranchée au sec", "site": "sb",
            "link": "f69", "planned_from_on": "2026-10-14", "planned_to_on": "2026-11-02"}  # fmt: skip
    page = posted(technical, address, plan | {"after": ["x-b-fibre"]}, status=400)
    assert "attendrait elle-même" in page and "au sec" in page
    trench.refresh_from_db()
    assert trench.name == "Voultre : tranchée" and not trench.after.exists()
    posted(technical, address, plan)
    trench.refresh_from_db()
    assert trench.name == "Voultre : tranchée au sec"


def test_the_fibre_of_a_site_cannot_wait_for_the_camera_that_waits_for_it(technical: Client) -> None:
    Task.objects.get(pk="x-b-camera-47").after.clear()
    plan = {"act": "plan", "lot": "x-fibre", "kind": "fibre", "name": "Fibre", "site": "sb", "link": "f69",
            "planned_from_on": "2026-11-03", "planned_to_on": "2026-11-14", "after": ["x-b-camera-47"]}  # fmt: skip
    assert "attend la fibre de son site" in posted(technical, "/programme/taches/x-b-fibre/", plan, status=400)


def test_a_task_written_by_mistake_goes_and_one_begun_stays(technical: Client) -> None:
    posted(technical, "/programme/taches/x-b-camera-48/", {"act": "remove"})
    assert not Task.objects.filter(pk="x-b-camera-48").exists()
    assert "commencée" in posted(technical, "/programme/taches/x-b-trench/", {"act": "remove"}, status=400)


@pytest.mark.parametrize(
    ("begun", "ended", "said"),
    [
        ("2026-11-02", "2026-11-01", "finit après son début"),
        ("", "2026-11-01", "donnez les deux jours"),
        ("2026-11-01", "2999-01-01", "dans le futur"),
        ("32/13/2026", "", "date valide"),
    ],
)
def test_real_days_that_cannot_be_are_refused(technical: Client, begun: str, ended: str, said: str) -> None:
    days = {"act": "days", "actual_from_on": begun, "actual_to_on": ended}
    assert said in posted(technical, "/programme/taches/x-b-trench/", days, status=400)


def test_who_only_reads_the_programme_sees_a_task_and_changes_nothing(phase: Phase, client_of: ClientOf) -> None:
    mayor = client_of(Role.MAYOR)
    for address in ("/programme/taches/x-b-trench/", "/programme/liaisons/f69/", "/programme/cameras/c45/"):
        page = mayor.get(address)
        assert page.status_code == 200 and b"btn main" not in page.content
        assert mayor.post(address, {"act": "remove"}).status_code == 403
    assert mayor.get(f"{PHASE}lots/ajouter/").status_code == 403
    assert mayor.post("/programme/sites/sa/reception/", {"act": "measure"}).status_code == 403


# -- lots and sums ----------------------------------------------------------------------------------------


def test_a_contractor_is_named_once_chosen(technical: Client) -> None:
    posted(technical, f"{PHASE}lots/ajouter/", {"name": "Salle"})
    lot = Lot.objects.get(name="Salle")
    assert "titulaire à choisir" in technical.get(PHASE).content.decode()
    posted(technical, f"/programme/lots/{lot.pk}/", {"name": "Salle", "contractor": "Menuiserie (jeu fictif)"})
    assert "Menuiserie (jeu fictif)" in technical.get(PHASE).content.decode()


@pytest.mark.parametrize(
    ("typed", "cents"), [("12 345,50", 1_234_550), ("12\u202f345,50 €", 1_234_550), ("1200.5", 120_050), ("−10", -1000)]
)
def test_a_sum_is_read_as_a_clerk_writes_it(technical: Client, typed: str, cents: int) -> None:
    form = {"lot": "x-civil", "kind": "voted", "on": "2026-11-20", "euros": typed, "reference": "D-99"}
    posted(technical, f"{PHASE}sommes/ajouter/", form)
    assert BudgetEntry.objects.get(reference="D-99").cents == cents


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"euros": "douze"}, "par exemple 12 345,50"),
        ({"euros": "1,234"}, "2"),
        ({"euros": "-99 999 999"}, "une correction en retire au plus"),
        ({"euros": "0"}, "n&#x27;est pas nulle"),
        ({"on": "2999-01-01"}, "dans le futur"),
        ({"lot": "ailleurs"}, "Sélectionnez un choix valide"),
    ],
)
def test_a_sum_that_cannot_be_is_refused(technical: Client, changed: dict[str, str], said: str) -> None:
    form = {"lot": "x-civil", "kind": "voted", "on": "2026-11-20", "euros": "10", "reference": "D-98"} | changed
    assert said in posted(technical, f"{PHASE}sommes/ajouter/", form, status=400)
    assert not BudgetEntry.objects.filter(reference="D-98").exists()


def test_money_committed_beyond_what_was_voted_is_told(technical: Client) -> None:
    form = {"lot": "x-civil", "kind": "committed", "on": "2026-11-20", "euros": "99000", "reference": "B-98"}
    posted(technical, f"{PHASE}sommes/ajouter/", form)
    assert "engagé au-delà du voté" in technical.get(PHASE).content.decode()


def test_a_phase_without_works_says_where_to_begin(technical: Client) -> None:
    Phase.objects.create(pk="p9", programme_id="main", rank=9, name="Phase 9", starts_on=START, planned_on=START)
    page = technical.get("/programme/phases/p9/").content.decode()
    assert "ajoutez d'abord les lots" in page and "Aucun emplacement" in page and "Aucune caméra" in page
    assert technical.get("/programme/phases/p9/proces-verbal.pdf").status_code == 409


def test_the_estimate_moves_and_the_plan_stays(technical: Client) -> None:
    planned = Phase.objects.get(pk="px").planned_on
    posted(technical, f"{PHASE}estimation/", {"expected_on": "2027-03-01"})
    found = Phase.objects.get(pk="px")
    assert (found.planned_on, found.expected_on) == (planned, date(2027, 3, 1))
    assert "commencent" in posted(technical, f"{PHASE}estimation/", {"expected_on": "2001-01-01"}, status=400)
    served = posted(technical, "/programme/phases/p1/estimation/", {"expected_on": "2027-03-01"}, status=400)
    assert "en service depuis" in served


def test_each_entry_of_the_budget_is_listed_and_a_correction_stands_beside_it(technical: Client) -> None:
    form = {"lot": "x-civil", "kind": "subsidy-notified", "on": "2026-11-20", "euros": "900", "reference": "FIPD-7"}
    posted(technical, f"{PHASE}sommes/ajouter/", form)
    posted(technical, f"{PHASE}sommes/ajouter/", form | {"euros": "-200", "reference": "FIPD-7 rectifié"})
    page = technical.get(PHASE).content.decode()
    assert "FIPD-7 rectifié" in page and "-200" in page and "Subvention notifiée" in page and ">700<" in page


def test_a_task_names_what_it_waits_for_and_what_waits_for_it_with_their_pages(technical: Client) -> None:
    page = technical.get("/programme/taches/x-a-fibre/").content.decode()
    before, after = page.split("Attendue par</h3>")
    assert 'href="/programme/taches/x-a-mast/"' in before
    assert 'href="/programme/taches/x-a-cameras/"' in after, "a camera waits for the fibre of its site, unwritten"


# -- links ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("laid", "lit", "said"),
    [
        ("", "2026-11-20", "avant d&#x27;être posé"),
        ("2026-11-21", "2026-11-20", "avant d&#x27;être posé"),
        ("2026-11-20", "2999-01-01", "dans le futur"),
    ],
)
def test_a_link_lit_before_it_is_laid_or_tomorrow_is_refused(technical: Client, laid: str, lit: str, said: str) -> None:
    assert said in posted(technical, "/programme/liaisons/f69/", {"laid_on": laid, "lit_on": lit}, status=400)


def test_a_link_once_lit_is_missing_no_more(technical: Client, phase: Phase) -> None:
    posted(technical, "/programme/liaisons/f69/", {"laid_on": "2026-11-20", "lit_on": "2026-11-21"})
    assert Link.objects.get(pk="f69").lit_on == date(2026, 11, 21)
    assert "f69" not in {want.subject for want in queries.phase_check(phase, START).wanting}


def test_a_link_of_another_phase_on_the_way_to_the_centre_is_missing_too(phase: Phase) -> None:
    arm = next(row for row in fibre.fibre_on(START).arms if row.id == "sa")
    first = arm.links[0]
    assert Link.objects.get(pk=first).phase_id != "px"
    Link.objects.filter(pk=first).update(lit_on=None)
    wanting = {want.subject for want in queries.phase_check(phase, START).wanting if want.want is Want.LINK_NOT_LIT}
    assert first in wanting


# -- a camera's steps -------------------------------------------------------------------------------------


def test_a_camera_goes_from_its_order_to_the_mast_by_hand(technical: Client) -> None:
    today = timezone.localdate().isoformat()
    page = technical.get("/programme/cameras/c47/").content.decode()
    assert "la poser" in page and "posée" in page
    step = {"state": "installed", "on": today, "note": "mât 2"}
    assert "avis d&#x27;emplacement" in posted(technical, "/programme/cameras/c47/", step, status=400)
    OrderCamera.objects.filter(camera="c47").update(order=OrderCamera.objects.filter(camera="c44")[0].order)
    posted(technical, "/programme/cameras/c47/", step)
    assert CameraState.objects.filter(camera="c47").order_by("step").last().state == "installed"  # type: ignore[union-attr]
    assert Line.objects.filter(action="camera.stepped", camera="c47").count() == 1
    assert "déclarer la mise en service" in technical.get("/programme/cameras/c47/").content.decode()


def test_a_camera_that_waits_for_its_order_takes_no_step_of_the_works(technical: Client) -> None:
    page = technical.get("/programme/cameras/c48/").content.decode()
    assert "attendre l&#x27;arrêté" in page and "btn main" not in page
    posted(technical, "/programme/cameras/c48/", {"state": "installed", "on": "2026-11-20"}, status=409)


@pytest.mark.parametrize(
    ("camera", "changed", "said"),
    [
        ("c47", {"state": "in-service"}, "Sélectionnez un choix valide"),
        ("c47", {"state": "declared"}, "Sélectionnez un choix valide"),
        ("c47", {"on": "2999-01-01"}, "une fois franchie"),
        ("c47", {"on": "2001-01-01"}, "donnez un jour ultérieur"),
        ("c46", {"state": "accepted"}, "ce qui manque à sa fiche"),
    ],
)
def test_a_step_that_cannot_be_taken_is_refused(
    technical: Client, camera: str, changed: dict[str, str], said: str
) -> None:
    form = {"state": "installed", "on": timezone.localdate().isoformat()} | changed
    before = CameraState.objects.count()
    assert said in posted(technical, f"/programme/cameras/{camera}/", form, status=400)
    assert CameraState.objects.count() == before


def test_no_camera_enters_service_while_a_paper_is_missing(technical: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    form = {"state": "in-service", "on": timezone.localdate().isoformat()}
    monkeypatch.setattr("beffroi.plan.events._papers", [lambda _: [("c45", "Le récépissé de la CNIL manque.")]])
    page = posted(technical, "/programme/cameras/c45/", form, status=400)
    assert "Le récépissé de la CNIL manque." in page
    monkeypatch.setattr("beffroi.plan.events._papers", [wiring._papers_wanting])


# -- a measured week --------------------------------------------------------------------------------------


WEEK = {"act": "week", "to_on": "2026-11-22", "mean_mbit_s": "2,1", "p95_mbit_s": "3.4", "source": "enregistreur"}


def test_a_measured_week_replaces_the_makers_table_and_the_journal_tells_it(technical: Client) -> None:
    camera = Camera.objects.get(pk="c03")
    others = links.rates(Camera.objects.exclude(pk="c03"))
    assert "la table des fabricants" in technical.get("/programme/cameras/c03/").content.decode()
    posted(technical, "/programme/cameras/c03/", WEEK)
    assert links.rates([camera])["c03"] == Range(low=2.1e6, likely=3.4e6, high=3.4e6)
    assert links.rates(Camera.objects.exclude(pk="c03")) == others
    assert Line.objects.filter(action="camera.measured", camera="c03").count() == 1
    page = technical.get("/programme/cameras/c03/").content.decode()
    assert "2,10 Mbit/s en moyenne, 3,40 au 95e centile (enregistreur)" in page


def test_the_last_week_counts_and_the_same_last_day_again_mends_it(technical: Client) -> None:
    camera = Camera.objects.get(pk="c03")
    for changed in ({}, {"to_on": "2026-10-04", "p95_mbit_s": "9"}, {"p95_mbit_s": "4"}):
        posted(technical, "/programme/cameras/c03/", WEEK | changed)
    assert MeasuredWeek.objects.filter(camera="c03").count() == 2
    assert links.rates([camera])["c03"].high == 4e6


@pytest.mark.parametrize(
    ("camera", "changed", "said"),
    [
        ("c03", {"mean_mbit_s": "2100"}, "au-dessus de 0 et d&#x27;au plus 100 Mbit/s"),
        ("c03", {"mean_mbit_s": "0"}, "au-dessus de 0"),
        ("c03", {"mean_mbit_s": "nan"}, "Saisissez un nombre"),
        ("c03", {"mean_mbit_s": "3,4", "p95_mbit_s": "2,1"}, "intervertis"),
        ("c03", {"to_on": "2999-01-01"}, "une fois finie"),
        ("c03", {"source": ""}, "obligatoire"),
        ("c48", {}, "pas posée pendant ces sept jours"),
    ],
)
def test_a_week_that_cannot_be_is_refused(technical: Client, camera: str, changed: dict[str, str], said: str) -> None:
    page = posted(technical, f"/programme/cameras/{camera}/", WEEK | changed, status=400)
    assert said in page
    assert not MeasuredWeek.objects.exists()


def test_who_only_reads_the_programme_writes_no_week(phase: Phase, client_of: ClientOf) -> None:
    mayor = client_of(Role.MAYOR)
    assert b'name="mean_mbit_s"' not in mayor.get("/programme/cameras/c03/").content
    assert mayor.post("/programme/cameras/c03/", WEEK).status_code == 403


# -- acceptance -------------------------------------------------------------------------------------------


def test_a_measure_beyond_its_limit_is_not_called_conforming(technical: Client) -> None:
    measure = {"act": "measure", "item": "optical-loss", "measured": "9 dB", "is_passed": "on"}
    page = posted(technical, "/programme/sites/sa/reception/", measure, status=400)
    assert "Conforme entre 0 et 7,5 dB" in page and "9 dB" in page
    measure.pop("is_passed")
    posted(technical, "/programme/sites/sa/reception/", measure)
    found = queries.sheet_wants(Site.objects.get(pk="sa"), timezone.localdate())
    assert (Want.FAILED, "optical-loss") in {(want.want, want.subject) for want in found}


def test_nothing_is_written_where_no_sheet_is_open(technical: Client) -> None:
    form = {"act": "reserve", "text": "joint", "owner": "pose", "due_on": "2999-01-01"}
    posted(technical, "/programme/sites/sb/reception/", form, status=409)


def test_a_reserve_has_a_day_to_come_and_is_lifted_once(technical: Client) -> None:
    sheet = AcceptanceSheet.objects.get(site="sa")
    form = {"act": "reserve", "text": "joint à refaire", "owner": "pose", "due_on": "2020-01-01", "is_blocking": "on"}
    assert "Ce jour est passé" in posted(technical, "/programme/sites/sa/reception/", form, status=400)
    posted(technical, "/programme/sites/sa/reception/", form | {"due_on": "2999-01-01"})
    reserve = Reserve.objects.get(sheet=sheet, text="joint à refaire")
    assert "lever la réserve" in technical.get(PHASE).content.decode()
    posted(technical, f"/programme/reserves/{reserve.pk}/lever/", {})
    posted(technical, f"/programme/reserves/{reserve.pk}/lever/", {}, status=409)


def test_an_accepted_camera_whose_site_has_a_reserve_is_not_ready(phase: Phase) -> None:
    """The check says what service itself would refuse."""
    sheet = AcceptanceSheet.objects.get(site="sa")
    Camera.objects.filter(pk="c46").update(phase="p1")  # c45 alone, accepted, is left of this phase on the site
    Reserve.objects.create(sheet=sheet, text="enrobé", owner="pose", due_on=START)
    assert (Want.RESERVE, "enrobé") in {(w.want, w.subject) for w in queries.phase_check(phase, START).wanting}


def test_a_repair_asks_for_a_new_sheet(phase: Phase, technical: Client) -> None:
    record_state("c45", StateName.IN_SERVICE, on=START - timedelta(days=1))
    record_state("c45", StateName.IN_TEST, on=START)
    wants = queries.acceptance_wants(Camera.objects.get(pk="c45"), START)
    assert [want.want for want in wants] == [Want.NO_SHEET]
    assert "a quitté le service" in technical.get("/programme/sites/sa/reception/").content.decode()
    pass_sheet("sa", START)
    assert queries.acceptance_wants(Camera.objects.get(pk="c45"), START) == ()


def test_a_camera_that_was_given_up_holds_up_no_report(phase: Phase) -> None:
    pass_sheet("sa", START)
    for camera in ("c47", "c48"):
        CameraState.objects.create(camera_id=camera, step=99, state="removed", on=START)
    assert documents.wanting(phase, START) == []
    services.open_sheet(Site.objects.get(pk="sb"), on=START, by="system")
    assert documents.wanting(phase, START) == []


def test_a_camera_that_a_later_phase_puts_on_the_site_holds_up_no_report(phase: Phase) -> None:
    pass_sheet("sa", START)
    Camera.objects.filter(pk__in=("c46", "c47", "c48")).update(phase="p4")
    AcceptanceMeasure.objects.filter(camera="c46").delete()
    assert documents.wanting(phase, START) == []
    assert documents.paper_pdf(PaperName.AS_BUILT, phase, made_at=timezone.now()).startswith(b"%PDF")


def test_a_folder_takes_no_camera_past_its_sheet_either(phase: Phase, tmp_path: Path) -> None:
    folder = tmp_path / "town"
    shutil.copytree(DEMO_TOWN, folder)
    with (folder / "states.csv").open("a", encoding="utf-8") as states:
        states.write("c46,accepted,start,\n")
    with pytest.raises(InvalidInput, match="night picture"):
        import_town(folder)
    assert not CameraState.objects.filter(camera="c46", state="accepted").exists()
    night = NewMeasure(
        item=Item.NIGHT_PICTURE, measured="nette", is_passed=True, camera="c46", sha256="0" * 64, at=NOON
    )
    services.record_measures(AcceptanceSheet.objects.get(site="sa"), [night], by="system")
    import_town(folder)
    assert CameraState.objects.filter(camera="c46", state="accepted").exists()


# -- the command ------------------------------------------------------------------------------------------


def test_the_check_of_a_phase_is_said_in_json_against_its_schema(
    phase: Phase, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("check_database", "open_civil", "configured"):
        monkeypatch.setattr(civil, name, lambda *_: None)
    asked = argparse.Namespace(data=None, phase="px", json=True)
    assert command.run(asked) == 1
    answer = PhaseChecked.model_validate_json(capsys.readouterr().out)
    assert not answer.ready and {one.want for one in answer.wanting} >= {Want.TASK_NOT_DONE, Want.LINK_NOT_LIT}
    assert all(one.text for one in answer.wanting)
    asked.phase = "1"
    assert command.run(asked) == 0
    assert json.loads(capsys.readouterr().out)["phase"] == "p1"


def test_money_kinds_are_all_in_the_form(technical: Client) -> None:
    page = technical.get(f"{PHASE}sommes/ajouter/").content.decode()
    assert all(f'value="{kind.value}"' in page for kind in BudgetKind)
