"""What flows inside a node: codec configuration, access units, and who takes them.

A *run* is an unbroken sequence of access units with one codec configuration on one timeline. Anything
that breaks it (connection lost, packets lost, new parameter sets, clock jump) ends the run with a cause,
and the next one starts on a key frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from beffroi.engine.contract import GapCause

Codec = Literal["h264", "h265"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecConfig:
    """How to decode a run.

    Attributes:
        parameter_sets: NAL units without start code or length: SPS, PPS for H.264; VPS, SPS, PPS for H.265.
        decoder_record: AVCDecoderConfigurationRecord or HEVCDecoderConfigurationRecord, NAL lengths of 4 bytes.
            Source: ISO/IEC 14496-15 §5.3.3.1, §8.3.3.1.
        mime_codec: `avc1.PPCCLL` or `hvc1.…`. Source: RFC 6381, ISO/IEC 14496-15 annex E.
    """

    codec: Codec
    width_px: int
    height_px: int
    parameter_sets: tuple[bytes, ...]
    decoder_record: bytes
    mime_codec: str


class AccessUnit:
    """One coded picture, in decoding order.

    Attributes:
        parts: byte pieces whose concatenation is the sample: NAL units each behind a 4-byte length,
            parameter sets left out (they are in the `CodecConfig`). Kept in pieces so that a picture is
            joined once, by `writev` or by the first viewer.
        size_bytes: length of the concatenation.
        ticks90k: presentation time, RTP timestamp unwrapped to 64 bits; counts on over a run only.
        at_us: smoothed UTC instant of the picture (receipt time smoothed by RTP time).
        is_key: decoding can start here (IDR, or IRAP for H.265).
    """

    __slots__ = ("_sample", "at_us", "is_key", "parts", "size_bytes", "ticks90k")

    def __init__(self, parts: list[bytes], size_bytes: int, ticks90k: int, *, at_us: int, is_key: bool) -> None:
        self.parts = parts
        self.size_bytes = size_bytes
        self.ticks90k = ticks90k
        self.at_us = at_us
        self.is_key = is_key
        self._sample: bytes | None = None

    def sample(self) -> bytes:
        """The joined sample, made once."""
        if self._sample is None:
            self._sample = b"".join(self.parts)
            self.parts = [self._sample]
        return self._sample


class FrameSink(Protocol):
    """Takes the frames of one stream. Calls come from the node's loop, in order, and must not block or raise."""

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        """A run starts; the next frame is a key frame."""

    def frame(self, unit: AccessUnit) -> None:
        """One access unit of the open run. The sink may keep `unit` but not change it."""

    def close_run(self, cause: GapCause, at_us: int) -> None:
        """The run ended; footage is missing from the last frame until the next `open_run`."""
