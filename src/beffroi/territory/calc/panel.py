"""The effect of cameras on a panel of zones: before and after beside a control, phases that come one after another.

Zones are few and differ in their trends, so the interval comes from how much zones of one group disagree (a dispersion
measured between zones, Student's quantile), not from Poisson's law. Zones are chosen at their peak: three years of
baseline at least, or what is seen is the return to the mean.
Source: McCullagh & Nelder, Generalized Linear Models (1989), dispersion; Callaway & Sant'Anna, J. Econometrics 225
(2021), group-time effects with controls not yet treated.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy
import statsmodels.api as sm

from beffroi.core.errors import InvalidInput
from beffroi.territory.calc.figures import LEVEL, Change, Estimate, NotComputed

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
NEVER = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Facts by zone and period, shape (zones, periods), and the period in which each zone was first treated.

    `first_treated`: shape (zones,); `NEVER` for zones that stay control.
    Errors: InvalidInput when shapes differ or a count is negative.
    """

    counts: Counts
    first_treated: Counts

    def __post_init__(self) -> None:
        if self.counts.ndim != 2 or self.first_treated.shape != self.counts.shape[:1] or self.counts.min(initial=0) < 0:
            raise InvalidInput(
                "A panel is zones × periods of counts ≥ 0, with one first period a zone; complete it.",
                message_fr="Un panel, c'est zones × périodes de nombres ≥ 0 et une première période par zone ; "
                "complétez-le.",
                field="counts",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelEffect:
    """A change, and how it was got: dispersion between zones (1: Poisson's), degrees of freedom."""

    change: Change
    log_effect: float
    log_se: float
    dispersion: float
    degrees: int


def before_after(panel: Panel, control: str, *, level: float = LEVEL) -> PanelEffect | NotComputed:
    """Treated zones beside those never treated, all treated in the same period (the first, if they differ).

    The estimate is a Poisson regression's with an effect a zone and a period; the interval, see the module.
    Errors: InvalidInput when a group is missing or a side has no period.
    """
    treated = panel.first_treated != NEVER
    if not treated.any() or treated.all():
        raise _no_group()
    start = int(panel.first_treated[treated].min())
    if not 0 < start < panel.counts.shape[1]:
        raise _no_group()
    sides = np.column_stack((panel.counts[:, :start].sum(axis=1), panel.counts[:, start:].sum(axis=1)))
    return _two_groups(sides[treated], sides[~treated], (control, level))


def _no_group() -> InvalidInput:
    return InvalidInput(
        "An effect needs treated zones, control zones, and periods before and after; complete the panel.",
        message_fr="Un effet demande des zones équipées, des zones témoins, et des périodes avant et après ; complétez "
        "le panel.",
        field="first_treated",
    )


def _two_groups(treated: Counts, control: Counts, told: tuple[str, float]) -> PanelEffect | NotComputed:
    """Groups of zones × (before, after)."""
    words, level = told
    sums = np.concatenate((treated.sum(axis=0), control.sum(axis=0))).astype(np.float64)
    degrees = len(treated) + len(control) - 2
    if sums.min() == 0 or degrees < 1:
        return NotComputed(
            why="a group has no fact in one period, or there are fewer than three zones",
            why_fr="un groupe n'a aucun fait sur une période, ou il y a moins de trois zones",
        )
    effect = math.log(sums[1] / sums[0]) - math.log(sums[3] / sums[2])
    dispersion = (_disagreement(treated) + _disagreement(control)) / degrees
    se = math.sqrt(dispersion * float((1 / sums).sum()))
    half = float(scipy.stats.t.ppf(0.5 + level / 2, degrees)) * se
    ratio = Estimate(value=math.exp(effect), low=math.exp(effect - half), high=math.exp(effect + half), level=level)
    p = float(2 * scipy.stats.t.sf(abs(effect) / se, degrees)) if se else 0.0
    return PanelEffect(
        change=Change(ratio=ratio, control=words, p=p),
        log_effect=effect,
        log_se=se,
        dispersion=dispersion,
        degrees=degrees,
    )


def _disagreement(zones: Counts) -> float:
    """Pearson's sum: how far each zone's before and after are from its group's common change."""
    total = zones.sum(axis=1, keepdims=True)
    expected = total * zones.sum(axis=0) / max(1, int(zones.sum()))
    terms = np.divide((zones - expected) ** 2, expected, out=np.zeros(zones.shape), where=expected > 0)
    return float(terms.sum())


def regression(panel: Panel, control: str, *, level: float = LEVEL) -> PanelEffect:
    """Poisson regression with an effect a zone and a period, errors robust by zone: for phases in any order.

    With few zones its interval is too narrow; `before_after` is kept for a single start. Student's quantile with
    zones − 1 degrees.
    Errors: InvalidInput when a group is missing.
    """
    zones, periods = panel.counts.shape
    since = np.arange(periods)[None, :] >= panel.first_treated[:, None]
    on = since & (panel.first_treated[:, None] != NEVER)
    if not on.any() or on.all():
        raise _no_group()
    zone_of, period_of = np.repeat(np.arange(zones), periods), np.tile(np.arange(periods), zones)
    columns = [np.ones(zones * periods), on.ravel().astype(np.float64)]
    columns += [(zone_of == zone).astype(np.float64) for zone in range(1, zones)]
    columns += [(period_of == period).astype(np.float64) for period in range(1, periods)]
    model = sm.GLM(panel.counts.ravel(), np.column_stack(columns), family=sm.families.Poisson())
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": zone_of})
    effect, se, degrees = float(fitted.params[1]), float(fitted.bse[1]), zones - 1
    half = float(scipy.stats.t.ppf(0.5 + level / 2, degrees)) * se
    ratio = Estimate(value=math.exp(effect), low=math.exp(effect - half), high=math.exp(effect + half), level=level)
    return PanelEffect(
        change=Change(ratio=ratio, control=control, p=float(2 * scipy.stats.t.sf(abs(effect) / se, degrees))),
        log_effect=effect,
        log_se=se,
        dispersion=float(fitted.pearson_chi2 / fitted.df_resid),
        degrees=degrees,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTime:
    """A phase's zones in one later period: facts counted, and those expected from the zones not yet treated then."""

    first_treated: int
    period: int
    counted: float
    expected: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Staggered:
    """Every phase in every later period, and all together: counted over expected, interval by redrawing zones."""

    cells: tuple[GroupTime, ...]
    change: Change


def staggered(panel: Panel, *, draws: int = 999, seed: int = 1, level: float = LEVEL) -> Staggered | NotComputed:
    """Effects of phases that start one after another; controls: zones never treated or not yet.

    A zone already treated is never a control, as it would be in a plain two-way regression.
    Errors: InvalidInput when no zone is treated after the first period.
    """
    phases = sorted({int(first) for first in panel.first_treated if first != NEVER})
    if not phases or phases[0] < 1:
        raise _no_group()
    cells = _group_times(panel)
    if not cells or not sum(cell.expected for cell in cells):
        return NotComputed(
            why="no zone is left as a control in any period after a start",
            why_fr="aucune zone ne reste témoin après une mise en service",
        )
    random = np.random.default_rng(seed)
    groups = [np.flatnonzero(panel.first_treated == first) for first in np.unique(panel.first_treated)]
    logs = []
    for _ in range(draws):
        chosen = np.concatenate([random.choice(group, group.size) for group in groups])
        drawn = _group_times(Panel(counts=panel.counts[chosen], first_treated=panel.first_treated[chosen]))
        counted, expected = (math.fsum(getattr(cell, name) for cell in drawn) for name in ("counted", "expected"))
        if counted and expected:
            logs.append(math.log(counted / expected))
    value = math.fsum(cell.counted for cell in cells) / math.fsum(cell.expected for cell in cells)
    low, high = np.exp(np.quantile(logs, (0.5 - level / 2, 0.5 + level / 2))) if logs else (0.0, math.inf)
    beyond = 2 * min(np.mean(np.array(logs) <= 0), np.mean(np.array(logs) >= 0)) if logs else 1.0
    ratio = Estimate(value=value, low=float(low), high=float(high), level=level)
    change = Change(ratio=ratio, control="zones not yet equipped", p=max(float(min(1.0, beyond)), 1 / (draws + 1)))
    return Staggered(cells=tuple(cells), change=change)


def _group_times(panel: Panel) -> list[GroupTime]:
    cells = []
    never = panel.first_treated == NEVER
    for first in sorted({int(one) for one in panel.first_treated if one != NEVER}):
        own = panel.counts[panel.first_treated == first].sum(axis=0)
        for period in range(first, panel.counts.shape[1]):
            control = panel.counts[never | (panel.first_treated > period)].sum(axis=0)
            base = control[:first].sum()
            if control.size and base:
                expected = own[:first].sum() * control[period] / base
                cells.append(
                    GroupTime(first_treated=first, period=period, counted=float(own[period]), expected=float(expected))
                )
    return cells


def placebo_dates(panel: Panel, control: str, *, least: int = 2) -> dict[int, PanelEffect | NotComputed]:
    """The effect of starts that never were, before the true one: each period with `least` periods on both sides.

    Intervals that leave out "no change" here say that the groups did not go side by side.
    """
    treated = panel.first_treated != NEVER
    start = int(panel.first_treated[treated].min()) if treated.any() else 0
    before = panel.counts[:, :start]
    return {
        false: before_after(Panel(counts=before, first_treated=np.where(treated, false, NEVER)), control)
        for false in range(least, start - least + 1)
    }


def placebo_zones(panel: Panel, *, draws: int = 999, seed: int = 1) -> float:
    """p, two-sided: how often as many zones drawn at random would show as strong an effect as the treated ones."""
    treated = panel.first_treated != NEVER
    if not treated.any() or treated.all():
        raise _no_group()
    start = int(panel.first_treated[treated].min())
    random = np.random.default_rng(seed)

    def strength(chosen: npt.NDArray[np.bool_]) -> float:
        first = np.where(chosen, start, NEVER)
        found = before_after(Panel(counts=panel.counts, first_treated=first), "drawn zones")
        return abs(found.log_effect) if isinstance(found, PanelEffect) else 0.0

    seen = strength(treated)
    as_strong = sum(strength(random.permutation(treated)) >= seen - 1e-12 for _ in range(draws))
    return (as_strong + 1) / (draws + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiverse:
    """The effect under every definition of zones, buffers, kinds and periods: all are printed, none is chosen."""

    effects: Mapping[str, PanelEffect | NotComputed]

    @property
    def shown(self) -> tuple[str, ...]:
        """Definitions under which a change is shown."""
        return tuple(n for n, one in self.effects.items() if isinstance(one, PanelEffect) and one.change.is_shown)

    @property
    def is_robust(self) -> bool:
        """Every definition shows a change, all in one direction."""
        computed = [one for one in self.effects.values() if isinstance(one, PanelEffect)]
        signs = {one.log_effect > 0 for one in computed}
        return bool(self.effects) and len(self.shown) == len(self.effects) and len(signs) == 1

    def said(self) -> str:
        """How many of how many, and the range of the estimates."""
        values = [one.change.ratio.value for one in self.effects.values() if isinstance(one, PanelEffect)]
        if not values:
            return f"none of {len(self.effects)} definitions can be computed"
        return (
            f"a change is shown under {len(self.shown)} of {len(self.effects)} definitions; "
            f"ratios from {min(values):.2f} to {max(values):.2f}"
        )


def over_definitions(definitions: Iterable[tuple[str, Panel]], control: str) -> Multiverse:
    """The same question under every definition given, by name."""
    return Multiverse(effects={name: before_after(panel, control) for name, panel in definitions})
