"""Clocks are passed in, so that tests run on simulated time."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Wall time to date things, monotonic time to measure waits."""

    def now_us(self) -> int:
        """Current instant, microseconds since the epoch."""

    def monotonic_s(self) -> float:
        """Seconds from an arbitrary origin, never going back."""


class SystemClock:
    """The machine's own clocks."""

    def now_us(self) -> int:
        return time.time_ns() // 1000

    def monotonic_s(self) -> float:
        return time.monotonic()


class FakeClock:
    """A clock that moves only when told to."""

    def __init__(self, now_us: int = 1_790_000_000_000_000) -> None:
        self._now_us = now_us
        self._monotonic_s = 1000.0

    def now_us(self) -> int:
        return self._now_us

    def monotonic_s(self) -> float:
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Both clocks move on."""
        self._now_us += round(seconds * 1e6)
        self._monotonic_s += seconds

    def jump(self, seconds: float) -> None:
        """Only the wall clock moves: somebody set it."""
        self._now_us += round(seconds * 1e6)
