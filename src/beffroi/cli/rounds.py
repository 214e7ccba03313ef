"""The rounds of the worker: what Beffroi does by itself, each sort in a thread of its own, again and again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from beffroi.core.clock import SystemClock
from beffroi.core.errors import BeffroiError

log = logging.getLogger(__name__)

Step = Callable[[int], object]
"""Does what is due at an instant, microseconds since the epoch."""


class Rounds:
    """Takes its steps in order at its start, then each `every_s`; one that fails stops no other.

    `first` are steps that are done once: tried at each round until they succeed.
    """

    def __init__(self, name: str, steps: Sequence[Step], *, every_s: float, first: Sequence[Step] = ()) -> None:
        self._name, self._steps, self._every_s, self._first = name, steps, every_s, first
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Goes its rounds until `close`."""
        self._thread.start()

    def close(self, deadline_s: float = 10.0) -> None:
        """Ends after the round under way."""
        self._stop.set()
        self._thread.join(deadline_s)

    def once(self, now_us: int) -> None:
        """One round; what fails is logged and tried again at the next."""
        self._first = [step for step in self._first if not self._take(step, now_us)]
        for step in self._steps:
            self._take(step, now_us)

    def _take(self, step: Step, now_us: int) -> bool:
        try:
            step(now_us)
        except (BeffroiError, DatabaseError, OSError) as error:
            log.error("%s.%s failed: %s", self._name, step.__name__, error)
            return False
        return True

    def _run(self) -> None:
        while not self._stop.is_set():
            close_old_connections()
            self.once(SystemClock().now_us())
            self._stop.wait(self._every_s)
        connection.close()
