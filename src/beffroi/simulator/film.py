"""One camera's minute: the still picture and, frame by frame, what moves over it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from beffroi.simulator import things
from beffroi.simulator.burnt_clock import CELL_H_PX, named
from beffroi.simulator.cameras import CameraSpec
from beffroi.simulator.colour import Planes, to_planes
from beffroi.simulator.movers import FireShow, Mover, movers_seen
from beffroi.simulator.paint import Item, Light, View
from beffroi.simulator.scenery import Still, draw, view_of
from beffroi.simulator.sky import Sky

_FINE, _COARSE, _LARGE_PX = 3, 2, 48
"""Oversampling of what moves: small things need more."""
_BOX_PX = 4
"""Changed boxes start and end on multiples of it, so that they halve exactly, chroma too."""
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sprite:
    """A mover drawn at a pose; no box when none of it can be seen."""

    pose: tuple[object, ...]
    box: Box | None = None
    depth_m: float = 0.0
    planes: Planes | None = None
    alpha: NDArray[np.float32] | None = None


class Film:
    """Draws the frames of a minute into `picture` and `sub_picture`, changing only what has to change."""

    def __init__(self, spec: CameraSpec, sky: Sky, town: str, *, fire: FireShow | None = None) -> None:
        self._view = view_of(spec, town)
        self._brush = things.Brush(self._view, Light.of(sky), fire.light() if fire else None)
        self._fire = fire
        still: Still = draw(self._view, sky, town, fire=fire.light() if fire else None)
        self._depth_m = still.depth_m
        self._movers = movers_seen(self._view, self._depth_m, sky, town=town)
        self.still = to_planes(still.rgb)
        self.band = still.rgb[:CELL_H_PX]
        top = still.rgb[: 2 * CELL_H_PX]
        self.sub_band = (top[::2, ::2] + top[1::2, ::2] + top[::2, 1::2] + top[1::2, 1::2]) / np.float32(4)
        self.sub_still = _halved(self.still)
        self.picture, self.sub_picture = self.still.copy(), self.sub_still.copy()
        horizon_px = self._view.pixel(self._view.camera((*_far_ahead(self._view), 2.6)))[1]
        self.moving_top_px = int(np.clip(horizon_px - 60, 80, 600))
        self._changed: list[Box] = []

    def named_band(self, name: str) -> NDArray[np.float32]:
        """The top band with the camera's name, for codecs that burn it in once."""
        return named(self.band, name)

    def frames(self, count: int, fps: int, slowest: int = 1) -> Iterator[bool]:
        """Draws frame after frame; True when the pictures changed, which they do every `slowest` frames at most."""
        shown: list[_Sprite] = []
        sprites: dict[int, _Sprite] = {}
        for index in range(count):
            present = [mover for mover in self._movers if mover.is_present(index / fps)]
            if self._fire is not None:
                present.append(self._fire)
            for mover in present:
                step = max(slowest, mover.pace(self._view, index / fps))
                at_s = index // step * step / fps
                known = sprites.get(id(mover))
                if known is None or known.pose != mover.pose(at_s):
                    sprites[id(mover)] = self._sprite(mover, at_s)
            now = [sprite for sprite in (sprites[id(mover)] for mover in present) if sprite.box is not None]
            if len(now) == len(shown) and all(new is old for new, old in zip(now, shown, strict=True)):
                yield False
                continue
            shown = now
            self._restore()
            for sprite in sorted(now, key=lambda sprite: -sprite.depth_m):
                self._blend(sprite)
            yield True

    def _sprite(self, mover: Mover, at_s: float) -> _Sprite:
        item = mover.item(self._brush, at_s)
        box = self._box(item) if item is not None else None
        if item is None or box is None:
            return _Sprite(pose=mover.pose(at_s))
        planes, alpha = self._drawn(item, box)
        if not alpha.any():
            box = None
        return _Sprite(pose=mover.pose(at_s), box=box, depth_m=item.depth_m, planes=planes, alpha=alpha)

    def _restore(self) -> None:
        for left, top, right, bottom in self._changed:
            for to, of, scale in _pairs(self.picture, self.still, 1) + _pairs(self.sub_picture, self.sub_still, 2):
                rows, columns = slice(top // scale, bottom // scale), slice(left // scale, right // scale)
                to[rows, columns] = of[rows, columns]
        self._changed.clear()

    def _drawn(self, item: Item, box: Box) -> tuple[Planes, NDArray[np.float32]]:
        """The item alone, and how much of it covers the picture: what stands nearer hides it."""
        left, top, right, bottom = box
        fine = _FINE if right - left < _LARGE_PX else _COARSE
        size = (right - left) * fine, (bottom - top) * fine
        image = Image.new("RGBA", size)
        paint = ImageDraw.Draw(image)
        for outline, rgb in item.shapes:
            paint.polygon([((x - left) * fine, (y - top) * fine) for x, y in outline], fill=(*rgb, 255))
        drawn = np.asarray(image.reduce(fine))
        is_open = self._depth_m[top:bottom, left:right] > item.depth_m - 0.3
        return to_planes(drawn[:, :, :3]), drawn[:, :, 3] * (is_open * np.float32(1 / 255))

    def _box(self, item: Item) -> Box | None:
        """The item's pixels, on even boundaries, below the still top; None when there are none."""
        xs = [x for outline, _ in item.shapes for x, _ in outline]
        ys = [y for outline, _ in item.shapes for _, y in outline]
        if not xs:
            return None
        width_px, height_px = self._view.size_px
        low = self.moving_top_px + 24
        left = max(0, int(min(xs)) // _BOX_PX * _BOX_PX)
        top = max(-(-low // _BOX_PX) * _BOX_PX, int(min(ys)) // _BOX_PX * _BOX_PX)
        right = min(width_px, (int(max(xs)) // _BOX_PX + 1) * _BOX_PX)
        bottom = min(height_px, (int(max(ys)) // _BOX_PX + 1) * _BOX_PX)
        return (left, top, right, bottom) if right > left and bottom > top else None

    def _blend(self, sprite: _Sprite) -> None:
        assert sprite.box is not None and sprite.planes is not None and sprite.alpha is not None
        drawn, alpha = sprite.planes, sprite.alpha
        left, top, right, bottom = sprite.box
        half = (alpha[::2, ::2] + alpha[1::2, ::2] + alpha[::2, 1::2] + alpha[1::2, 1::2]) / 4
        for plane, new, cover, scale in (
            (self.picture.y, drawn.y, alpha, 1),
            (self.picture.u, drawn.u, half, 2),
            (self.picture.v, drawn.v, half, 2),
        ):
            part = plane[top // scale : bottom // scale, left // scale : right // scale]
            part[:] = (part + (new.astype(np.float32) - part) * cover + 0.5).astype(np.uint8)
        small = _halved(_cropped(self.picture, sprite.box))
        for to, of, scale in _pairs(self.sub_picture, small, 2):
            to[top // scale : bottom // scale, left // scale : right // scale] = of
        self._changed.append(sprite.box)


def _far_ahead(view: View) -> tuple[float, float]:
    return view.eye[0] + view.forward[0] * 150, view.eye[1] + view.forward[1] * 150


def _pairs(to: Planes, of: Planes, scale: int) -> list[tuple[NDArray[np.uint8], NDArray[np.uint8], int]]:
    return [(to.y, of.y, scale), (to.u, of.u, scale * 2), (to.v, of.v, scale * 2)]


def _cropped(planes: Planes, box: Box) -> Planes:
    left, top, right, bottom = box
    half = slice(top // 2, bottom // 2), slice(left // 2, right // 2)
    return Planes(planes.y[top:bottom, left:right], planes.u[half], planes.v[half])


def _halved(planes: Planes) -> Planes:
    return Planes(_half(planes.y), _half(planes.u), _half(planes.v))


def _half(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    wide = plane.astype(np.uint16)
    total = wide[::2, ::2] + wide[1::2, ::2] + wide[::2, 1::2] + wide[1::2, 1::2] + 2
    return (total >> 2).astype(np.uint8)
