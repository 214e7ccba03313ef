"""What is asked of a network: who is joined, in which form, at which prices."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from beffroi.core.reading import Slug
from beffroi.plan.scenario.ground import STRICT
from beffroi.plan.scenario.network import Three

MAX_POINTS = 2_000
Ids = Annotated[tuple[Slug, ...], Field(max_length=MAX_POINTS)]


class DesignAsked(BaseModel):
    """`points`: public buildings and sites to join to the `csu`; `ring`: those of them that a cut must not isolate.

    Empty `ring`: a tree. `lighting`: sites fed by street lighting. `reuses_laid`: what is laid costs nothing again.
    `uses_ducts`: cables may be pulled in the town's ducts.
    """

    model_config = STRICT

    csu: Slug
    points: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=MAX_POINTS)]
    ring: Ids = ()
    lighting: Ids = ()
    reuses_laid: bool = True
    uses_ducts: bool = True
    surface: str = "street"
    prices: dict[str, Three] = {}
