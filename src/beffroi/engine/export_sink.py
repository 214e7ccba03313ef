"""Where an export is written: hashed, written and sent to the disk on a second core while the rest is being read."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

_BUFFERS = 4
"""One being filled, the others waiting to be written."""
_WRITE_BACK_BYTES = 16 << 20
_WRITTEN_S = 60.0
Chunk = bytes | bytearray | memoryview


class ExportSink:
    """A new file and its SHA-256.

    Contract: `buffer()` lends memory that `write()` takes back; it is lent again once written, so that a long
    export touches a few megabytes of memory, not fresh pages for each chunk. An error of the disk comes out of one
    of the calls that follow, at the latest of `finish()`.
    """

    def __init__(self, path: Path) -> None:
        """Errors: OSError, FileExistsError among them."""
        self._file = path.open("xb", buffering=0)
        self._digest = hashlib.sha256()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="export-writer")
        self._free = deque(bytearray() for _ in range(_BUFFERS))
        self._lent: bytearray | None = None
        self._waiting: deque[tuple[bytearray | None, Future[None]]] = deque()
        self._dirty_bytes = 0
        self.bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.shutdown(cancel_futures=True)
        self._file.close()

    def buffer(self, size: int) -> memoryview:
        """Memory for the next chunk; to be filled and given to `write()`."""
        while not self._free:
            self._settle()
        lent = self._free.popleft()
        self._lent = lent if len(lent) >= size else bytearray(size)
        return memoryview(self._lent)[:size]

    def write(self, chunk: Chunk) -> None:
        """Append a chunk: memory that `buffer()` lent last, or bytes that nobody changes."""
        lent = self._lent if isinstance(chunk, memoryview) else None
        self._waiting.append((lent, self._writer.submit(self._take, chunk)))
        self.bytes += len(chunk)

    def finish(self) -> str:
        """Wait until all is on disk; returns the digest in hexadecimal."""
        while self._waiting:
            self._settle()
        os.fsync(self._file.fileno())
        return self._digest.hexdigest()

    def _settle(self) -> None:
        """Wait for the oldest chunk; its memory is free again."""
        lent, written = self._waiting.popleft()
        written.result(_WRITTEN_S)
        if lent is not None:
            self._free.append(lent)

    def _take(self, chunk: Chunk) -> None:
        view = memoryview(chunk)
        while view:
            view = view[self._file.write(view) :]
        self._digest.update(chunk)
        self._dirty_bytes += len(chunk)
        if self._dirty_bytes >= _WRITE_BACK_BYTES:
            self._write_back()

    def _write_back(self) -> None:
        """Begin writing what is dirty, without waiting: the final sync then finds little left to do."""
        start = self._file.tell() - self._dirty_bytes
        os.posix_fadvise(self._file.fileno(), start, self._dirty_bytes, os.POSIX_FADV_DONTNEED)
        self._dirty_bytes = 0
