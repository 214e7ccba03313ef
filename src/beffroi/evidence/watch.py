"""What goes by itself, looked at each minute by a thread of the worker: packs cut short, copies and names to end,
second looks that nobody gave in time.
"""

from __future__ import annotations

import logging
import threading

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from beffroi.core.clock import SystemClock
from beffroi.core.errors import BeffroiError
from beffroi.evidence import tasks
from beffroi.evidence.access.services import forget_due, purge_copies
from beffroi.evidence.services import purge_due, tell_late
from beffroi.operate.logbook import services as logbook

log = logging.getLogger(__name__)

PASS_S = 60.0


class EvidenceWatch:
    """Resumes at its start, then destroys what is due: what a kill left half done is finished at the next pass."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="evidence", daemon=True)
        self._has_resumed = False

    def start(self) -> None:
        """Watches until `close`."""
        self._thread.start()

    def close(self, deadline_s: float = 10.0) -> None:
        """Ends after the pass under way."""
        self._stop.set()
        self._thread.join(deadline_s)

    def once(self, now_us: int) -> None:
        """One pass; what fails is logged and tried again at the next."""
        for due in (self._resume, purge_due, purge_copies, forget_due, logbook.purge_due, tell_late):
            try:
                due(now_us)
            except (BeffroiError, DatabaseError, OSError) as error:
                log.error("evidence.watch failed: %s", error)

    def _resume(self, now_us: int) -> None:
        if not self._has_resumed:
            tasks.resume()
            self._has_resumed = True

    def _run(self) -> None:
        while not self._stop.is_set():
            close_old_connections()
            self.once(SystemClock().now_us())
            self._stop.wait(PASS_S)
        connection.close()
