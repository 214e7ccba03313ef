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
        options = [
            one for one in (*_hollows(current), *_sides(current)) if one.is_valid and one.covers(_inside(current))
        ]
        if options:
            current = min(options, key=lambda one: one.area)
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


def _hollows(polygon: Polygon) -> list[Polygon]:
    """The polygon less one reflex corner, for each."""
    points = _corners(polygon)
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    step, next_step = points - before, after - points
    turns = step[:, 0] * next_step[:, 1] - step[:, 1] * next_step[:, 0]
    return [Polygon(np.delete(points, index, axis=0)) for index in np.flatnonzero(turns <= 0)]


def _sides(polygon: Polygon) -> list[Polygon]:
    """The polygon with one side replaced by the crossing of its two neighbours, where they meet outside."""
    points, found = _corners(polygon), []
    count = len(points)
    for index in range(count):
        a, b, c, d = (points[(index + shift) % count] for shift in (-1, 0, 1, 2))
        meeting = _meeting(b, b - a, (c, c - d))
        if meeting is not None:
            kept = points.copy()
            kept[index] = meeting
            found.append(Polygon(np.delete(kept, (index + 1) % count, axis=0)))
    return found


def _meeting(start: Floats, way: Floats, other: tuple[Floats, Floats]) -> Floats | None:
    """Where two rays meet ahead of both starts; None when they do not."""
    begin, along = other
    cross = way[0] * along[1] - way[1] * along[0]
    if abs(cross) < 1e-12:
        return None
    apart = begin - start
    one, two = ((apart[0] * v[1] - apart[1] * v[0]) / cross for v in (along, way))
    return np.asarray(start + one * way) if one > 0 and two > 0 else None
