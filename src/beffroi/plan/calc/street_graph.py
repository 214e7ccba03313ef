"""Where a cable may lie, from the town's streets: axes cut at their crossings, a drop from each point to its street.

Streets cross where they share a vertex, to the centimetre; axes that only cross on the map (a bridge) do not meet.
Lambert-93 metres.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import shapely
from shapely import LineString, Point

from beffroi.core.errors import InvalidInput

EN = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A length between two points of the graph; `street`: the axis it is cut from, empty for a drop to a point."""

    id: str
    a: str
    b: str
    length_m: float
    street: str


def ways(axes: Sequence[tuple[str, LineString]], points: Mapping[str, EN], *, twice: Collection[str] = ()) -> list[Way]:
    """The graph. `axes`: street id and axis; `points`: who is joined, each to the nearest axis by a straight drop.

    `twice`: points that may have two drops, each a trench of its own (*double adduction*): without it a building is
    cut off by its own drop, and no ring protects it.

    A crossing is named by its coordinates, a point by its id.

    Errors: InvalidInput when there are points and no street.
    """
    if points and not axes:
        raise InvalidInput(
            "No street or duct to lay a cable in; give `streets` or `network.stretches`.",
            message_fr="Ni rue ni fourreau où poser un câble ; donnez `streets` ou `network.stretches`.",
            field="network.stretches",
        )
    cuts: dict[int, list[float]] = {number: [] for number in range(len(axes))}
    found = [_drop(axes, (id_, place), cuts) for id_, place in points.items()]
    found += [replace(way, id=f"{way.a} drop 2") for way in found if way.a in twice]
    shared = Counter(vertex for _, axis in axes for vertex in set(_names(axis)))
    for number, (street, axis) in enumerate(axes):
        found.extend(_pieces(street, axis, (shared, cuts[number])))
    return found


def _drop(axes: Sequence[tuple[str, LineString]], point: tuple[str, EN], cuts: dict[int, list[float]]) -> Way:
    """From a point to its street; the street is to be cut there."""
    id_, place = point
    number = int(shapely.distance([axis for _, axis in axes], Point(place)).argmin())
    axis = axes[number][1]
    along = float(axis.project(Point(place)))
    foot = axis.interpolate(along)
    cuts[number].append(along)
    return Way(id=f"{id_} drop", a=id_, b=_name(foot.coords[0]), length_m=float(foot.distance(Point(place))), street="")


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
        (a, b, later - sooner) for a, b, sooner, later in zip(ends, ends[1:], stops, stops[1:], strict=False) if a != b
    ]
    return [Way(id=f"{street}/{n}", a=a, b=b, length_m=m, street=street) for n, (a, b, m) in enumerate(kept, start=1)]


def _names(axis: LineString) -> list[str]:
    return [_name(vertex) for vertex in axis.coords]


def _name(vertex: Sequence[float]) -> str:
    return f"{vertex[0]:.2f} {vertex[1]:.2f}"
