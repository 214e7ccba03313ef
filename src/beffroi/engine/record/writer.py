"""The writer thread: the only one that writes footage, so that the node's loop never waits for a disk."""

from __future__ import annotations

import errno
import logging
import queue
import threading
from contextlib import suppress

from beffroi.engine.contract import GapCause
from beffroi.engine.index.events import event_key
from beffroi.engine.record.inbox import Inbox
from beffroi.engine.record.pool import StallPool
from beffroi.engine.record.track import Track
from beffroi.engine.record.work import Disavow, Interrupt, WriteFragment

log = logging.getLogger(__name__)

_POLL_S = 5.0


class DiskWriter:
    """Takes work from the loop in order. The queue is bounded by the stall pool: fragments are refused when
    it is full; interruptions are few (a source tries six times a minute) and always accepted."""

    def __init__(self, pool: StallPool, inbox: Inbox) -> None:
        self.pool = pool
        self._inbox = inbox
        self._queue: queue.SimpleQueue[tuple[Track, WriteFragment | Interrupt] | Disavow | None] = queue.SimpleQueue()
        self._tracks: set[Track] = set()
        self._thread = threading.Thread(target=self._work, name="footage-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, deadline_s: float) -> bool:
        """Write what was accepted, then end; False when the disk did not let it within the deadline."""
        self._queue.put(None)
        self._thread.join(deadline_s)
        return not self._thread.is_alive()

    def submit(self, track: Track, job: WriteFragment) -> bool:
        """Accept a fragment, or False when the pool is full: its frames must be dropped and counted."""
        if not self.pool.take(job.pool_bytes):
            return False
        self._queue.put((track, job))
        return True

    def interrupt(self, track: Track, stop: Interrupt) -> None:
        """Accept the end of a stretch of footage, in order with its fragments."""
        self._queue.put((track, stop))

    def disavow(self, cause: GapCause) -> None:
        """Give up what was written and not acknowledged; the inbox is poisoned until that is done."""
        self._queue.put(Disavow(cause))

    def _work(self) -> None:
        while True:
            try:
                item = self._queue.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if item is None:
                break
            if isinstance(item, Disavow):
                self._disavow(item.cause)
                continue
            track, job = item
            self._tracks.add(track)
            try:
                self._do(track, job)
            except Exception:  # top of a thread: the fault of one camera must not stop the others
                log.exception("writer.fault camera=%s stream=%s", *track.key_names())
                with suppress(Exception):
                    _fail(track, job)
            del item, job  # the frames go before the next wait
        for track in self._tracks:
            track.seal()

    def _disavow(self, cause: GapCause) -> None:
        events = self._inbox.drain()
        for track in self._tracks:
            track.disavow([event for event in events if event_key(event) == track.key], cause)

    def _do(self, track: Track, job: WriteFragment | Interrupt) -> None:
        if isinstance(job, Interrupt):
            track.interrupt(job)
            return
        try:
            if self._inbox.full:
                track.give_up(job, GapCause.DISK_STALLED)
            else:
                track.write(job)
        finally:
            self.pool.give_back(job.pool_bytes)


def _fail(track: Track, job: WriteFragment | Interrupt) -> None:
    """What was to be written is a gap, not a hole."""
    if isinstance(job, WriteFragment):
        track.fail(job, OSError(errno.EIO, "a fault of ours"))
