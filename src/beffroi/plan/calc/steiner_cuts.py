"""The directed-cut linear programme of a Steiner tree, its cuts found by maximum flow: part of `steiner`.

Variables: each arc in the tree or not. Rows: one arc at least enters every set of points that holds a terminal and not
the root; one enters a terminal, at most one another point; what enters such a point goes on (flow balance). Cuts are
added when the answer breaks them. An answer that is whole is a tree, proved cheapest; otherwise the same rows go to
HiGHS as an integer programme, again until the answer is whole.

Source: Koch & Martin, Networks 32 (1998).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from beffroi.plan.calc.solver import linear_programme, make_whole, run
from beffroi.plan.calc.steiner_ascent import Ascent, Cut, Floats, Found, arc_ends, arcs_of_no_use, first_tree
from beffroi.plan.calc.steiner_reductions import Reduced

_SCALE = 1_000_000
_VIOLATED = 1e-4
_WHOLE = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A tree to beat, and the seconds left to do so."""

    best: Found
    seconds_left: Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The best tree and the bound reached."""

    best: Found
    bound: float


@dataclass(slots=True)
class _Programme:
    """The solver, the graph, and what is known so far."""

    graph: Reduced
    solver: highspy.Highs
    column: npt.NDArray[np.int64]  # of each arc; -1: not in any better tree
    best: Found
    bound: float
    seconds_left: Callable[[], float]
    tails: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    heads: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    seen: set[Cut] = field(default_factory=set)

    @property
    def is_proved(self) -> bool:
        return self.bound >= self.best.cost - 1e-7 * max(1.0, self.best.cost)


def solve(graph: Reduced, ascent: Ascent, start: Start) -> Answer:
    """The cheapest tree, or the best one and its bound when time runs out."""
    programme = _programme(graph, ascent, start)
    is_whole = _relaxed(programme)
    if not (is_whole or programme.is_proved):
        _branched(programme)
    return Answer(best=programme.best, bound=min(programme.bound, programme.best.cost))


def _programme(graph: Reduced, ascent: Ascent, start: Start) -> _Programme:
    useless = arcs_of_no_use(graph, ascent, start.best.cost)
    column = np.where(useless, -1, np.cumsum(~useless) - 1)
    costs = np.repeat([way.cost for way in graph.edges], 2)[~useless]
    solver = linear_programme(costs)
    tails, heads = arc_ends(graph)
    programme = _Programme(
        graph=graph, solver=solver, column=column, best=start.best, bound=ascent.bound,
        seconds_left=start.seconds_left, tails=tails, heads=heads,
    )  # fmt: skip
    _add_rows_of_points(programme)
    _add_cuts(programme, ascent.cuts)
    return programme


def _add_rows_of_points(programme: _Programme) -> None:
    terminals = set(programme.graph.terminals)
    into: dict[int, list[int]] = {}
    out: dict[int, list[int]] = {}
    for arc in np.flatnonzero(programme.column >= 0).tolist():
        into.setdefault(int(programme.heads[arc]), []).append(arc)
        out.setdefault(int(programme.tails[arc]), []).append(arc)
    for point in range(programme.graph.points):
        entering, leaving = into.get(point, []), out.get(point, [])
        if point == programme.graph.terminals[0]:
            continue
        least = 1.0 if point in terminals else 0.0
        _row(programme, (least, 1.0), [(arc, 1.0) for arc in entering])
        if point not in terminals:
            _row(programme, (0.0, math.inf), [(arc, 1.0) for arc in leaving] + [(arc, -1.0) for arc in entering])
            for arc in leaving:  # what leaves came in, and not from where it goes
                others = [(one, 1.0) for one in entering if one != arc ^ 1]
                _row(programme, (0.0, math.inf), [*others, (arc, -1.0)])


def _row(programme: _Programme, limits: tuple[float, float], terms: Sequence[tuple[int, float]]) -> None:
    columns = np.array([programme.column[arc] for arc, _ in terms], dtype=np.int32)
    programme.solver.addRow(*limits, len(terms), columns, np.array([factor for _, factor in terms]))


def _add_cuts(programme: _Programme, cuts: Iterable[Cut]) -> int:
    added = 0
    for cut in cuts:
        kept = tuple(arc for arc in cut if programme.column[arc] >= 0)
        if kept not in programme.seen:
            programme.seen.add(kept)
            _row(programme, (1.0, math.inf), [(arc, 1.0) for arc in kept])
            added += 1
    return added


def _relaxed(programme: _Programme) -> bool:
    """Solves the relaxation to the end of its cuts; True when its answer is whole (then it is in `best`)."""
    rounds = 0
    while programme.seconds_left() > 0:
        values = _run(programme)
        if values is None:
            return False
        programme.bound = max(programme.bound, programme.solver.getInfo().objective_function_value)
        if rounds % 8 == 0:
            _try_tree(programme, values)
        if programme.is_proved:
            return True
        rounds += 1
        if not _add_cuts(programme, _violated(programme, values)):
            _try_tree(programme, values)
            return bool(np.all(np.minimum(values, 1 - values) < _WHOLE))
    return False


def _run(programme: _Programme) -> Floats | None:
    """Value of each arc, shape (2·edges,); None when time ran out."""
    if not run(programme.solver, programme.seconds_left()):
        return None
    solved = np.asarray(programme.solver.getSolution().col_value)
    return np.where(programme.column >= 0, solved[programme.column], 0.0)


def _try_tree(programme: _Programme, values: Floats) -> None:
    """A tree grown where the linear programme already goes."""
    graph = programme.graph
    costs = np.array([way.cost for way in graph.edges])
    used = np.clip(values[0::2] + values[1::2], 0.0, 1.0)
    found = first_tree(graph, costs * (1.0 - used) + 1e-9 * costs)
    if found.cost < programme.best.cost:
        programme.best = found


def _violated(programme: _Programme, values: Floats) -> list[Cut]:
    """Cuts that the answer breaks: from each terminal, nested ones, both nearest the root and nearest the terminal."""
    graph, root = programme.graph, programme.graph.terminals[0]
    # a grain on every arc makes the smallest of equal cuts win
    capacity = np.rint(np.where(programme.column >= 0, np.maximum(values, 0.0) + 1e-5, 0.0) * _SCALE).astype(np.int32)
    cuts: list[Cut] = []
    for terminal in graph.terminals[1:]:
        own = capacity.copy()
        for _ in range(6):
            broken = _smallest_cuts(programme, own, (root, terminal))
            broken = [cut for cut in broken if sum(values[arc] for arc in cut) < 1.0 - _VIOLATED]
            if not broken:
                break
            cuts.extend(broken)
            for cut in broken:
                own[list(cut)] = _SCALE
    return cuts


def _smallest_cuts(programme: _Programme, capacity: npt.NDArray[np.int32], ends: tuple[int, int]) -> list[Cut]:
    """The two smallest cuts between root and terminal: the one next to each."""
    root, terminal = ends
    tails, heads = programme.tails, programme.heads
    shape = (programme.graph.points, programme.graph.points)
    live = np.flatnonzero(capacity)
    network = csr_array((capacity[live], (tails[live], heads[live])), shape=shape, dtype=np.int32)
    found = maximum_flow(network, root, terminal)
    if found.flow_value >= _SCALE:
        return []
    spare = network - found.flow
    spare.data[spare.data < 0] = 0
    spare.eliminate_zeros()
    usable = programme.column >= 0
    cuts = []
    for matrix, start, is_root in ((spare, root, True), (spare.T.tocsr(), terminal, False)):
        side = np.zeros(programme.graph.points, dtype=bool)
        side[breadth_first_order(matrix, start, return_predecessors=False)] = True
        inside = ~side if is_root else side
        cuts.append(tuple(int(arc) for arc in np.flatnonzero(inside[heads] & ~inside[tails] & usable)))
    return cuts if cuts[0] != cuts[1] else cuts[:1]


def _branched(programme: _Programme) -> None:
    """The same rows as an integer programme, until its answer breaks no cut."""
    solver = programme.solver
    make_whole(solver)
    while programme.seconds_left() > 0 and not programme.is_proved:
        values = _run(programme)
        bound = solver.getInfo().mip_dual_bound
        if math.isfinite(bound):
            programme.bound = max(programme.bound, bound)
        if values is None:
            return
        _try_tree(programme, np.rint(values))
        if not _add_cuts(programme, _violated(programme, np.rint(values))):
            return
