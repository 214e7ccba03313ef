"""Placement to the proven optimum, or to a printed gap: integer programmes solved by HiGHS.

Source: HiGHS (Huangfu, Hall 2018). The greedy answer is its first incumbent; cells that the same candidates see are
one; a cell's variable is continuous, the candidates' being whole make it whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt
from scipy import sparse

from beffroi.core.errors import InvalidInput, Unavailable
from beffroi.plan.calc.placement import Choices, Limits, Placed, ceiling, greedy, unmet
from beffroi.plan.calc.solver import silent

Floats = npt.NDArray[np.float64]
_LARGE = 2_000
"""Columns above which the first relaxation is solved by interior points: 5 s where the simplex took over 25 s on
5,760 candidates × 17,161 cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """Values of the columns, the objective, and what no answer can exceed (or, minimising, go below)."""

    values: Floats
    objective: float
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """max (or min) costs·x, lower ≤ rows·x ≤ upper, 0 ≤ x ≤ most, some x whole."""

    costs: Floats
    rows: sparse.csr_array
    lower: Floats
    upper: Floats
    most: Floats
    is_whole: npt.NDArray[np.bool_]
    is_maximum: bool = True


def solve(programme: Programme, *, time_limit_s: float, start: Floats | None = None) -> Solved | None:
    """HiGHS within a time; None when nothing satisfies the rows.

    Errors: Unavailable when the time ends without any answer.
    """
    solver = silent()
    for option, value in (("time_limit", time_limit_s), ("mip_rel_gap", 1e-7)):
        solver.setOptionValue(option, value)
    if len(programme.costs) > _LARGE:
        solver.setOptionValue("mip_lp_solver", "ipm")
    solver.passModel(_model(programme))
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start.tolist()
        solver.setSolution(solution)
    solver.run()
    status = solver.getModelStatus()
    if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
        return None
    found = solver.getInfo()
    if found.primal_solution_status != 2:  # kSolutionStatusFeasible
        raise Unavailable(
            f"No placement was found in {time_limit_s:g} s; allow more time or loosen the limits.",
            message_fr=f"Aucun placement trouvé en {time_limit_s:g} s ; donnez plus de temps ou desserrez les limites.",
        )
    has_integers = bool(programme.is_whole.any())
    bound = found.mip_dual_bound if has_integers else found.objective_function_value
    return Solved(
        values=np.array(solver.getSolution().col_value),
        objective=float(found.objective_function_value),
        bound=float(bound),
    )


def _model(programme: Programme) -> highspy.HighsLp:
    rows, model = programme.rows, highspy.HighsLp()
    model.num_row_, model.num_col_ = rows.shape
    model.col_cost_ = programme.costs
    model.col_lower_ = np.zeros(len(programme.costs))
    model.col_upper_ = programme.most
    model.row_lower_, model.row_upper_ = programme.lower, programme.upper
    model.sense_ = highspy.ObjSense.kMaximize if programme.is_maximum else highspy.ObjSense.kMinimize
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = rows.indptr.astype(np.int32)
    model.a_matrix_.index_ = rows.indices.astype(np.int32)
    model.a_matrix_.value_ = rows.data.astype(np.float64)
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    model.integrality_ = [kinds[int(whole)] for whole in programme.is_whole]
    return model


def best(choices: Choices, limits: Limits, *, time_limit_s: float = 30.0, kept: Sequence[int] = ()) -> Placed:
    """The optimum, or the best found in the time with its gap. `kept` as in `placement.greedy`.

    Errors: InvalidInput when no choice satisfies the mandatory zones; Unavailable when the time ends before one does.
    """
    start = greedy(choices, limits, kept=kept)
    built = _Built.of(choices, limits, kept)
    first = None if start.unmet else built.incumbent(start.chosen)
    solved = solve(built.programme, time_limit_s=time_limit_s, start=first)
    if solved is None:
        names = ", ".join(one.name for one in limits.mandatory) or "-"
        raise InvalidInput(
            f"No choice satisfies the mandatory zones ({names}) within the limits; allow more cameras, sites or money.",
            message_fr=f"Aucun choix ne satisfait les zones obligatoires ({names}) dans les limites ; accordez plus de "
            "caméras, d'emplacements ou d'argent.",
            field="mandatory",
        )
    chosen = tuple(int(index) for index in np.flatnonzero(solved.values[: built.candidates] > 0.5))
    found = [*kept, *chosen]
    worth = choices.worth(found)
    if not start.unmet and start.worth > worth:
        chosen, worth = start.chosen, start.worth
    ceilings = _ceilings(choices, limits.cameras, (kept, start.chosen))
    return Placed(
        chosen=chosen,
        worth=worth,
        bound=max(min(solved.bound + built.worth_kept, *ceilings), worth),
        unmet=unmet(choices, limits, [*kept, *chosen]),
    )


def _ceilings(choices: Choices, cameras: int, seen_from: tuple[Sequence[int], Sequence[int]]) -> tuple[float, float]:
    """What holds before any relaxation: HiGHS has no bound (infinite) when its time ends before the first is solved."""
    kept, quick = seen_from
    return ceiling(choices, list(kept), cameras), ceiling(choices, [*kept, *quick], cameras)


@dataclass(frozen=True, slots=True)
class _Built:
    """Columns: candidates, then groups of cells, then sites."""

    programme: Programme
    sees: sparse.csr_array
    site_of: npt.NDArray[np.int64]
    candidates: int
    worth_kept: float

    @classmethod
    def of(cls, choices: Choices, limits: Limits, kept: Sequence[int]) -> _Built:
        seen = choices.seen_by(kept)
        marks = np.zeros(len(seen), dtype=np.int64)
        for bit, one in enumerate(limits.mandatory):
            marks[one.cells] |= 1 << bit
        groups, sees, weights, group_marks = _grouped(choices, np.flatnonzero(~seen), marks)
        names, site_of = np.unique([one.site for one in choices.candidates], return_inverse=True)
        rows = _Rows(len(choices.candidates), groups, len(names))
        rows.cells(sees)
        rows.limits(choices, limits, (site_of, names, list(kept)))
        for bit, one in enumerate(limits.mandatory):
            of_zone = (group_marks >> bit & 1).astype(bool)
            whole = float(choices.weights[one.cells].sum())
            missing = one.least_share * whole - float(choices.weights[one.cells[seen[one.cells]]].sum())
            rows.at_least(np.where(of_zone, weights, 0.0), missing - 1e-9 * whole)
        most = np.ones(rows.columns)
        most[list(kept)] = 0.0
        costs = np.concatenate([np.zeros(rows.candidates), weights, np.zeros(len(names))])
        whole_ones = np.concatenate([np.ones(rows.candidates), np.zeros(groups), np.ones(len(names))]).astype(bool)
        programme = Programme(
            costs=costs, rows=rows.matrix(), lower=np.array(rows.lower), upper=np.array(rows.upper), most=most,
            is_whole=whole_ones,
        )  # fmt: skip
        return cls(programme, sees, site_of, rows.candidates, choices.worth(kept))

    def incumbent(self, chosen: Sequence[int]) -> Floats:
        """Values of all columns for a choice."""
        values = np.zeros(len(self.programme.costs))
        values[list(chosen)] = 1.0
        groups = self.sees.shape[1]
        seen = self.sees[np.array(chosen, dtype=np.int64)].sum(axis=0) > 0 if chosen else np.zeros(groups)
        values[self.candidates : self.candidates + groups] = seen
        values[self.candidates + groups + self.site_of[list(chosen)]] = 1.0
        return values


def _grouped(
    choices: Choices, cells: npt.NDArray[np.int64], marks: npt.NDArray[np.int64]
) -> tuple[int, sparse.csr_array, Floats, npt.NDArray[np.int64]]:
    """Cells seen by the same candidates (and in the same mandatory zones) as one; those seen by none are dropped."""
    by_cell = choices.sees[:, cells].tocsc()
    by_cell.sort_indices()
    ends = by_cell.indptr
    keys: dict[tuple[bytes, int], int] = {}
    group = np.full(len(cells), -1, dtype=np.int64)
    for number in np.flatnonzero(np.diff(ends)):
        key = (by_cell.indices[ends[number] : ends[number + 1]].tobytes(), int(marks[cells[number]]))
        group[number] = keys.setdefault(key, len(keys))
    inside = group >= 0
    weights = np.bincount(group[inside], choices.weights[cells[inside]], len(keys)).astype(np.float64)
    first = np.full(len(keys), -1, dtype=np.int64)
    numbers = np.flatnonzero(inside)
    first[group[numbers][::-1]] = numbers[::-1]
    return len(keys), by_cell[:, first].tocsr(), weights, marks[cells[first]]


class _Rows:
    """Rows of the programme, gathered block by block."""

    def __init__(self, candidates: int, groups: int, sites: int) -> None:
        self.candidates, self.groups, self.sites = candidates, groups, sites
        self.columns = candidates + groups + sites
        self.blocks: list[sparse.csr_array] = []
        self.lower: list[float] = []
        self.upper: list[float] = []

    def cells(self, sees: sparse.csr_array) -> None:
        """A group is seen only if one of its candidates is chosen."""
        empty = sparse.csr_array((self.groups, self.sites))
        block = sparse.hstack([-sees.T, sparse.eye_array(self.groups), empty], format="csr")
        self._add(block, np.full(self.groups, -np.inf), np.zeros(self.groups))

    def limits(
        self, choices: Choices, limits: Limits, sites: tuple[npt.NDArray[np.int64], npt.NDArray[np.str_], list[int]]
    ) -> None:
        """Cameras, cameras a site, sites, money. A site with `kept` cameras is open already, for nothing."""
        site_of, names, kept = sites
        used = np.bincount(site_of[kept], minlength=self.sites)
        ones = np.ones(self.candidates)
        member = sparse.csr_array((ones, (site_of, np.arange(self.candidates))), shape=(self.sites, self.candidates))
        room = np.maximum(limits.per_site - used, 0).astype(float)
        opening = sparse.diags_array(-room, format="csr")
        block = sparse.hstack([member, sparse.csr_array((self.sites, self.groups)), opening], format="csr")
        self._add(block, np.full(self.sites, -np.inf), np.zeros(self.sites))
        free = used == 0
        nothing = np.zeros(self.groups)
        self.at_most(np.concatenate([ones, nothing, np.zeros(self.sites)]), float(limits.cameras))
        if limits.sites is not None:
            self.at_most(np.concatenate([np.zeros(self.candidates), nothing, free.astype(float)]), float(limits.sites))
        if limits.budget is not None:
            own = np.array([one.cost for one in choices.candidates])
            opening_costs = np.array([limits.site_costs.get(str(name), 0.0) for name in names]) * free
            self.at_most(np.concatenate([own, nothing, opening_costs]), limits.budget)

    def at_most(self, row: Floats, most: float) -> None:
        self._add(sparse.csr_array(row[None, :]), np.array([-np.inf]), np.array([most]))

    def at_least(self, groups: Floats, least: float) -> None:
        row = np.concatenate([np.zeros(self.candidates), groups, np.zeros(self.sites)])
        self._add(sparse.csr_array(row[None, :]), np.array([least]), np.array([np.inf]))

    def matrix(self) -> sparse.csr_array:
        return sparse.csr_array(sparse.vstack(self.blocks, format="csr"))

    def _add(self, block: sparse.csr_array, lower: Floats, upper: Floats) -> None:
        self.blocks.append(block)
        self.lower.extend(lower.tolist())
        self.upper.extend(upper.tolist())


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """Candidates that see every cell, their cost, and what no cover can cost less than."""

    chosen: tuple[int, ...]
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        """How much of the cost the best could spare at most; 0: optimum."""
        return max(0.0, (self.cost - self.bound) / self.cost) if self.cost > 0 else 0.0

    @property
    def is_optimum(self) -> bool:
        """Proven, to one in a million."""
        return self.gap <= 1e-6


def fewest(sees: sparse.csr_array, costs: Floats, *, time_limit_s: float = 30.0) -> Cover:
    """Least cost of candidates that see every cell (set covering).

    Errors: InvalidInput when a cell is seen by no candidate.
    """
    cells = sees.shape[1]
    programme = Programme(
        costs=costs, rows=sparse.csr_array(sees.T), lower=np.ones(cells), upper=np.full(cells, np.inf),
        most=np.ones(len(costs)), is_whole=np.ones(len(costs), dtype=bool), is_maximum=False,
    )  # fmt: skip
    solved = solve(programme, time_limit_s=time_limit_s)
    if solved is None:
        raise InvalidInput(
            "Some cell is seen by no candidate: add sites, or leave the cell out.",
            message_fr="Une maille n'est vue d'aucun candidat : ajoutez des emplacements, ou retirez-la.",
            field="sees",
        )
    chosen = tuple(int(index) for index in np.flatnonzero(solved.values > 0.5))
    return Cover(chosen=chosen, cost=float(costs[list(chosen)].sum()), bound=max(solved.bound, 0.0))
