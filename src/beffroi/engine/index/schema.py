"""Creates and opens the index.

A synthetic index (benches): `open_writer(path)`, rows in `stream` and `config`, then `INSERT_FILE` through
`executemany` with tuples in the order of its columns (`index.table.encode_table` makes the blob; one blob may
serve many rows, starts in it are relative), inside one transaction; `refresh_totals()` at the end.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INDEX_NAME = "index.sqlite3"
FORMAT = 3
_BUSY_S = 5.0
_FROM = {
    1: "CREATE INDEX file_extent ON file (stream_id, start_at_us, end_at_us, state) WHERE state IN ('sealed', 'held');",
    2: "ALTER TABLE file RENAME COLUMN key_id TO wrapped_key;",
}

INSERT_FILE = """
    INSERT INTO file (id, stream_id, run, start_at_us, end_at_us, start_ticks90k, bytes, frames, config_id, fragments,
                      state, leaf_hash, wrapped_key)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def open_writer(path: Path) -> sqlite3.Connection:
    """The one writing connection: WAL, synchronous=FULL, transactions begun by hand. Creates or upgrades the tables."""
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found < FORMAT:
        whole = Path(__file__).with_name("schema.sql").read_text("utf-8")  # importlib.resources: 0.7 MB
        script = _upgrade(found, whole) if found else whole
        connection.executescript(f"BEGIN; {script}; PRAGMA user_version = {FORMAT}; COMMIT")
    return connection


def _upgrade(found: int, whole: str) -> str:
    """From an older format; tables that are new come as they stand in the whole schema. Files keep their rows."""
    added = whole[whole.index("CREATE TABLE proof") : whole.index("-- Spans without footage")]
    return " ".join([*(_FROM[number] for number in range(found, FORMAT)), added])


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing, and durable when it returns."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def open_reader(path: Path) -> sqlite3.Connection:
    """A read-only connection, safe beside the writer; of a read-only disk at rest too."""
    at_rest = not Path(f"{path}-wal").exists()
    immutable = "&immutable=1" if at_rest and not os.access(path.parent, os.W_OK) else ""
    uri = f"{path.resolve().as_uri()}?mode=ro{immutable}"
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)


def refresh_totals(connection: sqlite3.Connection) -> None:
    """Recompute `stream.files` and `stream.bytes` from the files."""
    connection.execute(
        """UPDATE stream SET (files, bytes) =
           (SELECT count(*), coalesce(sum(bytes), 0) FROM file WHERE stream_id = stream.id)"""
    )
