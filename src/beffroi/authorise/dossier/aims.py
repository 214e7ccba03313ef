"""What a camera of a request is declared for, against what its geometry allows. Kept until the camera changes."""

from __future__ import annotations

from functools import lru_cache

from beffroi.core.errors import InvalidInput
from beffroi.plan import catalogue
from beffroi.plan import ground as of_plan
from beffroi.plan.calc.aim import Allowed, allowed
from beffroi.plan.calc.coverage import sight
from beffroi.plan.calc.town import Camera as CameraValue
from beffroi.plan.editor import ground as kept
from beffroi.plan.models import Camera, CameraKind

_KEPT_CAMERAS = 2000


def is_rest_only(row: Camera) -> bool:
    """A piloted camera whose presets nobody wrote: all that is computed of it is of where it rests."""
    return row.kind == CameraKind.PTZ and not row.presets


def short_of(row: Camera) -> Allowed | None:
    """What its geometry allows, when that is less than it is declared for; None when it is enough, or not known.

    Not known: a piloted camera without presets, which may zoom; a camera in a building, a lack of its own.
    """
    if is_rest_only(row):
        return None
    found = _allowed(of_plan.camera(row), row.target_class, kept.ground().version)
    return None if found is None or found.at(row.aimed_m) else found


@lru_cache(maxsize=_KEPT_CAMERAS)
def _allowed(camera: CameraValue, target_class: str, _version: str) -> Allowed | None:
    try:
        return allowed(sight(camera, kept.ground().skyline, catalogue.scale()), target_class)
    except InvalidInput:
        return None
