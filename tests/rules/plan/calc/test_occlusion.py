"""What hides the ground: closed forms, and what must hold for any town."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc.occlusion import Outlook, Skyline, outlook
from beffroi.plan.calc.town import Building


def prism(name: str, footprint: Polygon, height_m: float) -> Building:
    return Building(id=name, footprint=footprint, height_m=height_m)


def seen_from(*buildings: Building) -> Outlook:
    """From the origin, 6 m up, towards 1.5 m, to 50 m."""
    return outlook(Skyline.of(buildings), (0.0, 0.0), height_m=6.0, target_m=1.5, radius_m=50.0)


def test_an_empty_town_is_seen_to_the_radius() -> None:
    assert seen_from().polygon().area == pytest.approx(math.pi * 2500, rel=1e-4)


def test_a_high_wall_hides_all_behind_it_and_nothing_beside_it() -> None:
    view = seen_from(prism("b", box(10, -5, 12, 5), 12.0))
    points = np.array([[9.9, 0.0], [10.5, 0.0], [30.0, 0.0], [30.0, 14.9], [30.0, 15.1], [-30.0, 0.0]])
    assert view.sees(points).tolist() == [True, False, False, False, True, True]


def test_a_wall_across_the_west_ray_hides_what_is_behind_it() -> None:
    view = seen_from(prism("b", box(-12, -5, -10, 5), 12.0))
    points = np.array([[-30.0, 0.0], [-30.0, 1.0], [-30.0, -1.0], [-9.0, 0.0], [30.0, 0.0]])
    assert view.sees(points).tolist() == [False, False, False, True, True]
    hidden = 2500 * math.atan(0.5) - 50
    assert view.polygon().area == pytest.approx(math.pi * 2500 - hidden, rel=1e-4)


def test_a_low_roof_hides_up_to_where_the_sightline_clears_it() -> None:
    """H 6, h 1.5, roof 3: hidden from the wall to (6 − 1.5)/(6 − 3) = 1.5 times its far edge, 12 m: 18 m."""
    view = seen_from(prism("b", box(10, -5, 12, 5), 3.0))
    points = np.array([[9.9, 0.0], [11.0, 0.0], [17.9, 0.0], [18.1, 0.0]])
    assert view.sees(points).tolist() == [True, False, False, True]


def test_a_roof_below_the_target_hides_only_what_it_covers() -> None:
    view = seen_from(prism("b", box(10, -5, 12, 5), 1.0))
    assert view.sees(np.array([[12.5, 0.0]])).tolist() == [True]


def test_a_camera_drawn_just_inside_a_wall_hangs_on_it() -> None:
    skyline = Skyline.of([prism("b", box(-10, 0, 10, 12), 12.0)])
    at, moved_m = skyline.standing((0.0, 1.0), 6.0)
    assert at == pytest.approx((0.0, -0.3)) and moved_m == pytest.approx(1.3)
    assert skyline.standing((0.0, 6.0), 15.0) == ((0.0, 6.0), 0.0)
    with pytest.raises(InvalidInput, match="inside building b"):
        skyline.standing((0.0, 6.0), 6.0)


boxes = st.tuples(
    st.integers(-40, 40), st.integers(-40, 40), st.integers(2, 15), st.integers(2, 15), st.integers(2, 12)
)


def buildings_of(rows: list[tuple[int, int, int, int, int]]) -> list[Building]:
    made = [prism(f"b{n}", box(x, y, x + w, y + d), float(h)) for n, (x, y, w, d, h) in enumerate(rows)]
    return [one for one in made if one.footprint.distance(Polygon([(-1, -1), (1, -1), (1, 1), (-1, 1)])) > 0]


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(boxes, max_size=8), more=boxes)
def test_adding_a_building_never_adds_ground_seen(
    rows: list[tuple[int, int, int, int, int]], more: tuple[int, int, int, int, int]
) -> None:
    before = seen_from(*buildings_of(rows)).polygon()
    after = seen_from(*buildings_of([*rows, more])).polygon()
    assert after.difference(before).area < 1e-4


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(boxes, max_size=8))
def test_places_asked_one_by_one_agree_with_the_polygon(rows: list[tuple[int, int, int, int, int]]) -> None:
    view = seen_from(*buildings_of(rows))
    polygon = view.polygon()
    points = np.array([[x + 0.37, y + 0.41] for x in range(-34, 35, 4) for y in range(-34, 35, 4)])
    inner, outer = polygon.buffer(-0.02), polygon.buffer(0.02)
    sees = view.sees(points)
    assert sees[shapely.contains_xy(inner, points)].all()
    assert not sees[~shapely.contains_xy(outer, points)].any()


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(boxes, max_size=6))
def test_the_sweep_agrees_with_sightlines_tested_one_by_one(rows: list[tuple[int, int, int, int, int]]) -> None:
    buildings = buildings_of(rows)
    view = seen_from(*buildings)
    points = np.array([[x + 0.37, y + 0.41] for x in range(-30, 31, 6) for y in range(-30, 31, 6)])
    for point, seen in zip(points, view.sees(points), strict=True):
        line, margin = LineString([(0, 0), point]), 0.05
        hidden = clear = False
        for building in buildings:
            crossing = line.intersection(building.footprint)
            if crossing.is_empty:
                continue
            far = max(math.hypot(*xy) for part in getattr(crossing, "geoms", [crossing]) for xy in part.coords)
            sight_m = 6.0 - 4.5 * far / math.hypot(*point)
            hidden |= sight_m < building.roof_m - margin or building.footprint.contains(Point(point))
            clear |= sight_m < building.roof_m + margin
        assert not (hidden and seen), point
        assert seen or clear or hidden, point
