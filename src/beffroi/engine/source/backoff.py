"""When to try again: at once and often for a moment, then less and less, six times a minute in the long run."""

from __future__ import annotations

import random

from beffroi.core.clock import Clock
from beffroi.engine.source.limits import Limits

_MINUTE_S = 60.0


class Backoff:
    """Delays between tries of one source, with jitter so that cameras behind one switch do not return together.

    A camera that was just lost, or that starts with its node, is called again twice a second for some seconds: most
    are back by then. Tries are paid from an allowance that fills up at the rate of the long run.
    """

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._failures = 0
        self._allowance = float(limits.tries_at_once)
        self._tried_s = clock.monotonic_s()

    def tried(self) -> None:
        """A try starts now."""
        now_s, limits = self._clock.monotonic_s(), self._limits
        regained = (now_s - self._tried_s) * limits.tries_per_minute / _MINUTE_S
        self._allowance = min(float(limits.tries_at_once), self._allowance + regained) - 1.0
        self._tried_s = now_s

    def healthy(self) -> None:
        """The last try led to recording."""
        self._failures = 0

    def delay_s(self, *, refused: bool) -> float:
        """How long to wait before the next try; a refusal waits longer, for cameras lock out persistent clients."""
        limits = self._limits
        if refused:
            wait = min(limits.refused_most_s, limits.refused_first_s * float(1 << min(self._failures, 16)))
        else:
            doublings = max(0, min(self._failures - limits.quick_tries, 16))
            wait = min(limits.retry_most_s, limits.retry_first_s * float(1 << doublings))
        wait *= random.uniform(0.75, 1.25)  # noqa: S311 - jitter, no secret
        self._failures += 1
        short_s = (1.0 - self._allowance) * _MINUTE_S / limits.tries_per_minute
        return max(wait, self._tried_s + short_s - self._clock.monotonic_s())
