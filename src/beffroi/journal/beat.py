"""The journal's heart, a thread of the worker: signs, tells the witnesses and hears them back, ends old lines.

What fails is logged and tried again at the next beat; each step leaves a whole journal wherever it is cut.
"""

from __future__ import annotations

import http.client
import logging
import threading
from collections.abc import Callable

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from beffroi.core.clock import Clock, SystemClock
from beffroi.core.errors import BeffroiError
from beffroi.journal import queries
from beffroi.journal.services import compare_witnesses, prune, push_heads, sign_head, stamp_head

log = logging.getLogger(__name__)

BEAT_S = 60.0
_STAMP_RETRY_S = 3600.0
_PRUNE_S = 24 * 3600.0


class Beat:
    """Signs, tells and compares each minute, prunes at the start and each day, asks each hour for the day's token."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._pruned_s = self._stamped_s = float("-inf")

    def start(self) -> None:
        """Beats until `close`."""
        self._thread.start()

    def close(self, deadline_s: float = 10.0) -> None:
        """Ends after the step under way."""
        self._stop.set()
        self._thread.join(deadline_s)

    def once(self) -> None:
        """One beat."""
        now_us, at_s = self._clock.now_us(), self._clock.monotonic_s()
        self._try(sign_head, now_us)
        self._try(push_heads, now_us)
        self._try(compare_witnesses, now_us)
        if at_s - self._stamped_s >= _STAMP_RETRY_S:
            self._stamped_s = at_s
            self._try(stamp_head, now_us)
        if at_s - self._pruned_s >= _PRUNE_S and self._try(prune, now_us):
            self._pruned_s = at_s
        self._try(_tell_late, now_us)

    def _run(self) -> None:
        while not self._stop.is_set():
            close_old_connections()
            self.once()
            self._stop.wait(BEAT_S)
        connection.close()

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
