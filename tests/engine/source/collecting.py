"""A sink that keeps what it is given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from beffroi.engine.contract import GapCause
from beffroi.engine.stream import AccessUnit, CodecConfig


class Collector:
    """A sink that keeps everything, and can be waited on."""

    def __init__(self) -> None:
        self.configs: list[CodecConfig] = []
        self.units: list[AccessUnit] = []
        self.causes: list[GapCause] = []
        self.closed_at_us: list[int] = []
        self.events: list[str] = []
        self._moved = asyncio.Event()

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        self.configs.append(config)
        self.events.append("open")
        self._moved.set()

    def frame(self, unit: AccessUnit) -> None:
        self.units.append(unit)
        self.events.append("key" if unit.is_key else "frame")
        self._moved.set()

    def close_run(self, cause: GapCause, at_us: int) -> None:
        self.causes.append(cause)
        self.closed_at_us.append(at_us)
        self.events.append(cause.value)
        self._moved.set()

    async def until(self, condition: Callable[[], bool], deadline_s: float = 10.0) -> None:
        """Wait for `condition`, looked at after each event; fails past the deadline."""
        async with asyncio.timeout(deadline_s):
            while not condition():
                self._moved.clear()
                try:
                    async with asyncio.timeout(0.05):
                        await self._moved.wait()
                except TimeoutError:
                    continue
