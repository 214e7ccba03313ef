"""From the writer thread to the ledger thread: what is on the disk but not yet acknowledged."""

from __future__ import annotations

import threading

from beffroi.engine.index.events import FootageEvent, StreamKey, Written
from beffroi.engine.record.work import PendingFragment

MAX_EVENTS = 100_000
"""Half an hour of 44 cameras. Beyond it the index has failed for so long that recording must say so."""


class Inbox:
    """Events in order. A batch stays visible as pending until it is committed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: list[FootageEvent] = []
        self._fresh: list[FootageEvent] = []
        self._poisoned = False

    def append(self, event: FootageEvent) -> None:
        with self._lock:
            self._fresh.append(event)

    @property
    def full(self) -> bool:
        """The index has not taken anything for too long."""
        return len(self._taken) + len(self._fresh) > MAX_EVENTS

    def take(self) -> list[FootageEvent]:
        """Everything not committed so far, oldest first; nothing while it is poisoned."""
        with self._lock:
            if self._poisoned:
                return []
            self._taken += self._fresh
            self._fresh = []
            return list(self._taken)

    def committed(self) -> None:
        """What `take` gave is in the index."""
        with self._lock:
            self._taken = []

    def poison(self) -> None:
        """A sync failed: nothing here may ever be acknowledged."""
        with self._lock:
            self._poisoned = True

    def drain(self) -> list[FootageEvent]:
        """Take everything out, poison included."""
        with self._lock:
            events = self._taken + self._fresh
            self._taken, self._fresh = [], []
            self._poisoned = False
            return events

    def pending(self, key: StreamKey) -> list[PendingFragment]:
        """Fragments of one stream that are in their file but not in the index."""
        with self._lock:
            events = [*self._taken, *self._fresh]
        return [_pending(event) for event in events if isinstance(event, Written) and event.seat.key == key]


def _pending(event: Written) -> PendingFragment:
    seat, fragment = event.seat, event.fragment
    return PendingFragment(
        file=seat.id,
        run=seat.run,
        path=seat.path,
        config=seat.config,
        init_bytes=event.init_bytes,
        offset=fragment.offset,
        size=fragment.size,
        start_at_us=fragment.start_at_us,
        end_at_us=event.end_at_us,
        duration_ticks90k=fragment.duration_ticks90k,
        frames=fragment.frames,
        is_key=fragment.is_key,
    )
