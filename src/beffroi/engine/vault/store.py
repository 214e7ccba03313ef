"""One file of keys: the vault, or its mirror. A deleted key leaves no byte in the file nor in its log."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VAULT_NAME = "vault.sqlite3"
_BUSY_S = 5.0
_TABLES = ("hour", "held")


class Store:
    """SQLite with WAL, synchronous=FULL, secure_delete. One thread at a time."""

    def __init__(self, path: Path) -> None:
        """Opens it, made when absent, readable by its owner alone.

        Errors: sqlite3.Error, OSError.
        """
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._file = _file_of(os.fstat(fd))
        os.close(fd)
        self.path = path
        self.connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
            self.connection.execute(f"PRAGMA {pragma}")
        if self.connection.execute("PRAGMA user_version").fetchone() == (0,):
            script = Path(__file__).with_name("schema.sql").read_text("utf-8")  # importlib.resources: 0.7 MB
            self.connection.executescript(f"BEGIN; {script}; PRAGMA user_version = 1; COMMIT")

    def close(self) -> None:
        self.connection.close()

    @property
    def is_in_place(self) -> bool:
        """Its path still leads to the file that is open: not deleted, its disk not unmounted."""
        try:
            return _file_of(self.path.stat()) == self._file
        except OSError:
            return False

    @property
    def identity(self) -> tuple[str, int]:
        """Id and generation; of a new one, an empty id and 0."""
        row = self.connection.execute("SELECT id, generation FROM vault").fetchone()
        return (row[0], row[1]) if row else ("", 0)

    @contextmanager
    def changing(self, identity: tuple[str, int]) -> Iterator[sqlite3.Connection]:
        """One transaction, durable when it returns; the vault then has this id and generation."""
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("DELETE FROM vault")
            connection.execute("INSERT INTO vault (id, generation) VALUES (?, ?)", identity)
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def truncate(self) -> None:
        """Leave nothing of what was deleted in the log.

        Errors: sqlite3.OperationalError when a reader held it too long; to be tried again.
        """
        (busy, *_), *_ = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if busy:
            raise sqlite3.OperationalError(f"{self.path} is being read; its log could not be cut")

    def copy_from(self, other: Store) -> None:
        """Become what the other one is."""
        rows = {table: other.connection.execute(f"SELECT * FROM {table}").fetchall() for table in _TABLES}  # noqa: S608
        with self.changing(other.identity) as connection:
            for table, found in rows.items():
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 -- names of this module
                if found:
                    marks = ", ".join("?" * len(found[0]))
                    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", found)  # noqa: S608
        self.truncate()


def _file_of(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
