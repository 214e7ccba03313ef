"""The drawn plans of a dossier: counted, complete, at scale, stopped by façades, readable as a tagged document."""

from __future__ import annotations

import io
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import numpy as np
import pikepdf
import pytest
import shapely
from django.test import Client
from pytest_django import DjangoDbBlocker
from shapely import Polygon

from beffroi.authorise.dossier import plans
from beffroi.authorise.dossier.pieces import Piece
from beffroi.authorise.dossier.plans.gathered import gather
from beffroi.authorise.dossier.plans.sheet import PlanSheet, buildings_on, cameras_on, signs_on
from beffroi.authorise.models import Dossier, Sign
from beffroi.people.rules import Role
from beffroi.plan import catalogue
from beffroi.plan import ground as of_plan
from beffroi.plan.calc.coverage import sight
from beffroi.plan.models import Camera
from beffroi.territory.calc import lambert93
from tests.pdf_words import Words, words_of
from tests.web.landed import START, landed_demo

TODAY = date(2026, 11, 24)
MADE_AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"
pytestmark = pytest.mark.any_database


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo town with a dossier of all its cameras, taken back after this module."""
    with landed_demo(django_db_blocker, with_facts=False):
        whole = Dossier.objects.create(
            id="whole", name="Tout", kind="new", purposes=["safety"], retention_days=15, opened_on=START
        )
        whole.cameras.set(Camera.objects.all())
        yield


@pytest.fixture(scope="module")
def drawn(landed: None, django_db_blocker: DjangoDbBlocker) -> list[PlanSheet]:
    with django_db_blocker.unblock():
        return plans.sheets(Dossier.objects.get(pk="whole"), TODAY)


@pytest.fixture
def made(drawn: list[PlanSheet], db: None) -> list[PlanSheet]:
    """Every plan of the whole town, drawn once for this module."""
    return drawn


@pytest.fixture
def dossier(landed: None, db: None) -> Dossier:
    """Two sites of the town, in the database of one test."""
    found = Dossier.objects.create(
        id="two", name="Deux", kind="new", purposes=["safety"], retention_days=15, opened_on=START
    )
    found.cameras.set(Camera.objects.filter(site__in=["s01", "s09"]))
    return found


def of_kind(made: list[PlanSheet], kind: str) -> list[PlanSheet]:
    return [sheet for sheet in made if sheet.name.startswith(kind)]


def paths(sheet: PlanSheet, look: str) -> list[str]:
    return [one.get("d", "") for one in ET.fromstring(sheet.svg).iter(f"{SVG}path") if one.get("class") == look]


def on_ground(sheet: PlanSheet, d: str) -> shapely.geometry.base.BaseGeometry:
    """A path of a sheet back in Lambert-93, by two of the sheet's own crosses."""
    crosses = [one for one in ET.fromstring(sheet.svg).iter(f"{SVG}path") if one.get("class") == "cross"]
    one = crosses[0]
    x, y = (float(part) for part in re.match(r"M([\d.-]+) ([\d.-]+)", one.get("d", "")).groups())  # type: ignore[union-attr]
    middle = np.array([x + 1.6, y])
    at = np.array([float(one.get("data-east", "")), float(one.get("data-north", ""))])
    factor = np.array([1, -1]) * sheet.scale / 1000
    rings = [np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", ring), dtype=float) for ring in d.split("M")[1:]]
    shapes = [Polygon((ring - middle) * factor + at) for ring in rings if len(ring) > 2]
    return shapely.union_all(shapely.make_valid(np.array(shapes, dtype=object)))


def test_cameras_on_plan_are_those_of_the_database_and_of_the_form(made: list[PlanSheet]) -> None:
    assert all(sheet.is_consistent for sheet in made)
    drawn = sorted(number for sheet in of_kind(made, "plan-de-detail") for number in cameras_on(sheet.svg))
    assert len(drawn) == 48
    assert len(set(drawn)) == 48
    assert sorted(cameras_on(of_kind(made, "plan-d-ensemble")[0].svg)) == drawn


def test_every_camera_of_the_database_is_on_its_sites_detail_plan(made: list[PlanSheet]) -> None:
    on_plan = {sheet.name: set(cameras_on(sheet.svg)) for sheet in of_kind(made, "plan-de-detail")}
    for camera in Camera.objects.all():
        assert camera.number in on_plan[f"plan-de-detail-{camera.site_id}"]


def test_every_building_that_a_field_cuts_appears_with_its_number(made: list[PlanSheet]) -> None:
    ground = of_plan.ground()
    sheets = {sheet.name: sheet for sheet in of_kind(made, "plan-de-masse")}
    own = gather(Dossier.objects.get(pk="whole"), TODAY, sites=frozenset()).own
    checked = 0
    for row in Camera.objects.all():
        sheet = sheets[f"plan-de-masse-{row.site_id}"]
        root = ET.fromstring(sheet.svg)
        marked = {one.get("data-building") for one in root.iter(f"{SVG}path") if one.get("class") == "third"}
        field = sight(of_plan.camera(row), ground.skyline, catalogue.scale()).ground().buffer(0.1)
        for index, building in enumerate(ground.skyline.buildings):
            if index not in own and building.footprint.boundary.intersection(field).length > 1.0:
                assert building.id in marked
                checked += 1
        assert len(marked) == len(buildings_on(sheet.svg)) == len(sheet.table.rows)
    assert checked > 200


def test_numbers_run_without_a_gap_and_never_name_the_towns_own_buildings(made: list[PlanSheet]) -> None:
    for sheet in of_kind(made, "plan-de-masse"):
        assert [row[0] for row in sheet.table.rows] == [f"T{number}" for number in range(1, len(sheet.table.rows) + 1)]
    for sheet in of_kind(made, "plan-de-detail"):
        assert [row[0] for row in sheet.table.rows] == [f"T{number}" for number in range(1, len(sheet.table.rows) + 1)]


def test_numbers_on_plan_are_the_rows_of_its_table(made: list[PlanSheet]) -> None:
    for sheet in of_kind(made, "plan-de-masse") + of_kind(made, "plan-de-detail"):
        assert sorted(buildings_on(sheet.svg)) == sorted(row[0] for row in sheet.table.rows)


def test_fields_never_cross_a_facade_higher_than_the_camera(made: list[PlanSheet]) -> None:
    ground = of_plan.ground()
    lowest = {row.site_id: row.height_m for row in Camera.objects.order_by("height_m")}
    for sheet in of_kind(made, "plan-de-detail"):
        height_m = lowest[sheet.name.removeprefix("plan-de-detail-")]
        field = shapely.union_all([on_ground(sheet, d) for d in paths(sheet, "cone")])
        assert field.area > 100
        for index in ground.skyline.tree.query(field, predicate="intersects"):
            building = ground.skyline.buildings[index]
            if building.roof_m >= height_m:
                assert building.footprint.buffer(-0.1).intersection(field).area < 0.05


def segments_of(page: pikepdf.Page) -> list[tuple[float, float, float, float]]:
    """Straight strokes of a page in points, whatever forms they are drawn in."""
    found: list[tuple[float, float, float, float]] = []

    def walk(holder: pikepdf.Object, within: np.ndarray) -> None:
        matrix, kept, here = within, [], np.zeros(2)
        for one in pikepdf.parse_content_stream(holder):
            operands, name = one.operands, str(one.operator)
            if name == "q":
                kept.append(matrix)
            elif name == "Q":
                matrix = kept.pop()
            elif name == "cm":
                matrix = six(operands) @ matrix
            elif name == "Do":
                form = holder.Resources.XObject[str(operands[0])]
                if form.Subtype == "/Form":
                    walk(form, six(form.get("/Matrix", [1, 0, 0, 1, 0, 0])) @ matrix)
            elif name in ("m", "l"):
                there = (np.array([float(operands[0]), float(operands[1]), 1.0]) @ matrix)[:2]
                if name == "l":
                    found.append((*here, *there))
                here = there

    walk(page.obj, np.eye(3))
    return found


def six(numbers: object) -> np.ndarray:
    a, b, c, d, e, f = (float(one) for one in numbers)  # type: ignore[attr-defined]
    return np.array([[a, b, 0], [c, d, 0], [e, f, 1]])


@pytest.fixture(scope="module")
def bytes_once(drawn: list[PlanSheet]) -> bytes:
    some = [sheet for sheet in drawn if sheet.name in ("plan-d-ensemble", "plan-de-detail-s09", "plan-de-masse-s09")]
    return plans.plans_pdf(some, title="Plans", made_at=MADE_AT)


@pytest.fixture
def printed(bytes_once: bytes, db: None) -> bytes:
    """Three of the plans as a document."""
    return bytes_once


def test_twenty_metres_are_forty_millimetres_in_the_pdf_at_one_to_five_hundred(
    made: list[PlanSheet], printed: bytes
) -> None:
    sheet = next(sheet for sheet in made if sheet.name == "plan-de-detail-s09")
    assert sheet.scale == 500
    with pikepdf.open(io.BytesIO(printed)) as pdf:
        strokes = segments_of(pdf.pages[2])
    arm_pt = 3.2 * 72 / 25.4
    across = [one for one in strokes if abs(one[1] - one[3]) < 0.01 and abs(abs(one[2] - one[0]) - arm_pt) < 0.01]
    columns = sorted({round((one[0] + one[2]) / 2, 2) for one in across})
    gaps_mm = np.diff(columns) * 25.4 / 72
    assert len(columns) >= 4
    assert gaps_mm == pytest.approx(40.0, abs=0.02)


def test_the_document_is_tagged_french_archivable_and_a_page_a_sheet(printed: bytes) -> None:
    with pikepdf.open(io.BytesIO(printed)) as pdf:
        assert len(pdf.pages) == 3
        for page in pdf.pages:
            wide, tall = float(page.mediabox[2]), float(page.mediabox[3])
            assert (wide, tall) == pytest.approx((297 * 72 / 25.4, 210 * 72 / 25.4), abs=0.1)
        assert str(pdf.Root.Lang).startswith("fr")
        assert bool(pdf.Root.MarkInfo.Marked)
        kinds = list(tags(pdf.Root.StructTreeRoot))
        with pdf.open_metadata() as said:
            assert (said["pdfaid:part"], said["pdfaid:conformance"]) == ("2", "A")
            assert said["pdfuaid:part"] == "1"
    assert kinds.count("/H1") == 3
    assert "/Table" in kinds
    assert "/TH" in kinds


MAP_RIGHT_PT, MAP_FOOT_PT = (7 + 195) * 72 / 25.4, (210 - 7 - 146) * 72 / 25.4
"""The map's place on a printed sheet."""


def test_what_is_printed_on_the_map_is_what_the_database_the_tables_and_the_line_of_control_count(
    made: list[PlanSheet], printed: bytes
) -> None:
    numbers = sorted(Camera.objects.values_list("number", flat=True))
    of_site = sorted(Camera.objects.filter(site="s09").values_list("number", flat=True))
    with pikepdf.open(io.BytesIO(printed)) as pdf:
        pages = [words_of(page) for page in pdf.pages]
    asked = {"plan-d-ensemble": numbers, "plan-de-detail-s09": of_site, "plan-de-masse-s09": of_site}
    by_title = {title: words for words in pages for title in ("ensemble", "détail", "masse") if titled(words, title)}
    assert len(by_title) == 3
    for (name, wanted), title in zip(asked.items(), ("ensemble", "détail", "masse"), strict=True):
        words = by_title[title]
        assert sorted(on_map(words, r"C\d\d")) == wanted, name
        said = " ".join(one.text for one in words).replace("\N{NO-BREAK SPACE}", " ")
        control = re.search(r"(\d+) caméras? au plan, (\d+) en base, (\d+) au formulaire", said)
        assert control is not None and {int(count) for count in control.groups()} == {len(wanted)}, name
    for title in ("détail", "masse"):
        table = [one.text for one in by_title[title] if one.y < MAP_FOOT_PT]
        rows = [row[0] for row in map(re.compile(r"T\d+").match, table) if row is not None]
        assert sorted(on_map(by_title[title], r"T\d+")) == sorted(rows)


def titled(words: list[Words], title: str) -> bool:
    return any(f"Plan d’{title}" in one.text or f"Plan de {title}" in one.text for one in words if one.x > MAP_RIGHT_PT)


def on_map(words: list[Words], pattern: str) -> list[str]:
    """Those printed on the map, each as often as it stands there."""
    inside = [one for one in words if one.x < MAP_RIGHT_PT and one.y > MAP_FOOT_PT]
    return [one.text for one in inside if re.fullmatch(pattern, one.text)]


def tags(node: pikepdf.Object) -> Iterator[str]:
    if isinstance(node, pikepdf.Dictionary):
        if "/S" in node:
            yield str(node.S)
            if node.S == "/Figure":
                assert str(node.Alt)
        if "/K" in node:
            below = node.K
            for one in below if isinstance(below, pikepdf.Array) else [below]:
                yield from tags(one)


def test_each_sheet_says_its_scale_its_place_in_the_series_and_that_the_data_are_invented(
    made: list[PlanSheet],
) -> None:
    details = of_kind(made, "plan-de-detail")
    for number, sheet in enumerate(details, 1):
        said = dict(pair for row in sheet.cells for pair in row)
        assert said["Feuille"] == f"{number} / {len(details)}"
        assert said["Échelle"].startswith(
            f"1:{sheet.scale}".replace("1000", "1\u202f000").replace("2000", "2\u202f000")
        )
        assert sheet.fictional
        assert "scale-bar" in sheet.svg


def test_a_perimeter_stands_for_the_plans_of_the_sites_and_tells_who_is_outside(dossier: Dossier) -> None:
    inside = Camera.objects.get(number="C02")
    side = 0.001
    corners = [(-side, -side), (side, -side), (side, side), (-side, side), (-side, -side)]
    ring = [[inside.lon + x, inside.lat + y] for x, y in corners]
    dossier.perimeter, dossier.max_cameras = {"type": "Polygon", "coordinates": [ring]}, 2
    dossier.save()
    made = plans.sheets(dossier, TODAY)
    assert made[0].name == "plan-de-perimetre"
    assert not of_kind(made, "plan-de-detail")
    sheet = made[0]
    said = dict(pair for row in sheet.cells for pair in row)
    asked = lambert93.projected(dossier.perimeter)
    assert said["Surface"] == f"{asked.area / 10_000:.1f} ha".replace(".", ",")
    assert said["Caméras au plus"] == "2"
    assert any("C07" in note and "Hors du périmètre" in note for note in sheet.notes)
    assert any("Place du Mandarous" in row for row in sheet.table.rows)
    assert sheet.is_consistent


def test_the_map_of_signs_shows_what_the_register_says(dossier: Dossier) -> None:
    Sign.objects.filter(site="s01").update(placed_on=None, checked_on=None)
    Sign.objects.filter(site="s09").update(placed_on=date(2017, 5, 5), checked_on=date(2019, 1, 1))
    sheet = next(one for one in plans.sheets(dossier, TODAY) if one.name == "plan-des-affiches")
    assert sorted(signs_on(sheet.svg)) == ["due", "planned"]
    Sign.objects.filter(site="s01").delete()
    sheet = next(one for one in plans.sheets(dossier, TODAY) if one.name == "plan-des-affiches")
    assert any("Sans affiche : Place du Mandarous" in note for note in sheet.notes)


def test_a_camera_inside_a_building_is_drawn_counted_and_told(dossier: Dossier) -> None:
    camera = Camera.objects.get(number="C07")
    building = max(of_plan.ground().skyline.buildings, key=lambda one: one.footprint.area)
    middle = building.footprint.centroid
    camera.lon, camera.lat = lambert93.to_lon_lat(middle.x, middle.y)
    camera.height_m = 2.5
    camera.save()
    sheet = next(one for one in plans.sheets(dossier, TODAY) if one.name == "plan-de-detail-s09")
    assert sheet.is_consistent
    assert any("C07" in note and building.id in note for note in sheet.notes)


def test_masks_of_every_preset_stand_on_the_plan_and_in_its_table(dossier: Dossier) -> None:
    camera = Camera.objects.get(pk="c01")
    dossier.cameras.set(camera.site.cameras.all())
    rest = {"tilt_deg": camera.tilt_deg, "hfov_deg": camera.hfov_deg, "time_share": 0.5}
    turns = (camera.bearing_deg, (camera.bearing_deg + 180.0) % 360.0)
    before = masked_on(dossier)
    camera.presets = [rest | {"bearing_deg": turn} for turn in turns]
    camera.save()
    assert masked_on(dossier) > before


def test_each_preset_has_its_cone_on_the_detail_plan_and_its_look_in_the_notes(dossier: Dossier) -> None:
    camera = Camera.objects.get(pk="c01")
    dossier.cameras.set([camera])
    quay = {"name": "Quai", "bearing_deg": 300.0, "tilt_deg": 6.0, "hfov_deg": 8.0, "time_share": 0.5}
    for presets in ([], [quay, quay | {"name": "", "bearing_deg": 200.0}]):
        Camera.objects.filter(pk="c01").update(presets=presets)
        (sheet,) = [one for one in plans.sheets(dossier, TODAY) if one.name == f"plan-de-detail-{camera.site_id}"]
        assert sheet.is_consistent
        assert sheet.svg.count("data-preset=") == len(presets), "where it rests is its field, no preset"
        assert any("Position enregistrée" in one.words for one in sheet.legend) is bool(presets)
    (note,) = [one for one in sheet.notes if "azimut, inclinaison, champ" in one]
    assert note.endswith(" : P1 Quai (300°, 6°, 8,0°) ; P2 (200°, 6°, 8,0°).")


def masked_on(dossier: Dossier) -> set[str]:
    """Third parties' buildings of the dossier's one site that bear a mask."""
    (plan,) = gather(dossier, TODAY).sites
    assert all(sheet.is_consistent for sheet in plans.sheets(dossier, TODAY))
    return {plan.view.skyline.buildings[one.index].id for one in plan.view.buildings if one.masks}


def test_words_of_people_cannot_break_the_drawing(dossier: Dossier) -> None:
    site = Camera.objects.get(number="C07").site
    site.name = 'Rue <script> & "ferme"'
    site.save()
    made = plans.sheets(dossier, TODAY)
    for sheet in made:
        ET.fromstring(sheet.svg)
    assert plans.plans_pdf(made, title="Plans <&>", made_at=MADE_AT).startswith(b"%PDF")


def test_people_in_the_simulated_view_stand_in_the_field(made: list[PlanSheet]) -> None:
    pictures = [picture for sheet in of_kind(made, "plan-de-detail") for picture in sheet.pictures]
    assert len(pictures) == 48
    for picture in pictures:
        distances = [float(one.replace(",", ".")) for one in re.findall(r"([\d,]+) m[,.]", picture.words)]
        assert all(0 < distance < 200 for distance in distances)
        assert not any(math.isnan(distance) for distance in distances)


def test_a_page_shows_a_plan_and_says_when_there_is_none(dossier: Dossier, client_of: Callable[..., Client]) -> None:
    client = client_of(Role.TECHNICAL)
    found = client.get(f"/dossier/{dossier.pk}/plans/plan-de-detail-s09.svg")
    assert found["Content-Type"] == "image/svg+xml"
    assert cameras_on(found.content.decode()) == ["C07"]
    assert client.get(f"/dossier/{dossier.pk}/plans/plan-de-detail-s33.svg").status_code == 404
    assert client.get(f"/dossier/{dossier.pk}/plans/autre.svg").status_code == 404


def test_an_outsider_sees_no_plan(dossier: Dossier, client_of: Callable[..., Client]) -> None:
    address = f"/dossier/{dossier.pk}/plans/plan-de-detail-s09.svg"
    assert client_of().get(address).status_code == 403
    assert Client().get(address).status_code in (302, 401, 403)


def test_the_papers_of_the_dossier_hold_its_plans_by_piece(made: list[PlanSheet]) -> None:
    held = {part.name: part for part in plans.parts(made)}
    assert held["03-plans-de-masse"].piece is Piece.BLOCK_PLAN
    assert held["04-plans-de-detail"].piece is Piece.DETAIL_PLAN
    assert len(held["03-plans-de-masse"].sheets) == len(held["04-plans-de-detail"].sheets) == 35
    assert sum(len(part.sheets) for part in held.values()) == len(made)


def test_the_centre_is_drawn_larger_when_the_whole_is_crowded(made: list[PlanSheet]) -> None:
    centre = next(sheet for sheet in made if sheet.name == "plan-d-ensemble-centre")
    whole = next(sheet for sheet in made if sheet.name == "plan-d-ensemble")
    assert centre.scale == 5000 < whole.scale
    assert set(cameras_on(centre.svg)) < set(cameras_on(whole.svg))
