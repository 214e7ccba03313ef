"""Destruction in the index: what is held, condemned, forgotten. Procedure 4 of `design/footage.md`."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from beffroi.engine.contract import Hold, StreamName
from beffroi.engine.index.events import StreamKey
from beffroi.engine.index.log import forget_leaves
from beffroi.engine.index.rows import Key, file_path
from beffroi.engine.index.schema import transaction

_LONGEST_FILE_US = 3_600_000_000
"""Far more than any file covers: bounds the search for files that begin before a hold."""
_HOUR_US = 3_600_000_000
_COLUMNS = """f.id, s.camera, s.stream, f.start_at_us, f.end_at_us, f.bytes, f.doom,
    coalesce(f.wrapped_key, ''), (SELECT leaf FROM proof WHERE file_id = f.id)"""
_FROM = "FROM file f JOIN stream s ON s.id = f.stream_id"


class Doom(StrEnum):
    """Why a file is destroyed."""

    RETENTION = "retention"
    PRESSURE = "pressure"
    CAP = "cap"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """A file to destroy, or one that could be."""

    id: int
    key: StreamKey
    path: str
    start_at_us: int
    end_at_us: int
    bytes: int
    doom: Doom | None
    wrapped_key: Key = b""
    """Nothing when it is plain."""
    leaf: int | None = None
    """Its number in the log."""


def _doomed(row: tuple[int, str, str, int, int, int, str | None, str, int | None]) -> Doomed:
    file_id, camera, stream, start_at_us, end_at_us, size, doom, key, leaf = row
    return Doomed(
        id=file_id,
        key=StreamKey(camera, StreamName(stream)),
        path=file_path(camera, stream, start_at_us=start_at_us, file_id=file_id),
        start_at_us=start_at_us,
        end_at_us=end_at_us,
        bytes=size,
        doom=Doom(doom) if doom else None,
        wrapped_key=bytes.fromhex(key),
        leaf=leaf,
    )


class DoomBook:
    """The destructions of an index; shares the writer's connection and thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def policies(self) -> dict[str, str]:
        """The last policy stored for each camera, JSON."""
        return dict(self._connection.execute("SELECT camera, policy FROM policy").fetchall())

    def store_policy(self, camera: str, policy: str) -> None:
        """Keep a camera's policy over restarts."""
        with transaction(self._connection) as connection:
            connection.execute("INSERT OR REPLACE INTO policy (camera, policy) VALUES (?, ?)", (camera, policy))

    def hold(self, camera: str, holds: Iterable[Hold]) -> None:
        """Keep the sealed files these spans touch, and only these: others of the camera are sealed again."""
        spans = tuple(holds)
        with transaction(self._connection) as connection:
            for hold in spans:
                connection.execute(
                    """UPDATE file SET state = 'held' WHERE stream_id IN (SELECT id FROM stream WHERE camera = ?)
                       AND start_at_us > ? AND start_at_us < ? AND end_at_us > ? AND state = 'sealed'""",
                    (camera, hold.from_at_us - _LONGEST_FILE_US, hold.to_at_us, hold.from_at_us),
                )
            outside = " AND ".join(["NOT (start_at_us < ? AND end_at_us > ?)"] * len(spans)) or "1"
            bounds = [bound for hold in spans for bound in (hold.to_at_us, hold.from_at_us)]
            connection.execute(
                f"""UPDATE file SET state = 'sealed' WHERE stream_id IN (SELECT id FROM stream WHERE camera = ?)
                    AND state = 'held' AND {outside}""",  # noqa: S608 -- only question marks
                (camera, *bounds),
            )

    def expired(self, camera: str, before_us: int, *, limit: int) -> list[Doomed]:
        """Sealed files of a camera that start before an instant; at most `limit` a stream, oldest first."""
        return [file for stream_id in self._stream_ids(camera) for file in self._oldest(stream_id, before_us, limit)]

    def tested(self, camera: str, span: tuple[int, int], *, limit: int) -> list[Doomed]:
        """Closed files of a camera, held ones too, that start in [from, before); at most `limit`, oldest first."""
        rows = self._connection.execute(
            f"""SELECT {_COLUMNS} {_FROM} WHERE s.camera = ? AND f.start_at_us >= ? AND f.start_at_us < ?
                AND f.state IN ('sealed', 'held') ORDER BY f.start_at_us LIMIT ?""",
            (camera, *span, limit),
        ).fetchall()
        return [_doomed(row) for row in rows]

    def _oldest(self, stream_id: int, before_us: int, limit: int) -> list[Doomed]:
        rows = self._connection.execute(
            f"""SELECT {_COLUMNS} {_FROM} WHERE f.stream_id = ? AND f.start_at_us < ? AND f.state = 'sealed'
                ORDER BY f.start_at_us LIMIT ?""",
            (stream_id, before_us, limit),
        ).fetchall()
        return [_doomed(row) for row in rows]

    def _stream_ids(self, camera: str) -> list[int]:
        rows = self._connection.execute("SELECT id FROM stream WHERE camera = ?", (camera,))
        return [stream_id for (stream_id,) in rows]

    def condemn(self, files: Sequence[Doomed], doom: Doom) -> None:
        """From here on these files are never shown again, and a restart goes on destroying them."""
        with transaction(self._connection) as connection:
            connection.executemany(
                "UPDATE file SET state = 'condemned', doom = ? WHERE id = ? AND state IN ('sealed', 'held')",
                [(doom.value, file.id) for file in files],
            )

    def condemn_hours(self, hours: Iterable[tuple[str, int]]) -> None:
        """Condemn the encrypted files of these camera-hours that no hold keeps: all of them, in one transaction."""
        with transaction(self._connection) as connection:
            connection.executemany(
                """UPDATE file SET state = 'condemned', doom = ?
                   WHERE stream_id IN (SELECT id FROM stream WHERE camera = ?) AND start_at_us >= ?
                   AND start_at_us < ? AND wrapped_key IS NOT NULL AND state = 'sealed'""",
                [(Doom.RETENTION.value, camera, hour_us, hour_us + _HOUR_US) for camera, hour_us in hours],
            )

    def is_writing(self, camera: str, span: tuple[int, int]) -> bool:
        """Whether a file of a camera that starts in [from, before) is not sealed yet."""
        row = self._connection.execute(
            f"""SELECT 1 {_FROM} WHERE f.state = 'writing' AND s.camera = ? AND f.start_at_us >= ?
                AND f.start_at_us < ? LIMIT 1""",
            (camera, *span),
        ).fetchone()
        return row is not None

    def held(self) -> list[Doomed]:
        """Files that a hold keeps, of every camera."""
        rows = self._connection.execute(f"SELECT {_COLUMNS} {_FROM} WHERE f.state = 'held'").fetchall()
        return [_doomed(row) for row in rows]

    def sealed_at(self, paths: Collection[str]) -> list[Doomed]:
        """Of the files at these paths, those that are sealed."""
        ids = [int(path[:-4].rpartition("-")[2], 16) for path in paths if path.startswith("footage/")]
        found = [
            row
            for file_id in ids
            for row in self._connection.execute(
                f"SELECT {_COLUMNS} {_FROM} WHERE f.id = ? AND f.state = 'sealed'", (file_id,)
            )
        ]
        return [file for file in map(_doomed, found) if file.path in paths]

    def condemned(self, *, limit: int) -> list[Doomed]:
        """The first files whose destruction has begun, folder after folder: removals are made durable by folder."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} {_FROM} WHERE f.state = 'condemned' ORDER BY f.id LIMIT ?", (limit,)
        ).fetchall()
        return sorted((_doomed(row) for row in rows), key=lambda file: file.path)

    def forget(self, files: Sequence[Doomed]) -> None:
        """Remove the rows of files that are gone; their spans are remembered as destroyed."""
        with transaction(self._connection) as connection:
            for file in files:
                (stream_id,) = connection.execute("SELECT stream_id FROM file WHERE id = ?", (file.id,)).fetchone()
                connection.execute("DELETE FROM file WHERE id = ?", (file.id,))
                connection.execute(
                    "UPDATE stream SET files = files - 1, bytes = bytes - ? WHERE id = ?", (file.bytes, stream_id)
                )
                self._remember(stream_id, file.start_at_us, file.end_at_us)
            forget_leaves(connection, [file.leaf for file in files if file.leaf is not None])

    def _remember(self, stream_id: int, from_at_us: int, to_at_us: int) -> None:
        """Adjacent destroyed spans are one."""
        grown = self._connection.execute(
            """UPDATE destroyed SET to_at_us = ? WHERE stream_id = ? AND to_at_us BETWEEN ? AND ?""",
            (to_at_us, stream_id, from_at_us - 1_000_000, to_at_us),
        )
        if grown.rowcount == 0:
            self._connection.execute(
                "INSERT INTO destroyed (stream_id, from_at_us, to_at_us) VALUES (?, ?, ?)",
                (stream_id, from_at_us, to_at_us),
            )

    def forget_past(self, camera: str, before_us: int) -> None:
        """Gaps and destroyed spans that ended before the retention and before any footage say nothing any more."""
        with transaction(self._connection) as connection:
            for stream_id in self._stream_ids(camera):
                (oldest_at_us,) = connection.execute(
                    "SELECT coalesce(min(start_at_us), ?) FROM file WHERE stream_id = ?", (before_us, stream_id)
                ).fetchone()
                past = (stream_id, min(before_us, oldest_at_us))
                connection.execute("DELETE FROM gap WHERE stream_id = ? AND to_at_us <= ?", past)
                connection.execute("DELETE FROM destroyed WHERE stream_id = ? AND to_at_us <= ?", past)

    def total_bytes(self) -> int:
        """All footage of the index."""
        return int(self._connection.execute("SELECT coalesce(sum(bytes), 0) FROM stream").fetchone()[0])

    def oldest_at_us(self) -> int:
        """Start of the oldest footage that may go; 0 when there is none."""
        row = self._connection.execute(
            "SELECT start_at_us FROM file WHERE state = 'sealed' ORDER BY start_at_us LIMIT 1"
        ).fetchone()
        return int(row[0]) if row else 0
