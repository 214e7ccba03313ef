"""Counts and shares: intervals and tests that hold for small numbers."""

from __future__ import annotations

import math

import numpy as np
import scipy

from beffroi.core.errors import InvalidInput
from beffroi.territory.calc.figures import LEVEL, Estimate


def z_of(level: float) -> float:
    """The normal quantile of a two-sided level: 1.96 at 0.95."""
    return float(scipy.stats.norm.ppf(0.5 + level / 2))


def share(found: int, of: int, *, level: float = LEVEL) -> Estimate:
    """A share with Wilson's interval.

    Errors: InvalidInput unless 0 ≤ found ≤ of and of > 0.
    Source: Wilson, JASA 22 (1927).
    """
    if not 0 <= found <= of or of == 0:
        raise InvalidInput(
            f"{found} of {of} is not a share; check both counts.",
            message_fr=f"{found} sur {of} n'est pas une part ; vérifiez les deux nombres.",
            field="found",
        )
    z, p = z_of(level), found / of
    scale = 1 + z * z / of
    middle = (p + z * z / (2 * of)) / scale
    half = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / scale
    return Estimate(value=p, low=middle - half, high=middle + half, level=level)


def poisson(count: int, *, level: float = LEVEL) -> Estimate:
    """A count with its exact Poisson interval. Source: Garwood, Biometrika 28 (1936)."""
    tail = (1 - level) / 2
    low = float(scipy.stats.chi2.ppf(tail, 2 * count) / 2) if count else 0.0
    return Estimate(value=count, low=low, high=float(scipy.stats.chi2.ppf(1 - tail, 2 * count + 2) / 2), level=level)


def e_test(count: int, other: int, *, exposures: tuple[float, float] = (1.0, 1.0)) -> float:
    """p, two-sided, that two Poisson counts over these exposures have one rate.

    Source: Krishnamoorthy & Thomson, J. Stat. Planning and Inference 119 (2004).
    """
    return float(scipy.stats.poisson_means_test(count, exposures[0], other, exposures[1]).pvalue)


def false_discoveries(p_values: np.typing.ArrayLike) -> np.typing.NDArray[np.float64]:
    """p values adjusted so that a cut at 5 % has 5 % of false ones among those kept, shape kept.

    Source: Benjamini & Hochberg, J. R. Stat. Soc. B 57 (1995).
    """
    return np.asarray(scipy.stats.false_discovery_control(np.asarray(p_values, dtype=np.float64)), dtype=np.float64)
