"""About two thousand invented prisms along the streets, from one seed: rows in the centre, houses apart around it."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from shapely import STRtree
from shapely.geometry import LineString, Polygon
from shapely.geometry import Point as Spot

from tools.demo_town.ground import smooth
from tools.demo_town.streets import (
    DOURBIE,
    DOURBIE_HALF_WIDTH_M,
    SQUARES,
    STREETS,
    TARN,
    TARN_HALF_WIDTH_M,
    Point,
    StreetPlan,
)

SEED = 7
FLOOR_M, GROUND_FLOOR_M, PARAPET_M = 3.05, 3.9, 0.5
GAP_M = 0.35
_SUBURB_M = 480.0
"""Beyond this from the Mandarous, houses stand apart."""


@dataclass(frozen=True, slots=True)
class Prism:
    """A footprint of four corners, metres, and its storeys above the ground floor."""

    corners: tuple[Point, ...]
    upper_floors: int
    is_dwelling: bool

    @property
    def height_m(self) -> float:
        return round(GROUND_FLOOR_M + self.upper_floors * FLOOR_M + PARAPET_M, 2)


def _barriers() -> list[Polygon]:
    roads = [LineString(plan.axis).buffer(plan.half_width_m + plan.pavement_m - 0.25) for plan in STREETS]
    squares = [Spot(centre).buffer(radius) for centre, radius in SQUARES]
    rivers = [
        LineString(smooth(axis)).buffer(half_width_m + 4)
        for axis, half_width_m in ((TARN, TARN_HALF_WIDTH_M), (DOURBIE, DOURBIE_HALF_WIDTH_M))
    ]
    return [shape for shape in (*roads, *squares, *rivers) if isinstance(shape, Polygon)]


class _Ground:
    """What stands already: a prism fits where nothing does."""

    def __init__(self) -> None:
        self._fixed = STRtree(_barriers())
        self._cells: dict[tuple[int, int], list[Polygon]] = {}

    def fits(self, corners: tuple[Point, ...]) -> bool:
        shape = Polygon(corners)
        if self._fixed.query(shape, predicate="intersects").size:
            return False
        around = shape.buffer(GAP_M, join_style="mitre")
        return not any(other.intersects(around) for cell in _cells(shape, 1) for other in self._cells.get(cell, []))

    def stand(self, corners: tuple[Point, ...]) -> None:
        shape = Polygon(corners)
        for cell in _cells(shape, 0):
            self._cells.setdefault(cell, []).append(shape)


def _cells(shape: Polygon, margin: int) -> Iterator[tuple[int, int]]:
    west, south, east, north = (math.floor(edge / 25) for edge in shape.bounds)
    for x in range(west - margin, east + margin + 1):
        for y in range(south - margin, north + margin + 1):
            yield x, y


def prisms() -> list[Prism]:
    """The prisms, street by street: both fronts of each edge, where nothing stands yet."""
    chance, ground, found = random.Random(SEED), _Ground(), list[Prism]()
    for plan in STREETS:
        for a, b in pairwise(plan.axis):
            for side in (1,) if plan.id == "quai" else (1, -1):  # the other side of the quay is the river bank
                found.extend(_front(plan, (a, b, side), chance, ground=ground))
    for centre, radius in SQUARES:
        found.extend(_round(centre, radius, chance, ground=ground))
    return found


def _round(centre: Point, radius: float, chance: random.Random, *, ground: _Ground) -> list[Prism]:
    """The fronts of a square, between the streets that leave it."""
    turn, found = 0.0, list[Prism]()
    while turn < 2 * math.pi:
        width = chance.uniform(9, 13)
        middle = turn + width / (radius + 1) / 2
        (ox, oy), (tx, ty) = (math.cos(middle), math.sin(middle)), (-math.sin(middle), math.cos(middle))
        near, far = radius + 0.8, radius + 11.3
        rectangle = ((-width / 2, near), (width / 2, near), (width / 2, far), (-width / 2, far))
        corners = tuple(
            (round(centre[0] + ox * out + tx * t, 2), round(centre[1] + oy * out + ty * t, 2)) for t, out in rectangle
        )
        if not ground.fits(corners):
            turn += 0.05
            continue
        ground.stand(corners)
        found.append(Prism(corners, chance.choice((2, 3, 3, 4)), chance.random() < 0.86))
        turn += width / (radius + 1)
    return found


def _front(plan: StreetPlan, edge: tuple[Point, Point, int], chance: random.Random, *, ground: _Ground) -> list[Prism]:
    a, b, side = edge
    length = math.dist(a, b)
    ux, uy = (b[0] - a[0]) / length, (b[1] - a[1]) / length
    nx, ny = -uy * side, ux * side
    at, found = 0.0, list[Prism]()
    while at < length:
        is_suburb = math.hypot(a[0] + ux * at, a[1] + uy * at) > _SUBURB_M
        width, depth = chance.uniform(8.5, 14.5), chance.uniform(10, 13)
        back = plan.half_width_m + plan.pavement_m + (4.0 if is_suburb else 0.0)
        rectangle = ((at, back), (at + width, back), (at + width, back + depth), (at, back + depth))
        corners = tuple(
            (round(a[0] + ux * t + nx * out, 2), round(a[1] + uy * t + ny * out, 2)) for t, out in rectangle
        )
        if not ground.fits(corners):
            at += 1.5
            continue
        ground.stand(corners)
        found.append(Prism(corners, _floors(plan, chance, is_suburb=is_suburb), chance.random() < 0.86))
        at += width + (chance.uniform(5, 12) if is_suburb else 0.0)
    return found


def _floors(plan: StreetPlan, chance: random.Random, *, is_suburb: bool) -> int:
    if is_suburb:
        return chance.choice((1, 1, 1, 2))
    return chance.choice((3, 3, 4) if plan.id == "droite" else (2, 3, 3, 3, 4))
