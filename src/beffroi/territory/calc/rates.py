"""Zones compared fairly: rates drawn towards the town's, ranks with their interval, a funnel.

With sixteen zones most ranks cannot be told apart: the interval says which. Rates are counts ÷ exposure; exposure is
what makes zones comparable (street metres × years, inhabitants × years), and its unit is the caller's.
Source: Clayton & Kaldor, Biometrics 43 (1987); Goldstein & Spiegelhalter, J. R. Stat. Soc. A 159 (1996), ranks;
Spiegelhalter, Statistics in Medicine 24 (2005), funnel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from beffroi.core.errors import InvalidInput
from beffroi.territory.calc.figures import Estimate

Floats = npt.NDArray[np.float64]
DRAWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRate:
    """A zone's rate as counted, drawn towards the town's, and its rank (1 = highest) with its 95 % interval."""

    zone: str
    count: int
    exposure: float
    shrunk: Estimate
    rank: int
    rank_low: int
    rank_high: int

    @property
    def raw(self) -> float:
        return self.count / self.exposure


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """Gamma law of the zones' rates: `shape`, and `exposure` worth as much as what it adds. Mean shape ÷ exposure.

    Zones that do not differ beyond chance have an infinite shape: all are drawn wholly to the town's rate.
    """

    shape: float
    exposure: float
    mean: float


def zone_rates(
    zones: Sequence[str], counts: Sequence[int], exposures: Sequence[float], *, seed: int = 1
) -> tuple[ZoneRate, ...]:
    """Rates of all zones, the highest shrunk rate first.

    Errors: InvalidInput when lengths differ, a count is negative or an exposure is not above 0.
    """
    found, exposed = _checked(zones, counts, exposures)
    prior = fitted_prior(found, exposed)
    random = np.random.default_rng(seed)
    if math.isinf(prior.shape):
        # every zone has the town's rate, itself known to a Poisson count
        town = random.gamma(found.sum() + 0.5, 1 / exposed.sum(), (DRAWS, 1))
        draws = np.broadcast_to(town, (DRAWS, len(zones))) * (1 + 1e-9 * random.random((DRAWS, len(zones))))
    else:
        draws = random.gamma(prior.shape + found, 1 / (prior.exposure + exposed), (DRAWS, len(zones)))
    middle = prior.mean if math.isinf(prior.shape) else (prior.shape + found) / (prior.exposure + exposed)
    middles = np.broadcast_to(middle, found.shape)
    low, high = np.quantile(draws, (0.025, 0.975), axis=0)
    ranks = scipy.stats.rankdata(-draws, axis=1)
    rank_low, rank_high = np.quantile(ranks, (0.025, 0.975), axis=0)
    order = sorted(range(len(zones)), key=lambda at: (-middles[at], -found[at] / exposed[at]))
    return tuple(
        ZoneRate(
            zone=zones[at],
            count=int(found[at]),
            exposure=float(exposed[at]),
            shrunk=Estimate(value=float(middles[at]), low=float(low[at]), high=float(high[at])),
            rank=position,
            rank_low=math.floor(rank_low[at]),
            rank_high=math.ceil(rank_high[at]),
        )
        for position, at in enumerate(order, start=1)
    )


def _checked(zones: Sequence[str], counts: Sequence[int], exposures: Sequence[float]) -> tuple[Floats, Floats]:
    found, exposed = np.asarray(counts, dtype=np.float64), np.asarray(exposures, dtype=np.float64)
    is_sound = len(zones) > 0 and found.shape == exposed.shape == (len(zones),)
    if not (is_sound and (found >= 0).all() and (exposed > 0).all() and np.isfinite(exposed).all()):
        raise InvalidInput(
            "Each zone needs a count ≥ 0 and an exposure above 0; complete the zones.",
            message_fr="Chaque zone demande un nombre ≥ 0 et une exposition supérieure à 0 ; complétez les zones.",
            field="zones",
        )
    return found, exposed


def fitted_prior(counts: Floats, exposures: Floats) -> Prior:
    """The gamma law under which these counts are likeliest (negative binomial marginal likelihood).

    Shapes: counts (n,), exposures (n,). Source: Clayton & Kaldor 1987.
    """
    town = float(counts.sum() / exposures.sum())
    if town == 0 or len(counts) < 3:
        return Prior(shape=math.inf, exposure=math.inf, mean=town)

    def minus_likelihood(logs: Floats) -> float:
        shape, mean = np.exp(logs)
        share = mean * exposures / (mean * exposures + shape)
        terms = scipy.special.gammaln(counts + shape) - scipy.special.gammaln(shape) + counts * np.log(share)
        return -float(np.sum(terms + shape * np.log1p(-share)))

    bounds = [(-6, 12), (math.log(town) - 5, math.log(town) + 5)]
    best = scipy.optimize.minimize(minus_likelihood, np.log([2.0, town]), method="L-BFGS-B", bounds=bounds)
    shape, mean = (float(value) for value in np.exp(best.x))
    if best.x[0] > 11:
        return Prior(shape=math.inf, exposure=math.inf, mean=town)
    return Prior(shape=shape, exposure=shape / mean, mean=mean)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelPoint:
    """Counts a zone of this exposure would have by chance alone at the town's rate: 95 % and 99.8 % limits."""

    exposure: float
    expected: float
    low_95: float
    high_95: float
    low_998: float
    high_998: float

    def verdict(self, count: int) -> str:
        """`as the town`, `above` or `below` (95 %), `far above` or `far below` (99.8 %)."""
        if self.low_95 <= count <= self.high_95:
            return "as the town"
        word = "above" if count > self.expected else "below"
        return word if self.low_998 <= count <= self.high_998 else f"far {word}"


def funnel(rate: float, exposures: Sequence[float]) -> tuple[FunnelPoint, ...]:
    """Limits of a funnel plot around a rate (the town's: total count ÷ total exposure)."""
    points = []
    for exposure in exposures:
        expected = rate * exposure
        low, high, lower, higher = (float(v) for v in scipy.stats.poisson.ppf((0.025, 0.975, 0.001, 0.999), expected))
        points.append(
            FunnelPoint(exposure=exposure, expected=expected, low_95=low, high_95=high, low_998=lower, high_998=higher)
        )
    return tuple(points)
