"""Where cameras are best put: the problem as arrays, its greedy answer, what a choice is worth.

Maximal weighted cover (Church, ReVelle 1974): choose candidates so that the weight of the cells they see is greatest,
within limits on cameras, cameras a site, sites and money. Greedy reaches 1 − 1/e = 63 % at least with a limit on
cameras alone (Nemhauser, Wolsey, Fisher 1978), in practice 98 %; `exact` proves. Shapes: c candidates, n cells.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse

from beffroi.core.errors import InvalidInput

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hung:
    """How a candidate hangs: its lens by name, its bearing from grid north, its tilt below the horizon."""

    lens: str
    bearing_deg: float
    tilt_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A camera that could be put up: `site` groups those of one mast; `cost` is its own money, without the site's.

    `hung` is None for a camera that stands in a plan already.
    """

    id: str
    site: str
    cost: float = 0.0
    hung: Hung | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandatory:
    """Cells of which a share of the weight must be seen."""

    name: str
    cells: Indices
    least_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What may be spent. None: no limit. `site_costs`: money to open a site, absent is 0."""

    cameras: int
    per_site: int = 2
    sites: int | None = None
    budget: float | None = None
    site_costs: dict[str, float] = field(default_factory=dict)
    mandatory: tuple[Mandatory, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Candidates and what they see.

    Attributes:
        sees: (c, n) sparse, 1 where a candidate sees a cell.
        weights: (n,) what a cell is worth, ≥ 0.
    """

    candidates: tuple[Candidate, ...]
    sees: sparse.csr_array
    weights: Floats

    def __post_init__(self) -> None:
        if self.sees.shape != (len(self.candidates), len(self.weights)) or (self.weights < 0).any():
            raise InvalidInput(
                "Candidates, cells and weights do not fit together.",
                message_fr="Candidats, mailles et poids ne vont pas ensemble.",
                field="weights",
            )

    def seen_by(self, chosen: Iterable[int]) -> Bools:
        """(n,) cells that at least one of them sees."""
        seen = np.zeros(len(self.weights), dtype=bool)
        rows = np.fromiter(chosen, dtype=np.int64)
        if len(rows):
            seen[self.sees[rows].indices] = True
        return seen

    def worth(self, chosen: Iterable[int]) -> float:
        """Weight of the cells they see together."""
        return float(self.weights[self.seen_by(chosen)].sum())

    def cost(self, chosen: Iterable[int], limits: Limits) -> float:
        """Money for cameras and the sites they open."""
        picked = [self.candidates[index] for index in chosen]
        sites = {one.site for one in picked}
        return sum(one.cost for one in picked) + sum(limits.site_costs.get(site, 0.0) for site in sites)

    def without(self, sites: Iterable[str]) -> Choices:
        """The same without the candidates of forbidden sites (protected surroundings, refusal of the architect…)."""
        barred = set(sites)
        kept = [index for index, one in enumerate(self.candidates) if one.site not in barred]
        return self.only(kept)

    def only(self, kept: Sequence[int]) -> Choices:
        """Some candidates, in that order."""
        rows = np.array(kept, dtype=np.int64)
        return Choices(
            candidates=tuple(self.candidates[index] for index in kept), sees=self.sees[rows], weights=self.weights
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A choice, what it is worth, and what no choice can exceed.

    `bound` is None when nothing was proven (greedy alone). `unmet`: mandatory zones short of their share.
    """

    chosen: tuple[int, ...]
    worth: float
    bound: float | None = None
    unmet: tuple[str, ...] = ()

    @property
    def gap(self) -> float | None:
        """How far at most the best could be above, as a share of the bound; 0: optimum. None: unknown."""
        if self.bound is None:
            return None
        if not math.isfinite(self.bound):
            return 1.0
        return max(0.0, (self.bound - self.worth) / self.bound) if self.bound > 0 else 0.0

    @property
    def is_optimum(self) -> bool:
        """Proven, to one in a million."""
        return self.gap is not None and self.gap <= 1e-6


def ceiling(choices: Choices, chosen: Sequence[int], cameras: int) -> float:
    """What no choice of so many cameras can exceed, seen from any choice: its worth and the best gains left, added up.

    Coverage has diminishing returns, so the best choice adds to `chosen` no more than its own cameras add one by one.
    Source: Minoux 1978; Nemhauser, Wolsey, Fisher 1978.
    """
    seen = choices.seen_by(chosen)
    gains = choices.sees @ np.where(seen, 0.0, choices.weights)
    most = np.sort(gains)[::-1][: max(0, cameras)]
    reach = choices.worth(range(len(choices.candidates)))
    return min(reach, choices.worth(chosen) + float(most.sum()))


def possible(choices: Choices, limits: Limits) -> None:
    """Errors: InvalidInput naming the mandatory zones that even all candidates together do not see enough of."""
    reach = choices.seen_by(range(len(choices.candidates)))
    for one in limits.mandatory:
        share = _share_of(choices.weights, one.cells, reach)
        if share < one.least_share - 1e-9:
            raise InvalidInput(
                f"Zone {one.name}: {one.least_share:.0%} is asked, all candidates together see {share:.0%}; "
                "add sites or lower the share.",
                message_fr=f"Zone {one.name} : {one.least_share:.0%} demandés, tous les candidats n'en voient que "
                f"{share:.0%} ; ajoutez des emplacements ou baissez la part.",
                field="mandatory",
            )


def unmet(choices: Choices, limits: Limits, chosen: Iterable[int]) -> tuple[str, ...]:
    """Names of the mandatory zones short of their share."""
    seen = choices.seen_by(chosen)
    return tuple(
        one.name for one in limits.mandatory if _share_of(choices.weights, one.cells, seen) < one.least_share - 1e-9
    )


def _share_of(weights: Floats, cells: Indices, seen: Bools) -> float:
    whole = float(weights[cells].sum())
    return float(weights[cells[seen[cells]]].sum()) / whole if whole else 1.0


def greedy(choices: Choices, limits: Limits, *, kept: Sequence[int] = ()) -> Placed:
    """Best next candidate again and again; mandatory zones first; with money, the better of gain and gain per euro.

    `kept` are already there: they are seen for nothing, count against `per_site`, and open their sites.
    """
    possible(choices, limits)
    rankings = (False, True) if limits.budget is not None else (False,)
    found = [_Greedy(choices, limits, kept).run(per_cost=per_cost) for per_cost in rankings]
    best = max(found, key=lambda chosen: (-len(unmet(choices, limits, [*kept, *chosen])), choices.worth(chosen)))
    whole = [*kept, *best]
    return Placed(chosen=tuple(best), worth=choices.worth(whole), unmet=unmet(choices, limits, whole))


class _Greedy:
    """State of one greedy run: what is seen, what each candidate would still add, what is left to spend."""

    def __init__(self, choices: Choices, limits: Limits, kept: Sequence[int]) -> None:
        self.choices, self.limits, self.kept = choices, limits, list(kept)
        self.by_cell = choices.sees.tocsc()
        self.sites = np.unique([one.site for one in choices.candidates], return_inverse=True)[1]
        self.costs = np.array([one.cost for one in choices.candidates])
        self.opening = np.array([limits.site_costs.get(one.site, 0.0) for one in choices.candidates])
        self.seen = choices.seen_by(kept)
        self.used = Counter(self.sites[list(kept)].tolist())
        self.opened: set[int] = set()
        self.spent = 0.0
        self.chosen: list[int] = []

    def run(self, *, per_cost: bool) -> list[int]:
        for one in self.limits.mandatory:
            self._fill(_only(self.choices.weights, one.cells), per_cost=per_cost, until=one)
        self._fill(self.choices.weights, per_cost=per_cost, until=None)
        return self.chosen

    def _fill(self, weights: Floats, *, per_cost: bool, until: Mandatory | None) -> None:
        gains = self.choices.sees @ np.where(self.seen, 0.0, weights)
        while len(self.chosen) < self.limits.cameras:
            if until is not None and _share_of(self.choices.weights, until.cells, self.seen) >= until.least_share:
                return
            prices = self._prices()
            merit = np.where(self._allowed(prices), gains / np.maximum(prices, 1e-9) if per_cost else gains, -1.0)
            best = int(merit.argmax()) if len(merit) else -1
            if best < 0 or merit[best] <= 1e-12:
                return
            self._take(best, float(prices[best]))
            row = self.choices.sees[[best]].indices
            new = row[~self.seen[row]]
            self.seen[new] = True
            gains -= self.by_cell[:, new] @ weights[new]

    def _prices(self) -> Floats:
        is_open = np.isin(self.sites, list(self.used))
        return self.costs + np.where(is_open, 0.0, self.opening)

    def _allowed(self, prices: Floats) -> Bools:
        full = [site for site, count in self.used.items() if count >= self.limits.per_site]
        allowed = ~np.isin(self.sites, full)
        if self.limits.sites is not None and len(self.opened) >= self.limits.sites:
            allowed &= np.isin(self.sites, list(self.used))
        if self.limits.budget is not None:
            allowed &= self.spent + prices <= self.limits.budget + 1e-9
        allowed[self.chosen + self.kept] = False
        return np.asarray(allowed)

    def _take(self, index: int, price: float) -> None:
        site = int(self.sites[index])
        if site not in self.used:
            self.opened.add(site)
        self.used[site] += 1
        self.spent += price
        self.chosen.append(index)


def _only(weights: Floats, cells: Indices) -> Floats:
    kept = np.zeros_like(weights)
    kept[cells] = weights[cells]
    return kept
