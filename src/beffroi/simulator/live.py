"""The picture of a camera that turns, drawn and coded as it is sent; its loops rest meanwhile."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from beffroi.simulator import h264
from beffroi.simulator.burnt_clock import CELL_H_PX, CELL_W_PX, clock_text, first_column, glyph, named
from beffroi.simulator.colour import Planes
from beffroi.simulator.encode import Settings, open_encoder
from beffroi.simulator.head import Motion
from beffroi.simulator.panorama import cut_out, face_for
from beffroi.simulator.preparation import QUALITY, Job
from beffroi.simulator.reel import DATED_FROM_PX, Reel
from beffroi.simulator.scenery import caption

_WHITE = np.float32(230)
_DARK = np.float32(0.72)
Layer = NDArray[np.float32]
Coded = dict[str, list[bytes]]


class LivePicture:
    """Main and sub-stream of a moving camera, one frame ahead in a thread of its own."""

    def __init__(self, job: Job, name: str, reels: dict[str, Reel], *, cache_folder: Path) -> None:
        self._job, self._cache = job, cache_folder
        self._coders = {stream: _Coder(reel, name) for stream, reel in reels.items()}
        self._thread = ThreadPoolExecutor(1, "live")
        self.drift_us = 0
        self._ahead: tuple[int, Future[Coded]] | None = None
        self._motion: Motion | None = None
        self._shown: Motion | None = None
        """The motion whose end the pictures already show."""

    def move(self, job: Job, motion: Motion) -> None:
        """Follows this motion from the next frame on; its faces must be in the cache."""
        self._job, self._motion = job, motion

    def take(self, index: int, at_us: int, next_us: int) -> Coded:
        """NAL units of frame `index` by stream; begins the next one, due at `next_us`."""
        ahead = self._ahead
        if ahead is None or ahead[0] != index:
            ahead = index, self._thread.submit(self._frame, index, at_us, is_fresh=True)
        following = (index + 1) % (60 * self._coders["main"].reel.fps)
        self._ahead = following, self._thread.submit(self._frame, following, next_us)
        return ahead[1].result()

    def close(self) -> None:
        """Nothing more will be taken."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _frame(self, index: int, at_us: int, *, is_fresh: bool = False) -> Coded:
        """One frame of both streams; a fresh one owes nothing to the frame before, which nobody got."""
        if self._motion is not None and self._shown is not self._motion:
            self.draw(self._motion, at_us)
        shown_us = at_us + self.drift_us
        return {stream: coder.frame(index, shown_us, is_fresh=is_fresh) for stream, coder in self._coders.items()}

    def draw(self, motion: Motion, at_us: int) -> None:
        """Draws what is seen at an instant, half as fine while it turns: a moving camera blurs."""
        pose, is_over = motion.pose(at_us), motion.is_over(at_us)
        face = face_for(self._job, pose)
        if not face.path(self._cache).exists():
            return  # a corner of the way, passed between two looks: the picture before it stays
        small = cut_out(face, pose, self._cache, width_px=640)
        self._coders["sub"].show(small)
        whole = cut_out(face, pose, self._cache, width_px=1280) if is_over else _doubled(small)
        self._coders["main"].show(whole)
        if is_over:
            self._shown = motion


def _doubled(planes: Planes) -> Planes:
    return Planes(*(plane.repeat(2, 0).repeat(2, 1) for plane in (planes.y, planes.u, planes.v)))


class _Coder:
    """Codes one stream so that it can go on from a reel, and a reel from it: same parameter sets, same numbering."""

    def __init__(self, reel: Reel, name: str) -> None:
        assert reel.syntax is not None, "cameras that turn send H.264"
        self.reel, self._syntax = reel, reel.syntax
        settings = Settings(fps=reel.fps, gop=reel.gop, quality=QUALITY["h264"])
        self._encoder = open_encoder("h264", reel.size, settings)
        self._bare = _top(self._encoder.planes)
        self._is_dated = reel.size.width_px >= DATED_FROM_PX
        self._caption = caption(reel.size.width_px)
        self._name = _coverage(reel.size.width_px, name)
        self._stamp(clock_text(0, dated=self._is_dated))

    def show(self, planes: Planes) -> None:
        """This picture from now on; the texts go over it."""
        target = self._encoder.planes
        target.y[:], target.u[:], target.v[:] = planes.y, planes.u, planes.v
        foot = target.y[-len(self._caption[0]) :]
        foot[:] = _over(foot, *self._caption)
        self._bare = _top(planes)

    def frame(self, index: int, at_us: int, *, is_fresh: bool) -> list[bytes]:
        """NAL units of frame `index` of the minute, burnt with the instant."""
        self._stamp(clock_text(at_us, dated=self._is_dated))
        gop = self.reel.gop
        is_key = index % gop == 0
        nals = self._encoder.encode(key=is_key or is_fresh)
        nal = next(nal for nal in nals if nal[0] & 0x1F in (h264.NAL_SLICE, h264.NAL_IDR))
        numbered = h264.renumber(
            nal,
            self._syntax,
            first_mb=0,
            frame_num=index % gop,
            idr_pic_id=index // gop % 2,
            stays_key=is_key,
        )
        return [*self.reel.parameter_sets, numbered] if is_key else [numbered]

    def _stamp(self, text: str) -> None:
        left_px = first_column(self.reel.size.width_px, text) * CELL_W_PX
        strokes, outline = (layer.copy() for layer in self._name)
        for position, char in enumerate(text):
            x = left_px + position * CELL_W_PX
            strokes[:, x : x + CELL_W_PX], outline[:, x : x + CELL_W_PX] = glyph(char)
        planes = self._encoder.planes
        planes.y[:CELL_H_PX] = _over(self._bare.y, strokes, outline)
        is_covered = np.maximum(strokes, outline)[::2, ::2] > 0
        planes.u[: CELL_H_PX // 2] = np.where(is_covered, 128, self._bare.u)
        planes.v[: CELL_H_PX // 2] = np.where(is_covered, 128, self._bare.v)


def _over(luma: NDArray[np.uint8], strokes: Layer, outline: Layer) -> Layer:
    """White strokes with their dark outline over a part of a picture."""
    dark = luma + (16 - luma.astype(np.float32)) * (_DARK * outline)
    lit: Layer = dark + (_WHITE - dark) * strokes
    return lit


def _top(planes: Planes) -> Planes:
    half = CELL_H_PX // 2
    return Planes(planes.y[:CELL_H_PX].copy(), planes.u[:half].copy(), planes.v[:half].copy())


def _coverage(width_px: int, name: str) -> tuple[Layer, Layer]:
    """Strokes and outline of the camera's name at the left, as `named` burns it."""
    black = named(np.zeros((CELL_H_PX, width_px, 3), np.float32), name)[:, :, 0] / np.float32(250)
    white = named(np.full((CELL_H_PX, width_px, 3), 250, np.float32), name)[:, :, 0] / np.float32(250)
    return black, ((1 - white) / _DARK).clip(0, 1)
