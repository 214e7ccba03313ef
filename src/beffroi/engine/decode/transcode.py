"""H.265 to H.264 for browsers that cannot decode it. Blocking work for threads; one at a time on a node."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from beffroi.core.instants import us_to_ticks90k
from beffroi.engine.decode.h264_encoder import H264Encoder
from beffroi.engine.decode.pictures import decoder_for, pictures
from beffroi.engine.fmp4.fragment import FragmentBuilder, nominal_duration_ticks90k
from beffroi.engine.fmp4.init import init_segment
from beffroi.engine.stream import AccessUnit, CodecConfig

MAX_WIDTH_PX = 1920
"""Above it the picture is halved: the spot and one replay must keep up on a small machine."""


@dataclass(frozen=True, slots=True)
class TimedUnit:
    """One recorded sample with the instant it shows."""

    at_us: int
    sample: bytes


class Transcoder:
    """One run from its key frame on; instants go through unchanged."""

    def __init__(self, config: CodecConfig, *, fps: float = 25.0) -> None:
        scale = 2 if config.width_px > MAX_WIDTH_PX else 1
        self._decoder = decoder_for(config)
        self._encoder = H264Encoder(config.width_px // scale, config.height_px // scale, fps=fps)
        self._instants: dict[int, int] = {}
        self._is_first = True

    @property
    def config(self) -> CodecConfig | None:
        """The configuration of what comes out; None before the first unit."""
        return self._encoder.config

    def feed(self, units: Iterable[TimedUnit], *, flush: bool = False) -> Iterator[AccessUnit]:
        """H.264 access units of these samples, as far as the decoder gives them already.

        Errors: DataLoss when they cannot be decoded.
        """
        for picture in pictures(self._decoder, self._samples(units), flush=flush):
            at_us = self._instants.pop(picture.pts or 0, 0)
            ticks90k = us_to_ticks90k(at_us)
            yield from self._encoder.encode(picture, ticks90k=ticks90k, at_us=at_us, is_key=self._is_first)
            self._is_first = False

    def _samples(self, units: Iterable[TimedUnit]) -> Iterator[tuple[int, bytes]]:
        for unit in units:
            ticks90k = us_to_ticks90k(unit.at_us)
            self._instants[ticks90k] = unit.at_us
            yield ticks90k, unit.sample


def fragments(transcoder: Transcoder, groups: Iterable[list[TimedUnit]]) -> Iterator[bytes]:
    """A file in H.264: its initialisation segment, then a fragment for each group that gave pictures."""
    builder: FragmentBuilder | None = None
    for group in groups:
        units = list(transcoder.feed(group))
        if not units:
            continue
        if builder is None:
            assert transcoder.config is not None
            builder = FragmentBuilder(units[0].ticks90k)
            yield init_segment([transcoder.config], None)
        yield _fragment(builder, units)
    rest = list(transcoder.feed((), flush=True))
    if rest and builder is not None:
        yield _fragment(builder, rest)


def _fragment(builder: FragmentBuilder, units: list[AccessUnit]) -> bytes:
    end = units[-1].ticks90k + nominal_duration_ticks90k([unit.ticks90k for unit in units])
    return b"".join((builder.header(units, end), *(unit.sample() for unit in units)))
