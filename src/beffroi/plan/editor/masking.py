"""Planned privacy masks of a scenario's cameras, what cannot be masked, what masks cost. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import shapely

from beffroi.plan.calc import coverage, mask_cost, masks
from beffroi.plan.calc import town as values
from beffroi.plan.calc.coverage import Sight
from beffroi.plan.calc.mask_device import Drawer
from beffroi.plan.calc.masks import Device, Doubt, MaskPlan
from beffroi.plan.camera_models.queries import camera_models
from beffroi.plan.catalogue import CameraModel
from beffroi.plan.editor import answers
from beffroi.plan.editor.ground import Ground, cells, degrees
from beffroi.plan.editor.rows import PlanAsked, ViewAsked
from beffroi.plan.scenario import told
from beffroi.plan.scenario.cameras import CameraRow, mask_drawer
from beffroi.territory.models import Street

DOUBT = Doubt()


@lru_cache(maxsize=1024)
def _plan(on: Ground, camera: values.Camera, of: Device) -> MaskPlan:
    """Kept: of a plan of 44 only the camera that was turned is projected again."""
    return masks.plan(camera, on.skyline, of, doubt=DOUBT)


def planned(on: Ground, camera: values.Camera, row: CameraRow) -> MaskPlan:
    """A camera's masks; it must be able to stand where it is drawn.

    Errors: InvalidInput when it stands deep inside a building.
    """
    return _plan(on, camera, _drawer(camera, row, camera_models()).device)


def _drawer(camera: values.Camera, row: CameraRow, models: dict[str, CameraModel]) -> Drawer:
    return mask_drawer(row.model, models, views=len(camera.views()))


def of_camera(one: Sight, found: MaskPlan, asked: ViewAsked, *, on: Ground) -> answers.CameraMasks:
    """Its masks with what they cost it, and the dwellings that none hides."""
    on_grid = cells(on, asked.zones)
    levels = one.levels_by_view(on_grid.points)
    seen = int(levels.any(axis=0).sum())
    left = int((mask_cost.left(found, on_grid.points, levels=levels) > 0).sum())
    drawer = _drawer(one.camera, asked.camera, camera_models())
    said, said_fr = drawer.said()
    return answers.CameraMasks(
        article=masks.ARTICLE,
        plan=told.masks(found, mask_cost.lost(found, on.with_zones(asked.zones), on_grid, levels=levels)),
        device=answers.DeviceAnswer(
            max_masks=drawer.device.max_masks,
            max_points=drawer.device.max_points,
            rectangle_only=drawer.device.rectangle_only,
            is_camera=drawer.is_camera,
            said=said,
            said_fr=said_fr,
        ),
        map_doubt_m=DOUBT.map_m,
        aim_doubt_deg=DOUBT.aim_deg,
        lost_share=1.0 - left / seen if seen else 0.0,
        unmasked=tuple(_dwelling(on, name) for name in _unmasked(found)),
    )


def _unmasked(found: MaskPlan) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.building_id for one in found.refusals))


def _dwelling(on: Ground, name: str) -> answers.DwellingAnswer:
    building = next(one for one in on.town.buildings if one.id == name)
    return answers.DwellingAnswer(
        id=name, street=_street(on, building), shape=told.geojson(building.footprint, degrees())
    )


def _street(on: Ground, building: values.Building) -> str:
    """The name of the street nearest to a building; empty when there is none."""
    if not on.town.streets:
        return ""
    away = shapely.distance(np.array([one.axis for one in on.town.streets]), building.footprint)
    nearest = on.town.streets[int(np.argmin(away))]
    return Street.objects.filter(pk=nearest.id).values_list("name", flat=True).first() or ""


def of_plan(asked: PlanAsked, sights: Sequence[Sight], on: Ground) -> answers.PlanMasks:
    """All cameras masked: how many masks, which cameras cannot be, what street nobody sees any longer."""
    models, rows = camera_models(), {row.id: row for row in asked.cameras}
    found = [_plan(on, one.camera, _drawer(one.camera, rows[one.camera.id], models).device) for one in sights]
    whole = on.with_zones(asked.zones)
    seen = coverage.cover(sights, whole, cells(on, asked.zones))
    return answers.PlanMasks(
        article=masks.ARTICLE,
        cameras=len(sights),
        masks=sum(len(view.masks) for plan in found for view in plan.views),
        unmasked=tuple(
            answers.UnmaskedAnswer(
                camera_id=plan.camera_id,
                dwellings=_unmasked(plan),
                reason=plan.refusals[0].reason,
                reason_fr=plan.refusals[0].reason_fr,
            )
            for plan in found
            if plan.refusals
        ),
        lost=tuple(answers.MaskedStreet.model_validate(one) for one in mask_cost.street_lost(seen, found, whole)),
    )
