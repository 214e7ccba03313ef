"""The placement section of a scenario: sites that could bear cameras, what may be spent, phases."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import BaseModel, Field, model_validator

from beffroi.core.reading import refusal
from beffroi.plan.scenario.ground import STRICT, Id, Word

Money = Annotated[float, Field(ge=0, lt=1e12)]
Count = Annotated[int, Field(ge=1, le=10_000)]


class SiteRow(BaseModel):
    """A place where a mast or a bracket could be. A forbidden one is listed with its reason and never chosen."""

    model_config = STRICT

    id: Id
    position: tuple[float, float]
    height_m: Annotated[float, Field(gt=0, le=100)] = 6.0
    cost_eur: Money = 0.0
    is_forbidden: bool = False
    reason: str = ""


class MandatoryRow(BaseModel):
    """A zone of which a share must be seen at the placement's class."""

    model_config = STRICT

    zone: Id
    least_share: Annotated[float, Field(gt=0, le=1)]


class PhaseRow(BaseModel):
    """Cameras and new sites of a phase, and the months its state lasts (until the next, or the horizon)."""

    model_config = STRICT

    name: Word
    cameras: Count
    sites: Count | None = None
    months: Annotated[float, Field(gt=0, le=1200)] = 12.0


class PlacementSection(BaseModel):
    """What `beffroi plan optimise` and `score` need beside the ground and the town's own cameras."""

    model_config = STRICT

    sites: Annotated[tuple[SiteRow, ...], Field(max_length=2_000)]
    models: Annotated[tuple[Word, ...], Field(min_length=1, max_length=12)] = ("fixed-2mp-28", "fixed-2mp-6")
    model_costs_eur: dict[str, Money] = {}
    headings: Annotated[int, Field(ge=1, le=72)] = 24
    tilts_deg: Annotated[tuple[Annotated[float, Field(ge=0, le=60)], ...], Field(min_length=1, max_length=6)] = (12.0,)
    class_id: Word = "observe"
    """The density class a place must be seen with to count."""
    cameras: Count | None = None
    """Absent: the sum of the phases."""
    sites_at_most: Count | None = None
    per_site: Annotated[int, Field(ge=1, le=16)] = 2
    budget_eur: Money | None = None
    mandatory: tuple[MandatoryRow, ...] = ()
    phases: Annotated[tuple[PhaseRow, ...], Field(max_length=12)] = ()

    @model_validator(mode="after")
    def _is_bounded(self) -> PlacementSection:
        if self.cameras is None and not self.phases:
            raise refusal(
                "says neither how many cameras nor which phases; give `cameras` or `phases`",
                "ne dit ni combien de caméras ni quelles phases ; donnez `cameras` ou `phases`",
            )
        return self

    def points(self) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """(n, 2) positions of the sites, in the scenario's crs."""
        return np.array([site.position for site in self.sites], dtype=np.float64).reshape(-1, 2)
