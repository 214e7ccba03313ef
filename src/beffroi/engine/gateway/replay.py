"""Replay: coverage, key frames, media. Source: ref/wire.md §5."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice, takewhile

from starlette.responses import JSONResponse, Response, StreamingResponse
from typing_extensions import TypedDict

from beffroi.core.errors import InvalidInput
from beffroi.engine.contract import GapCause
from beffroi.engine.gateway.door import Visit
from beffroi.engine.gateway.gate import Gate
from beffroi.engine.gateway.pieces import (
    Piece,
    Stretch,
    in_thread,
    indexed,
    merged,
    pending_of,
    pieces_of,
    read_stretch,
    stretch_bytes,
)
from beffroi.engine.gateway.replies import nothing_there
from beffroi.engine.index.rows import GapRow

MEDIA_MOST_US = 120_000_000
KEYFRAMES_MAX = 36_000
COVERAGE_MOST_US = 40 * 86_400_000_000
SAME_SPAN_US = 500_000
"""Files that follow each other within this time make one span: less than a frame of a slow camera and its jitter."""

SPANS_MAX = 5_000
"""Beyond this, a stream that comes and goes is told without its shortest gaps."""

Span = tuple[int, int]


class SpanForm(TypedDict):
    """Footage without a break."""

    from_at_us: int
    to_at_us: int


class GapForm(SpanForm):
    """Time without footage, and why."""

    cause: GapCause


class Coverage(TypedDict):
    """Where there is footage, and where there is none; see ref/wire.md §5."""

    spans: list[SpanForm]
    gaps: list[GapForm]
    shortest_gap_us: int
    oldest_at_us: int
    newest_at_us: int


class Keyframes(TypedDict):
    """Instants where decoding can start."""

    keyframes: list[int]


async def coverage(gate: Gate, visit: Visit) -> Response:
    """`GET …/coverage`: where there is footage, where there is none and why."""
    if visit.to_at_us - visit.from_at_us > COVERAGE_MOST_US:
        raise InvalidInput("At most forty days at once.", message_fr="Quarante jours au plus à la fois.")
    pending = await pending_of(gate, visit.camera, visit.stream)
    return JSONResponse(await in_thread(partial(_coverage, gate, visit, pending)))


def _coverage(gate: Gate, visit: Visit, pending: Sequence[Piece]) -> Coverage:
    key, asked = (visit.camera, visit.stream), (visit.from_at_us, visit.to_at_us)
    fresh = [(piece.start_at_us, piece.end_at_us) for piece in pending]
    files = gate.reader.extents(key, asked, join_us=SAME_SPAN_US)
    spans, shortest_gap_us = bounded([*files, *fresh], asked)
    ends = [*fresh, *filter(None, [gate.reader.bounds(*key)])]
    oldest_us, newest_us = min((start for start, _ in ends), default=0), max((end for _, end in ends), default=0)
    known = (max(asked[0], oldest_us), min(asked[1], newest_us))
    accounted = joined([*spans, *gate.reader.destroyed(key, asked)], asked)
    gaps = explained(accounted, gate.reader.gaps(*key, *asked), known)
    return {
        "spans": [{"from_at_us": start, "to_at_us": end} for start, end in spans],
        "gaps": [{"from_at_us": start, "to_at_us": end, "cause": cause} for start, end, cause in gaps],
        "shortest_gap_us": shortest_gap_us,
        "oldest_at_us": oldest_us,
        "newest_at_us": newest_us,
    }


def bounded(extents: Sequence[Span], within: Span, *, most: int = SPANS_MAX) -> tuple[list[Span], int]:
    """At most `most` spans: where there would be more, gaps shorter than the second value are left out."""
    spans = joined(extents, within)
    if len(spans) <= most:
        return spans, 0
    shortest_gap_us = (within[1] - within[0]) // most + 1
    return joined(spans, within, shortest_gap_us), shortest_gap_us


def joined(extents: Sequence[Span], within: Span, same_span_us: int = SAME_SPAN_US) -> list[Span]:
    """Extents put together where they touch, nearly touch or overlap, clipped to `within`."""
    spans: list[Span] = []
    for start, end in sorted(extents):
        start, end = max(start, within[0]), min(end, within[1])
        if end <= start:
            continue
        if spans and start - spans[-1][1] <= same_span_us:
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
    told: list[tuple[int, int, GapCause]] = []
    first = 0
    for hole in holes:
        while first < len(rows) and (end_us := rows[first].to_at_us) is not None and end_us <= hole[0]:
            first += 1
        told += _causes(hole, takewhile(partial(_starts_before, hole[1]), islice(rows, first, None)))
    return told


def _starts_before(at_us: int, row: GapRow) -> bool:
    return row.from_at_us < at_us


def _causes(hole: Span, rows: Iterable[GapRow]) -> Iterator[tuple[int, int, GapCause]]:
    at_us, end_us = hole
    inside = [row for row in rows if row.to_at_us is None or row.to_at_us > at_us]
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


async def asked_stretch(gate: Gate, visit: Visit) -> Stretch:
    """The fragments of the span a visit asks for, at most `MEDIA_MOST_US` of them."""
    span = {"from_at_us": visit.from_at_us, "to_at_us": visit.to_at_us}
    return await pieces_of(gate, visit.camera, visit.stream, **span, most_us=MEDIA_MOST_US)


async def media(gate: Gate, visit: Visit) -> Response:
    """`GET …/media`: whole fragments, byte for byte as recorded."""
    stretch = await asked_stretch(gate, visit)
    if not stretch.pieces:
        return nothing_there(stretch.headers)
    headers = {"Content-Length": str(stretch_bytes(stretch.pieces)), **stretch.headers}
    chunks = read_stretch(gate.reader, stretch.pieces)
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
