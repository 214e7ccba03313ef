"""What the editor is answered, in JSON; the parts computed are those of `scenario.answers`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from beffroi.plan.scenario.answers import FROM_VALUES, CameraAnswer, LossAnswer, Warned, ZoneAnswer
from beffroi.plan.scenario.cameras import CameraRow
from beffroi.plan.scenario.ground import ZoneRow


class Outline(BaseModel):
    """A building for drawing: rings in degrees, longitude first."""

    model_config = FROM_VALUES

    rings: tuple[tuple[tuple[float, float], ...], ...]
    height_m: float
    is_assumed: bool


class NamedZone(BaseModel):
    """One of the town's zones."""

    model_config = FROM_VALUES

    id: str
    name: str
    shape: dict[str, Any]


class NamedPhase(BaseModel):
    """A phase of the town's programmes, in the order they are built."""

    model_config = FROM_VALUES

    id: str
    name: str


class ModelAnswer(BaseModel):
    """A camera of the library, at its widest."""

    model_config = FROM_VALUES

    id: str
    name: str
    kind: str
    width_px: int
    height_px: int
    hfov_deg: float
    hfov_tele_deg: float | None
    night_range_m: float | None


class ClassName(BaseModel):
    """A density class of the scale, from the coarsest."""

    model_config = FROM_VALUES

    id: str
    name: str
    name_fr: str
    least_px_m: float


class GroundAnswer(BaseModel):
    """All that the map is drawn from, and the words of its lists; `version` names what it was read from."""

    model_config = FROM_VALUES

    version: str
    centre: tuple[float, float]
    buildings: tuple[Outline, ...]
    streets: dict[str, Any]
    water: dict[str, Any]
    zones: tuple[NamedZone, ...]
    perimeter: dict[str, Any] | None
    phases: tuple[NamedPhase, ...]
    models: tuple[ModelAnswer, ...]
    classes: tuple[ClassName, ...]


class ViewAnswer(BaseModel):
    """One camera: null with its reason in `warnings` when none can stand there.

    `dead`: ground in the field too near to be in the picture. `zones`: what this camera alone sees of each zone.
    `assumed_heights`: buildings within its reach whose height nobody measured. `preview`: SVG, when it was asked for.
    """

    model_config = FROM_VALUES

    camera: CameraAnswer | None
    dead: dict[str, Any] | None
    zones: tuple[ZoneAnswer, ...]
    assumed_heights: int
    preview: str
    warnings: tuple[Warned, ...]


class CostAnswer(BaseModel):
    """Cameras and masts at the table's prices, euros without tax. `is_guess`: a price has no published source."""

    model_config = FROM_VALUES

    low_eur: float
    likely_eur: float
    high_eur: float
    is_guess: bool
    read_on: str
    says: str
    says_fr: str


class PlanAnswer(BaseModel):
    """What all cameras see together. `seen_m2`: street of all zones seen at each class or finer, by one at least."""

    model_config = FROM_VALUES

    cameras: int
    sites: int
    scale: str
    grid_step_m: float
    street_m2: float
    seen_m2: dict[str, float]
    zones: tuple[ZoneAnswer, ...]
    losses: tuple[LossAnswer, ...]
    cost: CostAnswer
    warnings: tuple[Warned, ...]


class ScenarioName(BaseModel):
    """A scenario in the list; the town's plan is the first, version 0."""

    model_config = FROM_VALUES

    id: str
    name: str
    based_on: str
    version: int
    by: str
    at: str
    note: str


class ScenarioNames(BaseModel):
    """All scenarios."""

    model_config = FROM_VALUES

    scenarios: tuple[ScenarioName, ...]


class ScenarioAnswer(ScenarioName):
    """A scenario whole, as last saved."""

    cameras: tuple[CameraRow, ...]
    zones: tuple[ZoneRow, ...]


class ProposalAnswer(BaseModel):
    """What the same counts could do: street seen at class `observe`, m², and how far above the best can be at most.

    `state`: `none` (nobody asked), `waiting`, `done`, or `refused` with its words. `cameras`: rows to open as a draft.
    """

    model_config = FROM_VALUES

    state: Literal["none", "waiting", "done", "refused"]
    version: int = 0
    candidates: int = 0
    own_m2: float = 0.0
    best_m2: float = 0.0
    bound_m2: float | None = None
    gap: float | None = None
    cameras: tuple[CameraRow, ...] = ()
    refusal: str = ""
    refusal_fr: str = ""
