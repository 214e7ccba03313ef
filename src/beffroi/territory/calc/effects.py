"""Before and after, beside a control: effect sizes, displacement, pooling, power. Counts of facts.

Source: Farrington, Gill, Waples & Argomaniz, J. Experimental Criminology 3 (2007), relative effect size and its
over-dispersed variance; Wheeler & Ratcliffe, Crime Science 7 (2018), WDD; Bowers & Johnson, J. Quantitative Criminology
19 (2003), WDQ; DerSimonian & Laird, Controlled Clinical Trials 7 (1986), pooling.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from beffroi.core.errors import InvalidInput
from beffroi.territory.calc.counts import z_of
from beffroi.territory.calc.figures import LEVEL, Change, Estimate, NotComputed

OVERDISPERSION = 1.2
"""Crime counts vary more than Poisson's: variance ÷ mean = 0.0008·N + 1.2 in the reviews of CCTV."""
_GROWTH = 0.0008


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeAfter:
    """Facts of one area over two periods of the same length."""

    before: float
    after: float

    def __post_init__(self) -> None:
        if not (self.before >= 0 and self.after >= 0):
            raise InvalidInput(
                "Counts of facts are ≥ 0; check the period.",
                message_fr="Les nombres de faits sont ≥ 0 ; vérifiez la période.",
                field="counts",
            )

    @property
    def fall(self) -> float:
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeEffect:
    """RES and its interval: above 1, the treated area did better than its control. `log_se`: of its logarithm."""

    res: Estimate
    log_se: float

    def change(self, control: str) -> Change:
        """As a relative change, 1 ÷ RES, told with its control."""
        ratio = Estimate(value=1 / self.res.value, low=1 / self.res.high, high=1 / self.res.low, level=self.res.level)
        z = math.log(self.res.value) / self.log_se
        return Change(ratio=ratio, control=control, p=float(2 * scipy.stats.norm.sf(abs(z))))


def relative_effect(
    treated: BeforeAfter, control: BeforeAfter, *, overdispersed: bool = True, level: float = LEVEL
) -> RelativeEffect | NotComputed:
    """(a·d) ÷ (b·c), a and b treated before and after, c and d the control's.

    Variance of its logarithm: Σ 1/N (Poisson), or 0.0032 + 1.2 Σ 1/N. Not computed when a count is zero.
    Source: Farrington et al. 2007, appendix.
    """
    counts = (treated.before, treated.after, control.before, control.after)
    if min(counts) == 0:
        return NotComputed(
            why="a count is zero; take a longer period or more streets",
            why_fr="un nombre est nul ; prenez une période plus longue ou plus de rues",
        )
    res = treated.before * control.after / (treated.after * control.before)
    inverses = math.fsum(1 / count for count in counts)
    variance = 4 * _GROWTH + OVERDISPERSION * inverses if overdispersed else inverses
    half = z_of(level) * math.sqrt(variance)
    return RelativeEffect(
        res=Estimate(value=res, low=res * math.exp(-half), high=res * math.exp(half), level=level),
        log_se=math.sqrt(variance),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wdd:
    """Weighted displacement difference: facts fewer (below 0) in all, displacement included. `z` = value ÷ SE."""

    facts: Estimate
    se: float

    @property
    def z(self) -> float:
        return self.facts.value / self.se


_NONE = BeforeAfter(before=0, after=0)


def wdd(
    treated: BeforeAfter,
    control: BeforeAfter,
    *,
    displacement: BeforeAfter = _NONE,
    displacement_control: BeforeAfter = _NONE,
    periods: tuple[float, float] = (1.0, 1.0),
    level: float = LEVEL,
) -> Wdd:
    """ΔT − ΔC + ΔD − ΔCD; SE = √(sum of all counts). Preferred to the quotient: it has an interval.

    `periods`: lengths of before and after when they differ; counts become those of one unit.
    Errors: InvalidInput when all counts are zero, or a period is not above 0.
    Source: Wheeler & Ratcliffe 2018.
    """
    areas = (treated, control, displacement, displacement_control)
    first, second = periods
    if not (first > 0 and second > 0) or not any(area.before + area.after for area in areas):
        raise InvalidInput(
            "No fact in any area, or a period without length; check the areas and the dates.",
            message_fr="Aucun fait dans aucun périmètre, ou une période sans durée ; vérifiez périmètres et dates.",
            field="counts",
        )
    signs = (1, -1, 1, -1)
    value = math.fsum(
        sign * (area.after / second - area.before / first) for sign, area in zip(signs, areas, strict=True)
    )
    se = math.sqrt(math.fsum(area.after / second**2 + area.before / first**2 for area in areas))
    half = z_of(level) * se
    return Wdd(facts=Estimate(value=value, low=value - half, high=value + half, level=level), se=se)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wdq:
    """Weighted displacement quotient: above 0, benefits spread; −1 to 0, part of the gain moved away; below −1, all
    of it and more. It has no interval, so it is told only with its `wdd` beside it."""

    value: float
    wdd: Wdd

    def said(self) -> str:
        """`WDQ −1.00, beside WDD −50 (95 %: …)`."""
        return f"WDQ {self.value:.2f}, beside WDD {self.wdd.facts}".replace("-", "−")

    def __str__(self) -> str:
        return self.said()


def wdq(
    treated: BeforeAfter, displacement: BeforeAfter, control: BeforeAfter, *, level: float = LEVEL
) -> Wdq | NotComputed:
    """(Da/Ca − Db/Cb) ÷ (Ra/Ca − Rb/Cb): R treated, D displacement zone, C control.

    Not computed when a control's count is zero, or the treated area did not clearly do better than its control (the
    interval of the divisor reaches 0): a quotient by almost nothing says anything.
    Source: Bowers & Johnson 2003.
    """
    if min(control.before, control.after) == 0:
        return NotComputed(
            why="the control has no fact in one period", why_fr="le témoin n'a aucun fait sur une période"
        )
    gain = treated.after / control.after - treated.before / control.before
    variance = math.fsum(
        (inside / outside) ** 2 * (1 / inside + 1 / outside)
        for inside, outside in ((treated.after, control.after), (treated.before, control.before))
        if inside
    )
    if gain + z_of(level) * math.sqrt(variance) >= 0:
        return NotComputed(
            why="the treated area did not clearly do better than its control: there is no gain that could have moved",
            why_fr="la zone équipée n'a pas fait nettement mieux que son témoin : aucun gain n'a pu se déplacer",
        )
    moved = displacement.after / control.after - displacement.before / control.before
    beside = wdd(treated, control, displacement=displacement, displacement_control=_NONE, level=level)
    return Wdq(value=moved / gain, wdd=beside)


def net_effect(treated: BeforeAfter, control: BeforeAfter) -> float:
    """Rb/Cb − Ra/Ca. Source: POP Center, Guerette 2009."""
    return treated.before / control.before - treated.after / control.after


def total_net_effect(treated: BeforeAfter, displacement: BeforeAfter, control: BeforeAfter) -> float:
    """[Rb·Ca/Cb − Ra] + [Db·Ca/Cb − Da]: facts fewer in all. Source: POP Center, Guerette 2009."""
    trend = control.after / control.before
    return (treated.before * trend - treated.after) + (displacement.before * trend - displacement.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """Several effects together (random effects); `tau2`: variance between them; `q`: their disagreement."""

    effect: Estimate
    se: float
    tau2: float
    q: float


def pooled(effects: Sequence[float], variances: Sequence[float], *, level: float = LEVEL) -> Pooled:
    """DerSimonian–Laird mean of effects on an additive scale (logarithms of ratios), each with its variance.

    Errors: InvalidInput when there is none, or a variance is not above 0.
    Source: DerSimonian & Laird 1986.
    """
    values, spread = np.asarray(effects, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if not values.size or values.shape != spread.shape or not (spread > 0).all():
        raise InvalidInput(
            "Each effect needs a variance above 0; leave out those that could not be computed.",
            message_fr="Chaque effet demande une variance supérieure à 0 ; retirez ceux qui n'ont pu être calculés.",
            field="variances",
        )
    weights = 1 / spread
    fixed = np.average(values, weights=weights)
    q = float(np.sum(weights * (values - fixed) ** 2))
    room = weights.sum() - np.sum(weights**2) / weights.sum()
    tau2 = max(0.0, float((q - (values.size - 1)) / room)) if values.size > 1 else 0.0
    random = 1 / (spread + tau2)
    middle, se = float(np.average(values, weights=random)), float(1 / math.sqrt(random.sum()))
    half = z_of(level) * se
    interval = Estimate(value=middle, low=middle - half, high=middle + half, level=level)
    return Pooled(effect=interval, se=se, tau2=tau2, q=q)


def log_se_foreseen(treated_a_year: float, control_a_year: float, *, years: float = 1.0) -> float:
    """Standard error of the log effect to come, with as many years before as after: √(1.2 (2/E + 2/C))."""
    if not (treated_a_year > 0 and control_a_year > 0 and years > 0):
        raise InvalidInput(
            "Power needs facts in the zones and in their control, and a period; widen them.",
            message_fr="La puissance demande des faits dans les zones et leur témoin, et une période ; élargissez-les.",
            field="treated_a_year",
        )
    return math.sqrt(OVERDISPERSION * (2 / (treated_a_year * years) + 2 / (control_a_year * years)))


def smallest_fall_seen(
    treated_a_year: float, control_a_year: float, *, years: float = 1.0, power: float = 0.8, level: float = LEVEL
) -> float:
    """The smallest true fall (share, 0 to 1) that would be shown with this power: told *before* the vote.

    >>> round(smallest_fall_seen(20, 100), 2)
    0.65
    """
    reach = (z_of(level) + float(scipy.stats.norm.ppf(power))) * log_se_foreseen(
        treated_a_year, control_a_year, years=years
    )
    return -math.expm1(-reach)


def chance_to_see(
    fall: float, treated_a_year: float, control_a_year: float, *, years: float = 1.0, level: float = LEVEL
) -> float:
    """Power: how often a true fall of this share would be shown. At a fall of 0 it is the rate of false alarms."""
    z = -math.log1p(-fall) / log_se_foreseen(treated_a_year, control_a_year, years=years)
    limit = z_of(level)
    return float(scipy.stats.norm.sf(limit - z) + scipy.stats.norm.cdf(-limit - z))
