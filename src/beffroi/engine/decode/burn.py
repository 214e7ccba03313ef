"""The child that burns masks into one stream: decode, fill, encode; what it writes is all that anybody sees.

One process a stream: a crash takes one. At most 1280 × 720, a key frame every two seconds. Source: design/masks.md.
"""

from __future__ import annotations

import sys
from typing import Final

from av.video.frame import VideoFrame

from beffroi.core.lifecycle import die_with_parent
from beffroi.engine.contract import CameraMasks, StreamSource, decode
from beffroi.engine.decode.fallback_child import alone, exit_code, relay
from beffroi.engine.decode.fill import Fill, fresh

WIDTH_MAX_PX, HEIGHT_MAX_PX = 1280, 720
WIDTH_MIN_PX: Final = 16


class Burner:
    """Pictures of one stream, made small enough and blackened where the masks are.

    Masks of every preset of a PTZ camera are filled at once: the node does not know where it looks.
    """

    def __init__(self, masks: CameraMasks) -> None:
        self._polygons = [polygon.points for polygon in masks.polygons]
        self._fill: Fill | None = None

    def __call__(self, picture: VideoFrame) -> VideoFrame:
        size = burnt_size(picture.width, picture.height)
        if self._fill is None or (self._fill.width_px, self._fill.height_px) != size:
            self._fill = Fill(self._polygons, *size)
        burnt = fresh(picture, *size)
        self._fill.paint(burnt)
        return burnt


def burnt_size(width_px: int, height_px: int) -> tuple[int, int]:
    """Even, and within 1280 × 720 in the picture's own shape."""
    scale = min(1.0, WIDTH_MAX_PX / width_px, HEIGHT_MAX_PX / height_px)
    width, height = (max(WIDTH_MIN_PX, round(side * scale) & ~1) for side in (width_px, height_px))
    return width, height


def main() -> int:
    """Entry point: the source and the masks, a line of JSON each, on the input."""
    die_with_parent()
    source = decode(StreamSource, sys.stdin.buffer.readline())
    masks = decode(CameraMasks, sys.stdin.buffer.readline())
    return exit_code(lambda: relay(source, sys.stdout.buffer, Burner(masks), reached=alone))


if __name__ == "__main__":
    sys.exit(main())
