"""The input of one stream of a masked camera: held, as the camera sends it, or burnt, as its guard says."""

from __future__ import annotations

import asyncio
from typing import Protocol

from beffroi.core.clock import Clock
from beffroi.engine.contract import CameraState, GapCause, StreamHealth
from beffroi.engine.lanes import LaneKey, StreamInput, WantedStream
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

    def reconnected(self) -> None:
        """A stream came back with the same."""


class MaskedLane:
    """A `StreamInput` and the `FrameSink` of what it opens: nothing passes that its guard has not seen masked."""

    def __init__(self, key: LaneKey, wanted: WantedStream, sink: FrameSink, *, guard: Guard, clock: Clock) -> None:
        self.key, self.wanted = key, wanted
        self._sink = sink
        self._guard = guard
        self._clock = clock
        self._course = Course.HOLD
        self._input: StreamInput | None = None
        self._is_live = self._is_closed = self._is_kept_out = self._is_turning = False
        self._runs = 0
        self._since_at_us = clock.now_us()
        self._config: CodecConfig | None = None
        self._key_unit: AccessUnit | None = None
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
        if self._input is not None:
            return self._input.health
        held = self._guard.held
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
            self._input, self._runs, self._is_kept_out = opened, 0, False
            await opened.start()
            opened.set_live(self._is_live)

    async def _stop(self) -> None:
        stopped, self._input = self._input, None
        self._config = self._key_unit = None
        if stopped is not None:
            await stopped.close()

    @property
    def newest(self) -> Picture | None:
        """The last key frame that was recorded; None when there is none in this run."""
        if self._config is None or self._key_unit is None:
            return None
        return Picture(self._config, self._key_unit)

    # -- a FrameSink ----------------------------------------------------------------------------------------

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        if self._course is Course.SHOW:
            if not self._guard.is_proved(self.key, config):
                self._is_kept_out = True
                self._sink.close_run(GapCause.MASK, at_us)
                self._guard.parameters_changed()
                return
            if self._runs:
                self._guard.reconnected()
        self._runs += 1
        self._is_kept_out = False
        self._config, self._key_unit = config, None
        self._sink.open_run(config, at_us)

    def frame(self, unit: AccessUnit) -> None:
        if self._is_kept_out:
            return
        if unit.is_key:
            self._key_unit = unit
        self._sink.frame(unit)

    def close_run(self, cause: GapCause, at_us: int) -> None:
        self._config = self._key_unit = None
        if not (self._is_kept_out or self._is_turning):
            self._sink.close_run(cause, at_us)
