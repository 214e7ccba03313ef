"""Frames and bits per second since a moment ago."""

from __future__ import annotations

from beffroi.core.clock import Clock

_SPAN_S = 2.0


class Rates:
    """Rates over the time between two questions at least two seconds apart."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._mark = (clock.monotonic_s(), 0, 0)
        self._rates = (0.0, 0)

    def of(self, frames: int, size_bytes: int) -> tuple[float, int]:
        """Frames per second and bits per second, of counters that only grow."""
        now_s = self._clock.monotonic_s()
        since_s, frames_then, bytes_then = self._mark
        span_s = now_s - since_s
        if span_s >= _SPAN_S:
            self._rates = (round((frames - frames_then) / span_s, 2), round((size_bytes - bytes_then) * 8 / span_s))
            self._mark = (now_s, frames, size_bytes)
        return self._rates
