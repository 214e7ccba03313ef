"""The one writer of a footage index. Every public method that writes is one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from beffroi.engine.contract import GapCause, StreamName
from beffroi.engine.index.doom import DoomBook
from beffroi.engine.index.events import FileSeat, FootageEvent, GapClosed, GapOpened, Sealed, StreamKey, Written
from beffroi.engine.index.log import NO_DIGEST, LeafLog, LogHead
from beffroi.engine.index.rows import FileState, GapRow, file_path
from beffroi.engine.index.schema import INDEX_NAME, INSERT_FILE, open_writer, transaction
from beffroi.engine.index.table import FragmentTable
from beffroi.engine.stream import CodecConfig

_CONFIGS_MAX = 1000


@dataclass(slots=True)
class _Growing:
    """A file whose table grows. `stored_bytes` is what the index already counts."""

    seat: FileSeat
    table: FragmentTable
    bytes: int
    frames: int
    end_at_us: int
    stored_bytes: int
    state: FileState = FileState.WRITING
    digests: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedFile:
    """A row that start-up must look at."""

    id: int
    key: StreamKey
    path: str
    start_at_us: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEnd:
    """Where a stream stands: the end of its footage, and why none follows if it is known."""

    end_at_us: int | None
    gap_from_at_us: int | None = None
    gap_cause: GapCause | None = None


class IndexWriter:
    """Applies footage events and destructions. One thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._connection = open_writer(folder / INDEX_NAME)
        self.doom = DoomBook(self._connection)
        self._log = LeafLog(self._connection)
        self._streams: dict[StreamKey, int] = {}
        self._configs: dict[CodecConfig, int] = {}
        self._growing: dict[int, _Growing] = {}

    def close(self) -> None:
        """Checkpoint and give the connection back."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        stored = False
        try:
            with transaction(self._connection) as connection:
                yield connection
            stored = True
        finally:
            if not stored:
                # What memory knew of the transaction is not true; it is read back when needed.
                self._streams.clear()
                self._configs.clear()
                self._growing.clear()

    def apply(self, events: Sequence[FootageEvent]) -> list[GapRow]:
        """Store a batch, in order; returns the gaps that it closed. Nothing is stored when it raises.

        Errors: sqlite3.Error.
        """
        touched: dict[int, _Growing] = {}
        sealed: list[FileSeat] = []
        closed: list[GapRow] = []
        with self._transaction():
            for event in events:
                match event:
                    case Written():
                        touched[event.seat.id] = self._grow(event)
                    case Sealed():
                        self._seal(event.seat, touched)
                        sealed.append(event.seat)
                    case GapOpened():
                        self._open_gap(event)
                    case GapClosed():
                        closed += self._close_gap(event)
            for growing in touched.values():
                self._store(growing)
            for seat in sealed:
                self._log.append(seat)
        return closed

    def _grow(self, event: Written) -> _Growing:
        growing = self._growing.get(event.seat.id) or self._load(event)
        fragment = event.fragment
        growing.table.append(fragment)
        growing.bytes = fragment.offset + fragment.size
        growing.frames += fragment.frames
        growing.end_at_us = event.end_at_us
        if event.seat.wrapped_key:
            growing.digests += event.digest or NO_DIGEST
        return growing

    def _load(self, event: Written) -> _Growing:
        """The file's state: as stored, or new."""
        seat = event.seat
        table = FragmentTable(event.fragment.offset, seat.start_at_us)
        growing = _Growing(seat, table, 0, 0, seat.start_at_us, 0)
        row = self._connection.execute(
            "SELECT bytes, frames, end_at_us, fragments FROM file WHERE id = ?", (seat.id,)
        ).fetchone()
        if row:
            growing.bytes = growing.stored_bytes = row[0]
            growing.frames, growing.end_at_us = row[1], row[2]
            growing.table = FragmentTable.resumed(row[3], seat.start_at_us)
            growing.digests = self._log.digests(seat.id)
        self._growing[seat.id] = growing
        return growing

    def _seal(self, seat: FileSeat, touched: dict[int, _Growing]) -> None:
        growing = touched.get(seat.id)
        if growing:
            growing.state = FileState.SEALED
        else:
            self._connection.execute("UPDATE file SET state = 'sealed' WHERE id = ? AND state = 'writing'", (seat.id,))
        self._growing.pop(seat.id, None)

    def _store(self, growing: _Growing) -> None:
        seat = growing.seat
        if growing.stored_bytes == 0:
            self._insert(growing)
        else:
            self._connection.execute(
                "UPDATE file SET end_at_us = ?, bytes = ?, frames = ?, fragments = ?, state = ? WHERE id = ?",
                (
                    growing.end_at_us,
                    growing.bytes,
                    growing.frames,
                    bytes(growing.table.blob),
                    growing.state.value,
                    seat.id,
                ),
            )
        if growing.digests:
            self._log.keep(seat.id, bytes(growing.digests))
        self._connection.execute(
            "UPDATE stream SET files = files + ?, bytes = bytes + ? WHERE id = ?",
            (growing.stored_bytes == 0, growing.bytes - growing.stored_bytes, self.stream_id(seat.key)),
        )
        growing.stored_bytes = growing.bytes

    def _insert(self, growing: _Growing) -> None:
        seat = growing.seat
        self._connection.execute(
            INSERT_FILE,
            (
                seat.id,
                self.stream_id(seat.key),
                seat.run,
                seat.start_at_us,
                growing.end_at_us,
                seat.start_ticks90k,
                growing.bytes,
                growing.frames,
                self._config_id(seat.config),
                bytes(growing.table.blob),
                growing.state.value,
                None,
                seat.wrapped_key.hex() or None,
            ),
        )

    def _open_gap(self, event: GapOpened) -> None:
        """No second open gap: one that a failed sync left open stands for what followed."""
        self._connection.execute(
            "INSERT OR IGNORE INTO gap (stream_id, from_at_us, to_at_us, cause) VALUES (?, ?, NULL, ?)",
            (self.stream_id(event.key), event.from_at_us, event.cause.value),
        )

    def _close_gap(self, event: GapClosed) -> Iterable[GapRow]:
        """A gap that turns out to be empty is forgotten, unless it marks a jump of the clock."""
        row = self._connection.execute(
            "SELECT id, from_at_us, cause FROM gap WHERE stream_id = ? AND to_at_us IS NULL",
            (self.stream_id(event.key),),
        ).fetchone()
        if row is None:
            return ()
        gap_id, from_at_us, cause = row
        if from_at_us >= event.to_at_us and cause != GapCause.CLOCK:
            self._connection.execute("DELETE FROM gap WHERE id = ?", (gap_id,))
            return ()
        from_at_us = min(from_at_us, event.to_at_us)
        self._connection.execute(
            "UPDATE gap SET from_at_us = ?, to_at_us = ? WHERE id = ?", (from_at_us, event.to_at_us, gap_id)
        )
        key = event.key
        return (
            GapRow(
                camera=key.camera,
                stream=key.stream,
                from_at_us=from_at_us,
                to_at_us=event.to_at_us,
                cause=GapCause(cause),
            ),
        )

    def stream_id(self, key: StreamKey) -> int:
        """Row of a stream, made when absent; inside a transaction."""
        known = self._streams.get(key)
        if known is None:
            names = (key.camera, key.stream.value)
            self._connection.execute("INSERT OR IGNORE INTO stream (camera, stream) VALUES (?, ?)", names)
            (known,) = self._connection.execute(
                "SELECT id FROM stream WHERE camera = ? AND stream = ?", names
            ).fetchone()
            self._streams[key] = known
        return int(known)

    def _config_id(self, config: CodecConfig) -> int:
        known = self._configs.get(config)
        if known is None:
            row = (config.codec, config.width_px, config.height_px, config.decoder_record)
            self._connection.execute(
                "INSERT OR IGNORE INTO config (codec, width_px, height_px, decoder_record) VALUES (?, ?, ?, ?)", row
            )
            (known,) = self._connection.execute(
                "SELECT id FROM config WHERE codec = ? AND width_px = ? AND height_px = ? AND decoder_record = ?", row
            ).fetchone()
            if len(self._configs) >= _CONFIGS_MAX:
                self._configs.clear()  # a camera that makes up parameters takes no memory
            self._configs[config] = known
        return int(known)

    def log_head(self) -> LogHead:
        """How many leaves the disk's log has, and its root."""
        return self._log.head()

    def last_file_id(self) -> int:
        """The greatest id ever used here, also by files destroyed since."""
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'file'").fetchone()
        return int(row[0]) if row else 0

    def stream_ends(self) -> dict[StreamKey, StreamEnd]:
        """Where every stream stands."""
        rows = self._connection.execute(
            """SELECT s.camera, s.stream,
                 (SELECT end_at_us FROM file WHERE stream_id = s.id ORDER BY start_at_us DESC LIMIT 1),
                 g.from_at_us, g.cause
               FROM stream s LEFT JOIN gap g ON g.stream_id = s.id AND g.to_at_us IS NULL"""
        ).fetchall()
        return {
            StreamKey(camera, StreamName(stream)): StreamEnd(
                end_at_us=end_at_us, gap_from_at_us=gap_from, gap_cause=GapCause(cause) if cause else None
            )
            for camera, stream, end_at_us, gap_from, cause in rows
        }

    def unfinished(self) -> list[UnfinishedFile]:
        """Files left `writing` by a node that stopped."""
        rows = self._connection.execute(
            """SELECT f.id, s.camera, s.stream, f.start_at_us, f.bytes
               FROM file f JOIN stream s ON s.id = f.stream_id WHERE f.state = 'writing' ORDER BY f.id"""
        ).fetchall()
        return [
            UnfinishedFile(
                id=file_id,
                key=StreamKey(camera, StreamName(stream)),
                path=file_path(camera, stream, start_at_us=start_at_us, file_id=file_id),
                start_at_us=start_at_us,
                bytes=size,
            )
            for file_id, camera, stream, start_at_us, size in rows
        ]

    def lose(self, file: UnfinishedFile, *, kept_end_at_us: int) -> None:
        """Acknowledged footage of `file` cannot be read: forget its row and mark what was lost as a gap.

        What can still be read is adopted anew by the caller; it ends at `kept_end_at_us`.
        """
        with self._transaction() as connection:
            stream_id = self.stream_id(file.key)
            (end_at_us,) = connection.execute("SELECT end_at_us FROM file WHERE id = ?", (file.id,)).fetchone()
            connection.execute("DELETE FROM file WHERE id = ?", (file.id,))
            connection.execute(
                "UPDATE stream SET files = files - 1, bytes = bytes - ? WHERE id = ?", (file.bytes, stream_id)
            )
            if kept_end_at_us < end_at_us:
                connection.execute(
                    "INSERT INTO gap (stream_id, from_at_us, to_at_us, cause) VALUES (?, ?, ?, ?)",
                    (stream_id, kept_end_at_us, end_at_us, GapCause.CORRUPT.value),
                )
