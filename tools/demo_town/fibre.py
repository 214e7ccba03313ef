"""The town's fibre: along the streets, from the CSU to each site and public building, branch by branch."""

from __future__ import annotations

import heapq
import itertools
import math
from collections import defaultdict
from dataclasses import dataclass

from tools.demo_town.ground import noded
from tools.demo_town.streets import STREETS, Point

Graph = dict[Point, dict[Point, float]]


@dataclass(frozen=True, slots=True)
class Branch:
    """From a node of the tree already laid (or the CSU) to an end, along streets then to the door."""

    from_end: str
    to_end: str
    line: tuple[Point, ...]


def street_graph() -> Graph:
    """Neighbours of every vertex of the streets and their distances, metres."""
    graph: Graph = defaultdict(dict)
    for line in noded(STREETS).values():
        for a, b in itertools.pairwise(line):
            graph[a][b] = graph[b][a] = math.dist(a, b)
    return graph


def tree(csu: Point, ends: list[tuple[str, Point]]) -> list[Branch]:
    """One branch an end, in the order given: the shortest way from anything already laid."""
    graph = street_graph()
    root = _nearest(graph, csu)
    laid: dict[Point, str] = {root: "b04"}
    branches = []
    for end, at in ends:
        door = _nearest(graph, at)
        way = _way(graph, set(laid), door)
        branches.append(Branch(laid[way[0]], end, (*way, at)))
        for index, node in enumerate(way):
            laid.setdefault(node, end if index == len(way) - 1 else _junction(node))
    return branches


def _junction(node: Point) -> str:
    return f"j-{round(node[0]) + 3000}-{round(node[1]) + 3000}"


def _nearest(graph: Graph, at: Point) -> Point:
    return min(graph, key=lambda node: (math.dist(node, at), node))


def _way(graph: Graph, laid: set[Point], door: Point) -> list[Point]:
    """Shortest way from the laid tree to a node (Dijkstra from the door)."""
    queue, seen = [(0.0, door, door)], dict[Point, Point]()
    while queue:
        length, node, before = heapq.heappop(queue)
        if node in seen:
            continue
        seen[node] = before
        if node in laid:
            way = [node]
            while way[-1] != door:
                way.append(seen[way[-1]])
            return way
        for other, step in graph[node].items():
            heapq.heappush(queue, (length + step, other, node))
    raise AssertionError(f"no street leads to {door}")
