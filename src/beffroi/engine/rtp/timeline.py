"""Media time and wall time of one run.

The node's clock at receipt is what is stored, smoothed by RTP time: packets are late by varying amounts but
never early, so the smallest (receipt − RTP time) of the last seconds is the best estimate of where the
stream's time stands on the node's clock. The estimate moves slowly, so that pictures stay evenly spaced.
"""

from __future__ import annotations

from beffroi.core.instants import TICKS90K_PER_S, US_PER_S

_HALF = 1 << 31
_BUCKET_TICKS90K = 10 * TICKS90K_PER_S
"""The lower envelope is taken over one to two of these."""
_LOOK_TICKS90K = TICKS90K_PER_S // 4
_FAR_US = 100_000
MAX_AHEAD_TICKS90K = 10 * TICKS90K_PER_S
MAX_BACK_TICKS90K = 2 * TICKS90K_PER_S
"""B-frames go back by a few frames; more than this is another timeline."""
MAX_DRIFT_US = US_PER_S
MAX_FAST_US = 30 * US_PER_S
"""A burst at the start is the group of pictures a camera kept; a stream that runs further ahead of the node's clock
would date its pictures in the future, as one that steps back again and again would date them in the past."""


class Discontinuity(Exception):
    """The stream's time jumped: the run cannot go on."""


class Timeline:
    """Unwraps RTP timestamps and dates pictures; one per run.

    Args:
        first: RTP timestamp of the run's first picture, tick 0.
        receipt_us: when it was received.
    """

    __slots__ = (
        "_bucket_end",
        "_current_us",
        "_last",
        "_latest",
        "_latest_at_us",
        "_looked",
        "_next_look",
        "_offset_us",
        "_previous_us",
        "_ticks",
    )

    def __init__(self, first: int, receipt_us: int) -> None:
        self._last = first
        self._ticks = 0
        self._latest = 0
        self._offset_us = self._current_us = self._previous_us = receipt_us
        self._latest_at_us = receipt_us
        self._bucket_end = _BUCKET_TICKS90K
        self._looked = self._next_look = 0

    def place(self, timestamp: int, receipt_us: int, *, is_key: bool = False) -> tuple[int, int]:
        """Ticks and instant of a picture. Instants grow with ticks; only B-frames go back.

        Errors: Discontinuity when the timestamp jumped or crept far back, when the stream ran far ahead, or on a key
        frame when it fell far behind.
        """
        step = (timestamp - self._last + _HALF & 0xFFFFFFFF) - _HALF
        ticks = self._ticks + step
        if step > MAX_AHEAD_TICKS90K or ticks < self._latest - MAX_BACK_TICKS90K:
            raise Discontinuity
        self._last = timestamp
        self._ticks = ticks
        media_us = ticks * 100 // 9
        late_us = receipt_us - media_us
        if ticks >= self._bucket_end:
            self._bucket_end = ticks + _BUCKET_TICKS90K
            self._previous_us, self._current_us = self._current_us, late_us
        elif late_us < self._current_us:
            self._current_us = late_us
        if ticks <= self._latest:
            return ticks, media_us + self._offset_us
        self._latest = ticks
        if ticks >= self._next_look:
            self._follow(ticks, is_key=is_key)
        self._latest_at_us = at_us = max(media_us + self._offset_us, self._latest_at_us + 1)
        return ticks, at_us

    def _follow(self, ticks: int, *, is_key: bool) -> None:
        """Move the estimate toward the envelope, by at most a tenth of the time that passed (half when far)."""
        elapsed_us = (ticks - self._looked) * 100 // 9
        self._looked = ticks
        error_us = min(self._previous_us, self._current_us) - self._offset_us
        if error_us < -MAX_FAST_US or (error_us > MAX_DRIFT_US and is_key):
            raise Discontinuity
        limit_us = elapsed_us // (2 if error_us < -_FAR_US else 10)
        self._offset_us += max(-limit_us, min(limit_us, error_us))
        # far off: at every picture, so that none of them stands still; else a few times a second
        self._next_look = ticks + (0 if abs(error_us) > limit_us else _LOOK_TICKS90K)

    def late_us(self, timestamp: int, receipt_us: int) -> int:
        """How late a picture is that was not placed yet; 0 for one of another timeline."""
        step = (timestamp - self._last + _HALF & 0xFFFFFFFF) - _HALF
        return receipt_us - self.at_us(timestamp) if -MAX_BACK_TICKS90K <= step <= MAX_AHEAD_TICKS90K else 0

    def stood_still(self, pause_us: int) -> None:
        """The camera's time did not pass while it sent nothing: it did here."""
        self._ticks += pause_us * 9 // 100

    def at_us(self, timestamp: int) -> int:
        """Instant of an RTP timestamp near the last picture's."""
        step = (timestamp - self._last + _HALF & 0xFFFFFFFF) - _HALF
        return (self._ticks + step) * 100 // 9 + self._offset_us
