"""Generated clips: real H.264 and H.265 from PyAV, as access units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import chain

import av
import numpy as np
from numpy.typing import NDArray

from beffroi.engine.fmp4.records import mime_codec
from beffroi.engine.stream import AccessUnit, Codec, CodecConfig

START_AT_US = 1_790_000_000_000_000
Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A configuration and its frames from tick 0; `units()` dates them."""

    config: CodecConfig
    frames: tuple[tuple[bytes, int, bool], ...]  # sample, presentation ticks, key
    fps: int

    def units(self, *, at_us: int = START_AT_US, ticks90k: int = 0) -> list[AccessUnit]:
        first = self.frames[0][1]
        return [
            AccessUnit(
                [sample[:7], sample[7:]],
                len(sample),
                ticks90k + pts - first,
                at_us=at_us + round((pts - first) * 100 / 9),
                is_key=key,
            )
            for sample, pts, key in self.frames
        ]


@lru_cache(maxsize=32)
def clip(
    codec: Codec = "h264", *, seconds: int = 4, fps: int = 10, gop: int = 10, b_frames: int = 0, open_gop: int = 0,
    width: int = 160,
    height: int = 96,
) -> Clip:  # fmt: skip
    """A moving gradient, encoded for real. B-frames in a pyramid when asked for."""
    pictures = (_picture(number, width, height) for number in range(seconds * fps))
    return encoded(pictures, codec, fps=fps, gop=gop, b_frames=b_frames, open_gop=open_gop)


def encoded(
    pictures: Iterable[Picture], codec: Codec = "h264", *, fps: int = 10, gop: int = 10, b_frames: int = 0,
    open_gop: int = 0,
) -> Clip:  # fmt: skip
    """RGB pictures of one size (height, width, 3) as a clip."""
    pictures = iter(pictures)
    first = next(pictures)
    height, width = first.shape[:2]
    encoder = av.CodecContext.create("libx264" if codec == "h264" else "libx265", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 90_000), Fraction(fps)
    encoder.flags |= av.codec.context.Flags.global_header
    common = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={b_frames}"
    encoder.options = (
        {"preset": "ultrafast", "x264-params": f"{common}:b-pyramid=normal:open-gop={open_gop}"}
        if codec == "h264"
        else {"preset": "ultrafast", "x265-params": f"{common}:b-pyramid=1:open-gop={open_gop}:log-level=none:pools=1"}
    )
    packets = []
    for number, rgb in enumerate(chain([first], pictures)):
        picture = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv420p")
        picture.pts = number * 90_000 // fps
        packets += encoder.encode(picture)
    packets += encoder.encode(None)
    extradata = bytes(encoder.extradata or b"")
    frames = tuple((_sample(codec, bytes(packet)), int(packet.pts or 0), packet.is_keyframe) for packet in packets)
    return Clip(config=_config(codec, extradata, width, height), frames=frames, fps=fps)


def _picture(number: int, width: int, height: int) -> Picture:
    across = np.arange(width)[None, :, None] + 3 * number
    down = np.arange(height)[:, None, None] * 2
    return np.asarray((across + down + np.array([0, 80, 160])) % 256, np.uint8)


def _nals(annex_b: bytes) -> list[bytes]:
    pieces = annex_b.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [piece for piece in pieces if piece]


def _nal_type(codec: Codec, nal: bytes) -> int:
    return nal[0] & 31 if codec == "h264" else nal[0] >> 1 & 63


def _sample(codec: Codec, annex_b: bytes) -> bytes:
    sets = (7, 8) if codec == "h264" else (32, 33, 34)
    kept = [nal for nal in _nals(annex_b) if _nal_type(codec, nal) not in sets]
    return b"".join(len(nal).to_bytes(4, "big") + nal for nal in kept)


def _config(codec: Codec, extradata: bytes, width: int, height: int) -> CodecConfig:
    sets = [nal for nal in _nals(extradata) if _nal_type(codec, nal) in ((7, 8) if codec == "h264" else (32, 33, 34))]
    record = _avc_record(sets) if codec == "h264" else _hevc_record(sets)
    return CodecConfig(
        codec=codec,
        width_px=width,
        height_px=height,
        parameter_sets=tuple(sets),
        decoder_record=record,
        mime_codec=mime_codec(codec, record),
    )


def _avc_record(sets: list[bytes]) -> bytes:
    sps, pps = sets
    return (
        bytes([1, *sps[1:4], 0xFF, 0xE1])
        + len(sps).to_bytes(2, "big")
        + sps
        + b"\1"
        + len(pps).to_bytes(2, "big")
        + pps
    )


def _hevc_record(sets: list[bytes]) -> bytes:
    sps = next(nal for nal in sets if _nal_type("h265", nal) == 33)
    profile = sps.replace(b"\0\0\3", b"\0\0")[3:15]
    head = bytes([1]) + profile + bytes([0xF0, 0, 0xFC, 0xFD, 0xF8, 0xF8, 0, 0, 0x0F, len(sets)])
    arrays = b"".join(bytes([0x80 | _nal_type("h265", nal), 0, 1]) + len(nal).to_bytes(2, "big") + nal for nal in sets)
    return head + arrays
