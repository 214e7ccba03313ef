"""Where an export is written: hashed on a second core and sent to the disk while the rest is still being read."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

_BUFFERS = 4
"""One being filled, the others waiting to be hashed."""
_WRITE_BACK_BYTES = 16 << 20
_HASHED_S = 60.0


class ExportSink:
    """A new file and its SHA-256.

    Contract: `buffer()` lends memory that `write()` takes back; it is lent again once hashed, so that a long
    export touches a few megabytes of memory, not fresh pages for each chunk.
    """

    def __init__(self, path: Path) -> None:
        """Errors: OSError, FileExistsError among them."""
        self._file = path.open("xb", buffering=0)
        self._digest = hashlib.sha256()
        self._hasher = ThreadPoolExecutor(1, thread_name_prefix="export-digest")
        self._buffers: deque[tuple[bytearray, Future[None] | None]] = deque(
            (bytearray(), None) for _ in range(_BUFFERS)
        )
        self._started_bytes = 0
        self.bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._hasher.shutdown()
        self._file.close()

    def buffer(self, size: int) -> memoryview:
        """Memory for the next chunk; to be filled and given to `write()`."""
        buffer, hashed = self._buffers.popleft()
        if hashed is not None:
            hashed.result(_HASHED_S)
        if len(buffer) < size:
            buffer = bytearray(size)
        self._buffers.append((buffer, None))
        return memoryview(buffer)[:size]

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append a chunk: memory that `buffer()` lent last, or bytes that nobody changes."""
        hashed = self._hasher.submit(self._digest.update, chunk)
        if isinstance(chunk, memoryview):
            buffer, _ = self._buffers.pop()
            self._buffers.append((buffer, hashed))
        view = memoryview(chunk)
        while view:
            view = view[self._file.write(view) :]
        self.bytes += len(chunk)
        if self.bytes - self._started_bytes >= _WRITE_BACK_BYTES:
            self._write_back()

    def _write_back(self) -> None:
        """Begin writing what is dirty, without waiting: the final sync then finds little left to do."""
        size = self.bytes - self._started_bytes
        os.posix_fadvise(self._file.fileno(), self._started_bytes, size, os.POSIX_FADV_DONTNEED)
        self._started_bytes = self.bytes

    def finish(self) -> str:
        """Wait until all is on disk; returns the digest in hexadecimal."""
        os.fsync(self._file.fileno())
        self._hasher.shutdown()
        return self._digest.hexdigest()
