"""Pictures to H.264 access units, for the fallback source and for browsers without H.265."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from beffroi.core.instants import TICKS90K_PER_S
from beffroi.engine.rtp import h264
from beffroi.engine.rtp.parameter_sets import ParameterSets
from beffroi.engine.stream import AccessUnit, CodecConfig

_START_CODE = re.compile(rb"\x00\x00\x00?\x01")
_NAL_TYPE, _ACCESS_UNIT_DELIMITER = 0x1F, 9


def nals_of(annex_b: bytes) -> Iterator[bytes]:
    """NAL units of a byte stream. Source: ITU-T H.264 annex B."""
    pieces = _START_CODE.split(annex_b)
    return (piece for piece in pieces[1:] if piece)


class H264Encoder:
    """Encodes pictures of one size without delay; a key frame each `gop_s`.

    `encode()` gives access units in the product's own form; `config` is known with the first one.
    """

    def __init__(self, width_px: int, height_px: int, *, fps: float = 25.0, gop_s: float = 2.0) -> None:
        self._context: VideoCodecContext = av.CodecContext.create("libx264", "w")
        self.width_px, self.height_px = width_px & ~1, height_px & ~1
        self._context.width, self._context.height = self.width_px, self.height_px
        self._context.pix_fmt = "yuv420p"
        self._context.time_base = Fraction(1, TICKS90K_PER_S)
        self._context.framerate = Fraction(round(fps * 1000), 1000)
        self._context.thread_count = 1
        gop = str(max(1, round(gop_s * fps)))
        self._context.options = {
            "preset": "superfast",
            "tune": "zerolatency",
            "crf": "24",
            "g": gop,
            "x264-params": "repeat-headers=1:scenecut=0",
        }
        self._sets = ParameterSets("h264")
        self.config: CodecConfig | None = None

    def encode(self, picture: VideoFrame, *, ticks90k: int, at_us: int, is_key: bool = False) -> list[AccessUnit]:
        """The access units of one picture; mostly one."""
        context = self._context
        picture = picture.reformat(width=context.width, height=context.height, format="yuv420p")
        picture.pts, picture.time_base = ticks90k, Fraction(1, TICKS90K_PER_S)
        picture.pict_type = av.video.frame.PictureType.I if is_key else av.video.frame.PictureType.NONE
        return [
            unit
            for packet in context.encode(picture)
            if (unit := self._unit(bytes(packet), ticks90k, at_us, is_key=packet.is_keyframe)) is not None
        ]

    def _unit(self, annex_b: bytes, ticks90k: int, at_us: int, *, is_key: bool) -> AccessUnit | None:
        parts: list[bytes] = []
        for nal in nals_of(annex_b):
            kind = nal[0] & _NAL_TYPE
            if kind in (h264.SPS, h264.PPS):
                self._sets.offer(nal)
            elif kind != _ACCESS_UNIT_DELIMITER:
                parts += [len(nal).to_bytes(4, "big"), nal]
        if self._sets.changed:
            self.config = self._sets.config()
        if not parts or self.config is None:
            return None
        return AccessUnit(parts, sum(map(len, parts)), ticks90k, at_us=at_us, is_key=is_key)
