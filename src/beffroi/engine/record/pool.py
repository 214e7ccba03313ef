"""The stall pool: bytes accepted from cameras and not yet written, for the whole node."""

from __future__ import annotations

import threading


class StallPool:
    """Bounded in bytes. `take` from the loop, `give_back` from the writer."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.high_water_bytes = 0
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """Held now."""
        return self._bytes

    def take(self, size: int) -> bool:
        """Room for `size` bytes, or False: they must be dropped and counted."""
        with self._lock:
            if self._bytes + size > self.max_bytes:
                return False
            self._bytes += size
            self.high_water_bytes = max(self.high_water_bytes, self._bytes)
            return True

    def give_back(self, size: int) -> None:
        """`size` bytes are on the disk, or given up."""
        with self._lock:
            self._bytes -= size
