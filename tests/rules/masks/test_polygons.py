"""Polygons of masks: what can be filled, and what a camera's limits make of it, judged by shapely."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon

from beffroi.core import polygons
from beffroi.core.errors import InvalidInput
from beffroi.core.polygons import FULL, PolygonFault, fault_of, outward

CORNERS = st.lists(st.tuples(st.integers(0, FULL), st.integers(0, FULL)), min_size=3, max_size=12, unique=True)
SQUARE = ((1000, 1000), (4000, 1000), (4000, 4000), (1000, 4000))


@settings(max_examples=400, deadline=None)
@given(CORNERS)
def test_a_polygon_that_shapely_finds_valid_is_taken_and_no_other(corners: list[tuple[int, int]]) -> None:
    shape = Polygon(corners)
    fault = fault_of(corners)
    if fault is PolygonFault.FLAT:
        assert shape.area < polygons.AREA_MIN
    else:
        assert (fault is None) == shape.is_valid


@settings(max_examples=400, deadline=None)
@given(CORNERS, st.integers(4, 8))
def test_a_simplified_polygon_covers_the_one_that_was_drawn(corners: list[tuple[int, int]], most: int) -> None:
    if fault_of(corners) is not None:
        return
    simpler = outward(corners, points_max=most)
    assert len(simpler) <= most
    assert Polygon(simpler).buffer(1e-3).covers(Polygon(corners))
    assert all(0 <= x <= FULL and 0 <= y <= FULL for x, y in simpler)


def test_a_camera_of_rectangles_gets_the_rectangle_around() -> None:
    assert outward(((0, 5), (9, 0), (4, 8)), points_max=4, rectangles_only=True) == ((0, 0), (9, 0), (9, 8), (0, 8))


def test_a_camera_whose_limits_cannot_cover_it_is_an_error_and_no_smaller_mask() -> None:
    with pytest.raises(InvalidInput, match="3 corners"):
        outward(((0, 0), (FULL, 0), (FULL, FULL), (0, FULL)), points_max=3)
    with pytest.raises(InvalidInput):
        outward(SQUARE, points_max=3, rectangles_only=True)


@pytest.mark.parametrize(
    ("corners", "fault"),
    [
        (SQUARE, None),
        (SQUARE[:2], PolygonFault.TOO_FEW),
        ((SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]), PolygonFault.CROSSING),
        (((0, 0), (100, 0), (100, 100)), PolygonFault.FLAT),
        (((-1, 0), *SQUARE[1:]), PolygonFault.OUTSIDE),
        (tuple((i, i * i % FULL) for i in range(65)), PolygonFault.TOO_MANY),
    ],
)
def test_what_is_wrong_with_a_polygon_is_named(
    corners: tuple[tuple[float, float], ...], fault: PolygonFault | None
) -> None:
    assert fault_of(corners) is fault
