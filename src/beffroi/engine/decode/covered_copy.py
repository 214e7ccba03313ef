"""A copy in which rectangles drawn by a hand cover other people. Run as a program, its order on stdin.

`python -m beffroi.engine.decode.covered_copy` reads one JSON object `{"source", "target", "start_at_us", "tracks"}`
and leaves with 0 when `target` is written whole. A track is a list of `{"at_us", "left", "top", "width", "height"}` in
the order of time, shares of the picture: straight lines in between, nothing before its first and after its last mark;
a track of one mark covers from the first picture to the last. Nothing here looks at what a picture shows.
"""

from __future__ import annotations

import json
import sys
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from beffroi.core.confine import confine
from beffroi.core.lifecycle import die_with_parent
from beffroi.engine.decode.working_copy import Size, burnt

_BLACK_Y, _GREY = 16, 128
_FRAME_US = 120_000
"""A rectangle stays this long after its last mark, and comes as early: a mark is set on one picture among others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where a rectangle stands at an instant, in shares of the picture."""

    at_us: int
    left: float
    top: float
    width: float
    height: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.left + self.width, self.top + self.height


def box_at(track: Sequence[Mark], at_us: int) -> tuple[float, float, float, float] | None:
    """The rectangle of a track at an instant, between its marks on straight lines; None outside of them."""
    if len(track) == 1:
        return track[0].box
    if not track[0].at_us - _FRAME_US <= at_us <= track[-1].at_us + _FRAME_US:
        return None
    after = bisect_right([mark.at_us for mark in track], at_us)
    one, two = track[max(after - 1, 0)], track[min(after, len(track) - 1)]
    share = min(max((at_us - one.at_us) / max(two.at_us - one.at_us, 1), 0.0), 1.0)
    left, top, right, bottom = (a + (b - a) * share for a, b in zip(one.box, two.box, strict=True))
    return left, top, right, bottom


def cover(picture: VideoFrame, boxes: Sequence[tuple[float, ...]], width_px: int, *, height_px: int) -> VideoFrame:
    """The picture with black boxes, drawn outwards to even pixels: no colour of what is under them remains."""
    whole = picture.reformat(width=width_px, height=height_px, format="yuv420p")
    planes: NDArray[np.uint8] = np.asarray(whole.to_ndarray(), dtype=np.uint8)
    chroma = planes[height_px:].reshape(2, height_px // 2, width_px // 2)
    for left, top, right, bottom in boxes:
        x0, x1 = int(left * width_px) // 2 * 2, -(-round(right * width_px) // 2) * 2
        y0, y1 = int(top * height_px) // 2 * 2, -(-round(bottom * height_px) // 2) * 2
        planes[y0 : min(y1, height_px), x0 : min(x1, width_px)] = _BLACK_Y
        chroma[:, y0 // 2 : y1 // 2, x0 // 2 : x1 // 2] = _GREY
    return VideoFrame.from_ndarray(planes, format="yuv420p")


def make(source: str, target: str, tracks: Sequence[Sequence[Mark]], *, start_at_us: int) -> int:
    """Writes the copy; returns its frames."""

    def covered(picture: VideoFrame, at_us: int, size: Size) -> VideoFrame:
        boxes = [box for box in (box_at(track, at_us) for track in tracks) if box is not None]
        return cover(picture, boxes, size[0], height_px=size[1])

    return burnt(source, target, covered, start_at_us=start_at_us)


def main() -> None:
    """Reads the order, makes the copy."""
    order = json.load(sys.stdin)
    confine(reads=[Path(order["source"])], writes=[Path(order["target"]).parent])
    tracks = [[Mark(**mark) for mark in track] for track in order["tracks"]]
    make(order["source"], order["target"], tracks, start_at_us=order["start_at_us"])


if __name__ == "__main__":
    die_with_parent()
    main()
