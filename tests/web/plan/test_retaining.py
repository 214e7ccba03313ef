"""A drawn zone joins the territory; a scenario is retained: only what is still planned changes, the rest says why."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker
from shapely.geometry import shape

import beffroi
from beffroi.authorise.queries import open_drift
from beffroi.authorise.services import import_town
from beffroi.core.reading import FolderRefused
from beffroi.journal.models import Line
from beffroi.people.rules import Role
from beffroi.plan.models import Camera, CameraState, Phase, ScenarioVersion, Site
from beffroi.plan.queries import site_figures
from beffroi.plan.rules import StateName
from beffroi.territory.models import Fact, FactImport, Zone

DEMO_TOWN = Path(beffroi.__file__).parent / "demo_town"
ClientOf = Callable[..., Client]
FAR = [[3.084, 44.106], [3.086, 44.106], [3.086, 44.108], [3.084, 44.106]]
"""A triangle in no zone of the demo town."""
SHEET = {
    "name": "Abords du lycée",
    "proposer": "Police municipale",
    "purpose": "safety",
    "expected_effect": "Dégradations : oui. Violences entre élèves : non.",
    "police_opinion": "Favorable.",
}


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo town, once for this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        import_town(DEMO_TOWN, start_on=date(2026, 11, 23))
        yield
        transaction.set_rollback(True)


@pytest.fixture
def technical(landed: None, db: None, client_of: ClientOf) -> Client:
    return client_of(Role.TECHNICAL)


def planned() -> Camera:
    """A camera that was never filed, in a phase to come."""
    phase = Phase.objects.order_by("-programme__rank", "-rank").first()
    assert phase is not None
    Phase.objects.filter(pk=phase.pk).update(in_service_on=None)
    camera = Camera.objects.filter(phase=phase).order_by("number").last()
    assert camera is not None
    camera.states.all().delete()
    CameraState.objects.create(camera=camera, step=1, state=StateName.PLANNED, on=date(2026, 1, 5))
    return camera


def saved(client: Client, cameras: list[dict[str, Any]], zones: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    body = {"name": "Essai", "cameras": cameras, "zones": zones or []}
    answer = client.post("/api/plan/save", json.dumps(body), content_type="application/json")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def rows(client: Client) -> list[dict[str, Any]]:
    return list(client.get("/api/plan/scenarios/ville").json()["cameras"])


def drawn(shape: list[list[float]] = FAR) -> list[dict[str, Any]]:
    return [{"id": "dessin-1", "name": "Lycée", "shape": {"type": "Polygon", "coordinates": [shape]}}]


POUR = "/programme/plan/scenarios/essai/verser/"
RETAIN = "/programme/plan/scenarios/essai/retenir/"


def test_a_drawn_zone_becomes_one_of_the_town_with_what_is_said_of_it_and_its_facts(technical: Client) -> None:
    batch = FactImport.objects.create(
        sha256="0" * 64, file_name="f.csv", source="police", rows=1, without_zone=1, by="x",
        begun_at=timezone.now(), landed_at=timezone.now(),
    )  # fmt: skip
    at = datetime(2026, 3, 1, tzinfo=UTC)
    Fact.objects.create(
        batch=batch, source="police", reference="1", kind="damage", from_at=at, to_at=at, lat=44.1065, lon=3.0855
    )
    saved(technical, rows(technical)[:2], drawn())
    answer = technical.post(POUR, SHEET | {"zone": "dessin-1", "seen_version": 1})
    zone = Zone.objects.get(name="Abords du lycée")
    assert answer["Location"] == f"/territoire/zones/{zone.pk}/" and zone.number == 17
    assert (zone.proposer, zone.expected_effect) == (SHEET["proposer"], SHEET["expected_effect"])
    assert Fact.objects.get(reference="1").zone_id == zone.pk
    assert FactImport.objects.get(pk=batch.pk).without_zone == 0
    assert Line.objects.filter(action="zone.added", subject=zone.pk).count() == 1
    ground = technical.get("/api/plan/ground").json()
    assert zone.pk in {one["id"] for one in ground["zones"]}


def test_the_scenario_goes_on_without_the_drawing_and_its_version_before_can_be_taken_up(technical: Client) -> None:
    saved(technical, rows(technical)[:2], drawn())
    technical.post(POUR, SHEET | {"zone": "dessin-1", "seen_version": 1})
    now = technical.get("/api/plan/scenarios/essai").json()
    before = technical.get("/api/plan/scenarios/essai?version=1").json()
    assert (now["version"], now["zones"]) == (2, []) and [one["number"] for one in now["versions"]] == [2, 1]
    assert before["zones"][0]["id"] == "dessin-1"


@pytest.mark.parametrize(
    ("lacking", "word"),
    [("proposer", "obligatoire"), ("expected_effect", "obligatoire"), ("purpose", "obligatoire")],
)
def test_a_zone_without_its_finder_or_what_a_camera_changes_is_not_taken(
    technical: Client, lacking: str, word: str
) -> None:
    saved(technical, rows(technical)[:2], drawn())
    answer = technical.post(POUR, {**SHEET, lacking: "", "zone": "dessin-1", "seen_version": 1})
    assert answer.status_code == 400 and word in answer.content.decode()
    assert Zone.objects.count() == 16 and ScenarioVersion.objects.count() == 1


def test_a_zone_that_leaves_the_town_is_refused_and_nothing_changes(technical: Client) -> None:
    saved(technical, rows(technical)[:2], drawn([[2.0, 44.0], [2.1, 44.0], [2.1, 44.1], [2.0, 44.0]]))
    answer = technical.post(POUR, SHEET | {"zone": "dessin-1", "seen_version": 1})
    assert answer.status_code == 400 and "limite communale" in answer.content.decode()
    assert Zone.objects.count() == 16 and ScenarioVersion.objects.count() == 1


def test_a_zone_is_poured_from_the_version_that_was_seen(technical: Client) -> None:
    saved(technical, rows(technical)[:2], drawn())
    answer = technical.post(POUR, SHEET | {"zone": "dessin-1", "seen_version": 7})
    assert answer.status_code == 400 and "entre-temps" in answer.content.decode()
    assert Zone.objects.count() == 16


def test_the_sheet_of_a_zone_is_completed_when_the_opinion_comes(technical: Client) -> None:
    page = "/territoire/zones/z01/modifier/"
    assert Zone.objects.get(pk="z01").proposer in technical.get(page).content.decode()
    said = SHEET | {"adviser_opinion": "Favorable, sous réserve.", "adviser_opinion_on": "2026-10-01"}
    assert technical.post(page, said).status_code == 302
    assert Zone.objects.get(pk="z01").adviser_opinion_on == date(2026, 10, 1)
    assert Line.objects.filter(action="zone.changed", subject="z01").count() == 1


def test_a_zone_leaves_only_while_no_site_stands_in_it_and_its_facts_stay(technical: Client) -> None:
    technical.post("/territoire/zones/z01/retirer/")
    assert Zone.objects.filter(pk="z01").exists()
    saved(technical, rows(technical)[:2], drawn())
    technical.post(POUR, SHEET | {"zone": "dessin-1", "seen_version": 1})
    technical.post("/territoire/zones/z17/retirer/")
    assert not Zone.objects.filter(pk="z17").exists()
    assert Line.objects.filter(action="zone.removed", subject="z17").count() == 1


def test_a_planned_camera_moves_with_the_scenario_and_one_in_service_is_refused_with_its_reason(
    technical: Client,
) -> None:
    camera = planned()
    plan = rows(technical)
    for row in plan:
        if row["id"] in {camera.pk, "c01"}:
            row["bearing_deg"] = (row["bearing_deg"] + 90) % 360
    saved(technical, plan)
    page = technical.get(RETAIN).content.decode()
    assert f'value="{camera.pk}"' in page and 'value="c01"' not in page and "modification de l" in page
    refused = technical.post(RETAIN, {"camera": ["c01"], "seen_version": 1})
    assert refused.status_code == 400
    was = Camera.objects.get(pk="c01").bearing_deg
    assert technical.post(RETAIN, {"camera": [camera.pk], "seen_version": 1}).status_code == 302
    assert Camera.objects.get(pk=camera.pk).bearing_deg == pytest.approx((camera.bearing_deg + 90) % 360)
    assert Camera.objects.get(pk="c01").bearing_deg == was
    line = Line.objects.get(action="scenario.adopted")
    assert line.subject == "essai" and '"move":1' in line.detail.replace(" ", "")


def test_presets_that_were_retained_come_back_in_the_town_plan_and_outlast_its_folder(technical: Client) -> None:
    camera = planned()
    plan = rows(technical)
    mine = next(row for row in plan if row["id"] == camera.pk)
    rest = {name: mine[name] for name in ("bearing_deg", "tilt_deg", "hfov_deg")}
    presets = [
        {"name": "Place", **rest, "time_share": 0.6},
        {"name": "Quai", "bearing_deg": 300.0, "tilt_deg": 11.0, "hfov_deg": 40.0, "time_share": 0.4},
    ]
    mine["presets"] = presets
    saved(technical, plan)
    page = technical.get(RETAIN).content.decode()
    assert f'value="{camera.pk}"' in page and "2 positions" in page
    assert technical.post(RETAIN, {"camera": [camera.pk], "seen_version": 1}).status_code == 302
    assert next(row for row in rows(technical) if row["id"] == camera.pk)["presets"] == presets
    assert "aucune caméra ne diffère" in technical.get(RETAIN).content.decode()
    unrecorded(camera)
    assert not import_town(DEMO_TOWN).left
    assert next(row for row in rows(technical) if row["id"] == camera.pk)["presets"] == presets


@pytest.mark.usefixtures("landed", "db")
def test_a_folder_may_name_the_presets_of_a_camera_and_those_of_another_stay(tmp_path: Path) -> None:
    quay = {"name": "Quai", "bearing_deg": 300.0, "tilt_deg": 11.0, "hfov_deg": 40.0, "time_share": 0.4}
    Camera.objects.filter(pk="c18").update(presets=[quay])
    folder = tmp_path / "named"
    shutil.copytree(DEMO_TOWN, folder)
    head = "camera,name,bearing_deg,tilt_deg,hfov_deg,time_share\n"
    (folder / "presets.csv").write_text(f"{head}c01,Gare,138,11,68,0.5\nc01,,40,8,20,\n")
    import_town(folder)
    assert [(one["name"], one["bearing_deg"], one["time_share"]) for one in Camera.objects.get(pk="c01").presets] == [
        ("Gare", 138.0, 0.5), ("", 40.0, 0.0),
    ]  # fmt: skip
    assert Camera.objects.get(pk="c18").presets == [quay]
    assert ("c01", "presets-added", "Gare, 40°") in {(row.camera, row.kind, row.which) for row in open_drift("c01")}
    import_town(DEMO_TOWN)
    assert len(Camera.objects.get(pk="c01").presets) == 2, "a folder without the file says nothing of them"
    (folder / "presets.csv").write_text(f"{head}c01,Gare,138,11,68,0.7\nc01,Quai,40,8,20,0.7\nc99,,1,1,10,\n")
    with pytest.raises(FolderRefused) as caught:
        import_town(folder)
    assert [(one.file, one.line, one.field) for one in caught.value.problems] == [
        ("presets.csv", 4, "camera"), ("presets.csv", 3, "time_share"),
    ]  # fmt: skip


def test_a_dropped_camera_takes_its_number_its_site_and_its_zone_in_the_programme(technical: Client) -> None:
    camera = planned()
    middle = shape(camera.site.zone.shape).representative_point()
    new = {
        "id": "nouvelle-1", "site": "nouvelle-1", "position": [middle.x, middle.y], "height_m": 6, "bearing_deg": 44,
        "tilt_deg": 12, "model": "fixed-2mp-6", "phase": camera.phase_id,
    }  # fmt: skip
    saved(technical, [*rows(technical), new])
    last = Camera.objects.count()
    answer = technical.post(RETAIN, {"camera": ["nouvelle-1"], "seen_version": 1})
    assert answer.status_code == 302, answer.content.decode()
    made = Camera.objects.get(number=f"C{last + 1:02d}")
    assert (made.width_px, made.model) == (1920, "fixed-2mp-6")
    assert (made.phase_id, made.site.zone_id) == (camera.phase_id, camera.site.zone_id)
    assert made.name.endswith("vers le nord-est")
    assert [one.state for one in made.states.all()] == [StateName.PLANNED]
    kept = technical.get("/api/plan/scenarios/essai").json()
    assert kept["version"] == 2 and made.pk in {row["id"] for row in kept["cameras"]}
    assert "aucune caméra ne diffère" in technical.get(RETAIN).content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"phase": ""}, "pas de phase"),
        ({"phase": "p1"}, "en service"),
        ({"position": [3.0852, 44.1065]}, "aucune zone"),
        ({"position": [2.0, 44.0]}, "hors de la limite"),
        ({"site": "s01"}, "30 m"),
    ],
)
def test_a_camera_that_cannot_join_says_why(technical: Client, change: dict[str, Any], words: str) -> None:
    camera = planned()
    new = {
        "id": "nouvelle-1", "site": "nouvelle-1", "position": [camera.lon, camera.lat], "height_m": 6,
        "bearing_deg": 0, "tilt_deg": 12, "model": "fixed-2mp-6", "phase": camera.phase_id,
    }  # fmt: skip
    saved(technical, [*rows(technical), new | change])
    page = technical.get(RETAIN).content.decode()
    assert words in page and 'value="nouvelle-1"' not in page
    assert technical.post(RETAIN, {"camera": ["nouvelle-1"], "seen_version": 1}).status_code == 400
    assert Site.objects.count() == len({site.id for site in site_figures(date(2026, 11, 30))})


def test_a_camera_given_up_leaves_the_plan_and_the_count_and_keeps_its_history(technical: Client) -> None:
    camera = planned()
    saved(technical, [row for row in rows(technical) if row["id"] != camera.pk])
    assert technical.post(RETAIN, {"camera": [camera.pk], "seen_version": 1}).status_code == 302
    assert [one.state for one in camera.states.all()] == [StateName.PLANNED, StateName.REMOVED]
    assert camera.pk not in {row["id"] for row in rows(technical)}
    counted = {one for site in site_figures(timezone.localdate()) for one, _ in site.states}
    assert camera.pk not in counted and "c01" in counted


def folder_with(folder: Path, camera: Camera, **columns: str) -> Path:
    """The demo town's folder with other cells in a camera's row."""
    shutil.copytree(DEMO_TOWN, folder)
    with (folder / "cameras.csv").open(newline="") as text:
        cells = list(csv.DictReader(text))
    with (folder / "cameras.csv").open("w", newline="") as text:
        table = csv.DictWriter(text, list(cells[0]))
        table.writeheader()
        table.writerows(row | columns if row["id"] == camera.pk else row for row in cells)
    return folder


def retained_turn(client: Client, by_deg: float = 90) -> Camera:
    """A planned camera turned by a scenario that was retained."""
    camera = planned()
    plan = rows(client)
    for row in plan:
        if row["id"] == camera.pk:
            row["bearing_deg"] = (row["bearing_deg"] + by_deg) % 360
    saved(client, plan)
    assert client.post(RETAIN, {"camera": [camera.pk], "seen_version": 1}).status_code == 302
    return camera


def unrecorded(camera: Camera) -> None:
    """As the demo's folder has them, so that it can be imported again."""
    camera.states.all().delete()


def test_the_towns_folder_again_leaves_what_was_retained_and_says_how_it_differs(technical: Client) -> None:
    camera = retained_turn(technical)
    turned = Camera.objects.get(pk=camera.pk).bearing_deg
    unrecorded(camera)
    for is_dry_run in (True, False):
        report = import_town(DEMO_TOWN, is_dry_run=is_dry_run)
        (one,) = report.left
        (field,) = one.fields
        assert (one.file, one.id, field.name) == ("cameras.csv", camera.pk, "bearing_deg")
        assert (field.in_folder, field.retained) == (camera.bearing_deg, turned)
        assert "retenu" in one.text_fr() and "retained" in one.text()
    assert Camera.objects.get(pk=camera.pk).bearing_deg == turned
    line = Line.objects.filter(action="town.imported").order_by("-index").first()
    assert line is not None and '"left":1' in line.detail.replace(" ", "")


def test_a_folder_that_says_the_same_has_caught_up_and_counts_again(technical: Client, tmp_path: Path) -> None:
    camera = retained_turn(technical)
    turned = Camera.objects.get(pk=camera.pk).bearing_deg
    unrecorded(camera)
    assert not import_town(folder_with(tmp_path / "same", camera, bearing_deg=f"{turned:g}")).left
    assert Camera.objects.get(pk=camera.pk).retained_at is None
    assert not import_town(DEMO_TOWN).left
    assert Camera.objects.get(pk=camera.pk).bearing_deg == camera.bearing_deg


def test_the_folder_wins_when_it_is_told_to(technical: Client) -> None:
    camera = retained_turn(technical)
    unrecorded(camera)
    assert not import_town(DEMO_TOWN, over_retained=True).left
    now = Camera.objects.get(pk=camera.pk)
    assert (now.bearing_deg, now.retained_at) == (camera.bearing_deg, None)


def test_a_site_that_followed_its_cameras_stays_with_them(technical: Client) -> None:
    camera = planned()
    hung = set(camera.site.cameras.values_list("pk", flat=True))
    for one in Camera.objects.filter(pk__in=hung).exclude(pk=camera.pk):
        one.states.all().delete()
        CameraState.objects.create(camera=one, step=1, state=StateName.PLANNED, on=date(2026, 1, 5))
    plan = rows(technical)
    for row in plan:
        if row["id"] in hung:
            row["position"] = [row["position"][0] + 0.0001, row["position"][1]]
    saved(technical, plan)
    assert technical.post(RETAIN, {"camera": sorted(hung), "seen_version": 1}).status_code == 302
    moved_to = Site.objects.get(pk=camera.site_id).lon
    CameraState.objects.filter(camera__in=hung).delete()
    left = {(one.file, one.id) for one in import_town(DEMO_TOWN).left}
    assert left == {("sites.csv", camera.site_id), *(("cameras.csv", one) for one in hung)}
    assert Site.objects.get(pk=camera.site_id).lon == moved_to != camera.site.lon


def test_the_command_lists_what_it_left_and_ends_with_one(technical: Client) -> None:
    camera = retained_turn(technical)
    unrecorded(camera)
    told = io.StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("import_town", str(DEMO_TOWN), dry_run=True, stderr=told, stdout=io.StringIO())
    assert f"cameras.csv, {camera.pk}" in told.getvalue() and "--over-retained" in told.getvalue()
    call_command("import_town", str(DEMO_TOWN), over_retained=True, stderr=told, stdout=io.StringIO())


def test_the_mayor_neither_pours_nor_retains(technical: Client, client_of: ClientOf) -> None:
    saved(technical, rows(technical)[:2], drawn())
    mayor = client_of(Role.MAYOR)
    assert mayor.get(RETAIN).status_code == 403
    assert mayor.post(POUR, SHEET | {"zone": "dessin-1", "seen_version": 1}).status_code == 403
    assert Zone.objects.count() == 16
