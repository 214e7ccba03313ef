"""When to try again: soon after a healthy spell, then less and less often, never more than six times a minute."""

from __future__ import annotations

import random
from collections import deque

from beffroi.core.clock import Clock
from beffroi.engine.source.limits import Limits

_MINUTE_S = 60.0


class Backoff:
    """Delays between tries of one source, with jitter so that cameras behind one switch do not return together."""

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        self._failures = 0
        self._tries: deque[float] = deque(maxlen=limits.tries_per_minute)

    def tried(self) -> None:
        """A try starts now."""
        self._tries.append(self._clock.monotonic_s())

    def healthy(self) -> None:
        """The last try led to recording."""
        self._failures = 0

    def delay_s(self, *, refused: bool) -> float:
        """How long to wait before the next try; a refusal waits longer, for cameras lock out persistent clients."""
        limits = self._limits
        first, most = (
            (limits.refused_first_s, limits.refused_most_s) if refused else (limits.retry_first_s, limits.retry_most_s)
        )
        wait = min(most, first * float(1 << min(self._failures, 16)))
        wait *= random.uniform(0.75, 1.25)  # noqa: S311 - jitter, no secret
        self._failures += 1
        if len(self._tries) == self._tries.maxlen:
            wait = max(wait, self._tries[0] + _MINUTE_S - self._clock.monotonic_s())
        return wait
