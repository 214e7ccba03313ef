"""Recorded fragments as the gateway serves them: those of the index, then those not yet indexed.

Reading the disk and the index is for threads; `pieces_of()` asks the recorder first, because a fragment may be in
both answers but never in neither.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import TypeVar

from beffroi.core.errors import DataLoss
from beffroi.engine.contract import StreamName
from beffroi.engine.fmp4.cenc import decrypt, mark_altered, plain_init, samples_digest
from beffroi.engine.fmp4.reader import InitSegment, MalformedFile, read_fragment, read_init
from beffroi.engine.gateway.gate import Gate
from beffroi.engine.gateway.uplink import StreamKey
from beffroi.engine.index.log import NO_DIGEST
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.table import MalformedTable
from beffroi.engine.stream import CodecConfig
from beffroi.engine.vault.wrapping import sealed

LOOK_BACK_US = 150_000_000
"""The key frame before an instant may lie in the file before: files without one are cut at 120 s."""
NEAR_US = 10_000_000
"""Nearly every camera sends key frames this close: looked for first, because a file's table takes time to read."""
READ_BYTES = 1 << 20

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A fragment in its file; `init_bytes` is the length of the file's initialisation segment.

    `number`: its place in the file's table; -1 before it is indexed, when no digest is kept yet.
    """

    file: int
    run: int
    path: str
    init_bytes: int
    offset: int
    size: int
    start_at_us: int
    end_at_us: int
    is_key: bool
    number: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Pieces to serve, and where to go on; `next_at_us` is None when there is nothing more.

    Without pieces, nothing was recorded in the span and `next_at_us` is the next footage after it.
    """

    pieces: tuple[Piece, ...]
    next_at_us: int | None

    @property
    def headers(self) -> dict[str, str]:
        """Where a caller goes on."""
        return {"X-Beffroi-Next-At-Us": "" if self.next_at_us is None else str(self.next_at_us)}


async def in_thread(work: Callable[[], T]) -> T:
    """`work()` in a thread, the disk's and the index's errors told as ours.

    Errors: DataLoss, and those of `work`.
    """
    try:
        return await asyncio.to_thread(work)
    except (OSError, sqlite3.Error, MalformedFile, MalformedTable) as error:
        raise DataLoss(
            f"Recorded footage cannot be read: {error}.",
            message_fr=f"Des images enregistrées sont illisibles : {error}.",
        ) from None


async def pieces_of(
    gate: Gate, camera: str, stream: StreamName, *, from_at_us: int, to_at_us: int, most_us: int
) -> Stretch:
    """Fragments that show [from, to), from a key frame at or before `from`; at most `most_us` of footage."""
    pending = await pending_of(gate, camera, stream)
    work = partial(_plan, gate, (camera, stream), pending, span=(from_at_us, to_at_us), most_us=most_us)
    return await in_thread(work)


async def pending_of(gate: Gate, camera: str, stream: StreamName) -> list[Piece]:
    """Fragments written but not yet indexed."""
    rows = await gate.uplink.ask("fragments", camera=camera, stream=stream)
    told = [name for name in Piece.__dataclass_fields__ if name not in ("path", "number")]
    return [Piece(**{name: row[name] for name in told}, path=row["path"]) for row in rows]


def indexed(reader: FootageReader, key: StreamKey, span: tuple[int, int]) -> Iterator[Piece]:
    """Pieces of the index that overlap [from, to), in order."""
    from_at_us, to_at_us = span
    for row in reader.iter_files(*key, from_at_us, to_at_us):
        for number, fragment in enumerate(row.fragments):
            if fragment.end_at_us > from_at_us and fragment.start_at_us < to_at_us:
                yield Piece(
                    file=row.id,
                    run=row.run,
                    path=row.path,
                    init_bytes=row.fragments[0].offset,
                    offset=fragment.offset,
                    size=fragment.size,
                    start_at_us=fragment.start_at_us,
                    end_at_us=fragment.end_at_us,
                    is_key=fragment.is_key,
                    number=number,
                )


def merged(known: Sequence[Piece], pending: Sequence[Piece]) -> list[Piece]:
    """Both, in order, each fragment once."""
    seen = {(piece.file, piece.offset) for piece in known}
    fresh = [piece for piece in pending if (piece.file, piece.offset) not in seen]
    return sorted([*known, *fresh], key=lambda piece: (piece.start_at_us, piece.file, piece.offset))


def _plan(gate: Gate, key: StreamKey, pending: list[Piece], *, span: tuple[int, int], most_us: int) -> Stretch:
    from_at_us, to_at_us = span
    for look_back_us in (NEAR_US, LOOK_BACK_US):
        known = _enough(indexed(gate.reader, key, (from_at_us - look_back_us, to_at_us)), from_at_us, most_us)
        pieces = merged(known, [piece for piece in pending if piece.start_at_us < to_at_us])
        start = first_shown(pieces, from_at_us)
        if start is not None and pieces[start].start_at_us <= from_at_us:
            break
    if start is None:
        return Stretch(pieces=(), next_at_us=_next_footage(gate, key, to_at_us, pending=pending))
    limit_us = max(from_at_us, pieces[start].start_at_us) + most_us
    chosen = [piece for piece in pieces[start:] if piece.start_at_us < limit_us]
    end_us = chosen[-1].end_at_us
    has_more = len(chosen) < len(pieces) - start and end_us < to_at_us
    return Stretch(pieces=tuple(chosen), next_at_us=end_us if has_more else None)


def _enough(pieces: Iterator[Piece], from_at_us: int, most_us: int) -> list[Piece]:
    """The pieces one request can need: a month's question does not read a month's tables."""
    taken: list[Piece] = []
    until_us: int | None = None
    for piece in pieces:
        taken.append(piece)
        if until_us is None and piece.end_at_us > from_at_us:
            until_us = max(piece.start_at_us, from_at_us) + most_us + LOOK_BACK_US
        if until_us is not None and piece.start_at_us > until_us:
            break
    return taken


def first_shown(pieces: Sequence[Piece], from_at_us: int) -> int | None:
    """Where to begin: the key frame at or before `from` in the same run, else the next key frame."""
    covering = next((n for n, piece in enumerate(pieces) if piece.end_at_us > from_at_us), len(pieces))
    back = covering
    while back < len(pieces) and not pieces[back].is_key and back and pieces[back - 1].run == pieces[covering].run:
        back -= 1
    if back < len(pieces) and pieces[back].is_key:
        return back
    return next((n for n in range(covering, len(pieces)) if pieces[n].is_key), None)


def _next_footage(gate: Gate, key: StreamKey, at_us: int, *, pending: list[Piece]) -> int | None:
    found = gate.reader.next_start(*key, at_us)
    later = [piece.start_at_us for piece in pending if piece.start_at_us >= at_us]
    return min([*later, *([found] if found is not None else [])], default=None)


def stretch_bytes(pieces: Sequence[Piece]) -> int:
    """Bytes of the pieces with their files' initialisation segments."""
    inits = {piece.file: piece.init_bytes for piece in pieces}
    return sum(piece.size for piece in pieces) + sum(inits.values())


def read_stretch(reader: FootageReader, pieces: Sequence[Piece]) -> Iterator[bytes | memoryview]:
    """For each file its initialisation segment, then whole fragments, samples as recorded. Blocking; chunks ≤ 1 MB."""
    for _, of_file in groupby(pieces, key=lambda piece: piece.file):
        group = list(of_file)
        fd = os.open(reader.folder / group[0].path, os.O_RDONLY)
        try:
            first, last = group[0], group[-1]
            os.posix_fadvise(fd, first.offset, last.offset + last.size - first.offset, os.POSIX_FADV_WILLNEED)
            key = opening_key(reader, read_init(fd))
            if not key:
                yield from _read(fd, 0, first.init_bytes)
                for piece in group:
                    yield from _read(fd, piece.offset, piece.size)
                continue
            yield plain_init(b"".join(_read(fd, 0, first.init_bytes)))
            digests = reader.digests(first.file)
            for piece in group:
                opened = memoryview(_compared(_opened(fd, piece, key), piece, digests))
                yield from (opened[at : at + READ_BYTES] for at in range(0, len(opened), READ_BYTES))
        finally:
            os.close(fd)


def _read(fd: int, offset: int, size: int) -> Iterator[bytes]:
    while size:
        chunk = os.pread(fd, min(size, READ_BYTES), offset)
        if not chunk:
            raise MalformedFile("a file is shorter than its index says")
        yield chunk
        offset += len(chunk)
        size -= len(chunk)


def opening_key(reader: FootageReader, init: InitSegment) -> bytes:
    """What opens the file that begins so; nothing when it is plain.

    Errors: FootageSealed.
    """
    if init.wrapped_key and reader.keys is None:
        raise sealed()
    return reader.keys.key_in(init) if reader.keys is not None else b""


def _opened(fd: int, piece: Piece, key: bytes) -> bytearray:
    fragment = bytearray().join(_read(fd, piece.offset, piece.size))
    decrypt(fragment, key)
    return fragment


def _compared(opened: bytearray, piece: Piece, digests: Sequence[bytes]) -> bytearray:
    """The fragment, marked when its samples are not those that were recorded: shown all the same, and told."""
    known = digests[piece.number] if 0 <= piece.number < len(digests) else NO_DIGEST
    if known != NO_DIGEST and samples_digest(opened) != known:
        mark_altered(opened)
    return opened


def samples_of(reader: FootageReader, pieces: Sequence[Piece]) -> tuple[CodecConfig, list[tuple[int, bytes]]]:
    """The configuration of one run's pieces, one at least, and their samples, each with its instant. Blocking."""
    opened = [_opened_piece(reader, piece) for piece in pieces]
    return opened[-1][0], [sample for _, samples in opened for sample in samples]


def _opened_piece(reader: FootageReader, piece: Piece) -> tuple[CodecConfig, list[tuple[int, bytes]]]:
    fd = os.open(reader.folder / piece.path, os.O_RDONLY)
    try:
        init = read_init(fd)
        fragment = read_fragment(fd, piece.offset, piece.offset + piece.size)
        key, start = opening_key(reader, init), piece.offset
        if key:
            opened = bytes(_opened(fd, piece, key))
            parts = [opened[one.offset - start : one.offset - start + one.size] for one in fragment.samples]
        else:
            parts = [os.pread(fd, one.size, one.offset) for one in fragment.samples]
        instants = [fragment.at_us(one) for one in fragment.samples]
        return init.configs[0], list(zip(instants, parts, strict=True))
    finally:
        os.close(fd)
