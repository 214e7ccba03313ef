"""What was signed serves once: a request that was overheard is not taken a second time."""

from __future__ import annotations

import threading
from collections import OrderedDict


class Once:
    """Signatures already taken. Safe in threads.

    Args:
        apart_us: how far a signature's instant may be from now, either way: older ones need no remembering.
        most: how many are remembered; a hundred nodes need twelve thousand.
    """

    def __init__(self, apart_us: int, *, most: int = 20_000) -> None:
        self._apart_us = apart_us
        self._most = most
        self._taken: OrderedDict[bytes, int] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, signature: bytes, now_us: int) -> bool:
        """Whether it is the first time. `signature`: its bytes, for its text has several spellings."""
        with self._lock:
            while self._taken and next(iter(self._taken.values())) < now_us - 2 * self._apart_us:
                self._taken.popitem(last=False)
            if signature in self._taken:
                return False
            self._taken[signature] = now_us
            if len(self._taken) > self._most:
                self._taken.popitem(last=False)
            return True
