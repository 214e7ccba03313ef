"""Copies whole fragments of one stream into one file: opened, compared with their digests, put on one clock.

Sample bytes are copied bit for bit; only track, number and decode time in the headers change.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from beffroi.core.errors import DataLoss
from beffroi.core.instants import us_to_ticks90k
from beffroi.engine.contract import StreamName
from beffroi.engine.fmp4.cenc import decrypt, samples_digest
from beffroi.engine.fmp4.fragment import move
from beffroi.engine.fmp4.init import init_segment
from beffroi.engine.fmp4.reader import MalformedFile, ReadFragment, read_fragment
from beffroi.engine.index.log import NO_DIGEST
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.rows import FileRow
from beffroi.engine.index.table import Fragment
from beffroi.engine.stream import CodecConfig

Buffer = bytearray | memoryview
Chunk = bytes | Buffer
Seat = tuple[FileRow, int]
"""A fragment by its file and its number there."""

_CHUNK_BYTES = 2 << 20
"""Larger ones leave the processor's caches between being read, hashed and written."""
_LOOK_BACK_US = 150_000_000
"""The key frame before `from` may lie in the file before: files without one are cut at 120 s."""


@dataclass(slots=True)
class Piece:
    """A fragment to copy. `header` replaces its own when the last frames are left out; `size` is then smaller."""

    path: Path
    run: int
    track: int
    fragment: Fragment
    end_at_us: int
    frames: int
    size: int
    shift_ticks90k: int = 0
    header: bytes = b""
    skip_bytes: int = 0
    key: bytes = b""
    digest: bytes = NO_DIGEST


@dataclass(slots=True)
class Timeline:
    """Where runs lie on the export's clock, which starts with its first frame."""

    origin_at_us: int
    end_ticks90k: int = 0
    bases: dict[int, tuple[int, int]] = field(default_factory=dict)  # run: shift, start ticks of its first file here

    def shift(self, row: FileRow, read: Callable[[], ReadFragment]) -> int:
        """What to add to the decode times of a file."""
        if row.run not in self.bases:
            first = read()
            at = max(us_to_ticks90k(first.start_at_us - self.origin_at_us), self.end_ticks90k)
            self.bases[row.run] = at - first.samples[0].decode_ticks90k, row.start_ticks90k
        base, start = self.bases[row.run]
        return base + row.start_ticks90k - start


def seats_of(reader: FootageReader, key: tuple[str, StreamName], span: tuple[int, int]) -> list[Seat]:
    """The fragments of [from, to), from the key frame at or before `from` to the last that starts before `to`."""
    from_at_us, to_at_us = span
    rows = reader.files(*key, from_at_us - _LOOK_BACK_US, to_at_us)
    table = [(row, number) for row in rows for number in range(len(row.fragments))]
    start = _first_piece([(row.run, row.fragments[number]) for row, number in table], from_at_us)
    return [(row, number) for row, number in table[start:] if row.fragments[number].start_at_us < to_at_us]


class FragmentCopy:
    """A planned file: `bytes`, `frames` and the span given are known before the first byte is read.

    Errors: DataLoss while reading when footage is damaged.
    """

    def __init__(self, reader: FootageReader, seats: Sequence[Seat]) -> None:
        """`seats`: at least one."""
        self._folder = reader.folder
        self.configs: list[CodecConfig] = []
        self._pieces = self._planned(reader, seats)
        self._fit()
        first, last = self._pieces[0], self._pieces[-1]
        self.given_from_at_us, self.given_to_at_us = first.fragment.start_at_us, last.end_at_us
        self.frames = sum(piece.frames for piece in self._pieces)
        duration = us_to_ticks90k(self.given_to_at_us - self.given_from_at_us)
        self._init = init_segment(self.configs, None, duration_ticks90k=duration)
        self.bytes = len(self._init) + sum(piece.size for piece in self._pieces)

    def _fit(self) -> None:
        """Where a subclass shortens what was planned."""

    @property
    def head_bytes(self) -> int:
        """Length of the initialisation segment; fragments follow it end to end."""
        return len(self._init)

    def _planned(self, reader: FootageReader, seats: Sequence[Seat]) -> list[Piece]:
        timeline = Timeline(seats[0][0].fragments[seats[0][1]].start_at_us)
        pieces = []
        for row, of_row in groupby(seats, key=itemgetter(0)):
            key, digests = reader.key_of(row), reader.digests(row.id)
            for _, number in of_row:
                piece = self._piece(reader.config(row.config_id), row, row.fragments[number], timeline=timeline)
                piece.key, piece.digest = key, digests[number] if key else NO_DIGEST
                pieces.append(piece)
        return pieces

    def _piece(self, config: CodecConfig, row: FileRow, fragment: Fragment, *, timeline: Timeline) -> Piece:
        if config not in self.configs:
            self.configs.append(config)
        path = self._folder / row.path
        shift = timeline.shift(row, lambda: read_piece(path, fragment))
        start = fragment.start_at_us - timeline.origin_at_us
        timeline.end_ticks90k = us_to_ticks90k(start) + fragment.duration_ticks90k
        return Piece(
            path=path,
            run=row.run,
            track=self.configs.index(config) + 1,
            fragment=fragment,
            end_at_us=fragment.end_at_us,
            frames=fragment.frames,
            size=fragment.size,
            shift_ticks90k=shift,
        )

    def chunks(self, buffer: Callable[[int], Buffer] = bytearray) -> Iterator[Chunk]:
        """The bytes of the file, in pieces of some megabytes. Reads the disk: not for an event loop.

        `buffer` gives the memory of each chunk but the first, which is bytes.
        """
        yield self._init
        sequence = 0
        groups = list(_grouped(self._pieces))
        for number, (path, group) in enumerate(groups):
            with _opened(path) as stream:
                for ahead in groups[number + (number > 0) : number + 2]:
                    _read_ahead(*ahead)
                for batch in group:
                    chunk = buffer(sum(piece.size for piece in batch))
                    _copy(stream.fileno(), batch, sequence, chunk=chunk)
                    yield chunk
                    sequence += len(batch)


def _first_piece(table: Sequence[tuple[int, Fragment]], from_at_us: int) -> int:
    """Index of the fragment to begin with: that of the key frame at or before `from`, else the next key frame."""
    covering = next((n for n, (_, fragment) in enumerate(table) if fragment.end_at_us > from_at_us), len(table))
    back = covering
    while back < len(table) and not table[back][1].is_key and back > 0 and table[back - 1][0] == table[covering][0]:
        back -= 1
    if back < len(table) and table[back][1].is_key:
        return back
    return next((n for n in range(covering, len(table)) if table[n][1].is_key), len(table))


def read_piece(path: Path, fragment: Fragment) -> ReadFragment:
    try:
        with path.open("rb", buffering=0) as stream:
            return read_fragment(stream.fileno(), fragment.offset, fragment.offset + fragment.size)
    except (OSError, MalformedFile) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception | str) -> DataLoss:
    return DataLoss(
        f"{path} is damaged ({error}); run `beffroi footage check`.",
        message_fr=f"{path} est endommagé ({error}) ; lancez `beffroi footage check`.",
    )


def _grouped(pieces: Sequence[Piece]) -> Iterator[tuple[Path, list[list[Piece]]]]:
    """Pieces by file, in batches that lie end to end and make one read each."""
    batches: list[list[Piece]] = []
    path = pieces[0].path
    for piece in pieces:
        if piece.path != path:
            yield path, batches
            path, batches = piece.path, []
        if batches and _fits(batches[-1], piece):
            batches[-1].append(piece)
        else:
            batches.append([piece])
    yield path, batches


def _opened(path: Path) -> io.FileIO:
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        raise _damaged(path, error) from None


def _read_ahead(path: Path, batches: list[list[Piece]]) -> None:
    """Let the kernel fetch the next file while this one is copied."""
    first, last = batches[0][0].fragment, batches[-1][-1].fragment
    with _opened(path) as stream:
        os.posix_fadvise(stream.fileno(), first.offset, last.offset + last.size - first.offset, os.POSIX_FADV_WILLNEED)


def _fits(batch: list[Piece], piece: Piece) -> bool:
    last = batch[-1].fragment
    adjacent = last.offset + last.size == piece.fragment.offset and not piece.header
    return adjacent and sum(other.size for other in batch) + piece.size <= _CHUNK_BYTES


def _copy(fd: int, batch: list[Piece], sequence: int, *, chunk: Buffer) -> None:
    """Fill `chunk` with a batch, decrypted, headers rewritten."""
    first = batch[0]
    if first.header:
        whole = memoryview(bytearray(first.fragment.size))
        _fill(first.path, fd, whole, offset=first.fragment.offset)
        _open(first, whole)
        chunk[: len(first.header)] = first.header
        chunk[len(first.header) :] = whole[first.skip_bytes :][: first.size - len(first.header)]
    else:
        _fill(first.path, fd, memoryview(chunk), offset=first.fragment.offset)
        at = 0
        for piece in batch:
            _open(piece, memoryview(chunk)[at : at + piece.size])
            at += piece.size
    at = 0
    for number, piece in enumerate(batch, sequence + 1):
        boxes = [bytes(chunk[at + offset : at + offset + 4]) for offset in (4, 36, 84)]
        if boxes != [b"prft", b"moof", b"tfdt"]:
            raise _damaged(piece.path, f"no fragment at {piece.fragment.offset}")
        move(chunk, at, track=piece.track, sequence=number, shift_ticks90k=piece.shift_ticks90k)
        at += piece.size


def _open(piece: Piece, fragment: memoryview) -> None:
    """Decrypt a whole fragment in place; what is not as it was recorded is refused."""
    if not piece.key:
        return
    try:
        decrypt(fragment, piece.key)
    except MalformedFile as error:
        raise _damaged(piece.path, error) from None
    if piece.digest not in (NO_DIGEST, samples_digest(fragment)):
        raise _damaged(piece.path, f"the fragment at {piece.fragment.offset} was changed")


def _fill(path: Path, fd: int, view: memoryview, *, offset: int) -> None:
    while view:
        try:
            count = os.preadv(fd, [view], offset)
        except OSError as error:
            raise _damaged(path, error) from None
        if count == 0:
            raise _damaged(path, "shorter than its index says")
        view = view[count:]
        offset += count
