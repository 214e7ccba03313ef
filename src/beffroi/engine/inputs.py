"""The input of a stream: our own RTSP client, and the fallback when the camera's codec is not ours."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from beffroi.core.clock import Clock
from beffroi.engine.contract import StreamHealth, StreamSource
from beffroi.engine.decode.fallback import FallbackSlots, FallbackSource
from beffroi.engine.lanes import LaneKey, OpenInput, StreamInput, WantedStream
from beffroi.engine.source import Source, UnsupportedCodec
from beffroi.engine.stream import FrameSink


class CameraInput:
    """One stream's input. `check()` is called twice a second and swaps the fallback in when it is needed."""

    def __init__(self, source: StreamSource, sink: FrameSink, *, clock: Clock, slots: FallbackSlots) -> None:
        self._wanted = source
        self._sink = sink
        self._clock = clock
        self._slots = slots
        self._own: Source | None = Source(source, sink, clock=clock)
        self._input: Source | FallbackSource = self._own
        self._swap: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._input.start()

    async def close(self) -> None:
        if self._swap is not None:
            await asyncio.wait((self._swap,))
        await self._input.close()

    def set_live(self, live: bool) -> None:
        self._input.set_live(live)

    @property
    def health(self) -> StreamHealth:
        return self._input.health

    def check(self) -> None:
        """Swap in the fallback when our own client met a codec it does not take."""
        if self._own is not None and isinstance(self._own.refusal, UnsupportedCodec) and self._slots.take():
            own, self._own = self._own, None
            self._swap = asyncio.get_running_loop().create_task(self._swap_in(own))

    async def _swap_in(self, own: Source) -> None:
        await own.close()
        self._input = FallbackSource(self._wanted, self._sink, clock=self._clock, slots=self._slots)
        await self._input.start()


def open_input(clock: Clock) -> OpenInput:
    """Makes inputs that share the node's few places for the fallback."""
    slots = FallbackSlots()

    def make(key: LaneKey, wanted: WantedStream, sink: FrameSink) -> StreamInput:
        return CameraInput(replace(wanted.source, stream=key[1]), sink, clock=clock, slots=slots)

    return make
