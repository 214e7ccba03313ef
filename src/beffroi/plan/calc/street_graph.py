"""Where a cable may lie, from the town's streets: axes cut at their crossings, a drop from each point to its street.

Streets cross where they share a vertex, to the centimetre; axes that only cross on the map (a bridge) do not meet.
Lambert-93 metres.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import shapely
from shapely import LineString, Point
from shapely.ops import substring

from beffroi.core.errors import InvalidInput

EN = tuple[float, float]


ON_CABLE_M = 2.0
"""A point so near a cable is reached by it: lines are drawn by hand."""
Axis = tuple[str, LineString]
"""Id of a street, or of a cable that lies there, and its line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A length between two points of the graph; `street`: the axis it is cut from, empty for a drop to a point.

    `line` goes from `a` to `b`.
    """

    id: str
    a: str
    b: str
    length_m: float
    street: str
    line: LineString


def ways(
    axes: Sequence[Axis],
    points: Mapping[str, EN],
    *,
    twice: Collection[str] = (),
    laid: Sequence[Axis] = (),
    ducts: Sequence[Axis] = (),
) -> list[Way]:
    """The graph. `axes`: streets; `points`: who is joined, each to the nearest axis by a straight drop.

    `twice`: points that may have two drops, each a trench of its own (*double adduction*): without it a building is
    cut off by its own drop, and no ring protects it. `laid`: what lies in the ground already; streets and points meet
    it as they meet a street, but a second drop goes to a street. `ducts`: entered where they share a vertex and at
    their ends, which are a point that stands there or have a straight trench of their own to the nearest street.

    A crossing is named by its coordinates, a point by its id.

    Errors: InvalidInput when there are points and no street.
    """
    every = (*axes, *laid, *ducts)
    if points and not every:
        raise InvalidInput(
            "No street or duct to lay a cable in; give `streets` or `network.stretches`.",
            message_fr="Ni rue ni fourreau où poser un câble ; donnez `streets` ou `network.stretches`.",
            field="network.stretches",
        )
    cuts: dict[int, list[float]] = {number: [] for number in range(len(every))}
    lines = [axis for _, axis in every]
    onto = lines[: len(axes) + len(laid)] or lines
    found = [_drop(f"{id_} drop", (id_, place), (onto, len(axes)), cuts=cuts) for id_, place in points.items()]
    streets = (lines[: len(axes)] or lines, len(lines))
    found += [_drop(f"{id_} drop 2", (id_, points[id_]), streets, cuts=cuts) for id_ in points if id_ in twice]
    ends = _ends(ducts, points)
    found += [
        _drop(id_, (_name(end), end), (lines[: len(axes)] or onto, len(lines)), cuts=cuts)
        for id_, end, point in ends
        if not point
    ]
    met = {_name(end): point for _, end, point in ends if point}
    shared = Counter(vertex for _, axis in every for vertex in set(_names(axis)))
    for number, (street, axis) in enumerate(every):
        pieces = _pieces(street, axis, (shared, cuts[number]))
        if number >= len(axes) + len(laid):
            pieces = [replace(one, a=met.get(one.a, one.a), b=met.get(one.b, one.b)) for one in pieces]
        found.extend(pieces)
    return [one for one in found if one.a != one.b]


def _ends(ducts: Sequence[Axis], points: Mapping[str, EN]) -> list[tuple[str, EN, str]]:
    """Each end of a duct once: id of its trench, where, and the point that stands there if any."""
    found: dict[str, tuple[str, EN, str]] = {}
    for id_, axis in ducts:
        for rank, (east_m, north_m) in enumerate((axis.coords[0], axis.coords[-1]), 1):
            near = [point for point, (x, y) in points.items() if math.hypot(x - east_m, y - north_m) <= ON_CABLE_M]
            end = (east_m, north_m)
            found.setdefault(_name(end), (f"{id_} end {rank}", end, near[0] if near else ""))
    return list(found.values())


def _drop(
    id_: str, point: tuple[str, EN], lines: tuple[Sequence[LineString], int], *, cuts: dict[int, list[float]]
) -> Way:
    """From a point to its street, which is to be cut there; to a cable (from that number on) on which it stands."""
    name, place = point
    axes, first_cable = lines
    spot = Point(place)
    away = shapely.distance(axes, spot)
    cables = away[first_cable:]
    on_cable = len(cables) > 0 and float(cables.min()) <= ON_CABLE_M
    number = first_cable + int(cables.argmin()) if on_cable else int(away.argmin())
    axis = axes[number]
    along = float(axis.project(spot))
    foot = axis.interpolate(along)
    cuts[number].append(along)
    line = LineString([spot, foot])
    return Way(id=id_, a=name, b=_name(foot.coords[0]), length_m=float(line.length), street="", line=line)


def _pieces(street: str, axis: LineString, cut: tuple[Counter[str], Iterable[float]]) -> list[Way]:
    """The axis between its crossings, ends and feet of drops."""
    shared, feet = cut
    at = {0.0, axis.length, *(float(foot) for foot in feet)}
    along = 0.0
    coords = list(axis.coords)
    for before, here in itertools.pairwise(coords):
        along += Point(before).distance(Point(here))
        if shared[_name(here)] > 1:
            at.add(min(along, axis.length))
    stops = sorted(at)
    ends = [_name(axis.interpolate(stop).coords[0]) for stop in stops]
    kept = [
        (a, b, (sooner, later)) for a, b, sooner, later in zip(ends, ends[1:], stops, stops[1:], strict=False) if a != b
    ]
    return [
        Way(
            id=f"{street}/{n}",
            a=a,
            b=b,
            length_m=span[1] - span[0],
            street=street,
            line=LineString(substring(axis, *span).coords),
        )
        for n, (a, b, span) in enumerate(kept, start=1)
    ]


def _names(axis: LineString) -> list[str]:
    return [_name(vertex) for vertex in axis.coords]


def _name(vertex: Sequence[float]) -> str:
    return f"{vertex[0]:.2f} {vertex[1]:.2f}"
