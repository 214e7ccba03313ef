"""Figures that are not known exactly: low, likely, high; sums by simulation, the draw fixed by a seed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beffroi.core.errors import InvalidInput

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Lowest, likeliest and highest value, in the unit its owner says; drawn as a triangle."""

    low: float
    likely: float
    high: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low <= self.likely <= self.high):
            raise InvalidInput(
                f"{self.low:g}, {self.likely:g}, {self.high:g} are not low ≤ likely ≤ high; put them in order.",
                message_fr=f"{self.low:g}, {self.likely:g}, {self.high:g} : il faut bas ≤ probable ≤ haut ; "
                "remettez-les en ordre.",
                field="range",
            )

    @classmethod
    def exactly(cls, value: float) -> Range:
        """A figure that is known."""
        return cls(low=value, likely=value, high=value)

    def __add__(self, other: Range) -> Range:
        """Both at their lowest, at their likeliest, at their highest: the outer limits, wider than a simulated sum."""
        return Range(low=self.low + other.low, likely=self.likely + other.likely, high=self.high + other.high)

    def times(self, factor: float) -> Range:
        """Each value times a factor ≥ 0."""
        return Range(low=self.low * factor, likely=self.likely * factor, high=self.high * factor)

    @property
    def mean(self) -> float:
        """Of the triangle."""
        return (self.low + self.likely + self.high) / 3

    def drawn(self, random: np.random.Generator, count: int) -> Floats:
        """`count` values of the triangle."""
        if self.low == self.high:
            return np.full(count, self.low)
        return random.triangular(self.low, self.likely, self.high, count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What a simulation gives: one in ten is below `p10`, one in ten above `p90`."""

    p10: float
    p50: float
    p90: float
    mean: float

    @classmethod
    def of(cls, values: Floats) -> Spread:
        """From drawn values, shape (n,)."""
        p10, p50, p90 = (float(value) for value in np.quantile(values, (0.1, 0.5, 0.9)))
        return cls(p10=p10, p50=p50, p90=p90, mean=float(values.mean()))


def total(parts: Iterable[tuple[float, Range]], *, seed: int, count: int = 20_000) -> Spread:
    """The spread of a sum of quantity × range, each range drawn once and independently of the others.

    Prices that rise together (one contractor, one index) spread wider than this says.
    """
    random = np.random.default_rng(seed)
    values = np.zeros(count)
    for quantity, one in parts:
        values += quantity * one.drawn(random, count)
    return Spread.of(values)
