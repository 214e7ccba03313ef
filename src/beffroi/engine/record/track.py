"""One stream on the writer thread: its files, its gaps, its counters."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import sqlite3
import struct
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from beffroi.core.instants import TICKS90K_PER_S
from beffroi.engine.contract import GapCause
from beffroi.engine.fmp4.cenc import FragmentCipher
from beffroi.engine.fmp4.fragment import MAX_DURATION_TICKS90K, FragmentBuilder
from beffroi.engine.fmp4.init import Identity, init_segment, key_id
from beffroi.engine.index.events import FileSeat, FootageEvent, GapClosed, GapOpened, Sealed, StreamKey, Written
from beffroi.engine.index.rows import GapRow, file_path
from beffroi.engine.index.table import Fragment
from beffroi.engine.index.writer import StreamEnd
from beffroi.engine.record.disk import FULL_ERRORS, Disk
from beffroi.engine.record.inbox import Inbox
from beffroi.engine.record.work import Interrupt, Run, WriteFragment
from beffroi.engine.vault.vault import Vault

log = logging.getLogger(__name__)

SEAM_US = 200_000
"""Two stretches of footage this close follow each other, for recovery and the check: the end of a run is estimated."""
UNSEEN_US = 15_000
"""Less than a frame at 60 frames a second: what smoothing leaves between two runs, in which nothing was lost."""
_EXACT_CAUSES = frozenset((GapCause.CLOCK, GapCause.LOSS, GapCause.MALFORMED))
"""Known to have lost frames, on an unbroken timeline: never taken for a seam."""
_MAX_AT_US = 1 << 53
_GAPS_KEPT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackSetting:
    """What the tracks of a folder share."""

    disk: Disk
    inbox: Inbox
    node: str
    file_ticks90k: int
    new_file_id: Callable[[], int]
    on_full: Callable[[], None]
    vault: Vault | None = None
    """Where keys are made; without it files are plain."""


class _OpenFile:
    """The file being written. `init_bytes` is where its first fragment lies, `offset` where the next will."""

    __slots__ = ("builder", "cipher", "fd", "init_bytes", "offset", "run", "seat")

    def __init__(self, seat: FileSeat, run: Run, *, fd: int, init_bytes: int, cipher: FragmentCipher | None) -> None:
        self.seat = seat
        self.run = run
        self.fd = fd
        self.init_bytes = self.offset = init_bytes
        self.builder = FragmentBuilder(seat.start_ticks90k)
        self.cipher = cipher


class Track:
    """Writes one stream. Counters may be read from any thread; everything else belongs to the writer's."""

    def __init__(self, key: StreamKey, setting: TrackSetting, end: StreamEnd | None) -> None:
        self.key = key
        self.frames = 0
        self.bytes = 0
        self.dropped_frames = 0
        self.first_at_us = 0
        self.last_end_at_us = end.end_at_us if end else None
        self.gaps: deque[GapRow] = deque(maxlen=_GAPS_KEPT)
        self._setting = setting
        self._file: _OpenFile | None = None
        self._run: Run | None = None
        self._run_id = 0
        self._needs_key = False
        self._gap_cause = end.gap_cause if end else None
        self._gap_from_at_us = end.gap_from_at_us if end else None
        self._gap_is_old = self._gap_cause is not None

    def write(self, job: WriteFragment) -> None:
        """Append a fragment; on a disk error the footage stops here until the next key frame."""
        first = job.units[0]
        if self._needs_key and not first.is_key:
            self.dropped_frames += len(job.units)
            return
        try:
            _check_times(job)
            file = self._file_for(job)
            header = file.builder.header(job.units, job.end_ticks90k)
            pieces: list[bytes | bytearray] = [header]
            digest = b""
            for unit in job.units:
                pieces += unit.parts
            if file.cipher is not None:
                payload = bytearray().join(pieces[1:])
                digest = hashlib.sha256(payload).digest()
                header = file.cipher.encrypt(header, [unit.size_bytes for unit in job.units], payload)
                pieces = [header, payload]
            self._setting.disk.write(file.fd, pieces)
        except OSError as error:
            self.fail(job, error)
            return
        except sqlite3.Error as error:  # the vault: no key, no footage
            self.fail(job, OSError(errno.EIO, f"vault: {error}"))
            return
        except (struct.error, ValueError, OverflowError) as error:
            # Times or sizes that no file can hold: the camera's doing, and its loss alone.
            log.error("write.impossible camera=%s stream=%s error=%s", *self.key_names(), error)
            self.dropped_frames += len(job.units)
            if self.last_end_at_us is not None:
                self.interrupt(Interrupt(GapCause.MALFORMED, self.last_end_at_us))
            return
        self._needs_key = False
        self._written(file, job, len(header), digest=digest)

    def _written(self, file: _OpenFile, job: WriteFragment, header_bytes: int, *, digest: bytes) -> None:
        first = job.units[0]
        payload = sum(unit.size_bytes for unit in job.units)
        end_at_us = max(job.end_at_us, first.at_us)
        fragment = Fragment(
            offset=file.offset,
            size=header_bytes + payload,
            start_at_us=first.at_us,
            duration_ticks90k=min(max(job.end_ticks90k - first.ticks90k, 1), MAX_DURATION_TICKS90K),
            frames=len(job.units),
            is_key=first.is_key,
        )
        self._close_gap(first.at_us)
        file.offset += fragment.size
        self._setting.inbox.append(Written(file.seat, fragment, end_at_us, file.init_bytes, digest))
        self.frames += fragment.frames
        self.bytes += payload
        self.first_at_us = self.first_at_us or first.at_us
        self.last_end_at_us = end_at_us

    def _file_for(self, job: WriteFragment) -> _OpenFile:
        file = self._file
        if file is not None:
            age = job.units[0].ticks90k - file.seat.start_ticks90k
            limit = self._setting.file_ticks90k
            if job.run is file.run and (age < limit or (age < 2 * limit and not job.units[0].is_key)):
                return file
            self.seal()
        return self._create(job)

    def _create(self, job: WriteFragment) -> _OpenFile:
        first = job.units[0]
        key, wrapped = self._new_key(first.at_us)
        file_id = self._setting.new_file_id()
        if job.run is not self._run:
            self._run, self._run_id = job.run, file_id
        seat = FileSeat(
            id=file_id,
            key=self.key,
            run=self._run_id,
            path=file_path(self.key.camera, self.key.stream, start_at_us=first.at_us, file_id=file_id),
            start_at_us=first.at_us,
            start_ticks90k=first.ticks90k,
            config=job.run.config,
            wrapped_key=wrapped,
        )
        identity = Identity(
            camera=self.key.camera,
            stream=self.key.stream.value,
            run=seat.run,
            file=file_id,
            start_at_us=seat.start_at_us,
            start_ticks90k=seat.start_ticks90k,
            node=self._setting.node,
            key=wrapped.hex(),
        )
        init = init_segment([seat.config], identity, kid=key_id(file_id) if key else b"")
        cipher = FragmentCipher(key, seat.config.codec) if key else None
        fd = self._setting.disk.create(seat.path)
        self._file = _OpenFile(seat, job.run, fd=fd, init_bytes=len(init), cipher=cipher)
        self._setting.disk.write(self._file.fd, [init])
        return self._file

    def _new_key(self, at_us: int) -> tuple[bytes, bytes]:
        """The key of a new file, and that key wrapped; nothing when files are plain. Durable before the file is."""
        vault = self._setting.vault
        return vault.new_file_key(self.key.camera, at_us) if vault is not None else (b"", b"")

    def seal(self) -> None:
        """End the open file, if any."""
        file, self._file = self._file, None
        if file is None:
            return
        os.close(file.fd)
        if file.offset == file.init_bytes:
            self._setting.disk.unlink(file.seat.path)
        else:
            self._setting.inbox.append(Sealed(file.seat))

    def fail(self, job: WriteFragment, error: OSError) -> None:
        """Cut back to the last whole fragment and wait for a key frame; each one tries the disk again."""
        full = error.errno in FULL_ERRORS
        cause = GapCause.DISK_FULL if full else GapCause.DISK_STALLED
        if self._gap_cause is not cause:
            log.error("write.failed camera=%s stream=%s cause=%s error=%s", *self.key_names(), cause, error)
        if full:
            self._setting.on_full()
        if self._file is not None:
            try:
                self._setting.disk.truncate(self._file.fd, self._file.offset)
            except OSError as second:
                log.error("truncate.failed path=%s error=%s", self._file.seat.path, second)
        self.give_up(job, cause)

    def give_up(self, job: WriteFragment, cause: GapCause) -> None:
        """Count the frames as dropped; the footage stops here with a cause."""
        self.dropped_frames += len(job.units)
        self.interrupt(Interrupt(cause, job.units[0].at_us))

    def key_names(self) -> tuple[str, str]:
        """Camera and stream, for logs."""
        return self.key.camera, self.key.stream.value

    def interrupt(self, stop: Interrupt) -> None:
        """Footage stops; the gap starts where it ended, or where an earlier gap changes its cause."""
        self.seal()
        self._needs_key = self._needs_key or not stop.goes_on
        if self._gap_cause is stop.cause:
            return
        start = stop.at_us if self.last_end_at_us is None else self.last_end_at_us
        if self._gap_cause is not None:
            start = max(stop.at_us, self._gap_from_at_us or start)
            self._close_gap(start)
        self._gap_cause, self._gap_from_at_us, self._gap_is_old = stop.cause, start, False
        self._setting.inbox.append(GapOpened(self.key, start, stop.cause))

    def disavow(self, events: Sequence[FootageEvent], cause: GapCause) -> None:
        """A sync failed after `events`: cut files back to what was acknowledged, and say that the rest is missing."""
        kept = list(takewhile(lambda event: not isinstance(event, Written), events))
        for event in kept:
            self._setting.inbox.append(event)
        lost = [event for event in events[len(kept) :] if isinstance(event, Written)]
        if not lost:
            return
        if self._file is not None:
            os.close(self._file.fd)
            self._file = None
        for first in {event.seat.id: event for event in reversed(lost)}.values():
            self._cut_back(first)
        frames = sum(event.fragment.frames for event in lost)
        self.frames -= frames
        self.dropped_frames += frames
        self._needs_key = True
        self.last_end_at_us = lost[0].fragment.start_at_us
        self._gap_cause, self._gap_from_at_us, self._gap_is_old = cause, self.last_end_at_us, False
        self._setting.inbox.append(GapOpened(self.key, self.last_end_at_us, cause))

    def _cut_back(self, first: Written) -> None:
        """Take `first` and what follows out of its file; a file that keeps nothing goes."""
        path, acknowledged = first.seat.path, first.fragment.offset
        try:
            if acknowledged == first.init_bytes:
                self._setting.disk.unlink(path)
                return
            self._setting.disk.cut(path, acknowledged)
        except OSError as error:
            log.error("cut.failed path=%s error=%s", path, error)
        self._setting.inbox.append(Sealed(first.seat))

    def _close_gap(self, at_us: int) -> None:
        """Footage resumes at `at_us`, or another cause takes over."""
        cause, start = self._gap_cause, self._gap_from_at_us
        if cause is None or start is None:
            return
        to_at_us = start if start < at_us <= start + UNSEEN_US and cause not in _EXACT_CAUSES else at_us
        self._setting.inbox.append(GapClosed(self.key, to_at_us))
        if not self._gap_is_old and (to_at_us > start or cause is GapCause.CLOCK):
            self.gaps.append(self._gap_row(min(start, to_at_us), to_at_us, cause))
        self._gap_cause = self._gap_from_at_us = None

    def _gap_row(self, from_at_us: int, to_at_us: int | None, cause: GapCause) -> GapRow:
        key = self.key
        return GapRow(camera=key.camera, stream=key.stream, from_at_us=from_at_us, to_at_us=to_at_us, cause=cause)

    def reported_gaps(self) -> tuple[GapRow, ...]:
        """Gaps since this track was made, the open one included; the wanted end is not a gap."""
        cause, start = self._gap_cause, self._gap_from_at_us
        if cause is None or start is None or self._gap_is_old or cause is GapCause.CLOSED:
            return tuple(self.gaps)
        return (*self.gaps, self._gap_row(start, None, cause))


def _check_times(job: WriteFragment) -> None:
    """Refuse what neither file nor index can hold. Errors: ValueError."""
    first = job.units[0]
    if not (0 < first.at_us < _MAX_AT_US and 0 < job.end_at_us < _MAX_AT_US and abs(first.ticks90k) < 1 << 62):
        raise ValueError(f"instant {first.at_us}, ticks {first.ticks90k}")


def file_ticks90k(file_s: float) -> int:
    """A file's nominal length in ticks."""
    return round(file_s * TICKS90K_PER_S)
