"""Replay: coverage, key frames, media. Source: ref/wire.md §5."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from pathlib import Path

from starlette.responses import JSONResponse, Response, StreamingResponse

from beffroi.core.errors import InvalidInput
from beffroi.engine.contract import GapCause
from beffroi.engine.gateway.door import Visit
from beffroi.engine.gateway.gate import Gate
from beffroi.engine.gateway.pieces import (
    Piece,
    in_thread,
    indexed,
    merged,
    pending_of,
    pieces_of,
    read_stretch,
    stretch_bytes,
)
from beffroi.engine.gateway.replies import nothing_there
from beffroi.engine.gateway.uplink import StreamKey
from beffroi.engine.index.rows import GapRow

MEDIA_MOST_US = 120_000_000
KEYFRAMES_MAX = 36_000
COVERAGE_MOST_US = 40 * 86_400_000_000
SAME_SPAN_US = 500_000
"""Files that follow each other within this time make one span: less than a frame of a slow camera and its jitter."""

Span = tuple[int, int]


async def coverage(gate: Gate, visit: Visit) -> Response:
    """`GET …/coverage`: where there is footage, where there is none and why."""
    if visit.to_at_us - visit.from_at_us > COVERAGE_MOST_US:
        raise InvalidInput("At most forty days at once.", message_fr="Quarante jours au plus à la fois.")
    pending = await pending_of(gate, visit.camera, visit.stream)
    return JSONResponse(await in_thread(partial(_coverage, gate, visit, pending)))


def _coverage(gate: Gate, visit: Visit, pending: Sequence[Piece]) -> dict[str, object]:
    camera, stream, asked = visit.camera, visit.stream, (visit.from_at_us, visit.to_at_us)
    files = gate.reader.extents(camera, stream, *asked)
    fresh = [(piece.start_at_us, piece.end_at_us) for piece in pending]
    spans = joined([*files, *(span for span in fresh if span[1] > asked[0] and span[0] < asked[1])], asked)
    oldest_us, newest_us = _bounds(gate, (camera, stream), fresh)
    known = (max(asked[0], oldest_us), min(asked[1], newest_us))
    gaps = explained(spans, gate.reader.gaps(camera, stream, *asked), known)
    return {
        "spans": [{"from_at_us": start, "to_at_us": end} for start, end in spans],
        "gaps": [{"from_at_us": start, "to_at_us": end, "cause": cause} for start, end, cause in gaps],
        "oldest_at_us": oldest_us,
        "newest_at_us": newest_us,
    }


def _bounds(gate: Gate, key: StreamKey, fresh: Sequence[Span]) -> Span:
    rows = gate.reader.streams()
    known = [row for row in rows if (row.camera, row.stream) == key and row.oldest_at_us]
    starts = [row.oldest_at_us for row in known] + [start for start, _ in fresh]
    ends = [row.newest_at_us for row in known] + [end for _, end in fresh]
    return min(starts, default=0), max(ends, default=0)


def joined(extents: Sequence[Span], within: Span) -> list[Span]:
    """Extents put together where they touch or overlap, clipped to `within`."""
    spans: list[Span] = []
    for start, end in sorted(extents):
        start, end = max(start, within[0]), min(end, within[1])
        if end <= start:
            continue
        if spans and start - spans[-1][1] <= SAME_SPAN_US:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((start, end))
    return spans


def explained(spans: Sequence[Span], rows: Sequence[GapRow], within: Span) -> list[tuple[int, int, GapCause]]:
    """The holes between spans, each with its recorded cause; a hole nobody explained is said to be corrupt."""
    holes: list[Span] = []
    at_us = within[0]
    for start, end in spans:
        if start > at_us:
            holes.append((at_us, start))
        at_us = max(at_us, end)
    if at_us < within[1]:
        holes.append((at_us, within[1]))
    return [told for hole in holes for told in _causes(hole, rows)]


def _causes(hole: Span, rows: Sequence[GapRow]) -> Iterator[tuple[int, int, GapCause]]:
    at_us, end_us = hole
    inside = [row for row in rows if row.from_at_us < end_us and (row.to_at_us is None or row.to_at_us > at_us)]
    cause = inside[0].cause if inside else GapCause.CORRUPT
    for row in inside[1:]:
        if at_us < row.from_at_us < end_us:
            yield at_us, row.from_at_us, cause
            at_us = row.from_at_us
        cause = row.cause
    yield at_us, end_us, cause


async def keyframes(gate: Gate, visit: Visit) -> Response:
    """`GET …/keyframes`: instants where decoding can start."""
    pending = await pending_of(gate, visit.camera, visit.stream)
    return JSONResponse({"keyframes": await in_thread(partial(_keyframes, gate, visit, pending))})


def _keyframes(gate: Gate, visit: Visit, pending: Sequence[Piece]) -> list[int]:
    known: list[Piece] = []
    for piece in indexed(gate.reader, (visit.camera, visit.stream), (visit.from_at_us, visit.to_at_us)):
        if piece.is_key:
            known.append(piece)
        if len(known) >= KEYFRAMES_MAX:
            break
    pieces = merged(known, [piece for piece in pending if piece.is_key])
    starts = [piece.start_at_us for piece in pieces if visit.from_at_us <= piece.start_at_us < visit.to_at_us]
    return starts[:KEYFRAMES_MAX]


async def media(gate: Gate, visit: Visit) -> Response:
    """`GET …/media`: whole fragments, byte for byte as recorded."""
    stretch = await pieces_of(
        gate,
        visit.camera,
        visit.stream,
        from_at_us=visit.from_at_us,
        to_at_us=visit.to_at_us,
        most_us=MEDIA_MOST_US,
    )
    if not stretch.pieces:
        return nothing_there(stretch.headers)
    headers = {"Content-Length": str(stretch_bytes(stretch.pieces)), **stretch.headers}
    chunks = read_stretch(Path(gate.settings.footage), stretch.pieces)
    return StreamingResponse(from_thread(chunks), media_type="video/mp4", headers=headers)


async def from_thread(chunks: Iterator[bytes | bytearray | memoryview]) -> AsyncIterator[bytes]:
    """Chunks made by a blocking iterator, one at a time: the next is read when the client took this one.

    A client that leaves drops the iterator, which then closes its file.
    """
    while True:
        chunk = await in_thread(partial(next, chunks, None))
        if chunk is None:
            return
        yield bytes(chunk)
