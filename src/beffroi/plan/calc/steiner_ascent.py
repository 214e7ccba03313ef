"""A first tree and a first bound of a reduced street graph: part of `steiner`.

Source: Wong, Math. Programming 28 (1984), dual ascent; Takahashi & Matsuyama, Math. Japonica 24 (1980), first tree.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree

from beffroi.plan.calc.steiner_reductions import Reduced

Floats = npt.NDArray[np.float64]
Cut = tuple[int, ...]
"""Arcs that enter a set of points: one of them at least is in every tree. Arc 2e runs a→b of edge e, 2e+1 b→a."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Edges (numbers in the reduced graph) of a tree and its cost."""

    edges: tuple[int, ...]
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ascent:
    """A bound on every tree's cost, the cuts that prove it, and the cost left on each arc, shape (2·edges,)."""

    bound: float
    cuts: tuple[Cut, ...]
    left: Floats


def first_tree(graph: Reduced, costs: Floats | None = None) -> Found:
    """A tree grown from several terminals by shortest paths, each improved; the cheapest by the graph's own costs.

    `costs`: those used to grow it, shape (edges,); a linear programme's answer makes some look cheaper.
    """
    own = np.array([way.cost for way in graph.edges])
    grown = own if costs is None else costs
    starts = graph.terminals[:: max(1, len(graph.terminals) // 12)]
    return min((_improved(graph, own, _grown(graph, grown, start)) for start in starts), key=lambda tree: tree.cost)


def _grown(graph: Reduced, costs: Floats, start: int) -> set[int]:
    """Points of the tree grown from one terminal: the nearest terminal is joined next."""
    missing = set(graph.terminals) - {start}
    inside, best, came = {start}, {start: 0.0}, {start: start}
    waiting = [(0.0, start)]
    while missing:
        far, point = heapq.heappop(waiting)
        if far > best[point]:
            continue
        if point in missing:
            missing.discard(point)
            step = point
            while step not in inside:
                inside.add(step)
                best[step] = 0.0
                heapq.heappush(waiting, (0.0, step))
                step = came[step]
            continue
        for edge, other in graph.near[point]:
            reach = best[point] + float(costs[edge])
            if reach < best.get(other, math.inf):
                best[other], came[other] = reach, point
                heapq.heappush(waiting, (reach, other))
    return inside


def _improved(graph: Reduced, costs: Floats, points: set[int]) -> Found:
    """Spanning tree of the points, pruned; then points next to it are tried, as long as one makes it cheaper."""
    best = _spanned(graph, costs, points)
    for _ in range(4):
        held = {end for edge in best.edges for end in (graph.edges[edge].a, graph.edges[edge].b)}
        tried = {other for point in held for _, other in graph.near[point]} - held
        before = best.cost
        for point in sorted(tried):
            if sum(other in held for _, other in graph.near[point]) > 1:
                found = _spanned(graph, costs, held | {point})
                if found.cost < best.cost - 1e-9:
                    best = found
                    held = {end for edge in best.edges for end in (graph.edges[edge].a, graph.edges[edge].b)}
        if best.cost >= before - 1e-9:
            break
    return best


def _spanned(graph: Reduced, costs: Floats, points: set[int]) -> Found:
    inside = [number for number, way in enumerate(graph.edges) if way.a in points and way.b in points]
    ends = [(graph.edges[number].a, graph.edges[number].b) for number in inside]
    a, b = zip(*ends, strict=True)
    number_of = dict(zip(ends, inside, strict=True))
    shape = (graph.points, graph.points)
    spanning = minimum_spanning_tree(csr_array((costs[inside] + 1e-12, (a, b)), shape=shape)).tocoo()
    kept = {number_of[int(one), int(two)] for one, two in zip(*spanning.coords, strict=True)}
    edges = _without_idle_branches(graph, kept)
    return Found(edges=edges, cost=math.fsum(costs[edge] for edge in edges))


def _without_idle_branches(graph: Reduced, edges: set[int]) -> tuple[int, ...]:
    around: dict[int, set[int]] = {}
    for edge in edges:
        around.setdefault(graph.edges[edge].a, set()).add(edge)
        around.setdefault(graph.edges[edge].b, set()).add(edge)
    needed = set(graph.terminals)
    waiting = [point for point, at in around.items() if len(at) == 1 and point not in needed]
    while waiting:
        (edge,) = around.pop(waiting.pop())
        edges.discard(edge)
        for end in (graph.edges[edge].a, graph.edges[edge].b):
            if end in around:
                around[end].discard(edge)
                if len(around[end]) == 1 and end not in needed:
                    waiting.append(end)
    return tuple(sorted(edges))


def dual_ascent(graph: Reduced) -> Ascent:
    """Cuts raised one after the other, the smallest first, until every terminal is reached over arcs of no cost left.

    Source: Wong 1984.
    """
    left = [way.cost for way in graph.edges for _ in (0, 1)]
    root, bound, cuts = graph.terminals[0], 0.0, []
    waiting = [(0, terminal) for terminal in graph.terminals[1:]]
    while waiting:
        size, terminal = heapq.heappop(waiting)
        cut = _entering(graph, (terminal, root), left)
        if cut is None:
            continue
        if waiting and len(cut) > max(size, waiting[0][0]):
            heapq.heappush(waiting, (len(cut), terminal))
            continue
        raised = min(left[arc] for arc in cut)
        for arc in cut:
            left[arc] -= raised
        bound += raised
        cuts.append(cut)
        heapq.heappush(waiting, (len(cut), terminal))
    return Ascent(bound=bound, cuts=tuple(cuts), left=np.array(left))


def _entering(graph: Reduced, ends: tuple[int, int], left: Sequence[float]) -> Cut | None:
    """Arcs with cost left into the set that reaches `ends[0]` without cost; None when `ends[1]` is in that set."""
    terminal, root = ends
    inside, waiting, border = {terminal}, [terminal], []
    while waiting:
        point = waiting.pop()
        for edge, other in graph.near[point]:
            if other in inside:
                continue
            arc = 2 * edge + (graph.edges[edge].a == point)
            if left[arc] > 1e-9:
                border.append((arc, other))
            elif other == root:
                return None
            else:
                inside.add(other)
                waiting.append(other)
    return tuple(sorted(arc for arc, other in border if other not in inside))


def arcs_of_no_use(graph: Reduced, ascent: Ascent, best: float) -> npt.NDArray[np.bool_]:
    """Arcs that are in no tree cheaper than `best`: shape (2·edges,). By the bound, the way in and the way on."""
    tails, heads = arc_ends(graph)
    root, others = graph.terminals[0], list(graph.terminals[1:])
    # scipy reads 0 as "no arc": a cost far below what matters stands for none
    left = csr_array((ascent.left + 1e-12, (tails, heads)), shape=(graph.points, graph.points))
    inward = dijkstra(left, indices=root)
    onward = dijkstra(left.T.tocsr(), indices=others, min_only=True)
    through = ascent.bound + inward[tails] + ascent.left + onward[heads]
    useless: npt.NDArray[np.bool_] = (through > best + 1e-6 * max(1.0, best)) | (heads == root)
    return useless


def arc_ends(graph: Reduced) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Tail and head of each arc, shape (2·edges,)."""
    a = np.array([way.a for way in graph.edges], dtype=np.int64)
    b = np.array([way.b for way in graph.edges], dtype=np.int64)
    return np.column_stack((a, b)).ravel(), np.column_stack((b, a)).ravel()
