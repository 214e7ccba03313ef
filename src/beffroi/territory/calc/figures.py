"""Figures that cannot be told without what they are worth: an estimate prints its interval, a change its control.

The rule: no percentage without a control and an interval. `float()` of these is refused; `value` is there for sums,
drawings and tests, and a page prints `said`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NoReturn

LEVEL = 0.95


class _Told:
    """Prints as its own sentence whatever the format asked, and is no bare number."""

    __slots__ = ()

    def said(self) -> str:
        """Its sentence in English."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.said()

    def __format__(self, format_spec: str) -> str:
        return self.said()

    def __float__(self) -> NoReturn:
        raise TypeError("an estimate is told with its interval; take .value to compute")


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate(_Told):
    """A value and the interval it lies in with this confidence."""

    value: float
    low: float
    high: float
    level: float = LEVEL

    def said(self) -> str:
        """`3.34 (95 %: 2.73 to 4.08)`."""
        return f"{_number(self.value)} ({_level(self.level)} %: {_number(self.low)} to {_number(self.high)})"

    def said_fr(self) -> str:
        """`3,34 (95 % : de 2,73 à 4,08)`."""
        text = f"{_number(self.value)} ({_level(self.level)} % : de {_number(self.low)} à {_number(self.high)})"
        return text.replace(".", ",")

    def holds(self, value: float) -> bool:
        """True when the interval covers a value."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(_Told):
    """A relative change beside its control: `ratio` is treated after ÷ before over control after ÷ before.

    `control`: what it was compared with, in words; it cannot be empty. `p`: two-sided, of no change.
    """

    ratio: Estimate
    control: str
    p: float

    def __post_init__(self) -> None:
        if not self.control.strip():
            raise ValueError("a change is told with what it was compared with")

    @property
    def is_shown(self) -> bool:
        """Does the interval leave out "no change"?"""
        return not self.ratio.holds(1.0)

    def said(self) -> str:
        """`−20 % (95 %: −32 to −6), compared with …`, or that nothing is shown."""
        low, middle, high = (_percent(value) for value in (self.ratio.low, self.ratio.value, self.ratio.high))
        figure = f"{middle} % ({_level(self.ratio.level)} %: {low} to {high}), compared with {self.control}"
        return figure if self.is_shown else f"no change shown: {figure}"

    def said_fr(self) -> str:
        """The same in French."""
        low, middle, high = (_percent(value) for value in (self.ratio.low, self.ratio.value, self.ratio.high))
        figure = f"{middle} % ({_level(self.ratio.level)} % : de {low} à {high}), par rapport à {self.control}"
        return figure if self.is_shown else f"aucune évolution démontrée : {figure}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotComputed(_Told):
    """A figure that would mislead, and why it is not given."""

    why: str
    why_fr: str

    def said(self) -> str:
        """`not computed: …`."""
        return f"not computed: {self.why}"

    def said_fr(self) -> str:
        """`non calculé : …`."""
        return f"non calculé : {self.why_fr}"


def _level(level: float) -> str:
    return f"{100 * level:g}"


def _number(value: float) -> str:
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if abs(value) < 100 else 0
    return f"{value:.{min(digits, 4)}f}"


def _percent(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.0f}".replace("-", "−") if math.isfinite(ratio) else "∞"
