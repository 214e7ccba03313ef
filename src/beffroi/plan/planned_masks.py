"""The masks that a camera's plan asks for. Kept a process, until the camera or the ground changes.

Source: CSI L. 251-3; the projection and its doubts: `plan.calc.masks`.
"""

from __future__ import annotations

from functools import lru_cache

from beffroi.core.errors import InvalidInput
from beffroi.plan import ground as of_plan
from beffroi.plan.calc import masks
from beffroi.plan.calc.mask_device import Drawer
from beffroi.plan.calc.masks import Device, MaskPlan
from beffroi.plan.calc.town import Camera as CameraValue
from beffroi.plan.catalogue import CameraModel
from beffroi.plan.editor import ground as kept
from beffroi.plan.models import Camera
from beffroi.plan.scenario.cameras import mask_drawer

_KEPT_CAMERAS = 2000


def mask_plan(row: Camera, models: dict[str, CameraModel]) -> MaskPlan | None:
    """Of one camera as it is planned; None when it stands in a building, and nothing can be said of its field."""
    camera = of_plan.camera(row)
    return _plan(camera, drawer_of(row, camera, models).device, kept.ground().version)


def drawer_of(row: Camera, camera: CameraValue, models: dict[str, CameraModel]) -> Drawer:
    """Who draws its masks: the rule of the editor."""
    return mask_drawer(row.model, models, views=len(camera.views()))


@lru_cache(maxsize=_KEPT_CAMERAS)
def _plan(camera: CameraValue, device: Device, _version: str) -> MaskPlan | None:
    try:
        return masks.plan(camera, kept.ground().skyline, device)
    except InvalidInput:
        return None
