"""The ledger thread: each tick one sync, then the index rows of that tick. Nothing else writes the index."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable

from beffroi.engine.contract import FactKind, GapCause
from beffroi.engine.index.rows import GapRow
from beffroi.engine.index.writer import IndexWriter
from beffroi.engine.record.disk import FULL_ERRORS, Disk
from beffroi.engine.record.inbox import Inbox
from beffroi.engine.record.settings import OnFact

log = logging.getLogger(__name__)

_BREATH_S = 1.0
"""Left to the disk between two passes of a long destruction."""


class Ledger:
    """Acknowledges footage. `maintain` runs on this thread too: after each tick, and between ticks while it says that
    there is more to do."""

    def __init__(
        self,
        disk: Disk,
        index: IndexWriter,
        inbox: Inbox,
        *,
        tick_s: float,
        on_fact: OnFact,
        maintain: Callable[[], bool],
        on_sync_failure: Callable[[GapCause], None],
    ) -> None:
        self._disk = disk
        self._index = index
        self._inbox = inbox
        self._tick_s = tick_s
        self._on_fact = on_fact
        self._maintain = maintain
        self._on_sync_failure = on_sync_failure
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="footage-ledger", daemon=True)
        self.failing = False
        self._has_more = False

    def start(self) -> None:
        self._thread.start()

    def stop(self, deadline_s: float) -> bool:
        """One last tick, then end; False when the disk did not let it within the deadline."""
        self._stopping.set()
        self._thread.join(deadline_s)
        return not self._thread.is_alive()

    def _work(self) -> None:
        due = time.monotonic() + self._tick_s
        while not self._stopping.wait(self._rest_s(due)):
            if time.monotonic() < due:
                self._guarded(self._keep)
                continue
            self._guarded(self._turn)
            due = max(due + self._tick_s, time.monotonic() + self._tick_s / 2)
        self._guarded(self._turn)

    def _rest_s(self, due: float) -> float:
        left = max(due - time.monotonic(), 0)
        return min(left, _BREATH_S) if self._has_more else left

    def _turn(self) -> None:
        self.tick()
        if not self._stopping.is_set():
            self._keep()

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # top of a thread: an unforeseen fault must not end acknowledgement for good
            log.exception("ledger.fault")
            self.failing = True

    def _keep(self) -> None:
        try:
            self._has_more = self._maintain()
        except (OSError, sqlite3.Error) as error:
            self._has_more = False
            log.error("maintenance.failed error=%s", error)

    def tick(self) -> None:
        """Sync, then store. When the sync fails its footage is given up; when the index does, the next tick retries."""
        batch = self._inbox.take()
        if not batch:
            return
        try:
            self._disk.sync()
        except OSError as error:
            # The kernel says so once and forgets: a later sync would succeed without these bytes.
            self._inbox.poison()
            self._on_sync_failure(GapCause.DISK_FULL if error.errno in FULL_ERRORS else GapCause.CORRUPT)
            self._failed(error)
            return
        try:
            closed = self._index.apply(batch)
        except sqlite3.Error as error:
            self._failed(error)
            return
        self._inbox.committed()
        self.failing = False
        for gap in closed:
            self._tell(gap)

    def _failed(self, error: Exception) -> None:
        log.error("tick.failed error=%s", error)
        if not self.failing:
            self.failing = True
            self._on_fact(FactKind.DISK_PRESSURE, "", {"failing": True, "error": str(error)})

    def _tell(self, gap: GapRow) -> None:
        self._on_fact(
            FactKind.GAP,
            gap.camera,
            {
                "stream": gap.stream.value,
                "from_at_us": gap.from_at_us,
                "to_at_us": gap.to_at_us or 0,
                "cause": gap.cause.value,
            },
        )
