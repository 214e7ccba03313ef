"""The street graph: streets are axes, and a vertex shared by two of them is a crossing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

Vertex = tuple[float, float]
"""Longitude and latitude, exactly as written: crossings are found by equality."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A named street and its vertices."""

    id: str
    name: str
    vertices: tuple[Vertex, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A vertex and the streets that share it, by name."""

    at: Vertex
    streets: tuple[str, ...]
    names: tuple[str, ...]


def crossings(axes: Iterable[Axis]) -> list[Crossing]:
    """Every vertex shared by two streets or more, from the densest to the plainest, then by name."""
    shared: dict[Vertex, dict[str, str]] = defaultdict(dict)
    for axis in axes:
        for vertex in axis.vertices:
            shared[vertex][axis.id] = axis.name
    found = [
        Crossing(at=at, streets=tuple(streets), names=tuple(sorted(streets.values())))
        for at, streets in shared.items()
        if len(streets) > 1
    ]
    return sorted(found, key=lambda crossing: (-len(crossing.streets), crossing.names))


def middle(vertices: tuple[Vertex, ...]) -> Vertex:
    """The vertex half way along, by count: where a street's name is put."""
    return vertices[len(vertices) // 2]
