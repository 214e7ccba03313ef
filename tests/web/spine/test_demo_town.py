"""The demo town as it lands: the counts that were announced, and a story that holds on any first day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker
from shapely.geometry import Point, shape

import beffroi
from beffroi.authorise import townfile
from beffroi.authorise.queries import gates, orders_on
from beffroi.authorise.rules import Shut
from beffroi.authorise.services import import_town
from beffroi.core.reading import FolderReader
from beffroi.plan import queries, rules
from beffroi.plan.models import Camera, Link, Site
from beffroi.plan.rules import StateName
from beffroi.plan.townfile import CameraRow, StateRow
from beffroi.territory.factfile import FactFile
from beffroi.territory.models import Building, PublicBuilding, Street, Zone
from beffroi.territory.queries import (
    building_layer,
    evidence_by_zone,
    map_layers,
    search_places,
    street_axes,
    town_zone,
)
from beffroi.territory.rules import is_evidenced
from beffroi.territory.services import import_facts
from tests.web.conftest import draw_demo_masks
from tools.demo_town.__main__ import FILES

DEMO_TOWN = Path(beffroi.__file__).parent / "demo_town"
START = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The town, imported once for this module and taken back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        import_town(DEMO_TOWN, start_on=START)
        draw_demo_masks(DEMO_TOWN)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def town(landed: None, db: None) -> None:
    """The town in the database of one test."""


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_the_text_is_what_the_tool_draws(file: str) -> None:
    assert (DEMO_TOWN / file).read_text(encoding="utf-8") == FILES[file]()


def test_every_file_is_small_enough_to_read() -> None:
    assert max(path.stat().st_size for path in DEMO_TOWN.iterdir()) < 380_000


@pytest.mark.usefixtures("town")
def test_the_announced_counts_are_there() -> None:
    assert Zone.objects.count() == 16
    assert PublicBuilding.objects.count() == 35
    assert Site.objects.filter(phase__programme="main").count() == 33
    assert Camera.objects.filter(phase__programme="main").count() == 44
    assert Camera.objects.filter(phase__programme="extension").count() == 4
    assert 60 <= Street.objects.count() <= 80
    assert 1900 <= Building.objects.count() <= 2300


@pytest.mark.usefixtures("town")
def test_each_phase_has_its_sites_and_cameras_in_service() -> None:
    figures = queries.phase_figures(START)
    assert [(p.sites_in_service, p.cameras_in_service) for p in figures] == [(9, 13), (10, 13), (8, 10), (6, 8), (0, 0)]
    assert [(len(p.sites), p.cameras_planned) for p in figures] == [(9, 13), (10, 13), (8, 10), (6, 8), (2, 4)]
    doubles = [sum(len(site.states) == 2 for site in phase.sites) for phase in figures]
    assert doubles == [4, 3, 2, 2, 2]
    assert [p.late_days for p in figures] == [73, 7, 45, -2, 21]


@pytest.mark.usefixtures("town")
def test_a_phase_entered_service_with_its_last_camera() -> None:
    for phase in queries.phase_figures(START)[:4]:
        assert phase.in_service_on is not None
        eve = phase.in_service_on - timedelta(days=1)
        after = {p.id: p.cameras_in_service for p in queries.phase_figures(phase.in_service_on)}
        before = {p.id: p.cameras_in_service for p in queries.phase_figures(eve)}
        assert before[phase.id] < after[phase.id] == phase.cameras_planned


@pytest.mark.usefixtures("town")
def test_the_extension_shows_works_under_way() -> None:
    counts = queries.camera_counts(START)
    assert counts == {
        StateName.IN_SERVICE: 44,
        StateName.FILED: 1,
        StateName.AUTHORISED: 1,
        StateName.IN_TEST: 1,
        StateName.ACCEPTED: 1,
    }


@pytest.mark.usefixtures("town")
def test_only_the_44_gates_are_open() -> None:
    found = gates([camera.id for camera in queries.cameras_on(START)], at=NOON)
    assert sum(gate.is_open for gate in found.values()) == 44
    assert all(found[camera].shut is Shut.NOT_IN_SERVICE for camera in ("c45", "c47", "c48"))
    assert found["c46"].missing == (Shut.NO_WINDOW,)
    assert found["c48"].missing == (Shut.NOT_IN_SERVICE, Shut.NO_ORDER, Shut.NO_DECLARATION)
    assert found["c03"].retention_days == 15
    assert found["c03"].closes_at == datetime(2027, 4, 23, tzinfo=town_zone())
    assert not gates(["unknown"], at=NOON)["unknown"].is_open


@pytest.mark.usefixtures("town")
def test_without_renewal_26_cameras_close_in_five_months() -> None:
    first = orders_on(START)[0]
    assert (first.cameras, first.days_left) == (26, 151)
    after = gates([camera.id for camera in queries.cameras_on(START)], at=datetime(2027, 4, 23, tzinfo=town_zone()))
    assert sum(gate.is_open for gate in after.values()) == 18
    assert after["c03"].shut is Shut.NO_ORDER


@pytest.mark.usefixtures("town")
def test_the_demo_facts_land_and_show_every_zone_to_be_exposed() -> None:
    text = (DEMO_TOWN / "facts.csv").read_text(encoding="utf-8")
    report = import_facts(FactFile(name="facts.csv", text=text, source="jeu fictif"), by="system")
    assert 2_900 <= report.landed <= 3_400
    assert all(is_evidenced(found) for found in evidence_by_zone(START).values())


@pytest.mark.usefixtures("town")
def test_one_camera_was_found_turned() -> None:
    turned = {camera.id: camera.turned_deg for camera in queries.cameras_on(START) if camera.turned_deg}
    assert turned == {"c25": 14.0}


@pytest.mark.slow
@pytest.mark.usefixtures("town")
def test_sites_stand_in_their_zones_and_cameras_out_of_the_buildings() -> None:
    zones = {zone.pk: shape(zone.shape) for zone in Zone.objects.all()}
    for camera in queries.cameras_on(START):
        assert zones[camera.zone].covers(Point(camera.lon, camera.lat)), camera.name
    walls = [shape(feature["geometry"]) for feature in building_layer()["features"]]
    for camera in queries.cameras_on(START):
        assert not any(wall.contains(Point(camera.lon, camera.lat)) for wall in walls), camera.name


@pytest.mark.usefixtures("town")
def test_names_say_place_and_direction() -> None:
    names = list(Camera.objects.values_list("name", flat=True))
    assert all(" → " in name for name in names)
    assert len(set(names)) == 48


@pytest.mark.usefixtures("town")
def test_the_streets_are_one_graph_of_about_400_nodes() -> None:
    axes = street_axes()
    nodes = {vertex for axis in axes for vertex in axis.vertices}
    assert 350 <= len(nodes) <= 450
    reached, waiting = set(), {axes[0].vertices[0]}
    while waiting:
        vertex = waiting.pop()
        reached.add(vertex)
        waiting |= {other for axis in axes if vertex in axis.vertices for other in axis.vertices} - reached
    assert reached == nodes


@pytest.mark.usefixtures("town")
def test_the_fibre_reaches_every_site_and_building_and_only_the_voultre_is_late() -> None:
    ends = set(Link.objects.values_list("to_end", flat=True)) | {"b04"}
    assert ends >= set(Site.objects.values_list("pk", flat=True)) | set(
        PublicBuilding.objects.values_list("pk", flat=True)
    )
    links = queries.map_layers(START)["links"]["features"]
    assert [link["properties"]["name"] for link in links if link["properties"]["is_late"]] == ["Bras Rue du Voultre"]
    figures = queries.fibre_figures(START)
    assert figures.lit_m == figures.laid_m < figures.planned_m


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    ("asked", "kind", "name"),
    [
        ("mandarous", "place", "Place du Mandarous"),
        ("Av. GAMBETTA", "street", "Avenue Gambetta"),
        ("4 bd de bonald", "street", "Boulevard de Bonald"),
        ("rue droite halle", "crossing", "Rue Droite"),
        ("bonald mandarous", "crossing", "Boulevard de Bonald"),
        ("mediatheque", "building", "Médiathèque MESA"),
        ("6 rue jean moulin", "place", "6 rue Jean-Moulin"),
        ("ayrolle-richard", "zone", "Ayrolle–Richard"),
    ],
)
def test_a_place_is_found_as_people_type_it(asked: str, kind: str, name: str) -> None:
    first = search_places(asked)[0]
    assert first.kind == kind
    assert name in first.name


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize("asked", ["", "   ", "zzz", "12", "%", "a" * 5000])
def test_a_place_that_is_not_there_gives_nothing(asked: str) -> None:
    assert search_places(asked) == []


@pytest.mark.usefixtures("town")
def test_the_map_layers_are_geojson() -> None:
    layers = map_layers() | queries.map_layers(START)
    assert {name: len(layer["features"]) for name, layer in layers.items()} == {
        "water": 2,
        "streets": 69,
        "zones": 16,
        "public_buildings": 35,
        "sites": 35,
        "cameras": 48,
        "links": 69,
    }


MONTH_ENDS = [date(2027 + year, month, 1) - timedelta(days=1) for year in range(4) for month in range(1, 13)]


@pytest.mark.parametrize("start_on", [*MONTH_ENDS, date(2028, 3, 1), date(2041, 6, 15)])
def test_the_orders_are_lawful_whatever_the_first_day(start_on: date) -> None:
    reader = FolderReader(DEMO_TOWN, start_on)
    cameras = {read.row.id: read.row for read in reader.csv("cameras.csv", CameraRow)}
    papers = townfile.read(reader, cameras=cameras, phases={"p1", "p2", "p3", "p4", "px"})
    reader.raise_if_any()
    in_force = {
        camera for row in papers.orders.values() if row.signed_on <= start_on < row.ends_on for camera in row.cameras
    }
    assert len(in_force) == 47


@pytest.mark.parametrize("start_on", [date(2026, 11, 23), date(2026, 11, 30), *MONTH_ENDS])
def test_no_camera_was_ever_without_an_order_once_it_had_one(start_on: date) -> None:
    reader = FolderReader(DEMO_TOWN, start_on)
    cameras = {read.row.id: read.row for read in reader.csv("cameras.csv", CameraRow)}
    papers = townfile.read(reader, cameras=cameras, phases={"p1", "p2", "p3", "p4", "px"})
    spans = sorted((row.signed_on, row.ends_on, row.cameras) for row in papers.orders.values())
    for camera in cameras:
        ends = [(signed, end) for signed, end, covered in spans if camera in covered]
        until = ends[0][1] if ends else start_on
        for signed, end in ends:
            assert signed <= until, f"{camera} had no order from {until} to {signed}"
            until = max(until, end)


@pytest.mark.parametrize("start_on", MONTH_ENDS)
def test_the_lives_stand_whatever_the_first_day(start_on: date) -> None:
    reader = FolderReader(DEMO_TOWN, start_on)
    histories: dict[str, list[rules.DatedState]] = {}
    for read in reader.csv("states.csv", StateRow):
        histories.setdefault(read.row.camera, []).append(rules.DatedState(state=read.row.state, on=read.row.on))
    reader.raise_if_any()
    assert all(rules.fault_of(history) is None for history in histories.values())
    states = [rules.state_on(history, start_on) for history in histories.values()]
    assert states.count(StateName.IN_SERVICE) == 44


def test_the_simulated_faults_are_those_of_the_story() -> None:
    reader = FolderReader(DEMO_TOWN, START)
    rows = [read.row for read in reader.csv("cameras.csv", CameraRow)]
    assert {row.id: row.town_fault for row in rows if row.town_fault} == {
        "c09": "dead",
        "c22": "adrift_40s",
        "c23": "bare",
        "c31": "frozen",
    }
    assert sum(row.codec == "h265" for row in rows) == 8
    assert sum(row.kind == "ptz" for row in rows) == 5
