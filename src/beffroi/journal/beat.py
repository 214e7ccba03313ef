"""The journal's heart, each minute in the worker: signs, tells the witnesses and hears them back, ends old lines.

What fails is logged and tried again at the next beat; each step leaves a whole journal wherever it is cut.
"""

from __future__ import annotations

import http.client
import logging
from collections.abc import Callable

from django.db import Error as DatabaseError

from beffroi.core.clock import Clock
from beffroi.core.errors import BeffroiError
from beffroi.journal import queries
from beffroi.journal.services import compare_witnesses, prune, push_heads, sign_head, stamp_head

log = logging.getLogger(__name__)

EVERY_S = 60.0
_STAMP_RETRY_S = 3600.0
_PRUNE_S = 24 * 3600.0


class Beat:
    """Signs, tells and compares each minute, prunes at the start and each day, asks each hour for the day's token."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pruned_s = self._stamped_s = float("-inf")

    def once(self, now_us: int) -> None:
        """One beat."""
        at_s = self._clock.monotonic_s()
        self._try(sign_head, now_us)
        self._try(push_heads, now_us)
        self._try(compare_witnesses, now_us)
        if at_s - self._stamped_s >= _STAMP_RETRY_S:
            self._stamped_s = at_s
            self._try(stamp_head, now_us)
        if at_s - self._pruned_s >= _PRUNE_S and self._try(prune, now_us):
            self._pruned_s = at_s
        self._try(_tell_late, now_us)

    def _try(self, step: Callable[[int], object], now_us: int) -> bool:
        try:
            step(now_us)
        except (BeffroiError, DatabaseError, OSError, http.client.HTTPException) as error:
            log.error("journal.%s failed: %s", step.__name__, error)
            return False
        return True


def _tell_late(now_us: int) -> None:
    state = queries.state(now_us)
    if state.is_witness_late:
        log.error("journal.witness late by_s=%s", state.witness_waits_us // 1_000_000)
