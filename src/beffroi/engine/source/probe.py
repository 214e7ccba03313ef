"""Try an address once and say what is there; the form that adds a camera uses it."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from itertools import pairwise

from beffroi.core.clock import Clock, SystemClock
from beffroi.core.instants import TICKS90K_PER_S
from beffroi.engine.contract import GapCause, StreamSource, Transport
from beffroi.engine.rtp.walk import WalkCounters
from beffroi.engine.rtsp import refusals
from beffroi.engine.source.limits import Limits
from beffroi.engine.source.runs import Runs
from beffroi.engine.source.session import Session
from beffroi.engine.stream import AccessUnit, Codec, CodecConfig

_FRAMES_WANTED = 20
_WATCH_S = 2.0
_DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeReport:
    """What an address gives.

    Attributes:
        fps: guessed from the first frames, 0 when there were fewer than three.
        refused_tracks: what will not be recorded, e.g. `audio PCMU`.
        clock_offset_ms: camera clock minus ours, None when the camera did not say within the probe.
    """

    codec: Codec
    mime_codec: str
    width_px: int
    height_px: int
    fps: float
    transport: Transport
    refused_tracks: tuple[str, ...]
    clock_offset_ms: int | None


class _FirstFrames:
    """Sink that keeps the instants of a few frames."""

    def __init__(self) -> None:
        self.config: CodecConfig | None = None
        self.ticks90k: list[int] = []
        self.opened = asyncio.Event()
        self.enough = asyncio.Event()

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        self.config = config
        self.ticks90k.clear()
        self.opened.set()

    def frame(self, unit: AccessUnit) -> None:
        self.ticks90k.append(unit.ticks90k)
        if len(self.ticks90k) >= _FRAMES_WANTED:
            self.enough.set()

    def close_run(self, cause: GapCause, at_us: int) -> None:
        """A run that breaks during the probe is no failure."""

    def fps(self) -> float:
        """Median frame distance, as a rate."""
        ordered = sorted(self.ticks90k)
        steps = sorted(after - before for before, after in pairwise(ordered) if after > before)
        return round(TICKS90K_PER_S / steps[len(steps) // 2], 2) if len(steps) > 1 else 0.0


async def probe(
    source: StreamSource,
    deadline_s: float,
    *,
    clock: Clock | None = None,
    limits: Limits = _DEFAULT_LIMITS,
    tls: ssl.SSLContext | None = None,
) -> ProbeReport:
    """Connect, watch two seconds, leave.

    Errors: Refusal (wrong password, path, redirect, no video, codec, not RTSP), Unreachable (name, connection,
    silence), all with a sentence for people in English and French.
    """
    sink = _FirstFrames()
    runs = Runs(sink, on_open=lambda: None)
    session = Session(source, runs, clock=clock or SystemClock(), limits=limits, counters=WalkCounters(), tls=tls)
    try:
        async with asyncio.timeout(deadline_s):
            await session.open()
            await _first_frames(session, sink)
    except TimeoutError:
        raise refusals.no_packet(deadline_s, udp=source.transport is Transport.UDP) from None
    finally:
        await session.close()
    assert sink.config is not None
    return ProbeReport(
        codec=sink.config.codec,
        mime_codec=sink.config.mime_codec,
        width_px=sink.config.width_px,
        height_px=sink.config.height_px,
        fps=sink.fps(),
        transport=source.transport,
        refused_tracks=session.refused_tracks,
        clock_offset_ms=session.clock_offset_ms,
    )


async def _first_frames(session: Session, sink: _FirstFrames) -> None:
    """Until a run opened and enough frames came. Errors: why the session ended before."""
    opened = asyncio.ensure_future(sink.opened.wait())
    over = asyncio.ensure_future(session.watch())
    try:
        await asyncio.wait((opened, over), return_when=asyncio.FIRST_COMPLETED)
        if not opened.done():
            raise over.result()
        try:
            async with asyncio.timeout(_WATCH_S):
                await sink.enough.wait()
        except TimeoutError:
            return
    finally:
        opened.cancel()
        over.cancel()
        await asyncio.wait((opened, over))
