"""What the editor is answered, in JSON; the parts computed are those of `scenario.answers`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from beffroi.plan.scenario.answers import (
    FROM_VALUES,
    BandAnswer,
    CameraAnswer,
    LossAnswer,
    MasksAnswer,
    Share,
    Warned,
    ZoneAnswer,
)
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
    sites: dict[str, str]
    """Name of each site of the programme by its id."""
    models: tuple[ModelAnswer, ...]
    classes: tuple[ClassName, ...]


class NightAnswer(BaseModel):
    """What a camera sees by its own light alone; street light is not counted. `reach_m`: on the ground."""

    model_config = FROM_VALUES

    reach_m: float
    ground_m2: float
    bands: tuple[BandAnswer, ...]


class DwellingAnswer(BaseModel):
    """A building that no planned mask hides, and the street it is near: where to go and look."""

    model_config = FROM_VALUES

    id: str
    street: str
    shape: dict[str, Any]


class DeviceAnswer(BaseModel):
    """Who draws the masks and within what limits, `said` in one sentence.

    `is_camera` false: the recorder burns them.
    """

    model_config = FROM_VALUES

    max_masks: int
    max_points: int
    rectangle_only: bool
    is_camera: bool
    said: str
    said_fr: str


class CameraMasks(BaseModel):
    """Planned masks of a camera, all presets together in its device.

    `lost_share`: of the street of zones that it sees, the share behind masks in every view; `plan.lost` says it by
    zone. `map_doubt_m` and `aim_doubt_deg`: the errors that the masks are enlarged by.
    `unmasked`: dwellings of `plan.refusals`.
    """

    model_config = FROM_VALUES

    article: str
    plan: MasksAnswer
    device: DeviceAnswer
    map_doubt_m: float
    aim_doubt_deg: float
    lost_share: Share
    unmasked: tuple[DwellingAnswer, ...]


class ViewAnswer(BaseModel):
    """One camera: null with its reason in `warnings` when none can stand there.

    `night`: null when nobody stated its night range. `dead`: ground in the field too near to be in the picture.
    `zones`: what this camera alone sees of each zone, a PTZ's presets together.
    `assumed_heights`: buildings within its reach whose height nobody measured. `preview`: SVG, and `masks`, when they
    were asked for.
    """

    model_config = FROM_VALUES

    camera: CameraAnswer | None
    night: NightAnswer | None = None
    dead: dict[str, Any] | None
    zones: tuple[ZoneAnswer, ...]
    assumed_heights: int
    preview: str
    masks: CameraMasks | None = None
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
    """What all cameras see together. `seen_m2`: street of all zones seen at each class or finer, by one at least.

    `seen_at_night_m2`: by the cameras' own light. `night_unknown`: ids of those whose range nobody stated.
    """

    model_config = FROM_VALUES

    cameras: int
    sites: int
    scale: str
    grid_step_m: float
    street_m2: float
    seen_m2: dict[str, float]
    seen_at_night_m2: dict[str, float]
    night_unknown: tuple[str, ...]
    zones: tuple[ZoneAnswer, ...]
    losses: tuple[LossAnswer, ...]
    cost: CostAnswer
    warnings: tuple[Warned, ...]


class UnmaskedAnswer(BaseModel):
    """A camera with dwellings that cannot be masked, and why the first of them."""

    model_config = FROM_VALUES

    camera_id: str
    dwellings: tuple[str, ...]
    reason: str
    reason_fr: str


class MaskedStreet(BaseModel):
    """Street of a zone that is seen with a class or finer, and no longer once all cameras are masked."""

    model_config = FROM_VALUES

    zone_id: str
    class_id: str
    share: Share


class PlanMasks(BaseModel):
    """Planned masks of all cameras that can stand where they are drawn: how many, what cannot be, what they cost."""

    model_config = FROM_VALUES

    article: str
    cameras: int
    masks: int
    unmasked: tuple[UnmaskedAnswer, ...]
    lost: tuple[MaskedStreet, ...]


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


class VersionName(BaseModel):
    """One of a scenario's versions, to take up again."""

    model_config = FROM_VALUES

    number: int
    by: str
    at: str
    note: str


class ScenarioAnswer(ScenarioName):
    """A scenario whole, as last saved or as of the version asked; `versions`: all there are, the last one first."""

    versions: tuple[VersionName, ...] = ()
    cameras: tuple[CameraRow, ...]
    zones: tuple[ZoneRow, ...]


class SpotAnswer(BaseModel):
    """A place where a mast could stand: a site of the scenario, or a crossing near a zone."""

    model_config = FROM_VALUES

    id: str
    name: str
    position: tuple[float, float]
    is_own: bool


class SpotsAnswer(BaseModel):
    """All spots that candidates are made at."""

    spots: tuple[SpotAnswer, ...]


class PhaseProposed(BaseModel):
    """A phase of the proposal: what it adds, and the street seen once it is in service, m²."""

    model_config = FROM_VALUES

    phase: str
    cameras: int
    sites: int
    seen_m2: float


class ProposalAnswer(BaseModel):
    """What the optimiser found for a version, and how far above the best can be at most (`gap`, a share).

    `state`: `none` (nobody asked), `waiting`, `running` (the greedy answer stands meanwhile), `done`, `cancelled`, or
    `refused` with its words. `progress`: 0 to 1. Areas are street at the class asked: `own_m2` of the version as it
    stands, `best_m2` of the answer, `bound_m2` what none can exceed (without phases). With phases the gap is that of
    area × months, `alone_gain` what refining them together added to placing them one after the other.
    `cameras`: rows to open as a draft.
    """

    model_config = FROM_VALUES

    state: Literal["none", "waiting", "running", "done", "cancelled", "refused"]
    version: int = 0
    progress: float = 0.0
    class_id: str = ""
    candidates: int = 0
    sites: int = 0
    own_m2: float = 0.0
    best_m2: float = 0.0
    bound_m2: float | None = None
    gap: float | None = None
    alone_gain: float | None = None
    phases: tuple[PhaseProposed, ...] = ()
    unmet: tuple[str, ...] = ()
    cameras: tuple[CameraRow, ...] = ()
    refusal: str = ""
    refusal_fr: str = ""
