"""Masks as pixels: which ones a polygon touches, blackened in the planes of a picture, or looked at for what shows.

Coverage is outward, to whole chroma samples; what is judged is taken in, since a codec blurs an edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from beffroi.core.polygons import FULL, Polygon
from beffroi.engine.contract import MaskVerdict

BLACK_Y, GREY_UV = 16, 128
ERODED_PX: Final = 4
LEVELS_MAX: Final = 16
"""Spread of brightness and of colour that a codec leaves inside a black polygon: 3 to 9 measured at CRF 24."""
BLACK_MAX: Final = 48
"""Full and limited range, and the greys that cameras call black."""
_OUTLIERS = 0.5
"""Per cent of the pixels at each end that ringing may spoil."""

Bits = NDArray[np.bool_]


class Fill:
    """The pixels of some polygons in pictures of one size."""

    def __init__(self, polygons: Sequence[Polygon], width_px: int, height_px: int) -> None:
        self.width_px, self.height_px = width_px, height_px
        touched = np.zeros((height_px, width_px), np.bool_)
        for polygon in polygons:
            touched |= _touched(polygon, width_px, height_px)
        self.chroma = _halved(touched)
        self.luma: Bits = self.chroma.repeat(2, 0).repeat(2, 1)[:height_px, :width_px]

    def paint(self, picture: VideoFrame) -> None:
        """Blackens them in a `yuv420p` picture of this size, which nobody else may be using."""
        for plane, bits, value in zip(
            picture.planes, (self.luma, self.chroma, self.chroma), (BLACK_Y, GREY_UV, GREY_UV), strict=True
        ):
            rows, columns = bits.shape
            pixels = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:rows, :columns]
            pixels[bits] = value


def fresh(picture: VideoFrame, width_px: int, height_px: int) -> VideoFrame:
    """A `yuv420p` copy of this size: the decoder still predicts from the picture it gave."""
    scaled = picture.reformat(width=width_px, height=height_px, format="yuv420p")
    return VideoFrame.from_ndarray(picture.to_ndarray(), format="yuv420p") if scaled is picture else scaled


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a picture shows inside its masks. `levels`: the widest spread found in one of them."""

    verdict: MaskVerdict
    cause: str = ""
    levels: int = 0


def judge(picture: VideoFrame, polygons: Sequence[Polygon]) -> Judged:
    """Whether every polygon, taken in by a few pixels, is one black; and the picture is not, for then nothing shows."""
    size = picture.width, picture.height
    planes = _planes(picture)
    outside, insides = _looked_at(tuple(polygons), *size)
    if outside.mean() > 0.02 and _spread(planes[0][outside]) < LEVELS_MAX:
        return Judged(verdict=MaskVerdict.UNPROVED, cause="one-colour")
    worst = 0
    for inside in insides:
        if not inside.any():
            return Judged(verdict=MaskVerdict.UNPROVED, cause="too-small")
        worst = max(worst, *(_spread(plane[inside]) for plane in planes))
        if float(np.median(planes[0][inside])) > BLACK_MAX:
            return Judged(verdict=MaskVerdict.FAILED, cause="not-black", levels=worst)
    if worst > LEVELS_MAX:
        return Judged(verdict=MaskVerdict.FAILED, cause="shows", levels=worst)
    return Judged(verdict=MaskVerdict.PROVED, levels=worst)


@lru_cache(maxsize=2)
def _looked_at(polygons: tuple[Polygon, ...], width_px: int, height_px: int) -> tuple[Bits, list[Bits]]:
    """Where nothing is masked, and the inside of each polygon."""
    outside = ~Fill(polygons, width_px, height_px).luma
    return outside, [~_grown(~_bits(_drawn(polygon, width_px, height_px)), ERODED_PX) for polygon in polygons]


def _planes(picture: VideoFrame) -> list[NDArray[np.uint8]]:
    """Brightness and both colours, of the picture's size."""
    whole = fresh(picture, picture.width & ~1, picture.height & ~1).reformat(format="yuv444p").to_ndarray()
    padding = ((0, picture.height - whole.shape[1]), (0, picture.width - whole.shape[2]))
    return [np.pad(plane, padding, mode="edge") for plane in whole]


def _spread(pixels: NDArray[np.uint8]) -> int:
    low, high = np.percentile(pixels, (_OUTLIERS, 100 - _OUTLIERS))
    return round(float(high - low))


def _touched(polygon: Polygon, width_px: int, height_px: int) -> Bits:
    """Drawn twice as large, for thin parts fall between pixels; a pixel more on every side, for Pillow rounds."""
    image = _drawn(polygon, 2 * width_px, 2 * height_px)
    corners = [(2 * x * width_px / FULL, 2 * y * height_px / FULL) for x, y in (*polygon, polygon[0])]
    ImageDraw.Draw(image).line(corners, fill=255, width=3)
    return _halved(_grown(_bits(image), 1))


def _grown(bits: Bits, by_px: int) -> Bits:
    """A square of pixels around each."""
    for _ in range(by_px):
        wide = bits.copy()
        wide[:, 1:] |= bits[:, :-1]
        wide[:, :-1] |= bits[:, 1:]
        bits = wide.copy()
        bits[1:] |= wide[:-1]
        bits[:-1] |= wide[1:]
    return bits


def _drawn(polygon: Polygon, width_px: int, height_px: int) -> Image.Image:
    image = Image.new("L", (width_px, height_px))
    corners = [(x * width_px / FULL, y * height_px / FULL) for x, y in polygon]
    ImageDraw.Draw(image).polygon(corners, fill=255, outline=255)
    return image


def _bits(image: Image.Image) -> Bits:
    bits: Bits = np.asarray(image) > 0
    return bits


def _halved(bits: Bits) -> Bits:
    rows, columns = bits.shape
    padded = np.pad(bits, ((0, rows & 1), (0, columns & 1)))
    return np.asarray(padded.reshape((rows + 1) // 2, 2, (columns + 1) // 2, 2).any((1, 3)))
