"""Lossless export: one fMP4 file of a span of one stream, samples bit for bit as recorded.

Whole fragments are copied; only track, number and decode time in their headers change. The first begins with
the key frame at or before `from`; the last ends with the last frame before `to`. Gaps stay as jumps of time.
A span with several codec configurations gives one track for each, on one clock: players and ffmpeg follow
track switches, but not a change of sample entry within fragments (tried with ffmpeg 5.1).
The same span of the same footage always gives the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from beffroi.core.errors import Exhausted, InvalidInput, NotFound, Unavailable
from beffroi.core.instants import ticks90k_to_us
from beffroi.engine.contract import StreamName
from beffroi.engine.export_sink import ExportSink
from beffroi.engine.fmp4.reader import trimmed
from beffroi.engine.fragment_copy import Chunk, FragmentCopy, Piece, read_piece, seats_of
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.rows import GapRow
from beffroi.engine.record.disk import FULL_ERRORS
from beffroi.engine.stream import CodecConfig


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


class Export(FragmentCopy):
    """A planned export: its last fragment is cut before the first frame at or after `to`.

    Errors: NotFound when the span holds no footage; DataLoss while reading when footage is damaged.
    """

    def __init__(
        self, reader: FootageReader, camera: str, stream: StreamName, *, from_at_us: int, to_at_us: int
    ) -> None:
        self.camera, self.stream = camera, stream
        self.from_at_us, self.to_at_us = from_at_us, to_at_us
        seats = seats_of(reader, (camera, stream), (from_at_us, to_at_us))
        if not seats:
            raise NotFound(
                f"No footage of {camera} ({stream}) in this span.",
                message_fr=f"Aucune image de {camera} ({stream}) dans cette période.",
            )
        super().__init__(reader, seats)
        whole = min(from_at_us, self.given_from_at_us), max(to_at_us, self.given_to_at_us)
        self.gaps = tuple(reader.gaps(camera, stream, *whole))

    def _fit(self) -> None:
        self._trim(self._pieces[-1])

    def _trim(self, piece: Piece) -> None:
        """Leave out the frames at and after `to`; a later frame that an earlier-shown one needs stays."""
        if piece.end_at_us <= self.to_at_us:
            return
        fragment = read_piece(piece.path, piece.fragment)
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


def _runs(pieces: Sequence[Piece]) -> Iterator[ExportedRun]:
    stretch: list[Piece] = []
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
