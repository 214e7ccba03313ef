"""Reads of the approaches: the streets that enter what some cameras film, and the signs that tell of it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from shapely import Point, unary_union
from shapely.geometry.base import BaseGeometry

from beffroi.authorise.approaches import Approach, Axis, approaches
from beffroi.authorise.models import Sign
from beffroi.plan import catalogue, ground
from beffroi.plan.calc import town as calc
from beffroi.plan.calc.footprint import View
from beffroi.plan.models import Camera, CameraKind
from beffroi.territory.calc import lambert93
from beffroi.territory.models import Street

WIDEST_DEG = 170.0
"""A wider lens is not plane; so wide a view is all there is before it."""
_GROUND_S = 600
"""The streets of a town change by import, once in a long while."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A view whose ground is filmed; one that turns films all around."""

    camera: calc.Camera
    turns: bool


def approaches_of(cameras: Iterable[Camera], signs: Iterable[Sign]) -> tuple[Approach, ...]:
    """Every approach of what these cameras film, those without one of these signs first."""
    seen = tuple(_Seen(ground.camera(row), row.kind == CameraKind.PTZ) for row in cameras)
    places = tuple(sorted((sign.lon, sign.lat) for sign in signs))
    return _approaches(seen, places, int(time.monotonic() // _GROUND_S))


@lru_cache(maxsize=16)
def _approaches(seen: tuple[_Seen, ...], places: tuple[tuple[float, float], ...], _ground: int) -> tuple[Approach, ...]:
    """Asked at every look at a dossier."""
    least_px_m = next(one.least_px_m or 0.0 for one in catalogue.scale().classes if one.id == "detect")
    area = unary_union([_filmed(one, least_px_m) for one in seen])
    axes = [Axis(id=row.pk, name=row.name, line=lambert93.projected(row.shape)) for row in Street.objects.all()]
    return tuple(approaches(area, axes, [lambert93.to_en(*place) for place in places]))


def _filmed(seen: _Seen, least_px_m: float) -> BaseGeometry:
    """The ground where a person can be made out (class *detect*), façades left out."""
    lens = replace(seen.camera.lens, hfov_deg=min(seen.camera.lens.hfov_deg, WIDEST_DEG))
    view = View(pose=seen.camera.pose, lens=lens)
    if not seen.turns:
        return view.band(least_px_m)
    return Point(view.pose.east_m, view.pose.north_m).buffer(max(0.0, view.farthest_m(least_px_m)))
