"""A stream that is recorded for ever: connects, watches, backs off, and says how it is doing."""

from __future__ import annotations

import asyncio
import logging
import ssl

from beffroi.core.clock import Clock
from beffroi.core.instants import TICKS90K_PER_S
from beffroi.core.redact import redact
from beffroi.engine.contract import CameraState, GapCause, StreamHealth, StreamSource
from beffroi.engine.rtp.walk import WalkCounters
from beffroi.engine.rtsp import refusals
from beffroi.engine.rtsp.auth import Challenge
from beffroi.engine.source.backoff import Backoff
from beffroi.engine.source.limits import Limits
from beffroi.engine.source.rates import Rates
from beffroi.engine.source.runs import Runs
from beffroi.engine.source.session import FAULTS, Session
from beffroi.engine.stream import FrameSink

log = logging.getLogger(__name__)

_STATES = {
    GapCause.REFUSED: CameraState.REFUSED,
}
_DEFAULT_LIMITS = Limits()
_OVERDUE_S = 2.0
_OVERDUE_INTERVALS = 3


class Source:
    """One stream of one camera, fed into `sink`.

    Args:
        tls: how to check an `rtsps` camera; by default encrypted without proof of who answers.

    Attributes:
        refusal: why it is not recording, None while it is or before the first try ended. The node swaps in
            its fallback source when this is an `UnsupportedCodec`.
        is_connected: the camera was asked to play and agreed.
        refused_tracks: tracks that are never set up, such as audio.
    """

    def __init__(
        self,
        source: StreamSource,
        sink: FrameSink,
        *,
        clock: Clock,
        limits: Limits = _DEFAULT_LIMITS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._source = source
        self._clock = clock
        self._limits = limits
        self._tls = tls
        self._runs = Runs(sink, on_open=self._recording)
        self._counters = WalkCounters()
        self._backoff = Backoff(clock, limits)
        self._rates = Rates(clock)
        self._session: Session | None = None
        self._challenge: Challenge | None = None
        self._task: asyncio.Task[None] | None = None
        self._live = False
        self._connections = 0
        self._began_s = self._playing_s = 0.0
        self._state = CameraState.SILENT
        self._since_at_us = clock.now_us()
        self._clock_offset_ms: int | None = None
        self.is_connected = False
        self.refusal: refusals.StreamEnd | None = None
        self.refused_tracks: tuple[str, ...] = ()

    async def start(self) -> None:
        """Connect in the background, for ever."""
        self._runs.awaited(self._clock.now_us())
        self._task = asyncio.get_running_loop().create_task(self._live_for_ever())

    async def close(self) -> None:
        """Say goodbye to the camera within 1 s and end the run; a camera that was silent by then leaves a gap."""
        asked_s, was_connected = self._clock.monotonic_s(), self.is_connected
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))
            if not task.cancelled():
                task.result()
        if self._runs.is_awaited:
            self._runs.absent(GapCause.SILENT if was_connected else GapCause.CONNECT, self._clock.now_us())
        elif self._runs.is_open and self._is_silent(asked_s):
            self._runs.absent(GapCause.SILENT, self._runs.last_at_us)
        self._runs.absent(GapCause.CLOSED, self._clock.now_us())

    def _is_silent(self, now_s: float) -> bool:
        """Whether the next picture was overdue, for a camera of this rate."""
        overdue_s = max(_OVERDUE_S, _OVERDUE_INTERVALS * self._runs.interval_ticks90k / TICKS90K_PER_S)
        return now_s - self._runs.last_unit_s > overdue_s

    def set_live(self, live: bool) -> None:
        """True: read at each arrival. False: in batches, which costs less."""
        self._live = live
        if self._session is not None:
            self._session.set_live(live)

    @property
    def health(self) -> StreamHealth:
        """State and counters now."""
        runs, config = self._runs, self._runs.config
        fps, bit_s = self._rates.of(runs.frames, runs.bytes)
        recording = self._state is CameraState.RECORDING
        trouble = None if recording else self.refusal
        return StreamHealth(
            stream=self._source.stream,
            state=self._state,
            since_at_us=self._since_at_us,
            last_at_us=runs.last_at_us,
            message=trouble.message if trouble else "",
            message_fr=trouble.message_fr if trouble else "",
            codec=config.codec if config else "",
            width_px=config.width_px if config else 0,
            height_px=config.height_px if config else 0,
            fps=fps if recording else 0.0,
            bit_s=bit_s if recording else 0,
            frames=runs.frames,
            lost_packets=self._counters.lost_packets,
            malformed=self._counters.malformed,
            reconnections=max(0, self._connections - 1),
            clock_offset_ms=self._session.clock_offset_ms if self._session else self._clock_offset_ms,
        )

    async def _live_for_ever(self) -> None:
        while True:
            self._backoff.tried()
            reason = await self._connected()
            self._not_recording(reason)
            await asyncio.sleep(self._backoff.delay_s(refused=isinstance(reason, refusals.Refusal)))

    async def _connected(self) -> refusals.StreamEnd:
        """One connection from beginning to end; returns why it ended."""
        session = self._session = Session(
            self._source,
            self._runs,
            clock=self._clock,
            limits=self._limits,
            counters=self._counters,
            tls=self._tls,
            challenge=self._challenge,
        )
        session.set_live(self._live)
        self._began_s = self._playing_s = self._clock.monotonic_s()
        try:
            await session.open()
            self._playing_s = self._clock.monotonic_s()
            self._connections += 1
            self.is_connected = True
            return await session.watch()
        except (refusals.Refusal, refusals.Unreachable) as reason:
            if self._challenge is not None and session.unanswered is not None:
                return refusals.wrong_password(given=True)  # it hung up behind the answer too: so it says it
            return reason
        except (*FAULTS, OSError):
            log.exception("source.fault url=%s", redact(self._source.url))
            return refusals.our_fault()
        finally:
            self.refused_tracks = session.refused_tracks or self.refused_tracks
            self._clock_offset_ms = session.clock_offset_ms or self._clock_offset_ms
            self._challenge = session.unanswered if self._challenge is None else None
            await session.close()
            self._session = None
            self.is_connected = False

    def _recording(self) -> None:
        """A run opened."""
        self._backoff.healthy()
        self.refusal = None
        if self._session is not None:
            self.refused_tracks = self._session.refused_tracks
        if self._state is not CameraState.RECORDING:
            connect_s, key_s = self._playing_s - self._began_s, self._clock.monotonic_s() - self._playing_s
            log.info(
                "source.recording url=%s connect_s=%.2f key_frame_s=%.2f", redact(self._source.url), connect_s, key_s
            )
        self._turn(CameraState.RECORDING)

    def _not_recording(self, reason: refusals.StreamEnd) -> None:
        if self.refusal is None or self.refusal.message != reason.message:
            log.warning(
                "source.stopped url=%s cause=%s reason=%s", redact(self._source.url), reason.cause, reason.message
            )
        self.refusal = reason
        self._turn(_STATES.get(reason.cause, CameraState.SILENT))
        self._runs.absent(reason.cause, self._clock.now_us())

    def _turn(self, state: CameraState) -> None:
        if state is not self._state:
            self._state = state
            self._since_at_us = self._clock.now_us()
