"""From the hand-drawn streets to a graph: crossings become shared vertices, long edges are cut."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import combinations, pairwise

from shapely.geometry import LineString
from shapely.geometry import Point as Spot
from shapely.geometry.base import BaseGeometry

from tools.demo_town.streets import Point, StreetPlan

LAT0, LON0 = 44.1001, 3.0780
M_PER_DEG_LAT, M_PER_DEG_LON = 111_320.0, 79_940.0
"""The simulated scenes' own flat frame; good to centimetres over the town."""
MAX_EDGE_M = 66.0
_SAME_M = 2.0


def wgs84(point: Point) -> tuple[float, float]:
    """Longitude and latitude, degrees, rounded to a decimetre."""
    return (round(LON0 + point[0] / M_PER_DEG_LON, 6), round(LAT0 + point[1] / M_PER_DEG_LAT, 6))


def metres(lon: float, lat: float) -> Point:
    """The drawing's metres of a position."""
    return (round((lon - LON0) * M_PER_DEG_LON, 1), round((lat - LAT0) * M_PER_DEG_LAT, 1))


def _spots(shape: BaseGeometry) -> list[Point]:
    parts: Iterable[BaseGeometry] = getattr(shape, "geoms", [shape])
    return [(part.x, part.y) for part in parts if isinstance(part, Spot)]


def _crossings(plans: tuple[StreetPlan, ...]) -> dict[str, set[Point]]:
    """For each street, the points it shares with another, named once for both."""
    lines = {plan.id: LineString(plan.axis) for plan in plans}
    named: list[Point] = [point for plan in plans for point in plan.axis]
    found: dict[str, set[Point]] = {plan.id: set() for plan in plans}
    for one, other in combinations(lines, 2):
        ends = [Spot(lines[street].coords[at]) for street in (one, other) for at in (0, -1)]
        meets = _spots(lines[one].intersection(lines[other]))
        meets += [(end.x, end.y) for end in ends if lines[one].distance(end) < 1 and lines[other].distance(end) < 1]
        for meet in meets:
            near = next((point for point in named if math.dist(point, meet) < _SAME_M), None)
            if near is None:
                near = (round(meet[0], 1), round(meet[1], 1))
                named.append(near)
            found[one].add(near)
            found[other].add(near)
    return found


def noded(plans: tuple[StreetPlan, ...]) -> dict[str, list[Point]]:
    """Each street's vertices, in order: its own, its crossings, and cuts so that no edge exceeds MAX_EDGE_M."""
    crossings = _crossings(plans)
    return {plan.id: _cut(_with(plan.axis, crossings[plan.id])) for plan in plans}


def _with(axis: tuple[Point, ...], crossings: set[Point]) -> list[Point]:
    line = LineString(axis)
    points = set(axis) | crossings
    return sorted(points, key=lambda point: line.project(Spot(point)))


def _cut(points: list[Point]) -> list[Point]:
    cut = [points[0]]
    for a, b in pairwise(points):
        pieces = math.ceil(math.dist(a, b) / MAX_EDGE_M)
        for i in range(1, pieces):
            t = i / pieces
            cut.append((round(a[0] + (b[0] - a[0]) * t, 2), round(a[1] + (b[1] - a[1]) * t, 2)))
        cut.append(b)
    return cut


def smooth(points: tuple[Point, ...], rounds: int = 2) -> list[Point]:
    """Corners cut (Chaikin): a river does not turn at a vertex."""
    line = list(points)
    for _ in range(rounds):
        inner = [
            (a[0] * s + b[0] * (1 - s), a[1] * s + b[1] * (1 - s)) for a, b in pairwise(line) for s in (0.75, 0.25)
        ]
        line = [line[0], *inner, line[-1]]
    return line


def along(axis: tuple[Point, ...], at_m: float, offset_m: float = 0.0) -> Point:
    """The point `at_m` along a street, `offset_m` to the left of its direction."""
    line = LineString(axis)
    a, b = line.interpolate(at_m), line.interpolate(at_m + 0.5)
    if at_m + 0.5 > line.length:
        a, b = line.interpolate(at_m - 0.5), line.interpolate(at_m)
    length = math.dist((a.x, a.y), (b.x, b.y))
    here = line.interpolate(at_m)
    return (here.x - (b.y - a.y) / length * offset_m, here.y + (b.x - a.x) / length * offset_m)
