"""The drawn map: north up, metres true, lone sites aside."""

from __future__ import annotations

import re

import pytest

from beffroi.plan.drawing import Sheet, free_labels, sheet_of

MANDAROUS = (3.0780, 44.1001)
SHEET = Sheet(middle=MANDAROUS, west_m=-500, north_m=-400, width_m=1000, height_m=800)


def test_north_is_up_and_east_is_right_in_metres() -> None:
    assert SHEET.at(MANDAROUS) == (0.0, 0.0)
    x, y = SHEET.at((3.0780 + 100 / 79_850, 44.1001 + 100 / 111_195))
    assert x == pytest.approx(100, abs=0.5)
    assert y == pytest.approx(-100, abs=0.5)


def test_a_cone_looks_where_the_camera_looks() -> None:
    numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", SHEET.cone(MANDAROUS, 90, 60))]
    (ax, ay), (bx, by) = numbers[2:4], numbers[-2:]
    assert ax > 0 and bx > 0
    assert ay == pytest.approx(-by)


def test_lines_stay_open_and_rings_close() -> None:
    line = {"type": "LineString", "coordinates": [[3.078, 44.1001], [3.079, 44.1001]]}
    ring = {"type": "Polygon", "coordinates": [[[3.078, 44.1001], [3.079, 44.1001], [3.079, 44.101], [3.078, 44.1001]]]}
    assert SHEET.path(line) == "M0 0L79.9 0"
    assert SHEET.path(ring).endswith("Z")
    assert SHEET.path({"type": "MultiPolygon", "coordinates": [ring["coordinates"]] * 2}).count("Z") == 2


def test_the_sheet_holds_all_sites_but_a_lone_one() -> None:
    near = [(3.078 + i * 0.001, 44.100 + i * 0.001) for i in range(5)]
    lone = (3.0610, 44.1150)
    sheet = sheet_of([*near, lone])
    assert sheet is not None
    assert all(sheet.holds(site) for site in near)
    assert not sheet.holds(lone)
    assert sheet.width_m / sheet.height_m == pytest.approx(1.05)


def test_no_site_no_sheet() -> None:
    assert sheet_of([]) is None


def test_a_name_that_would_hide_something_is_left_to_the_list() -> None:
    labels = [(0.0, 0.0, "Mandarous"), (30.0, 5.0, "Halles"), (0.0, 200.0, "Voultre"), (490.0, 0.0, "Cureplats")]
    assert free_labels(labels, [(0.0, 195.0)], SHEET) == ((0.0, 0.0, "Mandarous"),)
