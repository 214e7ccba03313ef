"""What stored footage really holds: its size, its rate, and how many of its pictures are repeated ones.

Source: arrêté of 3 August 2007, art. 2 and annex 2 (the rate is that of true captures).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from beffroi.core.instants import US_PER_S, us_to_ticks90k
from beffroi.engine.decode.pictures import decoder_for, pictures
from beffroi.engine.stream import CodecConfig

WINDOW_US = 2 * US_PER_S
_ACROSS, _DOWN = 64, 36
_SAME_LEVELS = 2
"""An encoder refines a picture that it is given twice: a patch that changes by no more did not move."""

InstantSample = tuple[int, bytes]
"""Instant in microseconds, and the sample, in decoding order; the first one is a key frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStream:
    """What some seconds of footage hold.

    Attributes:
        fps: pictures stored a second.
        repeated: pictures that show nothing else than the one before.
        true_fps: different pictures in the two seconds that have most of them; in a still street it is low too.
    """

    width_px: int
    height_px: int
    frames: int
    span_us: int
    fps: float
    repeated: int
    true_fps: float


def measure(config: CodecConfig, samples: Iterable[InstantSample], from_at_us: int) -> StoredStream | None:
    """Decodes one run and counts what is shown from `from_at_us` on; None with fewer than two pictures.

    Errors: DataLoss when the samples cannot be decoded.
    """
    instants: dict[int, int] = {}

    def timed() -> Iterable[tuple[int, bytes]]:
        for at_us, sample in samples:
            ticks90k = us_to_ticks90k(at_us)
            instants[ticks90k] = at_us
            yield ticks90k, sample

    shown: list[tuple[int, npt.NDArray[np.int16]]] = []
    width_px = height_px = 0
    for picture in pictures(decoder_for(config), timed()):
        at_us = instants.get(picture.pts or 0)
        if at_us is not None and at_us >= from_at_us:
            shown.append((at_us, _patches(picture)))
            width_px, height_px = picture.width, picture.height
    if len(shown) < 2:
        return None
    different = [at_us for number, (at_us, _) in enumerate(shown) if not number or _differs(shown, number)]
    span_us = shown[-1][0] - shown[0][0]
    return StoredStream(
        width_px=width_px,
        height_px=height_px,
        frames=len(shown),
        span_us=span_us,
        fps=(len(shown) - 1) * US_PER_S / span_us if span_us else 0.0,
        repeated=len(shown) - len(different),
        true_fps=_busiest(different) * US_PER_S / WINDOW_US,
    )


def _patches(picture: VideoFrame) -> npt.NDArray[np.int16]:
    """Mean brightness of 64 × 36 patches."""
    small = picture.reformat(width=_ACROSS, height=_DOWN, format="gray", interpolation="AREA")
    return small.to_ndarray().astype(np.int16)


def _differs(shown: Sequence[tuple[int, npt.NDArray[np.int16]]], number: int) -> bool:
    return int(np.abs(shown[number][1] - shown[number - 1][1]).max()) > _SAME_LEVELS


def _busiest(instants: Sequence[int]) -> int:
    """The most instants that any window holds."""
    most = first = 0
    for last, at_us in enumerate(instants):
        while at_us - instants[first] >= WINDOW_US:
            first += 1
        most = max(most, last - first + 1)
    return most
