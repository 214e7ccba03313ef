"""What the commands answer: documents of `--json`; their schemas are in `ref/`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

FROM_VALUES = ConfigDict(extra="forbid", frozen=True, from_attributes=True)
Share = Annotated[float, Field(ge=0, le=1.000001)]


class Warned(BaseModel):
    """Computed all the same, and must be known."""

    model_config = FROM_VALUES

    field: str
    message: str
    message_fr: str


class ReachAnswer(BaseModel):
    """Distances on the axis between which a height is in the picture; `far_m` null: to the horizon."""

    model_config = FROM_VALUES

    height_m: float
    near_m: float | None
    far_m: float | None


class BandAnswer(BaseModel):
    """Ground seen at one class and not at a finer one, GeoJSON in the scenario's crs."""

    model_config = FROM_VALUES

    class_id: str
    area_m2: float
    geometry: dict[str, Any] | None = None


class RefusalAnswer(BaseModel):
    """A dwelling in the picture that no planned mask hides."""

    model_config = FROM_VALUES

    building_id: str
    view: int
    reason: str
    reason_fr: str


class MaskAnswer(BaseModel):
    """Planned masks of one view: polygons from 0 to 10,000 of width and height; angles for a PTZ (true north, tilt)."""

    model_config = FROM_VALUES

    view: int
    polygons: tuple[tuple[tuple[int, int], ...], ...]
    angles_deg: tuple[tuple[tuple[float, float], ...], ...]
    dwellings: tuple[str, ...]
    picture_share: float
    widest_margin_px: float


class MasksAnswer(BaseModel):
    """Planned masks of a camera. `lost`: by zone, the share of the ground it sees that the masks cost."""

    model_config = FROM_VALUES

    is_complete: bool
    views: tuple[MaskAnswer, ...]
    refusals: tuple[RefusalAnswer, ...]
    lost: dict[str, float]


class CameraAnswer(BaseModel):
    """One camera: its optics at its own pose and the ground it sees."""

    model_config = FROM_VALUES

    id: str
    focal_px: float
    vfov_deg: float
    reaches: tuple[ReachAnswer, ...]
    """Dead zone at the ground and at a head's height: feet in view are not a head in view."""
    class_distances_m: dict[str, float]
    """Farthest distance on the axis where each class is reached, towards the target's height."""
    depression_deg: dict[str, float]
    """Angle below the horizon at which a head is seen there; above 15 to 20° a face is seen from above."""
    ground_m2: float
    moved_m: float
    """How far the camera was drawn inside a wall, and put before its façade."""
    bands: tuple[BandAnswer, ...]
    masks: MasksAnswer | None = None
    """With `--masks`."""


class ClassAnswer(BaseModel):
    """Shares of a zone's street seen with a class or finer; `grid_doubt`: change when the grid is thinned by two."""

    model_config = FROM_VALUES

    class_id: str
    by_one: Share
    by_two: Share
    at_an_instant: Share
    at_night: Share
    grid_doubt: float


class ZoneAnswer(BaseModel):
    """A zone's street and what is seen of it."""

    model_config = FROM_VALUES

    id: str
    street_m2: float
    classes: tuple[ClassAnswer, ...]


class LossAnswer(BaseModel):
    """Share of a zone's street that nothing else sees with a class: lost when `failed_id` fails."""

    model_config = FROM_VALUES

    kind: Literal["camera", "site", "arm"]
    failed_id: str
    zone_id: str
    class_id: str
    share: Share


class ProportionAnswer(BaseModel):
    """How much of the town is in view; null where the scenario does not say. `excess`: shares above the limit."""

    model_config = FROM_VALUES

    of_area: float | None
    of_public_ground: float | None
    of_street_length: float | None
    zones_of_area: float | None
    limit: float
    excess: tuple[str, ...]


class CoverageAnswer(BaseModel):
    """Answer of `beffroi plan coverage`: what the geometry allows, not what will be recognised."""

    model_config = FROM_VALUES

    scale: str
    grid_step_m: float
    target_height_m: float
    cameras: tuple[CameraAnswer, ...]
    zones: tuple[ZoneAnswer, ...]
    losses: tuple[LossAnswer, ...]
    proportion: ProportionAnswer
    warnings: tuple[Warned, ...]


class ChosenAnswer(BaseModel):
    """One camera of a choice; position in the scenario's crs, bearing from true north."""

    model_config = FROM_VALUES

    id: str
    site: str
    model: str
    phase: str
    position: tuple[float, float]
    bearing_deg: float
    tilt_deg: float
    height_m: float


class PhaseAnswer(BaseModel):
    """A phase: new sites, cameras, weighted ground seen once it is in service."""

    model_config = FROM_VALUES

    name: str
    new_sites: int
    cameras: int
    worth: float


class OptimiseAnswer(BaseModel):
    """Answer of `beffroi plan optimise`. `worth`: m² weighted by zone. `gap`: how far the best can be above, at most.

    In phases, `bound` and `gap` are of Σ months × worth.
    """

    model_config = FROM_VALUES

    class_id: str
    candidates: int
    cells: int
    chosen: tuple[ChosenAnswer, ...]
    worth: float
    of_all: Share
    greedy_worth: float | None
    bound: float | None
    gap: float | None
    is_optimum: bool
    cost_eur: float
    zone_shares: dict[str, float]
    phases: tuple[PhaseAnswer, ...]
    warnings: tuple[Warned, ...]


class ScoreAnswer(BaseModel):
    """Answer of `beffroi plan score`: the town's plan, and the best found with its counts of sites and cameras.

    `gain`: how much more the best found is worth together (Σ months × worth); null when the plan sees nothing.
    """

    model_config = FROM_VALUES

    class_id: str
    plan: tuple[PhaseAnswer, ...]
    best: tuple[PhaseAnswer, ...]
    plan_together: float
    best_together: float
    bound: float | None
    gap: float | None
    gain: float | None
    plan_zone_shares: dict[str, float]
    best_zone_shares: dict[str, float]
    chosen: tuple[ChosenAnswer, ...]
    warnings: tuple[Warned, ...]
