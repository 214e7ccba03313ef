"""The node-wide ticker of batched reading.

Cameras are spread over a few phases, each with its own timer, so that reading four hundred of them never
holds the loop for long: pictures watched live wait behind one phase at most. A phase is filled before the next
one opens: a wake-up of a sleeping core finds its caches cold and costs as much as several cameras' pictures.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Final
from weakref import WeakKeyDictionary

from beffroi.engine.source.limits import Limits

_PHASES: Final = 8
_CAMERAS_A_PHASE: Final = 32
"""Read in some 6 ms (estimated at 40 µs a picture, 4 Mbit/s); only when all phases hold as many do they hold more."""

Read = Callable[[], None]


class _Phase:
    """Sockets read one after the other, each time a varying period has passed."""

    def __init__(self, limits: Limits) -> None:
        self.reads: list[Read] = []
        self._limits = limits
        self._timer: asyncio.TimerHandle | None = None

    def add(self, read: Read) -> None:
        self.reads.append(read)
        if self._timer is None:
            self._schedule()

    def remove(self, read: Read) -> None:
        self.reads.remove(read)
        if not self.reads and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _schedule(self) -> None:
        wait_s = random.uniform(self._limits.batch_min_s, self._limits.batch_max_s)  # noqa: S311 - no secret
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._tick)

    def _tick(self) -> None:
        self._schedule()
        for read in tuple(self.reads):  # a read that ends its stream removes itself
            read()


class Ticker:
    """Reads every registered socket each 180–210 ms."""

    def __init__(self, limits: Limits) -> None:
        self._phases = [_Phase(limits) for _ in range(_PHASES)]
        self._of: dict[Read, _Phase] = {}

    def add(self, read: Read) -> None:
        """Call `read` in batches from now on."""
        if read not in self._of:
            phase = min(self._phases, key=lambda phase: len(phase.reads) // _CAMERAS_A_PHASE)
            self._of[read] = phase
            phase.add(read)

    def remove(self, read: Read) -> None:
        """Stop; nothing happens when it was not there."""
        phase = self._of.pop(read, None)
        if phase is not None:
            phase.remove(read)


_tickers: WeakKeyDictionary[asyncio.AbstractEventLoop, Ticker] = WeakKeyDictionary()


def shared_ticker(limits: Limits) -> Ticker:
    """The ticker of the running loop; the first caller's limits set its period."""
    loop = asyncio.get_running_loop()
    if loop not in _tickers:
        _tickers[loop] = Ticker(limits)
    return _tickers[loop]
