"""How what is computed is told: values of the library as documents of `answers`, for the commands and the editor."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from beffroi.plan.calc import optics
from beffroi.plan.calc.coverage import Band, Loss, Sight, ZoneCoverage
from beffroi.plan.calc.density import Scale
from beffroi.plan.calc.mask_cost import Lost
from beffroi.plan.calc.masks import MaskPlan
from beffroi.plan.calc.occlusion import Skyline
from beffroi.plan.calc.slope import steep
from beffroi.plan.calc.town import Lens, Pose
from beffroi.plan.scenario import answers
from beffroi.plan.scenario.cameras import convergence_deg
from beffroi.plan.scenario.ground import Projection
from beffroi.plan.scenario.problems import Problem

HEIGHTS_M = (0.0, 1.7)
FLAT = (
    "The ground is taken as flat around each camera; a slope is told only where buildings carry their altitude.",
    "Le sol est supposé plat autour de chaque caméra ; une pente n'est dite que là où les bâtiments portent leur "
    "altitude.",
)
"""Stands beside every figure of coverage: English, French."""
_STEEP = (
    "sloping ground: altitudes from {0:.0f} to {1:.0f} m; check the result on the spot",
    "terrain en pente : altitudes de {0:.0f} à {1:.0f} m ; résultat à vérifier sur place",
)


def slope(one: Sight, skyline: Skyline, field: str) -> list[Problem]:
    """What to know of a camera over a slope; nothing on flat ground, or where no altitude is known."""
    found = steep(one, skyline)
    if found is None:
        return []
    english, french = (text.format(found.low_m, found.high_m) for text in _STEEP)
    return [Problem(field=field, message=english, message_fr=french)]


def camera(one: Sight, to: Projection, *, with_shapes: bool) -> answers.CameraAnswer:
    """A camera's optics at its own pose, and the ground it sees."""
    view = one.views[0]
    far = class_distances_m(one, one.scale)
    seen = bands(one.bands(), to if with_shapes else None)
    return answers.CameraAnswer(
        id=one.camera.id,
        focal_px=optics.focal_px(view.lens),
        vfov_deg=optics.vfov_deg(view.lens),
        reaches=tuple(_reach(view.pose, view.lens, height_m) for height_m in HEIGHTS_M),
        class_distances_m=far,
        depression_deg={name: optics.depression_deg(view.pose, distance) for name, distance in far.items()},
        ground_m2=sum(band.area_m2 for band in seen),
        moved_m=one.moved_m,
        bands=seen,
    )


def bands(found: Sequence[Band], to: Projection | None) -> tuple[answers.BandAnswer, ...]:
    """Ground by class, with its shape when a projection is given."""
    return tuple(
        answers.BandAnswer(
            class_id=band.class_id,
            area_m2=band.ground.area,
            geometry=geojson(band.ground, to) if to else None,
        )
        for band in found
    )


def class_distances_m(one: Sight, scale: Scale) -> dict[str, float]:
    """Farthest distance on the axis where each class is reached; a class never reached is left out."""
    view = one.views[0]
    pairs = zip(scale.classes, scale.thresholds_px_m, strict=True)
    found = {level.id: view.farthest_m(float(least)) for level, least in pairs}
    return {name: distance for name, distance in found.items() if distance > 0}


def _reach(pose: Pose, lens: Lens, height_m: float) -> answers.ReachAnswer:
    reach = optics.reach(pose, lens, target_m=height_m)
    near, far = (value if math.isfinite(value) else None for value in (reach.near_m, reach.far_m))
    return answers.ReachAnswer(height_m=height_m, near_m=near, far_m=far)


def geojson(area: BaseGeometry, to: Projection) -> dict[str, Any]:
    """A shape in Lambert-93 as GeoJSON in the scenario's coordinates."""
    drawn: dict[str, Any] = json.loads(shapely.to_geojson(to.back(area)))
    return drawn


def zone(one: ZoneCoverage) -> answers.ZoneAnswer:
    """A zone's street and what is seen of it."""
    return answers.ZoneAnswer(
        id=one.zone_id,
        street_m2=one.street_m2,
        classes=tuple(
            answers.ClassAnswer(
                class_id=share.class_id,
                by_one=share.by_one,
                by_two=share.by_two,
                at_an_instant=share.at_an_instant,
                at_night=share.at_night,
                grid_doubt=abs(share.by_one - share.by_one_thinned),
            )
            for share in one.classes
        ),
    )


def loss(one: Loss) -> answers.LossAnswer:
    """What one failure costs."""
    return answers.LossAnswer.model_validate(one)


def masks(planned: MaskPlan, lost: Sequence[Lost]) -> answers.MasksAnswer:
    """Planned masks of a camera, angles from true north, and what they cost by zone."""
    pose = planned.views[0].pinhole.pose
    turn = convergence_deg(pose.east_m, pose.north_m)
    return answers.MasksAnswer(
        is_complete=planned.is_complete,
        views=tuple(
            answers.MaskAnswer(
                view=number,
                polygons=tuple(tuple(polygon) for polygon in view.in_ten_thousandths()),
                angles_deg=tuple(
                    tuple((round((bearing + turn) % 360, 2), round(tilt, 2)) for bearing, tilt in corners.tolist())
                    for corners in view.angles
                ),
                dwellings=view.dwellings,
                picture_share=view.picture_share,
                widest_margin_px=view.widest_margin_px,
            )
            for number, view in enumerate(planned.views)
        ),
        refusals=tuple(answers.RefusalAnswer.model_validate(refusal) for refusal in planned.refusals),
        lost={one.zone_id: one.share for one in lost},
    )
