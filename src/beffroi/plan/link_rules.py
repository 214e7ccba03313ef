"""What a length of the network must be able to carry, and where a radio hop may stand. Pure.

Source: arrêté of 3 August 2007, art. 1 and annex 1 §2 (rates; radio on the last length only, and encrypted).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import networkx as nx

from beffroi.plan.calc.bandwidth import FILL, sum_bit_s, worst_second_bit_s
from beffroi.plan.calc.ranges import Range


class Medium(StrEnum):
    """What a length is made of."""

    FIBRE = "fibre"
    RADIO = "radio"


class LinkFault(StrEnum):
    """Why a length cannot stand."""

    TOO_FULL = "too-full"
    RADIO_NOT_LAST = "radio-not-last"
    RADIO_CLEAR = "radio-clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """A length between two ends. `via`: junctions on its line, with their metres from its start, in order."""

    id: str
    from_end: str
    to_end: str
    length_m: float
    medium: Medium = Medium.FIBRE
    capacity_bit_s: float = 1e9
    is_encrypted: bool = False
    via: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """A length and what it carries at its worst second, of the cameras whose way to the centre it is on."""

    length: Length
    cameras: tuple[str, ...]
    needed_bit_s: float
    is_last: bool
    """Nothing but a site's own cameras lies beyond it."""

    @property
    def share(self) -> float:
        """Of its rate, at the worst second."""
        return self.needed_bit_s / self.length.capacity_bit_s

    @property
    def faults(self) -> tuple[LinkFault, ...]:
        """Empty when it may stand."""
        is_radio = self.length.medium is Medium.RADIO
        checks = (
            (LinkFault.TOO_FULL, self.share > FILL),
            (LinkFault.RADIO_NOT_LAST, is_radio and not self.is_last),
            (LinkFault.RADIO_CLEAR, is_radio and not self.length.is_encrypted),
        )
        return tuple(fault for fault, stands in checks if stands)


def budgets(lengths: Iterable[Length], centre: str, cameras: Mapping[str, Mapping[str, Range]]) -> list[Budget]:
    """Each length, the fullest first. `cameras`: by site, each camera's rate; each goes its shortest way in metres.

    A site that no length reaches carries nothing here: it is `unreached`.
    """
    lengths = list(lengths)
    ways = ways_to(lengths, centre)
    carried: dict[str, dict[str, Range]] = {one.id: {} for one in lengths}
    beyond: dict[str, set[str]] = {one.id: set() for one in lengths}
    for end, way in ways.items():
        for position, id_ in enumerate(way):
            carried[id_].update(cameras.get(end, {}))
            if position < len(way) - 1:
                beyond[id_].add(end)
    found = [
        Budget(
            length=one,
            cameras=tuple(sorted(carried[one.id])),
            needed_bit_s=worst_second_bit_s(sum_bit_s(carried[one.id].values())),
            is_last=not beyond[one.id],
        )
        for one in lengths
    ]
    return sorted(found, key=lambda one: (-one.share, one.length.id))


def unreached(lengths: Iterable[Length], centre: str, sites: Iterable[str]) -> tuple[str, ...]:
    """Sites that no length leads to."""
    ways = ways_to(list(lengths), centre)
    return tuple(site for site in sites if site not in ways and site != centre)


def ways_to(lengths: list[Length], centre: str) -> dict[str, list[str]]:
    """By end, the ids of the lengths from the centre to it, each once."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_node(centre)
    steps = [step for one in lengths for step in _steps(one)]
    for from_end, to_end, metres, id_ in sorted(steps, key=lambda step: -step[2]):  # the shortest of two stays
        graph.add_edge(from_end, to_end, id=id_, length_m=metres)
    paths = nx.single_source_dijkstra_path(graph, centre, weight="length_m")
    return {end: list(dict.fromkeys(graph.edges[pair]["id"] for pair in pairwise(path))) for end, path in paths.items()}


def _steps(length: Length) -> Iterator[tuple[str, str, float, str]]:
    points = [(length.from_end, 0.0), *length.via, (length.to_end, length.length_m)]
    for (from_end, start_m), (to_end, end_m) in pairwise(points):
        yield from_end, to_end, max(0.0, end_m - start_m), length.id
