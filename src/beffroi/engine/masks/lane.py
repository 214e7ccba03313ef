"""The input of one stream of a masked camera: held, as the camera sends it, or burnt, as its guard says."""

from __future__ import annotations

import asyncio
from typing import Protocol

from beffroi.core.clock import Clock
from beffroi.engine.contract import CameraState, GapCause, StreamHealth
from beffroi.engine.hub import GOP_MAX_BYTES
from beffroi.engine.lanes import LaneKey, StreamInput, WantedStream
from beffroi.engine.masks import words
from beffroi.engine.masks.looking import Picture
from beffroi.engine.masks.rules import Course
from beffroi.engine.masks.words import Held
from beffroi.engine.stream import AccessUnit, CodecConfig, FrameSink


class Guard(Protocol):
    """What a stream asks of its camera's guard."""

    @property
    def held(self) -> Held:
        """Why nothing is opened."""

    def join(self, lane: MaskedLane) -> None:
        """A stream of the camera is wanted."""

    async def leave(self, lane: MaskedLane) -> None:
        """It is wanted no more."""

    def open(self, lane: MaskedLane, course: Course) -> StreamInput | None:
        """An input for this course, not started; None to hold."""

    def is_proved(self, key: LaneKey, config: CodecConfig) -> bool:
        """The masks were seen in pictures of this stream with these parameters."""

    def parameters_changed(self) -> None:
        """A stream came back with others."""

    def session_began(self) -> None:
        """A stream came back with the same; its first picture waits to be judged."""

    def stream_broke(self) -> None:
        """Packets of a proved session were lost."""


_SAME_SESSION = frozenset((GapCause.LOSS, GapCause.MALFORMED))
"""What breaks a run and leaves the camera's session, and its encoder, as they were."""
WAITING_MAX_BYTES = GOP_MAX_BYTES
"""Of pictures kept while the first of their session is judged: some 16 s at 4 Mbit/s, a look takes one."""


class _Waiting:
    """A session whose first picture is being judged, and what came since: passed on when it is proved."""

    __slots__ = ("at_us", "config", "first", "size_bytes", "units")

    def __init__(self, config: CodecConfig, at_us: int) -> None:
        self.config, self.at_us = config, at_us
        self.first: AccessUnit | None = None
        self.units: list[AccessUnit] = []
        self.size_bytes = 0

    def keep(self, unit: AccessUnit) -> bool:
        """Keep a picture that can be decoded with those before it; False when there were too many: all are gone."""
        if self.first is None and unit.is_key:
            self.first = unit
        if self.units or unit.is_key:
            self.units.append(unit)
            self.size_bytes += unit.size_bytes
        if self.size_bytes <= WAITING_MAX_BYTES:
            return True
        self.units, self.size_bytes = [], 0
        return False


class MaskedLane:
    """A `StreamInput` and the `FrameSink` of what it opens: nothing passes that its guard has not seen masked.

    A camera that restarted may have forgotten its masks: each session of one that masks itself waits until its first
    picture was judged.
    """

    def __init__(self, key: LaneKey, wanted: WantedStream, sink: FrameSink, *, guard: Guard, clock: Clock) -> None:
        self.key, self.wanted = key, wanted
        self._sink = sink
        self._guard = guard
        self._clock = clock
        self._course = Course.HOLD
        self._input: StreamInput | None = None
        self._is_live = self._is_closed = self._is_kept_out = self._is_turning = self._is_admitted = False
        self._waiting: _Waiting | None = None
        self._since_at_us = clock.now_us()
        self._config: CodecConfig | None = None
        self._key_unit: AccessUnit | None = None
        self._needs_key = False
        self._turn = asyncio.Lock()

    # -- a StreamInput --------------------------------------------------------------------------------------

    async def start(self) -> None:
        self._sink.close_run(self._guard.held.cause, self._clock.now_us())
        self._guard.join(self)

    async def close(self) -> None:
        self._is_closed = True
        await self._guard.leave(self)
        async with self._turn:
            await self._stop()
        self._sink.close_run(GapCause.CLOSED, self._clock.now_us())

    def set_live(self, live: bool) -> None:
        self._is_live = live
        if self._input is not None:
            self._input.set_live(live)

    def check(self) -> None:
        if self._input is not None:
            self._input.check()

    @property
    def health(self) -> StreamHealth:
        if self._input is not None and self._waiting is None:
            return self._input.health
        held = self._guard.held if self._waiting is None else words.PENDING
        return StreamHealth(
            stream=self.wanted.source.stream,
            state=CameraState.SILENT if held.cause is GapCause.CONNECT else CameraState.BARRED,
            since_at_us=self._since_at_us,
            message=held.message,
            message_fr=held.message_fr,
        )

    # -- what its guard does --------------------------------------------------------------------------------

    async def follow(self, course: Course) -> None:
        """Close what is open, and open the stream this way."""
        async with self._turn:
            self._is_turning = True
            await self._stop()
            self._is_turning = False
            self._course = course
            if self._is_closed:
                return
            opened = self._guard.open(self, course)
            if opened is None:
                self._since_at_us = self._clock.now_us()
                self._sink.close_run(self._guard.held.cause, self._since_at_us)
                return
            self._input, self._is_kept_out = opened, False
            await opened.start()
            opened.set_live(self._is_live)

    async def _stop(self) -> None:
        stopped, self._input = self._input, None
        self._config = self._key_unit = self._waiting = None
        self._is_admitted = False
        if stopped is not None:
            await stopped.close()

    @property
    def newest(self) -> Picture | None:
        """The last key frame that was recorded; None when there is none in this run."""
        if self._config is None or self._key_unit is None:
            return None
        return Picture(self._config, self._key_unit)

    @property
    def unjudged(self) -> Picture | None:
        """The first picture of a session that waits for its judgement."""
        waiting = self._waiting
        return Picture(waiting.config, waiting.first) if waiting is not None and waiting.first is not None else None

    def admit(self) -> None:
        """The session is proved: what it sent so far passes, and what comes."""
        waiting, self._waiting = self._waiting, None
        assert waiting is not None
        self._is_admitted = True
        self._pass_on(waiting.config, waiting.units[0].at_us if waiting.units else waiting.at_us)
        self._needs_key = not waiting.units
        for unit in waiting.units:
            self.frame(unit)

    def wait_on(self) -> None:
        """The picture proved nothing: the next key frame is to be judged."""
        assert self._waiting is not None
        self._waiting = _Waiting(self._waiting.config, self._waiting.at_us)

    # -- a FrameSink ----------------------------------------------------------------------------------------

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        if self._course is Course.SHOW and not self._guard.is_proved(self.key, config):
            self._is_kept_out, self._waiting = True, None
            self._sink.close_run(GapCause.MASK, at_us)
            self._guard.parameters_changed()
            return
        self._is_kept_out = False
        if self._course is Course.SHOW and not self._is_admitted:
            self._waiting, self._since_at_us = _Waiting(config, at_us), at_us
            return
        self._pass_on(config, at_us)

    def _pass_on(self, config: CodecConfig, at_us: int) -> None:
        self._config, self._key_unit, self._needs_key = config, None, False
        self._sink.open_run(config, at_us)

    def frame(self, unit: AccessUnit) -> None:
        if self._waiting is not None:
            self._keep(self._waiting, unit)
            return
        if self._is_kept_out or (self._needs_key and not unit.is_key):
            return
        if unit.is_key:
            self._key_unit, self._needs_key = unit, False
        self._sink.frame(unit)

    def _keep(self, waiting: _Waiting, unit: AccessUnit) -> None:
        was_new = waiting.first is None
        if not waiting.keep(unit):
            self._sink.close_run(GapCause.MASK, unit.at_us)
        if was_new and waiting.first is not None:
            self._guard.session_began()

    def close_run(self, cause: GapCause, at_us: int) -> None:
        self._config = self._key_unit = self._waiting = None
        self._is_admitted = self._is_admitted and cause in _SAME_SESSION
        if self._is_admitted:
            self._guard.stream_broke()
        if not (self._is_kept_out or self._is_turning):
            self._sink.close_run(cause, at_us)
