"""Read-only access to a footage index, from any process and thread, while the node writes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from beffroi.core.errors import NotFound
from beffroi.core.merkle import EMPTY_ROOT, HASH_BYTES
from beffroi.engine.contract import GapCause, StreamName
from beffroi.engine.fmp4.records import config_from_record
from beffroi.engine.index.log import FileProof, LogHead, LogProofs, head_of
from beffroi.engine.index.rows import FileRow, FileState, GapRow, Span, StreamSummary, file_path
from beffroi.engine.index.schema import FORMAT, INDEX_NAME, open_reader
from beffroi.engine.index.table import decode_table
from beffroi.engine.stream import CodecConfig
from beffroi.engine.vault.ring import KeyRing
from beffroi.engine.vault.wrapping import sealed

_FILE_COLUMNS = """id, run, start_at_us, end_at_us, start_ticks90k, bytes, frames, config_id, fragments, state,
                   leaf_hash"""
_SHOWN = "state IN ('writing', 'sealed', 'held')"
_ENDED = "state IN ('sealed', 'held')"
_MAX_AT_US = 1 << 62


class FootageReader:
    """What a footage folder holds. Spans are half-open, [from, to); condemned files are never shown."""

    def __init__(self, folder: Path, keys: KeyRing | None = None) -> None:
        """`keys` open what is encrypted; without them it can be listed and checked, not shown.

        Errors: NotFound when the folder has no index.
        """
        self.folder = folder
        self.keys = keys
        if not (folder / INDEX_NAME).is_file():
            raise NotFound(
                f"{folder} is not a footage folder: it has no {INDEX_NAME}.",
                message_fr=f"{folder} n'est pas un dossier d'images : il n'a pas de {INDEX_NAME}.",
            )
        self._of_thread = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._streams: dict[tuple[str, str], int] = {}
        self._configs: dict[int, CodecConfig] = {}

    def close(self) -> None:
        """Give the connections back."""
        for connection in self._connections:
            connection.close()
        if self.keys is not None:
            self.keys.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _connection(self) -> sqlite3.Connection:
        """This thread's own: nobody waits for another's long question."""
        connection: sqlite3.Connection | None = getattr(self._of_thread, "connection", None)
        if connection is None:
            connection = self._of_thread.connection = open_reader(self.folder / INDEX_NAME)
            self._connections.append(connection)
        return connection

    @property
    def _of_today(self) -> bool:
        """Whether files may have keys and proofs: no node has yet upgraded an index without their tables."""
        return bool(self._rows("PRAGMA user_version")[0][0] >= FORMAT)

    @property
    def _key_column(self) -> str:
        return "wrapped_key" if self._of_today else "NULL"

    def _rows(self, query: str, *arguments: Any) -> list[Any]:
        return self._connection.execute(query, arguments).fetchall()

    def streams(self) -> list[StreamSummary]:
        """Every stream ever recorded here, by camera."""
        rows = self._rows(
            f"""SELECT camera, stream, files, bytes,
                  coalesce((SELECT start_at_us FROM file WHERE stream_id = s.id AND {_SHOWN}
                            ORDER BY start_at_us LIMIT 1), 0),
                  coalesce((SELECT end_at_us FROM file WHERE stream_id = s.id AND {_SHOWN}
                            ORDER BY start_at_us DESC LIMIT 1), 0)
                FROM stream AS s ORDER BY camera, stream"""  # noqa: S608 -- constants of this module
        )
        return [
            StreamSummary(
                camera=row[0],
                stream=StreamName(row[1]),
                files=row[2],
                bytes=row[3],
                oldest_at_us=row[4],
                newest_at_us=row[5],
            )
            for row in rows
        ]

    def files(self, camera: str, stream: StreamName, from_at_us: int, to_at_us: int) -> list[FileRow]:
        """Files that overlap [from, to), in order of start."""
        return list(self.iter_files(camera, stream, from_at_us, to_at_us))

    def iter_files(self, camera: str, stream: StreamName, from_at_us: int, to_at_us: int) -> Iterator[FileRow]:
        """As `files()`, read in batches: for spans of any length."""
        stream_id = self._stream_id(camera, stream)
        if stream_id is None:
            return
        after = (self._first_start(stream_id, from_at_us), -1)
        while True:
            batch = self._rows(
                f"""SELECT {_FILE_COLUMNS}, {self._key_column} FROM file
                    WHERE stream_id = ? AND (start_at_us, id) > (?, ?) AND start_at_us < ? AND {_SHOWN}
                    ORDER BY start_at_us, id LIMIT 500""",  # noqa: S608 -- constants of this module
                stream_id,
                *after,
                to_at_us,
            )
            for row in batch:
                if row[3] > from_at_us:
                    yield _file_row(camera, stream, row)
            if len(batch) < 500:
                return
            after = (batch[-1][2], batch[-1][0])

    def file(self, file_id: int) -> FileRow | None:
        """One file by its id, condemned ones too."""
        rows = self._rows(
            f"""SELECT {_FILE_COLUMNS}, {self._key_column}, (SELECT camera FROM stream WHERE id = stream_id),
                (SELECT stream FROM stream WHERE id = stream_id) FROM file WHERE id = ?""",  # noqa: S608 -- constants of this module
            file_id,
        )
        return _file_row(rows[0][12], StreamName(rows[0][13]), rows[0]) if rows else None

    def unfinished(self) -> list[FileRow]:
        """Files being written, or that were when their node was killed."""
        ids = self._rows("SELECT id FROM file INDEXED BY file_writing WHERE state = 'writing'")
        return [row for (file_id,) in ids if (row := self.file(file_id))]

    def key_of(self, row: FileRow) -> bytes:
        """What opens a file; nothing when it is plain.

        Errors: FootageSealed.
        """
        if not row.wrapped_key:
            return b""
        if self.keys is None:
            raise sealed()
        return self.keys.file_key(row.path, row.camera, row.start_at_us, wrapped=row.wrapped_key)

    def digests(self, file_id: int) -> list[bytes]:
        """SHA-256 of each fragment's samples before encryption, in order; nothing of a plain file, zeros: unknown."""
        rows = self._rows("SELECT digests FROM proof WHERE file_id = ?", file_id) if self._of_today else []
        packed = rows[0][0] if rows else b""
        return [packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES)]

    def proof(self, file_id: int) -> FileProof | None:
        """What proves a sealed, encrypted file under the head of its disk's log; None of any other.

        Errors: LookupError when the log lacks what it needs.
        """
        return self.proofs([file_id], self.log_head().size).get(file_id)

    def proofs(self, file_ids: Iterable[int], size: int) -> dict[int, FileProof]:
        """What proves files under the head of the log's first `size` leaves; plain and unsealed files are left out.

        Errors: LookupError when a file came after that head, or the log lacks what it needs.
        """
        found: dict[int, FileProof] = {}
        log: LogProofs | None = None
        for file_id in file_ids if self._of_today else ():
            rows = self._rows(
                """SELECT p.salt, p.digests, p.leaf, f.leaf_hash FROM proof p JOIN file f ON f.id = p.file_id
                   WHERE f.id = ? AND p.leaf IS NOT NULL""",
                file_id,
            )
            for salt, digests, leaf, leaf_hash in rows:
                log = log or LogProofs(self._connection, size)
                found[file_id] = FileProof(
                    salt=salt, digests=digests, leaf=leaf, leaf_hash=leaf_hash, head=log.head(), path=log.path(leaf)
                )
        return found

    def log_head(self) -> LogHead:
        """How many leaves the log has, and its root."""
        return head_of(self._connection) if self._of_today else LogHead(size=0, root=EMPTY_ROOT)

    def last_file_id(self) -> int:
        """The greatest id ever stored here."""
        rows = self._rows("SELECT seq FROM sqlite_sequence WHERE name = 'file'")
        return int(rows[0][0]) if rows else 0

    def timeline(self, camera: str, stream: StreamName) -> list[Span]:
        """Every file, gap and destroyed span of a stream as of one moment, by start; for the check."""
        stream_id = self._stream_id(camera, stream)
        rows = self._rows(
            """SELECT start_at_us, end_at_us, CASE state WHEN 'condemned' THEN 'destroyed' ELSE 'file' END, id
               FROM file WHERE stream_id = ?1
               UNION ALL SELECT from_at_us, coalesce(to_at_us, ?2), cause, 0 FROM gap WHERE stream_id = ?1
               UNION ALL SELECT from_at_us, to_at_us, 'destroyed', 0 FROM destroyed WHERE stream_id = ?1
               ORDER BY 1, 2""",
            stream_id,
            _MAX_AT_US,
        )
        return [Span(*row) for row in rows]

    def integrity(self) -> list[str]:
        """What SQLite finds wrong with the index itself."""
        return [row[0] for row in self._rows("PRAGMA quick_check(10)") if row[0] != "ok"]

    def _first_start(self, stream_id: int, from_at_us: int) -> int:
        """Start of the last file that begins at or before `from`: one seek. A span cannot begin earlier."""
        rows = self._rows(
            "SELECT start_at_us FROM file WHERE stream_id = ? AND start_at_us <= ? ORDER BY start_at_us DESC LIMIT 1",
            stream_id,
            from_at_us,
        )
        return int(rows[0][0]) if rows else from_at_us

    def extents(self, key: tuple[str, StreamName], span: tuple[int, int], *, join_us: int) -> list[tuple[int, int]]:
        """(start, end) of the footage that overlaps [from, to), in order; files that follow within `join_us` are one.

        A month is 43,000 files: SQLite joins them, from one index, so that neither the disk nor Python meets each.
        """
        stream_id = self._stream_id(*key)
        if stream_id is None:
            return []
        from_at_us, to_at_us = span
        bounds = (stream_id, self._first_start(stream_id, from_at_us), to_at_us, from_at_us)
        within = "stream_id = ?1 AND start_at_us >= ?2 AND start_at_us < ?3 AND end_at_us > ?4"
        cuts = self._rows(
            f"""SELECT end_before_us, start_at_us FROM (
                  SELECT start_at_us, lag(end_at_us) OVER (ORDER BY start_at_us) AS end_before_us
                  FROM file WHERE {within} AND {_ENDED})
                WHERE end_before_us IS NULL OR start_at_us - end_before_us > ?5""",  # noqa: S608 -- constants of this module
            *bounds,
            join_us,
        )
        last = self._rows(
            f"SELECT end_at_us FROM file WHERE {within} AND {_ENDED} ORDER BY start_at_us DESC LIMIT 1",  # noqa: S608 -- constants of this module
            *bounds,
        )
        growing = self._rows(
            f"""SELECT start_at_us, end_at_us FROM file INDEXED BY file_writing
                WHERE {within} AND state = 'writing'""",  # noqa: S608 -- constants of this module
            *bounds,
        )
        ends = [*(end for end, _ in cuts[1:]), *(end for (end,) in last)]
        return sorted([*zip((start for _, start in cuts), ends, strict=True), *growing])

    def bounds(self, camera: str, stream: StreamName) -> tuple[int, int] | None:
        """Start of the oldest footage of a stream and end of the newest; None when there is none."""
        stream_id = self._stream_id(camera, stream)
        ends = [
            self._rows(
                f"""SELECT start_at_us, end_at_us FROM file WHERE stream_id = ? AND {_SHOWN}
                    ORDER BY start_at_us {order} LIMIT 1""",  # noqa: S608 -- constants of this module
                stream_id,
            )
            for order in ("ASC", "DESC")
        ]
        return (int(ends[0][0][0]), int(ends[1][0][1])) if ends[0] else None

    def destroyed(self, key: tuple[str, StreamName], span: tuple[int, int]) -> list[tuple[int, int]]:
        """Spans whose footage was destroyed while older footage is kept, those being destroyed too."""
        return self._rows(
            """SELECT from_at_us, to_at_us FROM destroyed WHERE stream_id = ?1 AND to_at_us > ?2 AND from_at_us < ?3
               UNION ALL SELECT start_at_us, end_at_us FROM file INDEXED BY file_condemned
               WHERE stream_id = ?1 AND end_at_us > ?2 AND start_at_us < ?3 AND state = 'condemned'""",
            self._stream_id(*key),
            *span,
        )

    def next_start(self, camera: str, stream: StreamName, at_us: int) -> int | None:
        """Start of the first file that begins at or after an instant."""
        stream_id = self._stream_id(camera, stream)
        rows = self._rows(
            f"""SELECT start_at_us FROM file WHERE stream_id = ? AND start_at_us >= ? AND {_SHOWN}
                ORDER BY start_at_us LIMIT 1""",  # noqa: S608 -- constants of this module
            stream_id,
            at_us,
        )
        return int(rows[0][0]) if rows else None

    def gaps(self, camera: str, stream: StreamName, from_at_us: int, to_at_us: int) -> list[GapRow]:
        """Gaps that overlap [from, to), in order; bounds are not clipped."""
        stream_id = self._stream_id(camera, stream)
        rows = self._rows(
            """SELECT from_at_us, to_at_us, cause FROM gap
               WHERE stream_id = ? AND from_at_us < ? AND coalesce(to_at_us, ?) > ? ORDER BY from_at_us, id""",
            stream_id,
            to_at_us,
            _MAX_AT_US,
            from_at_us,
        )
        return [
            GapRow(camera=camera, stream=stream, from_at_us=start, to_at_us=end, cause=GapCause(cause))
            for start, end, cause in rows
        ]

    def keyframes(self, camera: str, stream: StreamName, from_at_us: int, to_at_us: int) -> list[int]:
        """Instants of the key frames in [from, to)."""
        return [
            fragment.start_at_us
            for row in self.files(camera, stream, from_at_us, to_at_us)
            for fragment in row.fragments
            if fragment.is_key and from_at_us <= fragment.start_at_us < to_at_us
        ]

    def config(self, config_id: int) -> CodecConfig:
        """The codec configuration `FileRow.config_id` names.

        Errors: NotFound.
        """
        if config_id not in self._configs:
            rows = self._rows("SELECT codec, decoder_record, width_px, height_px FROM config WHERE id = ?", config_id)
            if not rows:
                raise NotFound(
                    f"no codec configuration {config_id} in this index",
                    message_fr=f"pas de configuration de codec {config_id} dans cet index",
                )
            codec, record, width_px, height_px = rows[0]
            self._configs[config_id] = config_from_record(codec, record, width_px=width_px, height_px=height_px)
        return self._configs[config_id]

    def _stream_id(self, camera: str, stream: StreamName) -> int | None:
        known = self._streams.get((camera, stream))
        if known is None:
            rows = self._rows("SELECT id FROM stream WHERE camera = ? AND stream = ?", camera, stream)
            if not rows:
                return None
            known = self._streams[camera, stream] = int(rows[0][0])
        return known


def _file_row(camera: str, stream: StreamName, row: sqlite3.Row) -> FileRow:
    return FileRow(
        id=row[0],
        camera=camera,
        stream=stream,
        run=row[1],
        path=file_path(camera, stream, start_at_us=row[2], file_id=row[0]),
        start_at_us=row[2],
        end_at_us=row[3],
        start_ticks90k=row[4],
        bytes=row[5],
        frames=row[6],
        config_id=row[7],
        fragments=decode_table(row[8], row[2]),
        state=FileState(row[9]),
        leaf_hash=row[10],
        wrapped_key=bytes.fromhex(row[11] or ""),
    )
