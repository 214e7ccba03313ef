"""Lossless export: one fMP4 file of a span of one stream, samples bit for bit as recorded.

Whole fragments are copied; only track, number and decode time in their headers change. The first begins with
the key frame at or before `from`; the last ends with the last frame before `to`. Gaps stay as jumps of time.
A span with several codec configurations gives one track for each, on one clock: players and ffmpeg follow
track switches, but not a change of sample entry within fragments (tried with ffmpeg 5.1).
The same span of the same footage always gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from beffroi.core.errors import DataLoss, Exhausted, InvalidInput, NotFound, Unavailable
from beffroi.core.instants import ticks90k_to_us, us_to_ticks90k
from beffroi.engine.contract import StreamName
from beffroi.engine.export_sink import ExportSink
from beffroi.engine.fmp4.cenc import decrypt, samples_digest
from beffroi.engine.fmp4.fragment import move
from beffroi.engine.fmp4.init import init_segment
from beffroi.engine.fmp4.reader import MalformedFile, ReadFragment, read_fragment, trimmed
from beffroi.engine.index.log import NO_DIGEST
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.rows import FileRow, GapRow
from beffroi.engine.index.table import Fragment
from beffroi.engine.record.disk import FULL_ERRORS
from beffroi.engine.stream import CodecConfig

Buffer = bytearray | memoryview
Chunk = bytes | Buffer

_CHUNK_BYTES = 2 << 20
"""Larger ones leave the processor's caches between being read, hashed and written."""
_LOOK_BACK_US = 150_000_000
"""The key frame before `from` may lie in the file before: files without one are cut at 120 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedRun:
    """An unbroken stretch of the export."""

    run: int
    track: int
    from_at_us: int
    to_at_us: int
    frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportManifest:
    """What an export contains. `asked` is the span of the request, `given` first frame to end of last.

    `gaps` are whole, those that touch what was asked or what was given.
    """

    camera: str
    stream: StreamName
    asked_from_at_us: int
    asked_to_at_us: int
    given_from_at_us: int
    given_to_at_us: int
    frames: int
    bytes: int
    sha256: str
    runs: tuple[ExportedRun, ...]
    gaps: tuple[GapRow, ...]
    configs: tuple[CodecConfig, ...]


@dataclass(slots=True)
class _Piece:
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
class _Timeline:
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


class Export:
    """A planned export: `bytes`, `frames` and the span given are known before the first byte is read.

    Errors: NotFound when the span holds no footage; DataLoss while reading when footage is damaged.
    """

    def __init__(
        self, reader: FootageReader, camera: str, stream: StreamName, *, from_at_us: int, to_at_us: int
    ) -> None:
        self._folder = reader.folder
        self.camera, self.stream = camera, stream
        self.from_at_us, self.to_at_us = from_at_us, to_at_us
        self.configs: list[CodecConfig] = []
        self._pieces = self._plan(reader)
        if not self._pieces:
            raise NotFound(
                f"No footage of {camera} ({stream}) in this span.",
                message_fr=f"Aucune image de {camera} ({stream}) dans cette période.",
            )
        first, last = self._pieces[0], self._pieces[-1]
        self.given_from_at_us, self.given_to_at_us = first.fragment.start_at_us, last.end_at_us
        self.frames = sum(piece.frames for piece in self._pieces)
        duration = us_to_ticks90k(self.given_to_at_us - self.given_from_at_us)
        self._init = init_segment(self.configs, None, duration_ticks90k=duration)
        self.bytes = len(self._init) + sum(piece.size for piece in self._pieces)
        whole = min(from_at_us, self.given_from_at_us), max(to_at_us, self.given_to_at_us)
        self.gaps = tuple(reader.gaps(camera, stream, *whole))

    def _plan(self, reader: FootageReader) -> list[_Piece]:
        rows = reader.files(self.camera, self.stream, self.from_at_us - _LOOK_BACK_US, self.to_at_us)
        table = [(row, number) for row in rows for number in range(len(row.fragments))]
        start = _first_piece([(row.run, row.fragments[number]) for row, number in table], self.from_at_us)
        chosen = [(row, n) for row, n in table[start:] if row.fragments[n].start_at_us < self.to_at_us]
        if not chosen:
            return []
        timeline = _Timeline(chosen[0][0].fragments[chosen[0][1]].start_at_us)
        pieces = []
        for row, of_row in groupby(chosen, key=itemgetter(0)):
            key, digests = reader.key_of(row), reader.digests(row.id)
            for _, number in of_row:
                piece = self._piece(reader.config(row.config_id), row, row.fragments[number], timeline=timeline)
                piece.key, piece.digest = key, digests[number] if key else NO_DIGEST
                pieces.append(piece)
        self._trim(pieces[-1])
        return pieces

    def _piece(self, config: CodecConfig, row: FileRow, fragment: Fragment, *, timeline: _Timeline) -> _Piece:
        if config not in self.configs:
            self.configs.append(config)
        path = self._folder / row.path
        shift = timeline.shift(row, lambda: _read(path, fragment))
        start = fragment.start_at_us - timeline.origin_at_us
        timeline.end_ticks90k = us_to_ticks90k(start) + fragment.duration_ticks90k
        return _Piece(
            path=path,
            run=row.run,
            track=self.configs.index(config) + 1,
            fragment=fragment,
            end_at_us=fragment.end_at_us,
            frames=fragment.frames,
            size=fragment.size,
            shift_ticks90k=shift,
        )

    def _trim(self, piece: _Piece) -> None:
        """Leave out the frames at and after `to`; a later frame that an earlier-shown one needs stays."""
        if piece.end_at_us <= self.to_at_us:
            return
        fragment = _read(piece.path, piece.fragment)
        kept = max(
            (number for number, sample in enumerate(fragment.samples, 1) if fragment.at_us(sample) < self.to_at_us),
            default=1,
        )
        if kept == len(fragment.samples):
            return
        payload = sum(sample.size for sample in fragment.samples[:kept])
        piece.header = trimmed(fragment, kept)
        piece.skip_bytes = len(fragment.header)
        piece.frames = kept
        piece.size = len(piece.header) + payload
        last = max(fragment.samples[:kept], key=lambda sample: sample.ticks90k)
        piece.end_at_us = fragment.at_us(last) + ticks90k_to_us(last.duration_ticks90k)

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

    def manifest(self, sha256: str) -> ExportManifest:
        """The manifest of the bytes that have this digest."""
        return ExportManifest(
            camera=self.camera,
            stream=self.stream,
            asked_from_at_us=self.from_at_us,
            asked_to_at_us=self.to_at_us,
            given_from_at_us=self.given_from_at_us,
            given_to_at_us=self.given_to_at_us,
            frames=self.frames,
            bytes=self.bytes,
            sha256=sha256,
            runs=tuple(_runs(self._pieces)),
            gaps=self.gaps,
            configs=tuple(self.configs),
        )


def export_span(
    reader: FootageReader,
    camera: str,
    stream: StreamName,
    *,
    from_at_us: int,
    to_at_us: int,
    out: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ExportManifest:
    """Write the export to `out`, durably; a failed one leaves no file.

    Errors: InvalidInput when `out` exists or cannot be made, Exhausted when its disk is full, NotFound, DataLoss.
    """
    export = Export(reader, camera, stream, from_at_us=from_at_us, to_at_us=to_at_us)
    try:
        target = ExportSink(out)
    except OSError as error:
        why = "it exists already" if isinstance(error, FileExistsError) else error.strerror
        why_fr = "il existe déjà" if isinstance(error, FileExistsError) else error.strerror
        raise InvalidInput(
            f"{out} cannot be written: {why}; give another name.",
            message_fr=f"{out} ne peut pas être écrit : {why_fr} ; donnez un autre nom.",
            field="out",
        ) from None
    with ExitStack() as undo, target as sink, _written(out):
        undo.callback(out.unlink, missing_ok=True)
        for chunk in export.chunks(sink.buffer):
            sink.write(chunk)
            progress(sink.bytes, export.bytes)
        sha256 = sink.finish()
        undo.pop_all()
    return export.manifest(sha256)


@contextmanager
def _written(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = Exhausted if error.errno in FULL_ERRORS else Unavailable
        raise kind(
            f"{out} could not be written: {error.strerror}; nothing of it is left. Give a place on another disk.",
            message_fr=f"{out} n'a pas pu être écrit : {error.strerror} ; rien n'en reste. Donnez une place ailleurs.",
        ) from None


def iter_export(
    reader: FootageReader, camera: str, stream: StreamName, *, from_at_us: int, to_at_us: int
) -> Iterator[Chunk]:
    """The bytes of an export, for a server to stream from a thread."""
    return Export(reader, camera, stream, from_at_us=from_at_us, to_at_us=to_at_us).chunks()


def manifest_of(
    reader: FootageReader, camera: str, stream: StreamName, *, from_at_us: int, to_at_us: int
) -> ExportManifest:
    """The manifest of an export without keeping its bytes: reads all of them once."""
    export = Export(reader, camera, stream, from_at_us=from_at_us, to_at_us=to_at_us)
    digest = hashlib.sha256()
    for chunk in export.chunks():
        digest.update(chunk)
    return export.manifest(digest.hexdigest())


def _first_piece(table: Sequence[tuple[int, Fragment]], from_at_us: int) -> int:
    """Index of the fragment to begin with: that of the key frame at or before `from`, else the next key frame."""
    covering = next((n for n, (_, fragment) in enumerate(table) if fragment.end_at_us > from_at_us), len(table))
    back = covering
    while back < len(table) and not table[back][1].is_key and back > 0 and table[back - 1][0] == table[covering][0]:
        back -= 1
    if back < len(table) and table[back][1].is_key:
        return back
    return next((n for n in range(covering, len(table)) if table[n][1].is_key), len(table))


def _read(path: Path, fragment: Fragment) -> ReadFragment:
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


def _grouped(pieces: Sequence[_Piece]) -> Iterator[tuple[Path, list[list[_Piece]]]]:
    """Pieces by file, in batches that lie end to end and make one read each."""
    batches: list[list[_Piece]] = []
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


def _read_ahead(path: Path, batches: list[list[_Piece]]) -> None:
    """Let the kernel fetch the next file while this one is copied."""
    first, last = batches[0][0].fragment, batches[-1][-1].fragment
    with _opened(path) as stream:
        os.posix_fadvise(stream.fileno(), first.offset, last.offset + last.size - first.offset, os.POSIX_FADV_WILLNEED)


def _fits(batch: list[_Piece], piece: _Piece) -> bool:
    last = batch[-1].fragment
    adjacent = last.offset + last.size == piece.fragment.offset and not piece.header
    return adjacent and sum(other.size for other in batch) + piece.size <= _CHUNK_BYTES


def _copy(fd: int, batch: list[_Piece], sequence: int, *, chunk: Buffer) -> None:
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


def _open(piece: _Piece, fragment: memoryview) -> None:
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


def _runs(pieces: Sequence[_Piece]) -> Iterator[ExportedRun]:
    stretch: list[_Piece] = []
    for piece in [*pieces, None]:
        if stretch and (piece is None or piece.run != stretch[-1].run):
            yield ExportedRun(
                run=stretch[0].run,
                track=stretch[0].track,
                from_at_us=stretch[0].fragment.start_at_us,
                to_at_us=stretch[-1].end_at_us,
                frames=sum(one.frames for one in stretch),
            )
            stretch = []
        if piece is not None:
            stretch.append(piece)
