"""What a design holds beside the answer of `beffroi plan network`: runs to draw, forms compared, power."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel

from beffroi.plan.scenario.answers import FROM_VALUES
from beffroi.plan.scenario.network_answers import NetworkAnswer, PowerAnswer, SpreadAnswer

Form = Literal["tree", "ring", "laid"]


class RunAnswer(BaseModel):
    """What is dug in one go, or pulled in ducts. `a`, `b`: a point's id or a crossing's name.

    `streets`: ids of streets, cables and ducts along it, the longest first.

    `line`: longitude and latitude from `a` to `b`. `length_m` along the streets, `cost_eur` likely.
    """

    model_config = FROM_VALUES

    phase: str
    a: str
    b: str
    streets: tuple[str, ...]
    stretches: tuple[str, ...]
    length_m: float
    cost_eur: float
    is_laid: bool
    is_ring: bool
    is_duct: bool = False
    line: tuple[tuple[float, float], ...]


class ComparedAnswer(BaseModel):
    """One form of network. `safe`: points that the cut of any one trench leaves joined to the CSU.

    `safe_but_own`: the same, a point's own drop set aside; None when it cannot be told. `gap` None: no search.
    """

    model_config = FROM_VALUES

    form: Form
    length_m: float
    dug_m: float
    eur: SpreadAnswer
    gap: float | None
    points: int
    safe: int
    safe_but_own: int | None

    @property
    def percent(self) -> float:
        """The gap, rounded up to the tenth: never told smaller than it is."""
        return math.ceil(1000 * (self.gap or 0.0)) / 10


class DesignAnswer(BaseModel):
    """`blocked`: points that no design on these streets protects, each with the trenches in its way."""

    model_config = FROM_VALUES

    network: NetworkAnswer
    runs: tuple[RunAnswer, ...]
    compared: tuple[ComparedAnswer, ...]
    blocked: dict[str, tuple[str, ...]]
    power: tuple[PowerAnswer, ...]
