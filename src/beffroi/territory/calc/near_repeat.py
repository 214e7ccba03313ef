"""Near repeats: do facts follow each other in place and time more than chance? Knox's test. Metres, days.

Bands are half open, written (from, to]: the first holds both its ends, [0, to]. Two facts 3 days apart are in "0 to 3
days" when bands end at 3; a known calculator files them in "4 to 6" (its bands say "a to b" and count [a−1, b)).
Source: Knox, J. R. Stat. Soc. C 13 (1964); Ratcliffe & Rengert, Security Journal 21 (2008).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from beffroi.core.errors import InvalidInput
from beffroi.territory.calc.counts import false_discoveries

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
LEAST_EXPECTED = 5.0
"""Where chance gives fewer pairs no ratio is told: one pair more would move it by a fifth and over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearRepeats:
    """Pairs by distance band (rows) and time band (columns); arrays of shape (distances, times).

    `expected`: mean over shuffled dates; `p`: share of shuffles, this one counted, with as many pairs.
    `distance_ends_m`, `time_ends_days`: where each band ends.
    """

    distance_ends_m: tuple[float, ...]
    time_ends_days: tuple[float, ...]
    pairs: Counts
    expected: Floats
    p: Floats

    @property
    def ratio(self) -> Floats:
        """Pairs over those expected; nan where none is expected."""
        empty = np.full(self.pairs.shape, np.nan)
        return np.asarray(np.divide(self.pairs, self.expected, out=empty, where=self.expected > 0))

    def label(self, row: int, column: int) -> str:
        """`0 to 100 m, 0 to 3 days`."""
        return f"{_band(self.distance_ends_m, row)} m, {_band(self.time_ends_days, column)} days"


def near_repeats(
    places: Floats,
    days: Floats,
    *,
    distance_ends_m: Sequence[float],
    time_ends_days: Sequence[float],
    shuffles: int = 999,
    seed: int = 1,
) -> NearRepeats:
    """Knox's table with a permutation of the dates.

    places: shape (n, 2); days: shape (n,), in days from any start.

    Errors: InvalidInput when band ends do not grow from above 0, or there are fewer than two facts.
    """
    for name, ends in (("distance_ends_m", distance_ends_m), ("time_ends_days", time_ends_days)):
        if not ends or any(later <= before for before, later in zip((0.0, *ends), ends, strict=False)):
            raise InvalidInput(
                "Bands end at growing values above 0, such as 100, 200, 300; mend them.",
                message_fr="Les bandes finissent à des valeurs croissantes au-dessus de 0, comme 100, 200, 300 ; "
                "corrigez-les.",
                field=name,
            )
    if len(places) < 2 or len(places) != len(days):
        raise InvalidInput(
            "Near repeats need two dated and placed facts at least.",
            message_fr="Il faut au moins deux faits datés et placés.",
            field="facts",
        )
    pairs = cKDTree(places).query_pairs(distance_ends_m[-1] * (1 + 1e-12), output_type="ndarray")
    apart = np.linalg.norm(places[pairs[:, 0]] - places[pairs[:, 1]], axis=1)
    rows = np.searchsorted(np.asarray(distance_ends_m), apart, side="left")
    table = _Table(
        pairs=pairs, rows=rows, ends=np.asarray(time_ends_days), shape=(len(distance_ends_m), len(time_ends_days))
    )
    found = table.counted(days)
    random = np.random.default_rng(seed)
    total, as_many = np.zeros(found.shape), np.ones(found.shape)
    for _ in range(shuffles):
        shuffled = table.counted(random.permutation(days))
        total += shuffled
        as_many += shuffled >= found
    return NearRepeats(
        distance_ends_m=tuple(distance_ends_m),
        time_ends_days=tuple(time_ends_days),
        pairs=found,
        expected=total / shuffles if shuffles else np.full(found.shape, np.nan),
        p=as_many / (shuffles + 1),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NearPairs:
    """Pairs near in place and time, beside those that shuffled dates give: mean, and where 95 % of them lie.

    `inside`: both facts here; `across`: one here, the other elsewhere. `p`: as in `NearRepeats`, of both together;
    of zones, adjusted for their number.
    """

    inside: int
    across: int
    expected: float
    low: float
    high: float
    p: float

    @property
    def ratio(self) -> float | None:
        """Pairs over those expected; None where too few are expected for it to mean something."""
        return (self.inside + self.across) / self.expected if self.expected >= LEAST_EXPECTED else None

    @property
    def is_shown(self) -> bool:
        """Do facts follow each other here more than chance has it, at 5 %?"""
        return self.ratio is not None and self.ratio > 1 and self.p <= 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonePairs:
    """Near pairs of a whole town, and of each of its zones in their order."""

    town: NearPairs
    zones: tuple[NearPairs, ...]


def pairs_by_zone(
    places: Floats,
    days: Floats,
    zone_at: Counts,
    *,
    zones: int,
    within_m: float,
    within_days: float,
    shuffles: int = 999,
    seed: int = 1,
) -> ZonePairs:
    """Knox's test in one band for a town and each zone of it, the dates shuffled over the whole town.

    places: shape (n, 2); days: shape (n,); zone_at: shape (n,), below `zones`, -1 for a fact in none. What changes
    with the season in one zone only counts as following, as in any Knox test.
    """
    pairs = cKDTree(places).query_pairs(within_m * (1 + 1e-12), output_type="ndarray")
    ends = zone_at[pairs] + 1
    both = np.where(ends[:, 0] == ends[:, 1], ends[:, 0], 0)

    def counted(on: Floats) -> tuple[Counts, Counts]:
        """Pairs with both facts in a zone, and with at least one: the town first, shape (zones + 1,)."""
        near = np.abs(on[pairs[:, 0]] - on[pairs[:, 1]]) <= within_days
        inside = np.bincount(both[near], minlength=zones + 1)
        touching = np.bincount(ends[near].ravel(), minlength=zones + 1) - inside
        inside[0] = touching[0] = near.sum()
        return inside, touching

    inside, touching = counted(days)
    random = np.random.default_rng(seed)
    by_chance = np.array([counted(random.permutation(days))[1] for _ in range(shuffles)])
    p = (1 + (by_chance >= touching).sum(axis=0)) / (shuffles + 1)
    expected = by_chance.mean(axis=0)
    told = np.flatnonzero(expected[1:] >= LEAST_EXPECTED) + 1
    if len(told):
        p[told] = false_discoveries(p[told])
    low, high = np.quantile(by_chance, (0.025, 0.975), axis=0)
    found = [
        NearPairs(
            inside=int(inside[at]),
            across=int(touching[at] - inside[at]),
            expected=float(expected[at]),
            low=float(low[at]),
            high=float(high[at]),
            p=float(p[at]),
        )
        for at in range(zones + 1)
    ]
    return ZonePairs(town=found[0], zones=tuple(found[1:]))


def pairs_within(places: Floats, distance_m: float) -> int:
    """How many pairs lie so near, counted without listing them: what a table of them would cost."""
    tree = cKDTree(places)
    return int(tree.count_neighbors(tree, distance_m) - len(places)) // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    pairs: Counts
    rows: Counts
    ends: Floats
    shape: tuple[int, int]

    def counted(self, days: Floats) -> Counts:
        """Pairs in each band, shape (distances, times)."""
        between = np.abs(days[self.pairs[:, 0]] - days[self.pairs[:, 1]])
        columns = np.searchsorted(self.ends, between, side="left")
        inside = (columns < self.shape[1]) & (self.rows < self.shape[0])
        cells = self.rows[inside] * self.shape[1] + columns[inside]
        return np.bincount(cells, minlength=self.shape[0] * self.shape[1]).reshape(self.shape)


def _band(ends: Sequence[float], at: int) -> str:
    return f"{ends[at - 1] if at else 0:g} to {ends[at]:g}"
