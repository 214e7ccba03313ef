"""Dwellings in a camera's field that no planned mask hides. Source: CSI L. 251-3."""

from __future__ import annotations

from dataclasses import dataclass

from beffroi.plan.catalogue import CameraModel
from beffroi.plan.models import Camera
from beffroi.plan.planned_masks import mask_plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmasked:
    """What the plan cannot hide. `is_inside`: the camera stands in a building, nothing can be said of its field."""

    buildings: tuple[str, ...] = ()
    is_inside: bool = False


def unmasked(row: Camera, models: dict[str, CameraModel]) -> Unmasked:
    """Of one camera as it is planned."""
    plan = mask_plan(row, models)
    if plan is None:
        return Unmasked(is_inside=True)
    return Unmasked(buildings=tuple(sorted({one.building_id for one in plan.refusals})))
