"""Where words are written so that they cover no other words: each takes the first free place of its own list. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import shapely
from shapely import LineString, Polygon, box
from shapely.geometry.base import BaseGeometry

Spot = tuple[float, float]
LETTER, CAPITAL = 0.53, 0.7
"""Width of a letter, in heights of the type."""


def width_mm(words: str, size_mm: float) -> float:
    """Length of a line of words; about."""
    return size_mm * sum(CAPITAL if letter.isupper() else LETTER for letter in words)


@dataclass(slots=True, kw_only=True)
class Labels:
    """The words on a sheet so far. `edge`: the sheet; words lie inside it."""

    edge: BaseGeometry
    taken: list[BaseGeometry] = field(default_factory=list)

    def keep_free(self, area: BaseGeometry) -> None:
        """No words there."""
        self.taken.append(area)

    def place(self, spots: Iterable[Spot], size: tuple[float, float], *, is_needed: bool = False) -> Spot | None:
        """The first spot (a middle) where a box of `size` is free; the least bad one when it must stand somewhere."""
        wide, tall = size[0] / 2, size[1] / 2
        return self._first(((x, y, 0.0, box(x - wide, y - tall, x + wide, y + tall)) for x, y in spots), is_needed)

    def along(self, line: LineString, words: str, size_mm: float) -> tuple[float, float, float] | None:
        """Middle and turn (degrees, clockwise) of words along a line, upright for the reader; None without room."""
        spot = self._first(self._tilted(line, width_mm(words, size_mm), size_mm), is_needed=False)
        if spot is None:
            return None
        turn = next(turn for x, y, turn, _ in self._tilted(line, width_mm(words, size_mm), size_mm) if (x, y) == spot)
        return spot[0], spot[1], turn

    def _tilted(self, line: LineString, wide: float, tall: float) -> Iterator[tuple[float, float, float, Polygon]]:
        steps = max(1, int(line.length // 4))
        order = sorted(range(steps + 1), key=lambda step: abs(step - steps / 2))
        for step in order:
            middle = line.length * step / steps
            if middle < wide / 2 or middle > line.length - wide / 2:
                continue
            (x1, y1), (x2, y2) = (line.interpolate(middle + side * wide / 2).coords[0] for side in (-1, 1))
            if math.dist((x1, y1), (x2, y2)) < 0.985 * wide:
                continue
            turn = math.degrees(math.atan2(y2 - y1, x2 - x1))
            turn = turn - 180 if turn > 90 else turn + 180 if turn <= -90 else turn
            x, y = (x1 + x2) / 2, (y1 + y2) / 2
            yield x, y, turn, LineString([(x1, y1), (x2, y2)]).buffer(tall * 0.6, cap_style="flat")

    def _first(self, candidates: Iterable[tuple[float, float, float, BaseGeometry]], is_needed: bool) -> Spot | None:
        worst: list[tuple[float, Spot, BaseGeometry]] = []
        for x, y, _, area in candidates:
            covered = sum(area.intersection(one).area for one in self.taken if one.intersects(area))
            outside = area.difference(self.edge).area
            if covered + outside < 1e-6:
                self.taken.append(area)
                return x, y
            worst.append((covered + 10 * outside, (x, y), area))
        if not is_needed or not worst:
            return None
        _, spot, area = min(worst, key=lambda one: one[0])
        self.taken.append(area)
        return spot


def around(spot: Spot, *, first_mm: float, rings: int = 5) -> Iterator[Spot]:
    """Spots round one, nearer ones first, to the right and the left before above and below."""
    for ring in range(rings):
        away = first_mm * (1 + 0.6 * ring)
        for turn in (0, 180, 330, 210, 30, 150, 300, 240, 60, 120, 270, 90):
            yield spot[0] + away * math.cos(math.radians(turn)), spot[1] + away * 0.8 * math.sin(math.radians(turn))


def inside(area: BaseGeometry, *, step_mm: float = 2.5) -> Iterator[Spot]:
    """Spots in an area: its own middle, then a grid of it from the middle outward; nothing for an empty one."""
    if area.is_empty:
        return
    middle = area.representative_point()
    yield middle.x, middle.y
    west, north, east, south = area.bounds
    grid = [
        (west + step_mm * (column + 0.5), north + step_mm * (row + 0.5))
        for column in range(int((east - west) // step_mm) + 1)
        for row in range(int((south - north) // step_mm) + 1)
    ]
    for x, y in sorted(grid, key=lambda spot: math.dist(spot, (middle.x, middle.y))):
        if shapely.contains_xy(area, x, y):
            yield x, y
