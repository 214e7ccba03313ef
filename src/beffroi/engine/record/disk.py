"""What the store asks of a disk: the calls whose order matters, in one place so that a test can watch them."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Sequence
from pathlib import Path

_IOV_MAX = 1024  # Source: Linux, UIO_MAXIOV
_libc = ctypes.CDLL(None, use_errno=True)

FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
TICK_SSD_S = 2.0
TICK_ROTATIONAL_S = 10.0


class Disk:
    """The disk under a footage folder. Every method may block; all are called from the store's own threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def close(self) -> None:
        os.close(self._fd)

    def create(self, path: str) -> int:
        """A new file, its folders made when absent; returns a descriptor.

        Errors: OSError; FileExistsError rather than ever writing over footage.
        """
        whole = self.folder / path
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            return os.open(whole, flags, 0o640)
        except FileNotFoundError:
            whole.parent.mkdir(parents=True, exist_ok=True)
            return os.open(whole, flags, 0o640)

    def write(self, fd: int, pieces: Sequence[bytes | bytearray]) -> None:
        """Append the pieces: one `writev` unless there are more than the kernel takes at once."""
        for start in range(0, len(pieces), _IOV_MAX):
            batch = pieces[start : start + _IOV_MAX]
            written = os.writev(fd, batch)
            if written != sum(map(len, batch)):
                _write_rest(fd, b"".join(batch)[written:])

    def truncate(self, fd: int, size: int) -> None:
        """Cut a file back to its last whole fragment."""
        os.ftruncate(fd, size)
        os.lseek(fd, size, os.SEEK_SET)

    def cut(self, path: str, size: int) -> None:
        """Cut a closed file back."""
        os.truncate(self.folder / path, size)

    def sync(self) -> None:
        """Everything written so far survives a power cut, names included.

        Errors: OSError when the kernel reports that any of it did not reach the disk.
        """
        if _libc.syncfs(self._fd) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def unlink(self, path: str) -> None:
        """Remove a file's name; no error when it is gone already."""
        (self.folder / path).unlink(missing_ok=True)

    def sync_folder(self, path: str) -> None:
        """Make removals in a folder durable."""
        try:
            fd = os.open(self.folder / path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def remove_empty_folder(self, path: str) -> None:
        """Remove a day's folder once it is empty; left alone when it is not."""
        try:
            (self.folder / path).rmdir()
        except OSError:
            return

    def free_bytes(self) -> int:
        """What an unprivileged process may still write."""
        usage = os.fstatvfs(self._fd)
        return usage.f_bavail * usage.f_frsize

    def total_bytes(self) -> int:
        """Size of the file system."""
        usage = os.fstatvfs(self._fd)
        return usage.f_blocks * usage.f_frsize

    def tick_s(self) -> float:
        """The durability period this disk can bear: rotational disks pay seeks for every sync."""
        device = os.fstat(self._fd).st_dev
        base = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")
        for queue in (base / "queue/rotational", base / "../queue/rotational"):
            try:
                return TICK_ROTATIONAL_S if queue.read_text().strip() == "1" else TICK_SSD_S
            except OSError:
                continue
        return TICK_SSD_S


def _write_rest(fd: int, rest: bytes) -> None:
    while rest:
        rest = rest[os.write(fd, rest) :]
