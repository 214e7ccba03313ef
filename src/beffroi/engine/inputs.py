"""The input of a stream: our own RTSP client, and the fallback when the camera's codec is not ours."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from beffroi.core.clock import Clock
from beffroi.engine.contract import StreamHealth, StreamSource
from beffroi.engine.decode.fallback import FallbackSlots, FallbackSource
from beffroi.engine.lanes import LaneKey, OpenInput, StreamInput, WantedStream
from beffroi.engine.source import Limits, Source, UnsupportedCodec
from beffroi.engine.source.backoff import Backoff
from beffroi.engine.stream import FrameSink


class CameraInput:
    """One stream's input: our own client, or the fallback while the camera speaks another codec.

    `check()` is called twice a second and changes one for the other. When the fallback's camera left, our own client
    comes first again: it says why a camera refuses, and takes one that changed its codec.
    """

    def __init__(self, source: StreamSource, sink: FrameSink, *, clock: Clock, slots: FallbackSlots) -> None:
        self._wanted = source
        self._sink = sink
        self._clock = clock
        self._slots = slots
        self._backoff = Backoff(clock, Limits(quick_tries=1))
        self._due_s: float | None = None
        self._is_live = False
        self._input: Source | FallbackSource = self._own()
        self._change: asyncio.Task[None] | None = None

    def _own(self) -> Source:
        return Source(self._wanted, self._sink, clock=self._clock)

    async def start(self) -> None:
        await self._input.start()

    async def close(self) -> None:
        if self._change is not None:
            await asyncio.wait((self._change,))
        await self._input.close()

    def set_live(self, live: bool) -> None:
        self._is_live = live
        self._input.set_live(live)

    @property
    def health(self) -> StreamHealth:
        return self._input.health

    def check(self) -> None:
        """Swap in the fallback when our own client met a codec it does not take; swap it out when it is over."""
        if self._change is not None and not self._change.done():
            return
        if isinstance(self._input, Source):
            if isinstance(self._input.refusal, UnsupportedCodec) and self._slots.take():
                self._backoff.tried()
                self._replace(FallbackSource(self._wanted, self._sink, clock=self._clock, slots=self._slots))
        elif self._input.is_over and self._is_due(self._input):
            self._replace(self._own())

    def _is_due(self, over: FallbackSource) -> bool:
        """A camera is asked again at once after it showed something, then less and less often."""
        now_s = self._clock.monotonic_s()
        if self._due_s is None:
            if over.has_shown:
                self._backoff.healthy()
            self._due_s = now_s + self._backoff.delay_s(refused=False)
        return now_s >= self._due_s

    def _replace(self, by: Source | FallbackSource) -> None:
        old, self._input, self._due_s = self._input, by, None
        self._change = asyncio.get_running_loop().create_task(self._changed(old, by))

    async def _changed(self, old: Source | FallbackSource, by: Source | FallbackSource) -> None:
        if isinstance(old, Source):  # a fallback is over by itself, and told why
            await old.close()
        await by.start()
        by.set_live(self._is_live)


def open_input(clock: Clock) -> OpenInput:
    """Makes inputs that share the node's few places for the fallback."""
    slots = FallbackSlots()

    def make(key: LaneKey, wanted: WantedStream, sink: FrameSink) -> StreamInput:
        return CameraInput(replace(wanted.source, stream=key[1]), sink, clock=clock, slots=slots)

    return make
