"""Clocks are passed in, so that tests run on simulated time."""

from __future__ import annotations

import ctypes
import time
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Synchronisation:
    """What the kernel says of this machine's clock. Source: ntp_adjtime(3), RFC 5905."""

    is_synchronised: bool | None
    """None: this system does not tell."""
    error_ms: float | None
    """At most this far off; None when it is not synchronised."""
    offset_ms: float | None = None
    """What the discipline still corrects; None when it is not synchronised."""


def synchronisation() -> Synchronisation:
    """Whether something (chrony, timesyncd, PTP) disciplines the clock, and how far off it may be."""
    reading = _Timex()
    try:
        state = ctypes.CDLL(None).ntp_adjtime(ctypes.byref(reading))
    except (OSError, AttributeError):
        return Synchronisation(is_synchronised=None, error_ms=None)
    if state < 0:
        return Synchronisation(is_synchronised=None, error_ms=None)
    is_synchronised = state != _TIME_ERROR and not reading.status & _STA_UNSYNC
    if not is_synchronised:
        return Synchronisation(is_synchronised=False, error_ms=None)
    offset_ms = reading.offset / (1e6 if reading.status & _STA_NANO else 1e3)
    return Synchronisation(is_synchronised=True, error_ms=reading.max_error_us / 1000, offset_ms=offset_ms)


_TIME_ERROR, _STA_UNSYNC, _STA_NANO = 5, 0x40, 0x2000


class _Timex(ctypes.Structure):
    """`struct timex`, as far as it is read; the rest is room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("frequency", ctypes.c_long),
        ("max_error_us", ctypes.c_long),
        ("estimated_error_us", ctypes.c_long),
        ("status", ctypes.c_int),
        ("room", ctypes.c_long * 32),
    )
