"""How many cameras this node burns at once: measured by `beffroi bench mask`, set as `node.mask_slots`."""

from __future__ import annotations

import os


def customary() -> int:
    """One a core where nothing was measured: half of what is usual at 720p."""
    return os.cpu_count() or 1


class MaskSlots:
    """Places for cameras to burn; a camera's two streams share one."""

    def __init__(self, limit: int) -> None:
        self.limit = max(0, limit)
        self._taken: set[str] = set()

    @property
    def free(self) -> int:
        """Places left."""
        return self.limit - len(self._taken)

    def take(self, camera: str) -> bool:
        """True when the camera has a place."""
        if camera in self._taken:
            return True
        if self.free <= 0:
            return False
        self._taken.add(camera)
        return True

    def give_back(self, camera: str) -> None:
        """The camera needs its place no more."""
        self._taken.discard(camera)
