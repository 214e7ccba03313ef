"""The cheapest part of a street graph that survives the cut of any one trench: part of `network`.

Integer programme in HiGHS: every set of points that holds a protected point and not the root is left by two edges at
least, and still by one when all the edges of any one trench are gone. Rows are added when an answer breaks them.

Source: Grötschel, Monma & Stoer, Operations Research 40 (1992), survivable networks by cuts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import highspy
import networkx as nx
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from beffroi.plan.calc.solver import linear_programme, make_whole, run
from beffroi.plan.calc.steiner import Edge, Parts, Tree

_SCALE = 1_000_000
_VIOLATED = 1e-4


@dataclass(slots=True)
class _Core:
    """The programme: edges with their trench, who must be held, the solver."""

    edges: Sequence[tuple[Edge, str]]
    root: str
    held: Sequence[str]
    solver: highspy.Highs
    seconds_left: Callable[[], float]
    rows: set[tuple[int, ...]] = field(default_factory=set)

    def add(self, least: float, columns: Iterable[int]) -> bool:
        """A row: that many edges at least of these. False when it is there already."""
        row = tuple(sorted(columns))
        if row in self.rows:
            return False
        self.rows.add(row)
        self.solver.addRow(least, math.inf, len(row), np.array(row, dtype=np.int32), np.ones(len(row)))
        return True


def cheapest_core(
    edges: Sequence[tuple[Edge, str]],
    root: str,
    held: Sequence[str],
    *,
    seconds: float = 30.0,
    clock: Callable[[], float] = time.monotonic,
) -> Tree:
    """Edges (each with its trench) of the cheapest core in which `held` stay joined to the root, with its bound.

    Each held point can be protected (`network.unprotectable` says which). When `seconds` of `clock` run out the answer
    is made of what was found, completed to hold, with its gap.
    """
    if not held:
        return Tree(edges=(), cost=0.0, bound=0.0)
    deadline = clock() + seconds
    costs = np.array([edge.cost for edge, _ in edges])
    core = _Core(
        edges=edges, root=root, held=held, solver=linear_programme(costs), seconds_left=lambda: deadline - clock()
    )
    for point in held:
        core.add(2.0, _border(core, {point}))
    _add_passage(core)
    return _solved(core, costs)


def _add_passage(core: _Core) -> None:
    """At a point of no own interest an edge is not alone: what comes in goes on."""
    around: dict[str, list[int]] = {}
    for number, (edge, _) in enumerate(core.edges):
        around.setdefault(edge.a, []).append(number)
        around.setdefault(edge.b, []).append(number)
    for point in around.keys() - {core.root, *core.held}:
        at = np.array(around[point], dtype=np.int32)
        for number in at:
            core.solver.addRow(0.0, math.inf, len(at), at, np.where(at == number, -1.0, 1.0))


def _solved(core: _Core, costs: npt.NDArray[np.float64]) -> Tree:
    bound, values = _relaxed(core)
    make_whole(core.solver)
    count = len(core.edges)
    chosen = np.ones(count, dtype=bool)
    while core.seconds_left() > 0:
        status = run(core.solver, core.seconds_left())
        bound = max(bound, core.solver.getInfo().mip_dual_bound) if status else bound
        if not status:
            break
        values = _values(core)
        chosen = values > 0.5
        if not _cut_by_trench(core, chosen):
            break
    if _broken_sets(core, chosen):
        chosen = np.ones(count, dtype=bool)
    kept = _without_idle(core, chosen)
    cost = math.fsum(costs[number] for number in kept)
    return Tree(edges=tuple(sorted(core.edges[number][0].id for number in kept)), cost=cost, bound=min(bound, cost))


def _values(core: _Core) -> npt.NDArray[np.float64]:
    return np.asarray(core.solver.getSolution().col_value)


def _relaxed(core: _Core) -> tuple[float, npt.NDArray[np.float64]]:
    """The relaxation's bound once two edges leave every set."""
    bound, values = 0.0, np.zeros(len(core.edges))
    while core.seconds_left() > 0 and run(core.solver, core.seconds_left()):
        values = _values(core)
        bound = float(core.solver.getInfo().objective_function_value)
        if not _cut_by_flow(core, values):
            break
    return bound, values


def _cut_by_flow(core: _Core, values: npt.NDArray[np.float64]) -> bool:
    """Rows for sets that fewer than two edges leave: of each held point, nested, both next to it and to the root."""
    number = {point: at for at, point in enumerate(sorted({end for e, _ in core.edges for end in (e.a, e.b)}))}
    capacity = np.rint((np.maximum(values, 0.0) + 1e-5) * _SCALE).astype(np.int32)
    a = np.array([number[edge.a] for edge, _ in core.edges])
    b = np.array([number[edge.b] for edge, _ in core.edges])
    added = False
    for point in core.held:
        own = capacity.copy()
        for _ in range(4):
            network = csr_array((np.tile(own, 2), (np.append(a, b), np.append(b, a))), shape=(len(number),) * 2)
            sides = _sides(network.astype(np.int32), number[core.root], number[point])
            borders = [np.flatnonzero(side[a] != side[b]) for side in sides]
            borders = [border for border in borders if values[border].sum() < 2.0 - _VIOLATED]
            if not borders:
                break
            for border in borders:
                added |= core.add(2.0, border.tolist())
                own[border] = 2 * _SCALE
    return added


def _sides(network: csr_array, root: int, point: int) -> list[npt.NDArray[np.bool_]]:
    """One side of each smallest cut, when it is below two."""
    found = maximum_flow(network, root, point)
    if found.flow_value >= 2 * _SCALE:
        return []
    spare = network - found.flow
    spare.data[spare.data < 0] = 0
    spare.eliminate_zeros()
    sides = []
    for matrix, start in ((spare, root), (spare.T.tocsr(), point)):
        side = np.zeros(network.shape[0], dtype=bool)
        side[breadth_first_order(matrix, start, return_predecessors=False)] = True
        sides.append(side)
    return sides


def _border(core: _Core, side: set[str]) -> list[int]:
    return [n for n, (edge, _) in enumerate(core.edges) if (edge.a in side) != (edge.b in side)]


def _cut_by_trench(core: _Core, chosen: npt.NDArray[np.bool_]) -> bool:
    """Adds a row for each trench whose cut separates a held point in this answer; False when none does."""
    added = False
    for trench, side in _broken_sets(core, chosen):
        border = _border(core, side)
        added |= core.add(1.0, [number for number in border if core.edges[number][1] != trench])
    return added


def _broken_sets(core: _Core, chosen: npt.NDArray[np.bool_]) -> list[tuple[str, set[str]]]:
    trenches = sorted({core.edges[number][1] for number in np.flatnonzero(chosen).tolist()})
    broken = []
    for trench in trenches:
        graph = nx.Graph()
        graph.add_nodes_from((core.root, *core.held))
        graph.add_edges_from(
            (core.edges[n][0].a, core.edges[n][0].b)
            for n in np.flatnonzero(chosen).tolist()
            if core.edges[n][1] != trench
        )
        for side in nx.connected_components(graph):
            if core.root not in side and any(point in side for point in core.held):
                broken.append((trench, set(side)))
    return broken


def _holds(core: _Core, chosen: npt.NDArray[np.bool_]) -> bool:
    """Whatever one trench is cut, all held points stay joined to the root."""
    listed = [core.edges[number] for number in np.flatnonzero(chosen).tolist()]
    for trench in {of for _, of in listed}:
        whole = Parts()
        for edge, of in listed:
            if of != trench:
                whole.join(edge.a, edge.b)
        if any(whole.of(point) != whole.of(core.root) for point in core.held):
            return False
    return True


def _without_idle(core: _Core, chosen: npt.NDArray[np.bool_]) -> list[int]:
    """The dearest edges first, those that the core holds without are taken out."""
    if not _is_loose(core, chosen):
        return np.flatnonzero(chosen).tolist()
    kept = chosen.copy()
    for number in sorted(np.flatnonzero(kept).tolist(), key=lambda number: -core.edges[number][0].cost):
        kept[number] = False
        kept[number] = not _holds(core, kept)
    return list(np.flatnonzero(kept).tolist())


def _is_loose(core: _Core, chosen: npt.NDArray[np.bool_]) -> bool:
    """Edges of no cost, or all of them for want of time: the programme left some in for nothing."""
    return bool(chosen.all()) or any(core.edges[number][0].cost == 0 for number in np.flatnonzero(chosen).tolist())
