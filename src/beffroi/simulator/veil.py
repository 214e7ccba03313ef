"""What a camera's own masks do to its pictures: the polygons are black in everything it codes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from beffroi.core.polygons import FULL, Polygon
from beffroi.simulator.colour import Planes

_BLACK_Y, _GREY = 16, 128


class _Film(Protocol):
    """The pictures a camera codes from, drawn over in place."""

    still: Planes
    sub_still: Planes
    picture: Planes
    sub_picture: Planes
    band: NDArray[np.float32]
    sub_band: NDArray[np.float32]


class Veil:
    """Black over a film: over what stands still once, over what moves after each frame."""

    def __init__(self, masks: Sequence[Polygon], film: _Film) -> None:
        self._film = film
        self._main = [_bits(polygon, film.still) for polygon in masks]
        self._sub = [_bits(polygon, film.sub_still) for polygon in masks]
        for planes, veils in ((film.still, self._main), (film.sub_still, self._sub)):
            _paint(planes, veils)
        for band, veils in ((film.band, self._main), (film.sub_band, self._sub)):
            for bits in veils:
                band[bits[: band.shape[0]]] = 0
        self.drop(moved=True)

    def drop(self, *, moved: bool) -> None:
        """The frame was drawn."""
        if moved:
            _paint(self._film.picture, self._main)
            _paint(self._film.sub_picture, self._sub)


def _bits(polygon: Polygon, planes: Planes) -> NDArray[np.bool_]:
    height_px, width_px = planes.y.shape
    image = Image.new("1", (width_px, height_px))
    corners = [(x * width_px / FULL, y * height_px / FULL) for x, y in polygon]
    ImageDraw.Draw(image).polygon(corners, fill=1, outline=1)
    bits = np.asarray(image).reshape(height_px // 2, 2, width_px // 2, 2).any((1, 3))
    return bits.repeat(2, 0).repeat(2, 1)


def _paint(planes: Planes, veils: Sequence[NDArray[np.bool_]]) -> None:
    for bits in veils:
        planes.y[bits] = _BLACK_Y
        planes.u[bits[::2, ::2]] = planes.v[bits[::2, ::2]] = _GREY
