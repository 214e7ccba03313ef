"""A street graph made smaller without losing its cheapest tree: part of `steiner`.

Source: Duin & Volgenant, Networks 19 (1989), the tests by degree, by nearest terminal and by longer edge.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Ids = tuple[str, ...]
GivenEdge = tuple[str, str, str, float]
"""Id, one end, the other end, cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """An edge of the reduced graph: one or more given edges in a row."""

    a: int
    b: int
    cost: float
    ids: Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduced:
    """What is left to decide: points 0 … points-1, `terminals` with the root first, and what is in the tree already.

    `near`: of each point, edge number and the point at its other end.
    """

    points: int
    edges: tuple[Way, ...]
    near: tuple[tuple[tuple[int, int], ...], ...]
    terminals: tuple[int, ...]
    forced: Ids
    forced_cost: float


@dataclass(slots=True)
class _Graph:
    """Neighbours of each point: cost and given edges; parallel edges keep the cheapest."""

    ways: dict[str, dict[str, tuple[float, Ids]]] = field(default_factory=dict)
    root: str = ""
    terminals: set[str] = field(default_factory=set)
    forced: list[str] = field(default_factory=list)
    forced_cost: float = 0.0

    def link(self, a: str, b: str, way: tuple[float, Ids]) -> None:
        known = self.ways.setdefault(a, {}).get(b)
        self.ways.setdefault(b, {})
        if a != b and (known is None or way[0] < known[0]):
            self.ways[a][b] = self.ways[b][a] = way

    def unlink(self, a: str, b: str) -> None:
        del self.ways[a][b], self.ways[b][a]

    def drop(self, point: str) -> None:
        for other in self.ways.pop(point):
            del self.ways[other][point]

    def merge(self, gone: str, into: str) -> None:
        """The way between them is in the tree; `gone` becomes part of `into`, a terminal."""
        cost, ids = self.ways[gone][into]
        self.forced.extend(ids)
        self.forced_cost += cost
        ways = dict(self.ways[gone])
        self.drop(gone)
        for other, way in ways.items():
            if other != into:
                self.link(into, other, way)
        if gone == self.root:
            self.root = into
        self.terminals.discard(gone)
        self.terminals.add(into)


def reduced(edges: Iterable[GivenEdge], terminals: Sequence[str]) -> Reduced:
    """The graph's core. The given graph joins all terminals; costs are ≥ 0.

    Source: module docstring.
    """
    graph = _Graph(root=terminals[0], terminals=set(terminals), ways={point: {} for point in terminals})
    for id_, a, b, cost in edges:
        graph.link(a, b, (cost, (id_,)))
    _keep_part_of_root(graph)
    while _by_degree(graph) or _by_nearest_terminal(graph) or _by_way_around(graph):
        pass
    return _numbered(graph)


def _keep_part_of_root(graph: _Graph) -> None:
    reached, waiting = {graph.root}, [graph.root]
    while waiting:
        for other in graph.ways[waiting.pop()]:
            if other not in reached:
                reached.add(other)
                waiting.append(other)
    graph.ways = {point: ways for point, ways in graph.ways.items() if point in reached}


def _by_degree(graph: _Graph) -> bool:
    """Leaves and points of degree two."""
    changed = False
    waiting = list(graph.ways)
    while waiting:
        point = waiting.pop()
        ways = graph.ways.get(point)
        if ways is None or len(graph.ways) == 1 or len(ways) > 2:
            continue
        if point in graph.terminals:
            if len(ways) == 1 and len(graph.terminals) > 1:
                (other,) = ways
                graph.merge(point, other)
                waiting.append(other)
                changed = True
            continue
        ends = list(ways.items())
        graph.drop(point)
        if len(ends) == 2:
            (a, one), (b, two) = ends
            graph.link(a, b, (one[0] + two[0], one[1] + two[1]))
        waiting.extend(end for end, _ in ends)
        changed = True
    return changed


def _by_nearest_terminal(graph: _Graph) -> bool:
    """A terminal whose cheapest way leads to a terminal: that way is in some cheapest tree."""
    changed = False
    for point in sorted(graph.terminals):
        if point not in graph.terminals or not graph.ways[point]:
            continue
        nearest = min(graph.ways[point], key=lambda other: (graph.ways[point][other][0], other))
        if nearest in graph.terminals:
            graph.merge(point, nearest)
            changed = True
    return changed


def _by_way_around(graph: _Graph) -> bool:
    """Edges no shorter than another way between their ends."""
    changed = False
    for a in list(graph.ways):
        for b, (cost, _) in sorted(graph.ways[a].items(), key=lambda item: -item[1][0]):
            if a < b and _around(graph, (a, b), cost):
                graph.unlink(a, b)
                changed = True
    return changed


def _around(graph: _Graph, ends: tuple[str, str], limit: float) -> bool:
    """Is there a way between the ends, without their own edge, of cost ≤ limit?"""
    start, goal = ends
    best, waiting = {start: 0.0}, [(0.0, start)]
    while waiting:
        cost, point = heapq.heappop(waiting)
        if point == goal:
            return True
        if cost > best[point]:
            continue
        for other, (step, _) in graph.ways[point].items():
            far = cost + step
            if far <= limit and (point, other) != ends and far < best.get(other, limit + 1):
                best[other] = far
                heapq.heappush(waiting, (far, other))
    return False


def _numbered(graph: _Graph) -> Reduced:
    number = {point: at for at, point in enumerate(sorted(graph.ways))}
    edges = [
        Way(a=number[a], b=number[b], cost=cost, ids=ids)
        for a, ways in sorted(graph.ways.items())
        for b, (cost, ids) in sorted(ways.items())
        if a < b
    ]
    others = sorted(number[point] for point in graph.terminals if point != graph.root)
    return Reduced(
        points=len(number),
        edges=tuple(edges),
        near=_near(len(number), edges),
        terminals=(number[graph.root], *others),
        forced=tuple(graph.forced),
        forced_cost=graph.forced_cost,
    )


def _near(points: int, edges: Sequence[Way]) -> tuple[tuple[tuple[int, int], ...], ...]:
    near: list[list[tuple[int, int]]] = [[] for _ in range(points)]
    for number, way in enumerate(edges):
        near[way.a].append((number, way.b))
        near[way.b].append((number, way.a))
    return tuple(tuple(ways) for ways in near)
