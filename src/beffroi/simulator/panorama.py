"""What a camera that turns can see, as a few wide faces drawn when first needed; any pose is cut out of one of them."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from beffroi.simulator.cameras import CameraSpec
from beffroi.simulator.colour import Planes
from beffroi.simulator.head import Motion, Pose
from beffroi.simulator.paint import OVERSAMPLING, WIDTH_PX, View
from beffroi.simulator.preparation import Job
from beffroi.simulator.scenery import draw_wide, lens, view_of

STEP_DEG, FACE_HFOV_DEG = 30.0, 104.0
_TILTS_DEG = (10.0, 32.0)
_FACES_KEPT = 6
_AXES = 3
_LOOKS_PER_S = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """One wide picture of a camera's surroundings."""

    job: Job
    pan_deg: float
    tilt_deg: float

    def path(self, cache_folder: Path) -> Path:
        """Its file in the cache."""
        return cache_folder / f"{self.job.key}-face-{self.pan_deg:.0f}-{self.tilt_deg:.0f}.npz"

    @property
    def spec(self) -> CameraSpec:
        """The camera that would see it."""
        pose = Pose(pan_deg=self.pan_deg, tilt_deg=self.tilt_deg, hfov_deg=FACE_HFOV_DEG)
        return pose.seen_from(self.job.spec)


def face_for(job: Job, pose: Pose) -> Face:
    """The face that shows most of a pose."""
    tilt_deg = min(_TILTS_DEG, key=lambda tilt_deg: abs(tilt_deg - pose.tilt_deg))
    return Face(job=job, pan_deg=round(pose.pan_deg / STEP_DEG) * STEP_DEG % 360, tilt_deg=tilt_deg)


def faces_for(job: Job, motion: Motion) -> set[Face]:
    """Every face a motion passes over."""
    steps = max(1, math.ceil(motion.lasts_s * _LOOKS_PER_S))
    instants = (motion.began_at_us + round(step / steps * motion.lasts_s * 1e6) for step in range(steps + 1))
    return {face_for(job, motion.pose(at_us)) for at_us in instants}


def draw_face(face: Face, cache_folder: Path) -> None:
    """Draws a face into the cache, complete or absent."""
    path = face.path(cache_folder)
    if path.exists():
        return
    planes = draw_wide(view_of(face.spec, face.job.town), face.job.sky, face.job.town)
    unfinished = path.with_suffix(f".{os.getpid()}.part.npz")
    np.savez(unfinished, y=planes.y, u=planes.u, v=planes.v)
    unfinished.replace(path)


@lru_cache(_FACES_KEPT)
def _images(path: Path) -> tuple[Image.Image, ...]:
    with np.load(path) as planes:
        return tuple(Image.fromarray(planes[name]) for name in "yuv")


def cut_out(face: Face, pose: Pose, cache_folder: Path, *, width_px: int) -> Planes:
    """What a camera in `pose` sees of a face, 16:9, `width_px` wide."""
    view, wide = View(pose.seen_from(face.job.spec)), View(face.spec)
    height_px = width_px * 9 // 16
    planes: list[NDArray[np.uint8]] = []
    for image, (halving, black) in zip(_images(face.path(cache_folder)), ((1, 16), (2, 128), (2, 128)), strict=True):
        size = width_px // halving, height_px // halving
        matrix = _between(view, wide, scale=WIDTH_PX / size[0], wide_scale=OVERSAMPLING / halving)
        cut = image.transform(size, Image.Transform.PERSPECTIVE, matrix, Image.Resampling.BILINEAR)
        planes.append((black + (np.asarray(cut, np.float32) - black) * lens(*size)).astype(np.uint8))
    return Planes(*planes)


def _between(view: View, wide: View, *, scale: float, wide_scale: float) -> tuple[float, ...]:
    """The eight coefficients that take a pixel of `view` (drawn `scale` times smaller) to one of `wide`."""
    out = np.diag((scale, scale, 1.0))
    rays = np.array(
        [
            [1 / view.focal_px, 0, -view.centre[0] / view.focal_px],
            [0, -1 / view.focal_px, view.centre[1] / view.focal_px],
            [0, 0, 1],
        ]
    )
    turned = np.array((wide.right, wide.up, wide.forward)) @ np.array((view.right, view.up, view.forward)).T
    pixels = np.array([[wide.focal_px, 0, wide.centre[0]], [0, -wide.focal_px, wide.centre[1]], [0, 0, 1]])
    whole = np.diag((wide_scale, wide_scale, 1.0)) @ pixels @ turned @ rays @ out
    return tuple((whole / whole[2, 2]).ravel()[: _AXES * _AXES - 1])
