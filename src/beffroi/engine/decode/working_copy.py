"""A working copy of an original: decoded, camera and time burnt in, H.264. Run as a program, its order on stdin.

`python -m beffroi.engine.decode.working_copy` reads one JSON object `{"source", "target", "label", "start_at_us",
"time_zone"}` and leaves with 0 when `target` is written whole. A process of its own: what decodes may die of a picture.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from beffroi.core.confine import confine
from beffroi.core.instants import TICKS90K_PER_S, from_us
from beffroi.core.lifecycle import die_with_parent

WORDS = "COPIE DE TRAVAIL"
_GREY = 128
_BLACK_Y, _WHITE_Y = 16, 235
_SMALLEST_FONT_PX = 9

Plane = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What to copy, and what to burn in."""

    source: str
    target: str
    label: str
    start_at_us: int
    time_zone: str

    def said(self, at_us: int) -> str:
        """The words of one picture: town time with its offset, then UTC."""
        at: datetime = from_us(at_us)
        local = at.astimezone(ZoneInfo(self.time_zone))
        offset = local.utcoffset()
        hours = offset.total_seconds() / 3600 if offset else 0
        times = f"{local:%d/%m/%Y %H:%M:%S}.{at_us // 1000 % 1000:03} (UTC{hours:+g})  {at:%H:%M:%S} UTC"
        return f"{WORDS}   {self.label}   {times}"


Size = tuple[int, int]
Burn = Callable[[VideoFrame, int, Size], VideoFrame]
"""A picture as decoded, its instant (microseconds), width and height to write (px): the picture to encode."""


def make(copy: Copy) -> int:
    """Writes the copy; returns its frames."""

    def words(picture: VideoFrame, at_us: int, size: Size) -> VideoFrame:
        return burn(picture, copy.said(at_us), size[0], height_px=size[1])

    return burnt(copy.source, copy.target, words, start_at_us=copy.start_at_us)


def burnt(source_path: str, target_path: str, burn_in: Burn, *, start_at_us: int) -> int:
    """Decodes `source_path`, burns into each picture, encodes to H.264; returns the frames written."""
    frames = 0
    with av.open(source_path, "r") as source, av.open(target_path, "w", format="mp4") as target:
        video = source.streams.video[0]
        out: Any = target.add_stream("libx264", rate=25, options={"preset": "veryfast", "crf": "23"})
        out.width, out.height, out.pix_fmt = video.width & ~1, video.height & ~1, "yuv420p"
        out.time_base = out.codec_context.time_base = Fraction(1, TICKS90K_PER_S)
        out.thread_count = 2
        for picture in source.decode(video):
            ticks90k = int((picture.pts or 0) * (picture.time_base or 0) * TICKS90K_PER_S)
            made = burn_in(picture, start_at_us + ticks90k * 100 // 9, (out.width, out.height))
            made.pts, made.time_base = ticks90k, Fraction(1, TICKS90K_PER_S)
            target.mux(out.encode(made))
            frames += 1
        target.mux(out.encode(None))
    return frames


def burn(picture: VideoFrame, words: str, width_px: int, *, height_px: int) -> VideoFrame:
    """The picture with a band of words along its lower edge; nothing else of it is touched."""
    whole = picture.reformat(width=width_px, height=height_px, format="yuv420p")
    planes = np.asarray(whole.to_ndarray(), dtype=np.uint8)
    band = _band(words, width_px)
    rows = band.shape[0]
    planes[height_px - rows : height_px] = band
    chroma = planes[height_px:].reshape(2, height_px // 2, width_px // 2)
    chroma[:, height_px // 2 - rows // 2 :] = _GREY
    return VideoFrame.from_ndarray(planes, format="yuv420p")


def _band(words: str, width_px: int) -> Plane:
    face = _face(len(words), width_px)
    rows = int(face.size * 1.5) // 2 * 2
    image = Image.new("L", (width_px, rows), _BLACK_Y)
    ImageDraw.Draw(image).text((6, rows / 2), words, font=face, fill=_WHITE_Y, anchor="lm")
    return np.asarray(image, dtype=np.uint8)


@lru_cache(maxsize=8)
def _face(letters: int, width_px: int) -> ImageFont.FreeTypeFont:
    """The largest that lets so many letters stand on one line."""
    size_px = max(_SMALLEST_FONT_PX, min(28, int(width_px / (letters * 0.56))))
    face = ImageFont.load_default(size_px)
    assert isinstance(face, ImageFont.FreeTypeFont)
    return face


if __name__ == "__main__":
    die_with_parent()
    asked = Copy(**json.load(sys.stdin))
    confine(reads=[Path(asked.source)], writes=[Path(asked.target).parent])
    make(asked)
