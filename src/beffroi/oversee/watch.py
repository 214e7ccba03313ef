"""What oversight does by itself, a thread of the worker: each hour, what is over is drawn and what is late is told."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from beffroi.core.clock import SystemClock
from beffroi.core.errors import BeffroiError
from beffroi.oversee.breaches import services as breaches
from beffroi.oversee.inspection import services as inspection
from beffroi.oversee.inspection import tasks as inspection_tasks
from beffroi.oversee.reviews import services as reviews
from beffroi.oversee.visits import services as visits

log = logging.getLogger(__name__)

PASS_S = 3600.0
STEPS: tuple[Callable[[int], object], ...] = (
    reviews.watch,
    breaches.watch,
    inspection_tasks.resume,
    inspection.purge_due,
    visits.purge,
)


class OverseeWatch:
    """One pass at its start, then one an hour; what fails is logged and tried again at the next."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="oversee", daemon=True)

    def start(self) -> None:
        """Watches until `close`."""
        self._thread.start()

    def close(self, deadline_s: float = 10.0) -> None:
        """Ends after the pass under way."""
        self._stop.set()
        self._thread.join(deadline_s)

    def once(self, now_us: int) -> None:
        """One pass."""
        for step in STEPS:
            try:
                step(now_us)
            except (BeffroiError, DatabaseError, OSError) as error:
                log.error("oversee.watch failed: %s", error)

    def _run(self) -> None:
        while not self._stop.is_set():
            close_old_connections()
            self.once(SystemClock().now_us())
            self._stop.wait(PASS_S)
        connection.close()
