"""Reading what a canvas or a video shows: pixels, and the clock a camera burnt into them."""

from __future__ import annotations

import base64
import io
from datetime import datetime
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Locator

from beffroi.simulator.burnt_clock import read_clock

Rgb = NDArray[np.uint8]


COPY = """shown => {
  const canvas = document.createElement("canvas");
  canvas.width = shown.videoWidth ?? shown.width;
  canvas.height = shown.videoHeight ?? shown.height;
  canvas.getContext("2d").drawImage(shown, 0, 0);
  return canvas.toDataURL("image/png");
}"""


def pixels(shown: Locator) -> Rgb:
    """The picture of a canvas or a video as it is, (height, width, 3)."""
    return png(shown.evaluate(COPY))


def png(address: str) -> Rgb:
    """The picture of a `data:` address, (height, width, 3)."""
    image = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))).convert("RGB")
    return np.asarray(image)


def burnt_us(picture: Rgb) -> int:
    """Instant burnt into a main-stream picture, microseconds since the epoch."""
    at: datetime = read_clock(picture)
    return round(at.timestamp() * 1e6)


def first_and_last(path: Path) -> tuple[Rgb, Rgb, int]:
    """First and last decoded pictures of a file, and how many there are."""
    with av.open(path) as container:
        count = 0
        first: av.VideoFrame | None = None
        last: av.VideoFrame | None = None
        for frame in container.decode(video=0):
            count += 1
            first = first or frame
            last = frame
    assert first is not None and last is not None
    return _rgb(first), _rgb(last), count


def _rgb(frame: av.VideoFrame) -> Rgb:
    return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
