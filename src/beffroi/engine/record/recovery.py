"""Start-up: whatever the last stop left becomes true again. Procedure 3 of `design/footage.md`."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from beffroi.core.errors import Conflict
from beffroi.engine.contract import GapCause, StreamName
from beffroi.engine.fmp4.cenc import digest_of
from beffroi.engine.fmp4.reader import InitSegment, MalformedFile, ReadFragment, fragments, read_init
from beffroi.engine.index.events import FileSeat, FootageEvent, GapClosed, GapOpened, Sealed, StreamKey, Written
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.rows import file_path
from beffroi.engine.index.table import Fragment
from beffroi.engine.index.writer import IndexWriter, StreamEnd, UnfinishedFile
from beffroi.engine.record.disk import Disk
from beffroi.engine.record.folder import in_use, lock
from beffroi.engine.record.track import SEAM_US
from beffroi.engine.vault.ring import KeyRing
from beffroi.engine.vault.wrapping import FootageSealed

_NAME = re.compile(r"\d{6}-[0-9a-f]{8,15}\.mp4")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_YEAR_2255_US = 9_000_000_000_000_000
_SMALLEST_FILE_BYTES = 2_048
"""A file cut within its initialisation segment holds no picture."""

log = logging.getLogger(__name__)


def recover(disk: Disk, index: IndexWriter, keys: KeyRing | None = None) -> None:
    """Finish files and destructions, adopt orphans, open a RESTART gap where footage just stops.

    What was encrypted after the last tick is hashed with `keys`; its digest stays unknown without its key.
    """
    finished = [event for file in index.unfinished() for event in _finish(disk, index, file, keys=keys)]
    disk.sync()
    index.apply(finished)
    ends = index.stream_ends()
    adopted = [
        event for path in orphans(disk.folder, index.last_file_id()) for event in _adopt(disk, path, ends, keys=keys)
    ]
    if adopted:
        disk.sync()
        index.apply(adopted)
    restarts: list[FootageEvent] = [
        GapOpened(key, end.end_at_us, GapCause.RESTART)
        for key, end in index.stream_ends().items()
        if end.gap_cause is None and end.end_at_us is not None
    ]
    if restarts:
        index.apply(restarts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unindexed:
    """The part of a file that no row tells yet."""

    key: StreamKey
    from_at_us: int
    to_at_us: int
    is_encrypted: bool


def adopt_left(folder: Path, keys: KeyRing | None) -> None:
    """Enters into the index what a killed node left, as its next start would; what may not be entered here stays.

    A node that holds the folder stores it itself. Encrypted footage waits for whoever has its keys: without them its
    digests would stay unknown.
    """
    with FootageReader(folder) as reader:
        left = unindexed(reader)
    is_ours = os.access(folder, os.W_OK) and (keys is not None or not any(one.is_encrypted for one in left))
    if not left or not is_ours:
        return
    with suppress(Conflict), ExitStack() as opened:  # a node has just taken it
        opened.callback(os.close, lock(folder))
        index = IndexWriter(folder)
        opened.callback(index.close)
        recover(Disk(folder), index, keys)


def unindexed(reader: FootageReader) -> list[Unindexed]:
    """What the last ticks before a crash left, one entry a file: the next start adopts it. Changes nothing.

    Nothing while a node holds the folder: it will store them itself.
    """
    if in_use(reader.folder):
        return []
    acknowledged = [(row.path, row.bytes) for row in reader.unfinished()]
    behind = [*acknowledged, *((path, 0) for path in orphans(reader.folder, reader.last_file_id()))]
    return [found for path, size in behind if (found := _behind(reader.folder, path, size))]


def _behind(folder: Path, path: str, acknowledged: int) -> Unindexed | None:
    try:
        with (folder / path).open("rb") as stream:
            init = read_init(stream.fileno())
            key = _seat(init, path).key
            size = os.fstat(stream.fileno()).st_size
            found = [as_fragment(one) for one in fragments(stream.fileno(), acknowledged or init.size_bytes, size)]
    except (OSError, ValueError):
        return None
    if not found:
        return None
    span = {"from_at_us": found[0].start_at_us, "to_at_us": found[-1].end_at_us}
    return Unindexed(key=key, **span, is_encrypted=bool(init.wrapped_key))


def as_fragment(fragment: ReadFragment) -> Fragment:
    """The table entry of a fragment read from its file."""
    return Fragment(
        offset=fragment.offset,
        size=fragment.size,
        start_at_us=fragment.start_at_us,
        duration_ticks90k=fragment.duration_ticks90k,
        frames=len(fragment.samples),
        is_key=fragment.is_key,
    )


def _finish(disk: Disk, index: IndexWriter, file: UnfinishedFile, *, keys: KeyRing | None) -> list[FootageEvent]:
    """Seal a file left open: its acknowledged part stands, whole fragments behind it are added, the rest is cut."""
    try:
        with (disk.folder / file.path).open("r+b") as stream:
            size = os.fstat(stream.fileno()).st_size
            init = read_init(stream.fileno())
            if size >= file.bytes:
                return _add_tail(stream.fileno(), init, span=(file.bytes, size), path=file.path, keys=keys)
            log.error("recover.shorter path=%s bytes=%d acknowledged=%d", file.path, size, file.bytes)
            events = _add_tail(stream.fileno(), init, span=(init.size_bytes, size), path=file.path, keys=keys)
    except (OSError, MalformedFile) as error:
        log.error("recover.unreadable path=%s error=%s", file.path, error)
        events = []
    ends = [event.end_at_us for event in events if isinstance(event, Written)]
    index.lose(file, kept_end_at_us=max(ends, default=file.start_at_us))
    return events


def _add_tail(
    fd: int, init: InitSegment, *, span: tuple[int, int], path: str, keys: KeyRing | None
) -> list[FootageEvent]:
    """Whole fragments of [start, size); the file is cut behind the last one."""
    start, size = span
    seat = _seat(init, path)
    found = [as_fragment(fragment) for fragment in fragments(fd, start, size)]
    digests = _digests(fd, init, found, keys=keys) if init.wrapped_key else [b""] * len(found)
    events: list[FootageEvent] = [
        Written(seat, entry, entry.end_at_us, init.size_bytes, digest)
        for entry, digest in zip(found, digests, strict=True)
    ]
    end = found[-1].offset + found[-1].size if found else start
    if end < size:
        os.ftruncate(fd, end)
    return [*events, Sealed(seat)]


def _seat(init: InitSegment, path: str) -> FileSeat:
    identity = init.identity
    if identity is None or identity.stream not in list(StreamName):
        raise MalformedFile("no bffr box of ours")
    key = StreamKey(identity.camera, StreamName(identity.stream))
    seat = FileSeat(
        id=identity.file,
        key=key,
        run=identity.run,
        path=path,
        start_at_us=identity.start_at_us,
        start_ticks90k=identity.start_ticks90k,
        config=init.configs[0],
        wrapped_key=init.wrapped_key,
    )
    if not 0 <= seat.start_at_us < _YEAR_2255_US or path != file_path(
        key.camera, key.stream, start_at_us=seat.start_at_us, file_id=seat.id
    ):
        raise MalformedFile("it does not belong here")
    return seat


def _digests(fd: int, init: InitSegment, found: list[Fragment], *, keys: KeyRing | None) -> list[bytes]:
    """Of the samples of encrypted fragments; of none when their key is gone."""
    try:
        key = keys.key_in(init) if keys is not None and found else b""
    except FootageSealed:
        key = b""
    if not key:
        return [b""] * len(found)
    return [digest_of(os.pread(fd, one.size, one.offset), key) for one in found]


def orphans(folder: Path, last_id: int) -> Iterator[str]:
    """Files whose id is greater than any in the index: made in the last ticks before a crash.

    Only the newest days of each stream can hold one.
    """
    for stream_folder in sorted(folder.glob("footage/*/*/")):
        for day in [name for name in _names(stream_folder) if _DAY.fullmatch(name)][-2:]:
            for name in _names(stream_folder / day):
                if (id_of(name) or 0) > last_id:
                    yield f"{stream_folder.relative_to(folder)}/{day}/{name}"


def _names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:  # half a million names: no Path object each
        return sorted(entry.name for entry in entries)


def id_of(name: str) -> int | None:
    """The index id in a file's name; None when it is not a name of ours."""
    return int(name[7:-4], 16) if _NAME.fullmatch(name) else None


def _adopt(disk: Disk, path: str, ends: dict[StreamKey, StreamEnd], *, keys: KeyRing | None) -> list[FootageEvent]:
    """Give an orphan its row. One without a whole fragment is removed; one that is not ours is left alone."""
    try:
        with (disk.folder / path).open("r+b") as stream:
            init = read_init(stream.fileno())
            size = os.fstat(stream.fileno()).st_size
            events = _add_tail(stream.fileno(), init, span=(init.size_bytes, size), path=path, keys=keys)
    except (OSError, MalformedFile, ValueError) as error:
        log.error("recover.orphan path=%s error=%s", path, error)
        if isinstance(error, MalformedFile) and (disk.folder / path).stat().st_size < _SMALLEST_FILE_BYTES:
            disk.unlink(path)
        return []
    if len(events) == 1:
        disk.unlink(path)
        return []
    log.info("recover.adopted path=%s fragments=%d", path, len(events) - 1)
    return [*_bridge(events, ends), *events]


def _bridge(events: list[FootageEvent], ends: dict[StreamKey, StreamEnd]) -> Iterator[FootageEvent]:
    """The gap between what the index knew and an orphan, whose own row was lost with the last tick."""
    written = [event for event in events if isinstance(event, Written)]
    seat = written[0].seat
    before = ends.get(seat.key)
    if before is not None and before.gap_cause is not None:
        yield GapClosed(seat.key, seat.start_at_us)
    elif before is not None and before.end_at_us is not None and seat.start_at_us - before.end_at_us > SEAM_US:
        yield GapOpened(seat.key, before.end_at_us, GapCause.RESTART)
        yield GapClosed(seat.key, seat.start_at_us)
    ends[seat.key] = StreamEnd(end_at_us=written[-1].end_at_us)
