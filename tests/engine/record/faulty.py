"""Disks that fail, stall, or remember what they were asked."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Sequence
from typing import ClassVar

from beffroi.engine.record.disk import Disk


class FaultyDisk(Disk):
    """A real folder whose calls can be made to fail or wait, and are written down. Reset by `faultless()`."""

    calls: ClassVar[list[str]] = []
    running: ClassVar[threading.Event] = threading.Event()
    failing_writes: ClassVar[int] = 0
    """errno of every write while it is not 0."""
    failing_syncs: ClassVar[int] = 0
    """How many syncs still fail with EIO."""
    free: ClassVar[int] = 1 << 50

    def write(self, fd: int, pieces: Sequence[bytes | bytearray]) -> None:
        assert FaultyDisk.running.wait(30)
        if FaultyDisk.failing_writes:
            os.write(fd, b"half of somethi")
            raise OSError(FaultyDisk.failing_writes, os.strerror(FaultyDisk.failing_writes))
        super().write(fd, pieces)
        FaultyDisk.calls.append("write")

    def sync(self) -> None:
        if FaultyDisk.failing_syncs:
            FaultyDisk.failing_syncs -= 1
            FaultyDisk.calls.append("sync failed")
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().sync()
        FaultyDisk.calls.append("sync")

    def unlink(self, path: str) -> None:
        super().unlink(path)
        FaultyDisk.calls.append(f"unlink {path}")

    def sync_folder(self, path: str) -> None:
        super().sync_folder(path)
        FaultyDisk.calls.append(f"sync folder {path}")

    def free_bytes(self) -> int:
        return FaultyDisk.free


def faultless() -> None:
    """A disk that works, and has not been asked anything."""
    FaultyDisk.calls = []
    FaultyDisk.running = threading.Event()
    FaultyDisk.running.set()
    FaultyDisk.failing_writes = FaultyDisk.failing_syncs = 0
    FaultyDisk.free = 1 << 50
