"""Cameras of a scenario: a pose, and a lens from a model or from figures."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, Field, field_validator, model_validator
from pyproj import Proj

from beffroi.core.errors import InvalidInput
from beffroi.core.reading import refusal
from beffroi.plan import catalogue
from beffroi.plan.calc import town
from beffroi.plan.calc.mask_device import Drawer, drawer
from beffroi.plan.calc.masks import Device
from beffroi.plan.scenario.ground import LAMBERT_93, STRICT, Id, Projection, Word

Bearing = Annotated[float, Field(ge=0, lt=360)]
"""Clockwise from true north."""
Tilt = Annotated[float, Field(ge=-90, le=90)]
"""Below the horizon."""
FieldAcross = Annotated[float, Field(gt=0, lt=180)]


class PresetRow(BaseModel):
    """A position a PTZ returns to; the shares of one camera add up to 1 at most."""

    model_config = STRICT

    name: str = ""
    bearing_deg: Bearing
    tilt_deg: Tilt
    hfov_deg: FieldAcross
    time_share: Annotated[float, Field(ge=0, le=1)]


class CameraRow(BaseModel):
    """One camera. `model` names a model of the catalogue; figures given here come before the model's."""

    model_config = STRICT

    id: Id
    position: tuple[float, float]
    height_m: Annotated[float, Field(gt=0, le=100)]
    bearing_deg: Bearing
    tilt_deg: Tilt
    model: Word | None = None
    width_px: Annotated[int, Field(ge=16, le=65535)] | None = None
    height_px: Annotated[int, Field(ge=16, le=65535)] | None = None
    hfov_deg: FieldAcross | None = None
    night_range_m: Annotated[float, Field(ge=0)] | None = None
    site: Word = ""
    arm: Word = ""
    phase: Word = ""
    kind: Literal["fixed", "ptz"] | None = None
    presets: Annotated[tuple[PresetRow, ...], Field(max_length=256)] = ()

    @field_validator("presets")
    @classmethod
    def _share_the_time(cls, presets: tuple[PresetRow, ...]) -> tuple[PresetRow, ...]:
        if sum(preset.time_share for preset in presets) > 1 + 1e-9:
            raise refusal(
                "have time shares that exceed 1 together; lower them",
                "ont des parts de temps qui dépassent 1 ensemble ; baissez-les",
            )
        return presets

    @model_validator(mode="after")
    def _has_a_lens(self) -> CameraRow:
        if self.model is None and None in (self.width_px, self.height_px, self.hfov_deg):
            raise refusal(
                "has no lens; give `model`, or width_px, height_px and hfov_deg",
                "n'a pas d'objectif ; donnez `model`, ou width_px, height_px et hfov_deg",
            )
        return self

    def lens(self, models: dict[str, catalogue.CameraModel]) -> town.Lens:
        """Errors: InvalidInput when the model is not known."""
        if self.model is None:
            base = town.Lens(width_px=self.width_px or 0, height_px=self.height_px or 0, hfov_deg=self.hfov_deg or 0)
        else:
            base = known_model(self.model, models).lens(self.hfov_deg)
        return town.Lens(
            width_px=self.width_px or base.width_px,
            height_px=self.height_px or base.height_px,
            hfov_deg=base.hfov_deg,
            night_range_m=base.night_range_m if self.night_range_m is None else self.night_range_m,
        )


def mask_drawer(model: str | None, models: dict[str, catalogue.CameraModel], *, views: int) -> Drawer:
    """Who draws the masks of a camera of this model that looks in so many ways."""
    known = models.get(model or "")
    if known is None:
        return drawer(None, views=views)
    own = Device(max_masks=known.max_masks, max_points=known.max_points, rectangle_only=known.rectangle_only)
    return drawer(own, views=views)


def known_model(name: str, models: dict[str, catalogue.CameraModel]) -> catalogue.CameraModel:
    """Errors: InvalidInput when the model is not known."""
    if name not in models:
        known = ", ".join(models)
        raise InvalidInput(
            f"there is no camera model {name!r}; known: {known}",
            message_fr=f"il n'y a pas de modèle de caméra {name!r} ; connus : {known}",
            field="model",
        )
    return models[name]


def camera(row: CameraRow, to: Projection, models: dict[str, catalogue.CameraModel]) -> town.Camera:
    """A camera in Lambert-93, its bearings from grid north."""
    east, north = to.coordinates(np.array([row.position], dtype=np.float64))[0]
    turn = convergence_deg(float(east), float(north))
    pose = town.Pose(
        east_m=float(east),
        north_m=float(north),
        height_m=row.height_m,
        bearing_deg=(row.bearing_deg - turn) % 360.0,
        tilt_deg=row.tilt_deg,
    )
    return town.Camera(
        id=row.id, pose=pose, lens=row.lens(models), site=row.site, arm=row.arm, phase=row.phase,
        presets=presets(row.presets, turn),
    )  # fmt: skip


def presets(rows: Iterable[PresetRow], turn_deg: float) -> tuple[town.Preset, ...]:
    """Presets with their bearings from grid north; `turn_deg`: the convergence where the camera stands."""
    return tuple(
        town.Preset(
            name=row.name,
            bearing_deg=(row.bearing_deg - turn_deg) % 360.0,
            tilt_deg=row.tilt_deg,
            hfov_deg=row.hfov_deg,
            time_share=row.time_share,
        )
        for row in rows
    )


_PROJ = Proj(LAMBERT_93)


def convergence_deg(east_m: float, north_m: float) -> float:
    """Bearing of grid north from true north: 0 on the meridian 3° E, about +0.7° a degree of longitude eastward.

    A bearing from grid north is the one from true north less this. 0 where there is no such place.
    """
    lon, lat = _PROJ(east_m, north_m, inverse=True)
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return 0.0
    return float(_PROJ.get_factors(lon, lat).meridian_convergence)
