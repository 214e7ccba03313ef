"""The fsck of a footage folder: tests the invariants of `design/footage.md`, changes nothing.

Works beside a running node: whatever looks wrong is looked up again before it is a finding, since a file may
have grown, been sealed or been destroyed meanwhile.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from beffroi.engine.contract import GapCause, StreamName
from beffroi.engine.fmp4.cenc import digest_of
from beffroi.engine.fmp4.reader import MalformedFile, fragments, read_init
from beffroi.engine.index.log import NO_DIGEST
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.rows import FileRow, FileState, Span, StreamSummary
from beffroi.engine.index.table import Fragment, MalformedTable
from beffroi.engine.record.folder import in_use, read_marker
from beffroi.engine.record.recovery import Unindexed, as_fragment, id_of, unindexed
from beffroi.engine.record.track import SEAM_US
from beffroi.engine.vault.ring import KeyRing
from beffroi.engine.vault.wrapping import FootageSealed

_END = 1 << 62
_LEVELS = ("footage/*", "footage/*/*", "footage/*/*/*")
"""Of folders only: cameras, streams, days."""
_LATE_US = 300_000_000
"""Far longer than any stall the pool absorbs."""


class Invariant(StrEnum):
    """What a finding breaks; numbered as in `design/footage.md`."""

    ROW_HAS_FILE = "I1-row-has-file"
    TABLE_MATCHES = "I2-table-matches-boxes"
    FILE_HAS_ROW = "I3-file-has-row"
    TIME_IS_COVERED = "I4-time-is-covered"
    PICTURES_ARE_UNCHANGED = "I8-pictures-are-unchanged"
    INDEX_IS_SOUND = "I5-index-is-sound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it must be."""

    invariant: Invariant
    where: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What was looked at and what was found; `unindexed` is what the next start adopts, no fault."""

    folder: str
    in_use: bool
    files: int
    bytes: int
    fragments: int
    unindexed_files: int
    unindexed_us: int
    findings: tuple[Finding, ...]


Progress = Callable[[int, int], None]


def check(
    folder: Path, *, now_us: int, keys: KeyRing | None = None, progress: Progress = lambda done, total: None
) -> CheckReport:
    """Check every file, every fragment and every second of a folder; with its keys, every picture too.

    Errors: InvalidInput when the folder is not ours, NotFound when it has no index.
    """
    read_marker(folder)
    with FootageReader(folder, keys) as reader:
        return _Check(folder, reader, now_us=now_us, progress=progress).report()


class _Check:
    def __init__(self, folder: Path, reader: FootageReader, *, now_us: int, progress: Progress) -> None:
        self._folder = folder
        self._reader = reader
        self._now_us = now_us
        self._progress = progress
        self._last_id = 0
        self._in_use = in_use(folder)
        self._unindexed: list[Unindexed] = []
        self._files = self._bytes = self._fragments = 0

    def report(self) -> CheckReport:
        findings = list(self._findings())
        return CheckReport(
            folder=str(self._folder),
            in_use=self._in_use,
            files=self._files,
            bytes=self._bytes,
            fragments=self._fragments,
            unindexed_files=len(self._unindexed),
            unindexed_us=sum(one.to_at_us - one.from_at_us for one in self._unindexed),
            findings=tuple(findings),
        )

    def _findings(self) -> Iterator[Finding]:
        try:
            self._last_id = self._reader.last_file_id()
            self._unindexed = unindexed(self._reader)
            yield from self._index()
            summaries = self._reader.streams()
            total = sum(summary.files for summary in summaries)
            for summary in summaries:
                yield from self._stream(summary, total)
            known = {(summary.camera, summary.stream.value) for summary in summaries}
            for folder in sorted(self._folder.glob("footage/*/*")):
                if (folder.parent.name, folder.name) not in known:
                    yield from self._names(folder, set())
            for path in sorted(path for level in _LEVELS for path in self._folder.glob(level) if path.is_file()):
                where = str(path.relative_to(self._folder))
                yield Finding(invariant=Invariant.FILE_HAS_ROW, where=where, what="not a name of ours")
        except (sqlite3.DatabaseError, MalformedTable) as error:
            yield Finding(invariant=Invariant.INDEX_IS_SOUND, where="index.sqlite3", what=str(error))

    def _index(self) -> Iterator[Finding]:
        for what in self._reader.integrity():
            yield Finding(invariant=Invariant.INDEX_IS_SOUND, where="index.sqlite3", what=what)

    def _stream(self, summary: StreamSummary, total: int) -> Iterator[Finding]:
        """Files one by one, and the time between them."""
        paths: set[str] = set()
        for row in self._reader.iter_files(summary.camera, summary.stream, 0, _END):
            self._files += 1
            self._bytes += row.bytes
            self._fragments += len(row.fragments)
            yield from self._file(row)
            paths.add(row.path)
            self._progress(self._files, total)
        yield from self._names(self._folder / "footage" / summary.camera / summary.stream.value, paths)
        yield from self._coverage(summary.camera, summary.stream)

    def _file(self, row: FileRow) -> Iterator[Finding]:
        problem = self._problem(row)
        if problem is None:
            return
        again = self._reader.file(row.id)
        if again is None or again.state is FileState.CONDEMNED:
            return
        problem = self._problem(again)
        if problem is not None:
            yield Finding(invariant=problem[0], where=row.path, what=problem[1])

    def _problem(self, row: FileRow) -> tuple[Invariant, str] | None:
        return _problem(self._folder, row) or (_changed(self._reader, row) if self._reader.keys else None)

    def _coverage(self, camera: str, stream: StreamName) -> Iterator[Finding]:
        """From the first footage to the last, every instant is in one file, one gap or one destroyed span."""
        where = f"{camera}/{stream.value}"
        spans = self._reader.timeline(camera, stream)
        repeated_until = _repeated_until(spans)
        until = spans[0].from_at_us if spans else _END
        for span in spans:
            if span.from_at_us > until + SEAM_US:
                yield _uncovered(where, f"{span.from_at_us - until} µs after {until} are in no file and no gap")
            early = until - span.from_at_us
            if early > SEAM_US and span.from_at_us > repeated_until and span.what != "destroyed":
                yield _uncovered(where, f"{span.what} at {span.from_at_us} begins {early} µs too early")
            until = max(until, span.to_at_us)
        if self._in_use and self._now_us - until > _LATE_US:
            yield _uncovered(where, f"a node holds the folder, but nothing says why footage stops at {until}")

    def _names(self, stream_folder: Path, known: set[str]) -> Iterator[Finding]:
        """Names on the disk that no row knows. Ids above the index's last are of the last ticks: a node that
        writes will store them, one that was killed will adopt them at its start."""
        for path in sorted(stream_folder.glob("*/*")):
            relative = str(path.relative_to(self._folder))
            if relative in known:
                continue
            file_id = id_of(path.name)
            if file_id is None:
                yield Finding(invariant=Invariant.FILE_HAS_ROW, where=relative, what="not a name of ours")
            elif file_id <= self._last_id and path.exists():
                row = self._reader.file(file_id)
                if row is None or row.path != relative:
                    what = "no row in the index" if row is None else f"its row is that of {row.path}"
                    yield Finding(invariant=Invariant.FILE_HAS_ROW, where=relative, what=what)


def _repeated_until(spans: Sequence[Span]) -> int:
    """Time that passed twice because the clock was set back ends here; 0 when it never was."""
    jumps = {span.to_at_us for span in spans if span.what == GapCause.CLOCK and span.from_at_us == span.to_at_us}
    first_after = min((span.file_id for span in spans if span.file_id and span.from_at_us in jumps), default=0)
    return max((span.to_at_us for span in spans if 0 < span.file_id < first_after), default=0)


def _problem(folder: Path, row: FileRow) -> tuple[Invariant, str] | None:
    """What is wrong with a file, if anything. One being written may be longer than its row, never shorter."""
    try:
        with (folder / row.path).open("rb", buffering=0) as stream:
            size = os.fstat(stream.fileno()).st_size
            if size < row.bytes or (size > row.bytes and row.state is not FileState.WRITING):
                return Invariant.ROW_HAS_FILE, f"{size} bytes on the disk, {row.bytes} in the index"
            init = read_init(stream.fileno())
            if os.pread(stream.fileno(), 4, 4) != b"ftyp":
                return Invariant.TABLE_MATCHES, "it does not begin with ftyp"
            found = tuple(as_fragment(one) for one in fragments(stream.fileno(), init.size_bytes, row.bytes))
    except FileNotFoundError:
        return Invariant.ROW_HAS_FILE, "the file is missing"
    except (OSError, MalformedFile) as error:
        return Invariant.TABLE_MATCHES, str(error)
    owner = init.identity
    if owner is None or (owner.camera, owner.stream, owner.file) != (row.camera, row.stream.value, row.id):
        return Invariant.TABLE_MATCHES, "the file says it is another one"
    if [_fixed(one) for one in found] != [_fixed(one) for one in row.fragments]:
        return Invariant.TABLE_MATCHES, f"{len(found)} fragments in the file, {len(row.fragments)} in the index"
    return None


def _changed(reader: FootageReader, row: FileRow) -> tuple[Invariant, str] | None:
    """The first fragment that is not what was recorded."""
    try:
        key = reader.key_of(row)
        with (reader.folder / row.path).open("rb", buffering=0) as stream:
            for one, digest in zip(row.fragments, reader.digests(row.id) if key else (), strict=False):
                found = digest_of(os.pread(stream.fileno(), one.size, one.offset), key)
                if digest not in (NO_DIGEST, found):
                    return Invariant.PICTURES_ARE_UNCHANGED, f"the fragment at {one.offset} is not as recorded"
    except (OSError, MalformedFile, FootageSealed) as error:
        return Invariant.PICTURES_ARE_UNCHANGED, str(error)
    return None


def _fixed(fragment: Fragment) -> tuple[int, int, int, int, bool]:
    """What file and table must agree on; the last frame's duration is only estimated in the file."""
    return fragment.offset, fragment.size, fragment.start_at_us, fragment.frames, fragment.is_key


def _uncovered(where: str, what: str) -> Finding:
    return Finding(invariant=Invariant.TIME_IS_COVERED, where=where, what=what)
