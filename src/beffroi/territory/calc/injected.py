"""An invented panel with a known effect: what an evaluation would have to find again. Jeu fictif."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beffroi.territory.calc.panel import NEVER, Panel


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """How the invented town is: zones treated and not, months before and after, facts a month a zone on average.

    `overdispersion`: variance ÷ mean of a month's count beyond Poisson's 1; `zone_spread`: how much zones differ
    (standard deviation of logarithms); `trend_spread`: how much their own trends do.
    """

    treated: int = 6
    control: int = 12
    months_before: int = 36
    months_after: int = 24
    facts_a_month: float = 5.0
    overdispersion: float = 1.5
    zone_spread: float = 0.4
    trend_spread: float = 0.05
    season: float = 0.2


_TOWN = Town()


def panel(ratio: float, town: Town = _TOWN, *, seed: int) -> Panel:
    """A panel in which the treated zones' facts are multiplied by `ratio` from the start on (1: no effect)."""
    random = np.random.default_rng(seed)
    zones, months = town.treated + town.control, town.months_before + town.months_after
    level = town.facts_a_month * np.exp(random.normal(0, town.zone_spread, zones))
    drift = np.exp(random.normal(0, town.trend_spread, zones))
    season = np.exp(town.season * np.sin(2 * np.pi * np.arange(months) / 12) + random.normal(0, 0.05, months))
    mean = level[:, None] * season[None, :]
    mean[:, town.months_before :] *= drift[:, None]
    mean[: town.treated, town.months_before :] *= ratio
    shape = mean / max(town.overdispersion - 1, 1e-9)
    counts = random.poisson(random.gamma(shape, max(town.overdispersion - 1, 1e-9)))
    first = np.full(zones, NEVER)
    first[: town.treated] = town.months_before
    return Panel(counts=counts, first_treated=first)
