"""Polygons made simpler by growing only: what was inside stays inside. For masks that a device must take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

Floats = npt.NDArray[np.float64]


def filled(polygon: Polygon) -> Polygon:
    """Without its holes."""
    return Polygon(polygon.exterior)


def merged(pieces: Sequence[Polygon], *, at_most: int, as_rectangles: bool) -> list[Polygon]:
    """At most so many polygons that cover the pieces: the two whose union's hull (or rectangle) grows least, again.

    Errors: ValueError when `at_most` is below 1.
    """
    if at_most < 1:
        raise ValueError("at least one polygon")
    around = shapely.envelope if as_rectangles else shapely.convex_hull
    kept = [rectangle(piece) if as_rectangles else filled(piece) for piece in pieces]
    while len(kept) > at_most:
        first, second = np.triu_indices(len(kept), k=1)
        both = np.array(
            [shapely.multipolygons([kept[a], kept[b]]) for a, b in zip(first, second, strict=True)], dtype=object
        )
        hulls = around(both)
        areas = shapely.area(np.array(kept, dtype=object))
        cheapest = int(np.argmin(shapely.area(hulls) - areas[first] - areas[second]))
        gone = {int(first[cheapest]), int(second[cheapest])}
        kept = [one for number, one in enumerate(kept) if number not in gone] + [_polygon(hulls[cheapest])]
    return kept


def shrunk(polygon: Polygon, *, max_points: int) -> Polygon:
    """At most so many corners (4 or more): a hollow corner is filled, or a side pushed out, the cheapest first.

    Falls back on the hull, then on the rectangle around, when no step keeps the polygon whole.
    """
    current = shapely.remove_repeated_points(filled(polygon), 1e-9)
    while _count(current) > max_points:
        inside = _inside(current)
        grown = next((one for one in _with_one_less(current) if one.is_valid and one.covers(inside)), None)
        if grown is not None:
            current = grown
        elif _count(hull := _polygon(current.convex_hull)) < _count(current):
            current = hull
        else:
            return rectangle(current)
    return current


def rectangle(polygon: Polygon) -> Polygon:
    """The rectangle around."""
    return shapely.box(*polygon.bounds)


def _polygon(found: BaseGeometry) -> Polygon:
    assert isinstance(found, Polygon)  # the hull of a polygon
    return found


def _count(polygon: Polygon) -> int:
    return len(polygon.exterior.coords) - 1


def _inside(polygon: Polygon) -> Polygon:
    """Rounding may put a corner a hair outside: a thousandth of a pixel is allowed."""
    return polygon.buffer(-1e-3)


def _corners(polygon: Polygon) -> Floats:
    ring = shapely.orient_polygons(polygon).exterior.coords
    return np.asarray(ring)[:-1, :2]


def _with_one_less(polygon: Polygon) -> Sequence[Polygon]:
    """The polygon with one corner less, in each way there is; the least area first."""
    points = _corners(polygon)
    found = np.asarray(shapely.polygons(np.concatenate([_hollows(points), _sides(points)])))
    ordered: list[Polygon] = found[np.argsort(shapely.area(found), kind="stable")].tolist()
    return ordered


def _hollows(points: Floats) -> Floats:
    """(k, n - 1, 2) rings without one reflex corner, for each of the k there are."""
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    step, next_step = points - before, after - points
    return _without(points, np.flatnonzero(_cross(step, next_step) <= 0))


def _sides(points: Floats) -> Floats:
    """(k, n - 1, 2) rings with one side replaced by the crossing of its two neighbours, where they meet outside."""
    before, after, beyond = (np.roll(points, shift, axis=0) for shift in (1, -1, -2))
    way, back, apart = points - before, after - beyond, after - points
    cross = _cross(way, back)
    with np.errstate(divide="ignore", invalid="ignore"):
        one, two = _cross(apart, back) / cross, _cross(apart, way) / cross
    met = np.flatnonzero((np.abs(cross) >= 1e-12) & (one > 0) & (two > 0))
    rings = np.repeat(points[None], len(met), axis=0)
    rings[np.arange(len(met)), met] = points[met] + one[met, None] * way[met]
    return _without(rings, (met + 1) % len(points))


def _without(rings: Floats, gone: npt.NDArray[np.int64]) -> Floats:
    """(k, n - 1, 2): the corner `gone[i]` left out of ring i, or of the one ring given."""
    many = np.broadcast_to(rings, (len(gone), *rings.shape[-2:]))
    kept = np.ones(many.shape[:2], dtype=bool)
    kept[np.arange(len(gone)), gone] = False
    return many[kept].reshape(len(gone), many.shape[1] - 1, 2)


def _cross(one: Floats, other: Floats) -> Floats:
    return np.asarray(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])
