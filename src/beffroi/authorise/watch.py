"""The watch on gates and drift, a thread of the worker: days pass, nodes report, though nobody does anything."""

from __future__ import annotations

import logging
import threading
from datetime import datetime

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection
from django.utils import timezone

from beffroi.authorise.services import aftermath, drifting, windows
from beffroi.core.errors import BeffroiError

log = logging.getLogger(__name__)

GATES_S = 60.0
DRIFT_EVERY = 60
"""Looks at the gates between two looks at drift: an hour."""


class Watch:
    """Tells gates that opened or shut each minute, and looks for drift each hour."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gates", daemon=True)
        self._looks = 0

    def start(self) -> None:
        """Watches until `close`."""
        self._thread.start()

    def close(self, deadline_s: float = 10.0) -> None:
        """Ends after the look under way."""
        self._stop.set()
        self._thread.join(deadline_s)

    def once(self, at: datetime) -> None:
        """One look; what fails is logged and looked at again at the next."""
        try:
            windows.close_left(at=at)
            aftermath.tell_gates(at=at)
            if self._looks % DRIFT_EVERY == 0:
                drifting.check(at=at)
            self._looks += 1
        except (BeffroiError, DatabaseError) as error:
            log.error("gates.watch failed: %s", error)

    def _run(self) -> None:
        while not self._stop.is_set():
            close_old_connections()
            self.once(timezone.now())
            self._stop.wait(GATES_S)
        connection.close()
