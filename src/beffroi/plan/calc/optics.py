"""Fields, pixels a metre, dead zones. Angles in degrees, lengths in metres, sensors in millimetres.

H: height of the camera; τ: tilt of its axis below the horizon; h: height of the target; D: distance on the ground
along the bearing. Source: EN 62676-4:2015 §6; pinhole geometry.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc.town import Lens, Pose

MIN_FACE_WIDTH_PX, MIN_FACE_HEIGHT_PX = 60, 90
"""A face that can be extracted, ear to ear and chin to crown. Source: arrêté du 3 août 2007, article 2, annexe 3."""
FACE_WIDTH_M, FACE_HEIGHT_M = 0.16, 0.24
"""Assumption, to be stated beside the figure: an adult's head, ear to ear and chin to crown."""


def hfov_deg(sensor_width_mm: float, focal_mm: float) -> float:
    """Field across of a lens without distortion; a maker's stated field is better than this.

    >>> round(hfov_deg(5.37, 2.8), 1)
    87.6
    """
    return math.degrees(2 * math.atan(sensor_width_mm / (2 * focal_mm)))


def focal_px(lens: Lens) -> float:
    """Focal length in pixels: width / (2 tan(HFOV / 2)).

    Errors: InvalidInput for a field a pinhole does not have (180° or more: fisheye).
    """
    if not 0 < lens.hfov_deg < 180 or lens.width_px < 1 or lens.height_px < 1:
        raise InvalidInput(
            f"A field of {lens.hfov_deg}° is not a pinhole's: give one between 0 and 180°, or several cameras.",
            message_fr=f"Un champ de {lens.hfov_deg}° n'est pas plan : donnez-le entre 0 et 180°, ou plusieurs vues.",
            field="hfov_deg",
        )
    return lens.width_px / (2 * math.tan(math.radians(lens.hfov_deg) / 2))


def vfov_deg(lens: Lens) -> float:
    """Field from top to bottom: as stated, else from square pixels."""
    if lens.vfov_deg is not None:
        return lens.vfov_deg
    return math.degrees(2 * math.atan(lens.height_px / (2 * focal_px(lens))))


def density_from_mm_a_pixel(mm: float) -> float:
    """Pixels a metre. >>> density_from_mm_a_pixel(80.0)
    12.5
    """
    return 1000.0 / mm


def flat_distance_m(lens: Lens, density_px_m: float) -> float:
    """Depth at which the picture has this density: f_px / density."""
    return focal_px(lens) / density_px_m


def depth_m(pose: Pose, distance_m: float, *, target_m: float = 0.0) -> float:
    """Depth along the optical axis: D·cos τ + (H − h)·sin τ."""
    tilt = math.radians(pose.tilt_deg)
    return distance_m * math.cos(tilt) + (pose.height_m - target_m) * math.sin(tilt)


def density_px_m(pose: Pose, lens: Lens, distance_m: float, *, target_m: float = 1.5) -> float:
    """Pixels a metre across, on the axis; 0 behind the camera."""
    depth = depth_m(pose, distance_m, target_m=target_m)
    return focal_px(lens) / depth if depth > 0 else 0.0


def upright_density_px_m(pose: Pose, lens: Lens, distance_m: float, *, target_m: float = 1.5) -> float:
    """Pixels a metre up an upright object: f_px · cos(depression) / slant, approximately."""
    down = pose.height_m - target_m
    slant = math.hypot(distance_m, down)
    return focal_px(lens) * math.cos(math.atan2(down, distance_m)) / slant if slant > 0 else 0.0


def depression_deg(pose: Pose, distance_m: float, *, target_m: float = 1.7) -> float:
    """Angle below the horizon at which a target is seen. Above 15 to 20° a face is seen from above."""
    return math.degrees(math.atan2(pose.height_m - target_m, distance_m))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Distances on the axis between which a height is in the picture; `far_m` may be infinite.

    `near_m` is negative when the picture reaches behind the mast's foot; both are equal when nothing is seen.
    """

    near_m: float
    far_m: float


def reach(pose: Pose, lens: Lens, *, target_m: float) -> Reach:
    """Dead zone and horizon at a height: (H−h)/tan(τ+VFOV/2) to (H−h)/tan(τ−VFOV/2), infinite if τ ≤ VFOV/2.

    Feet in view are not a head in view: ask at 0 m and at 1.7 m. A target above the camera is seen past the distance
    where the top of the picture has risen to it.
    """
    half = vfov_deg(lens) / 2
    below, above = math.radians(pose.tilt_deg + half), math.radians(pose.tilt_deg - half)
    down = pose.height_m - target_m
    if down >= 0:
        far = down / math.tan(above) if above > 0 else math.inf
        if below <= 0:
            return Reach(near_m=math.inf, far_m=math.inf)
        return Reach(near_m=_over_tan(down, below), far_m=far)
    if above >= 0:
        return Reach(near_m=math.inf, far_m=math.inf)
    return Reach(near_m=_over_tan(down, above), far_m=down / math.tan(below) if below < 0 else math.inf)


def _over_tan(length: float, angle: float) -> float:
    return length * math.cos(angle) / math.sin(angle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Size of an adult's face in the picture, and whether it can be extracted."""

    width_px: float
    height_px: float

    @property
    def is_extractable(self) -> bool:
        """90 × 60 pixels at least. Source: arrêté du 3 août 2007, article 2, annexe 3."""
        return self.width_px >= MIN_FACE_WIDTH_PX and self.height_px >= MIN_FACE_HEIGHT_PX


def face_at(pose: Pose, lens: Lens, distance_m: float) -> Face:
    """A face 1.6 m above the ground, on the axis."""
    across = density_px_m(pose, lens, distance_m, target_m=1.6)
    return Face(
        width_px=across * FACE_WIDTH_M,
        height_px=upright_density_px_m(pose, lens, distance_m, target_m=1.6) * FACE_HEIGHT_M,
    )
