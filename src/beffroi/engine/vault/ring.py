"""What opens recorded footage, for whoever reads it. Read-only, from any process and thread."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import OrderedDict
from pathlib import Path

from beffroi.core.errors import NotFound
from beffroi.engine.fmp4.reader import InitSegment
from beffroi.engine.index.rows import file_path
from beffroi.engine.vault.store import VAULT_NAME
from beffroi.engine.vault.wrapping import hour_of, sealed, thumbnails_key, unwrap

_MOST_KEYS = 2_000
_BUSY_S = 5.0


class KeyRing:
    """Keys of files and hours out of a vault, a bounded number of them remembered until the vault changes."""

    def __init__(self, folder: Path, root: bytes) -> None:
        """`folder` is the node's, or that of a mirror.

        Errors: NotFound when it has no vault.
        """
        self._path = folder / VAULT_NAME
        if not self._path.is_file():
            raise NotFound(f"{folder} has no {VAULT_NAME}.", message_fr=f"{folder} n'a pas de {VAULT_NAME}.")
        self._root = root
        self._lock = threading.Lock()
        self._keys: OrderedDict[str, bytes] = OrderedDict()
        self._connection: sqlite3.Connection | None = None
        self._version = -1

    def close(self) -> None:
        """Forget the keys."""
        with self._lock:
            self._keys.clear()
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def file_key(self, path: str, camera: str, start_at_us: int, *, wrapped: bytes) -> bytes:
        """The key of the file at `path`, whose first frame is at `start_at_us`.

        Errors: FootageSealed when it is gone.
        """
        with self._lock:
            return self._held(path) or unwrap(wrapped, under=self._hour(camera, start_at_us))

    def key_in(self, init: InitSegment) -> bytes:
        """The key of the file that begins so; nothing when it is plain.

        Errors: FootageSealed when it is gone.
        """
        one = init.identity
        if one is None or not one.key:
            return b""
        path = file_path(one.camera, one.stream, start_at_us=one.start_at_us, file_id=one.file)
        return self.file_key(path, one.camera, one.start_at_us, wrapped=init.wrapped_key)

    def thumbnails_key(self, camera: str, at_us: int) -> bytes:
        """The key of the thumbnails of an instant's hour.

        Errors: FootageSealed when there is none, or none any more.
        """
        with self._lock:
            self._forget_when_changed()
            return thumbnails_key(self._hour(camera, at_us))

    def _held(self, path: str) -> bytes:
        self._forget_when_changed()
        if path not in self._keys:
            wrapped = self._row("SELECT key FROM held WHERE name = ?", path)
            if not wrapped:
                return b""
            self._keys[path] = unwrap(wrapped, under=self._root)
        return self._remembered(path)

    def _hour(self, camera: str, at_us: int) -> bytes:
        name = f"{camera} {hour_of(at_us)}"
        if name not in self._keys:
            wrapped = self._row("SELECT key FROM hour WHERE camera = ? AND hour_us = ?", camera, hour_of(at_us))
            if not wrapped:
                raise sealed()
            self._keys[name] = unwrap(wrapped, under=self._root)
        return self._remembered(name)

    def _remembered(self, name: str) -> bytes:
        self._keys.move_to_end(name)
        while len(self._keys) > _MOST_KEYS:
            self._keys.popitem(last=False)
        return self._keys[name]

    def _forget_when_changed(self) -> None:
        if self._connection is None:
            at_rest = not Path(f"{self._path}-wal").exists()
            immutable = "&immutable=1" if at_rest and not os.access(self._path.parent, os.W_OK) else ""
            uri = f"{self._path.resolve().as_uri()}?mode=ro{immutable}"
            self._connection = sqlite3.connect(
                uri, uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._keys.clear()
            self._version = version

    def _row(self, query: str, *arguments: object) -> bytes:
        assert self._connection is not None
        rows = self._connection.execute(query, arguments).fetchall()  # all: an open question would hold the log
        return bytes(rows[0][0]) if rows else b""
