"""Lines that run beside one another: one corridor, which one excavator cuts. Lambert-93 metres.

A line is beside another where it bears within 30° of it, on the other's ground or up to 1.5 m off it: a network whose
place is known to class B lies that far from its drawing, and the works that open a street open its edges. A crossing is
no corridor. The rule and the angle are ours.

Source of the 1.5 m: arrêté of 15 February 2012 (works near networks), art. 1, class B.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely
from shapely import LineString
from shapely.ops import substring

from beffroi.plan.calc.street_graph import Way

BESIDE_M = 1.5
BESIDE_DEG = 30.0
STREET_M = 4.5
"""Half a street with its pavements, where nobody says how wide it is: as `town.Street`."""
STEP_M = 2.0
"""How finely a line is looked at: where a corridor begins is known to half of it."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lying:
    """A line in the ground and how far its own ground reaches on each side: of a street to the edge of its pavements.

    `name`: of the corridor along it.
    """

    name: str
    line: LineString
    reach_m: float = 0.0


class Grounds:
    """Lines ready to be asked what runs beside them."""

    def __init__(self, lines: Iterable[Lying]) -> None:
        parts, names, reaches, tips = [np.empty((0, 2, 2))], [], [], []
        for one in lines:
            coords = shapely.get_coordinates(one.line)
            count = len(coords) - 1
            parts.append(np.stack([coords[:-1], coords[1:]], axis=1))
            names += [one.name] * count
            reaches += [one.reach_m + BESIDE_M] * count
            tips += [(part == 0, part == count - 1) for part in range(count)]
        self._names = names
        self._reaches_m = np.array(reaches, dtype=float)
        self._tips = np.array(tips, dtype=bool).reshape(-1, 2)
        self._parts = np.concatenate(parts)
        self._lines = np.asarray(shapely.linestrings(self._parts), dtype=object)
        self._tree = shapely.STRtree(self._lines)

    def along(self, line: LineString) -> list[tuple[str, float]]:
        """The line in order: the nearest of the others beside it (none: empty) and up to which metre of it."""
        starts, stops = _steps(line)
        names = [""] * len(starts)
        for of, at, _ in sorted(self._pairs(starts, stops), key=lambda pair: -pair[2]):
            names[of] = self._names[at]  # the nearest comes last
        to_m = np.cumsum(np.hypot(*(stops - starts).T)).tolist()
        spans = list(zip(names, to_m, strict=True))
        return [span for span, after in zip(spans, [*spans[1:], None], strict=True) if not after or after[0] != span[0]]

    def held(self, line: LineString) -> list[tuple[frozenset[str], float]]:
        """The line in order: all that run beside it, and for how many metres."""
        starts, stops = _steps(line)
        beside: list[set[str]] = [set() for _ in starts]
        for of, at, _ in self._pairs(starts, stops):
            beside[of].add(self._names[at])
        metres = np.hypot(*(stops - starts).T).tolist()
        return [(frozenset(names), length_m) for names, length_m in zip(beside, metres, strict=True)]

    def _pairs(self, starts: Floats, stops: Floats) -> Iterator[tuple[int, int, float]]:
        """Number of a step, of a part of a line that it runs beside, metres between; not past the line's end."""
        if not self._names:
            return
        middles = np.asarray(shapely.points((starts + stops) / 2), dtype=object)
        of, at = self._tree.query(middles, predicate="dwithin", distance=float(self._reaches_m.max()))
        away_m = np.atleast_1d(shapely.distance(middles[of], self._lines[at]))
        runs = self._parts[:, 1] - self._parts[:, 0]
        apart_deg = np.abs(_bearings_deg(stops - starts)[of] - _bearings_deg(runs)[at])
        along = np.sum(((starts + stops)[of] / 2 - self._parts[at, 0]) * runs[at], axis=1)
        is_past = (self._tips[at] & np.stack([along < 0, along > np.sum(runs[at] ** 2, axis=1)], axis=1)).any(axis=1)
        is_beside = (away_m <= self._reaches_m[at]) & (np.minimum(apart_deg, 180 - apart_deg) <= BESIDE_DEG) & ~is_past
        yield from zip(of[is_beside].tolist(), at[is_beside].tolist(), away_m[is_beside].tolist(), strict=True)


def _steps(line: LineString) -> tuple[Floats, Floats]:
    """(n, 2) metres each: where each step of a line begins and ends."""
    coords = shapely.get_coordinates(shapely.segmentize(line, STEP_M))
    return coords[:-1], coords[1:]


def _bearings_deg(runs: Floats) -> Floats:
    """Of lines, whatever way they are drawn: 0 to 180."""
    bearings: Floats = np.degrees(np.arctan2(runs[:, 1], runs[:, 0])) % 180
    return bearings


def corridors(ways: Sequence[Way], reach_m: Mapping[str, float]) -> tuple[list[Way], dict[str, str]]:
    """The ways, cables and ducts cut where they come beside a street or leave it; by id, the trench that several share.

    `reach_m`: of each street by id, half its width with its pavements; a way of another axis is a cable's or a duct's.
    Ways with the same ends and the same length lie in the same ground too. Drops have each their own.
    """
    streets = [Lying(name=way.id, line=way.line, reach_m=reach_m[way.street]) for way in ways if way.street in reach_m]
    cut, beside = _cut([way for way in ways if way.street and way.street not in reach_m], Grounds(streets))
    found = [*(way for way in ways if not way.street or way.street in reach_m), *cut]
    same = _same_ground(found)
    named = {way.id: beside.get(way.id, way.id) for way in found if way.street}
    trenches = {id_: same.get(name, name) for id_, name in named.items()}
    shared = Counter(trenches.values())
    return found, {id_: name for id_, name in trenches.items() if shared[name] > 1}


def _same_ground(ways: Iterable[Way]) -> dict[str, str]:
    """The first of those that have the same ends and the same length."""
    along = defaultdict(list)
    for way in ways:
        if way.street:
            along[min(way.a, way.b), max(way.a, way.b), round(way.length_m, 1)].append(way.id)
    return {id_: ids[0] for ids in along.values() for id_ in ids}


def _cut(ways: Iterable[Way], grounds: Grounds) -> tuple[list[Way], dict[str, str]]:
    """Pieces are numbered anew along each axis. A cut has its axis's name in its own: nothing else is joined there."""
    found: list[Way] = []
    trenches: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for way in ways:
        start_m, here = 0.0, way.a
        spans = grounds.along(way.line)
        for rank, (name, to_m) in enumerate(spans, 1):
            line = way.line if len(spans) == 1 else LineString(substring(way.line, start_m, to_m).coords)
            end = line.coords[-1]
            there = way.b if rank == len(spans) else f"{end[0]:.2f} {end[1]:.2f} {way.street}"
            numbers[way.street] = numbers.get(way.street, 0) + 1
            id_ = f"{way.street}/{numbers[way.street]}"
            length_m = way.length_m if len(spans) == 1 else to_m - start_m
            found.append(replace(way, id=id_, a=here, b=there, length_m=length_m, line=line))
            if name:
                trenches[id_] = name
            start_m, here = to_m, there
    return found, trenches
