"""`beffroi bench replay`: from asking for an instant of the last month to its first picture.

A month of 44 cameras, main and sub: an index of 3.8 million rows, of which a few hundred stand for real files
made through the recorder, spread over the month. Each seek goes to a random instant inside a random real file, by
HTTP to the gateway of a real `beffroi node`, a new grant each time as in the console; the clock stops when the
picture of that instant has been decoded (PyAV stands in for the browser's decoder). Half of the real files are
dropped from the page cache before each round.
"""

from __future__ import annotations

import argparse
import http.client
import io
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from beffroi.core.clock import SystemClock
from beffroi.engine.contract import GrantKind, StreamName
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.rows import file_path
from beffroi.engine.index.schema import INDEX_NAME, INSERT_FILE, open_writer, refresh_totals
from beffroi.engine.index.table import Fragment, encode_table
from bench import report
from bench.children import MeasureFailed
from bench.clip import Clip, load
from bench.footage import build
from bench.node import BenchNode, Span
from bench.report import Figure, Measured, Target, percentile

CAMERAS = 44
FILE_US = 60_000_000
REAL_FILES = 220
PATTERN = "pattern"
"""The camera whose file all real files are copies of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RealFile:
    """A row whose file exists."""

    camera: str
    start_at_us: int


def run(arguments: argparse.Namespace) -> Measured:
    """Make the month, then seek in it."""
    rows = arguments.files or (20_000 if arguments.quick else 3_800_000)
    rounds, seeks = arguments.rounds or (1 if arguments.quick else 3), 20 if arguments.quick else 200
    clip = load()
    folder = Path(tempfile.mkdtemp(prefix="bench-replay-", dir=arguments.folder))
    try:
        report.say(f"making an index of {rows:,} files")
        real = make_month(folder / "recorded", clip, rows, real_files=12 if arguments.quick else REAL_FILES)
        index_bytes = (folder / "recorded" / INDEX_NAME).stat().st_size
        with BenchNode(folder / "node", folder / "recorded", {f"c{n}": "" for n in range(1, CAMERAS + 1)}) as node:
            waits = [_round(node, real, seeks) for _ in range(rounds)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _measured(waits, rows, index_bytes)


def make_month(folder: Path, clip: Clip, rows: int, *, real_files: int) -> list[RealFile]:
    """The footage folder: `rows` rows over main and sub of `CAMERAS` cameras, `real_files` of them real."""
    minutes = rows // (2 * CAMERAS)
    start_at_us = (SystemClock().now_us() // FILE_US - minutes - 5) * FILE_US
    build(folder, clip, {PATTERN: 60}, start_at_us=start_at_us)
    with FootageReader(folder) as reader:
        pattern = reader.files(PATTERN, StreamName.MAIN, 0, 1 << 62)[0]
    connection = open_writer(folder / INDEX_NAME)
    connection.execute("BEGIN IMMEDIATE")
    streams = _add_streams(connection)
    (first_id,) = connection.execute("SELECT seq + 1 FROM sqlite_sequence WHERE name = 'file'").fetchone()
    blob = encode_table([_at_zero(one, pattern.start_at_us) for one in pattern.fragments], 0)
    chosen = set(random.Random(5).sample(range(CAMERAS * minutes), min(real_files, CAMERAS * minutes)))
    real: list[RealFile] = []

    def month() -> Iterator[tuple[Any, ...]]:
        file_id = first_id
        for minute in range(minutes):
            at_us = start_at_us + minute * FILE_US
            for (camera, stream), stream_id in streams.items():
                shape = (pattern.bytes, pattern.frames, pattern.config_id, blob, "sealed", None, None)
                yield (file_id, stream_id, file_id, at_us, at_us + FILE_US, 0, *shape)
                if stream == "main" and minute * CAMERAS + int(camera[1:]) - 1 in chosen:
                    real.append(RealFile(camera=camera, start_at_us=at_us))
                    _place(folder, pattern.path, file_path(camera, stream, start_at_us=at_us, file_id=file_id))
                file_id += 1

    connection.executemany(INSERT_FILE, month())
    refresh_totals(connection)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return real


def _add_streams(connection: Any) -> dict[tuple[str, str], int]:
    streams = {}
    for number in range(1, CAMERAS + 1):
        for stream in ("main", "sub"):
            added = connection.execute("INSERT INTO stream (camera, stream) VALUES (?, ?)", (f"c{number}", stream))
            streams[f"c{number}", stream] = added.lastrowid
    return streams


def _at_zero(fragment: Fragment, origin_at_us: int) -> Fragment:
    return Fragment(
        fragment.offset,
        fragment.size,
        fragment.start_at_us - origin_at_us,
        fragment.duration_ticks90k,
        fragment.frames,
        fragment.is_key,
    )


def _place(folder: Path, pattern: str, path: str) -> None:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / pattern, target)


def _round(node: BenchNode, real: list[RealFile], seeks: int) -> list[float]:
    os.sync()
    with FootageReader(node.footage) as reader:
        for one in real[::2]:
            for row in reader.files(one.camera, StreamName.MAIN, one.start_at_us, one.start_at_us + 1):
                with (node.footage / row.path).open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    chance = random.Random(7)
    waits = [_seek(node, chance.choice(real), chance.randrange(1_000_000, FILE_US - 4_000_000)) for _ in range(seeks)]
    report.say(f"p50 {percentile(waits, 50):.0f} ms, p95 {percentile(waits, 95):.0f} ms over {seeks} seeks")
    return waits


def _seek(node: BenchNode, real: RealFile, offset_us: int) -> float:
    """Milliseconds from the wish to the decoded picture."""
    at_us = real.start_at_us + offset_us
    span = Span(at_us, at_us + 2_000_000)
    token, _ = node.grant(real.camera, GrantKind.REPLAY, span)
    begun_s = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=10)
    path = f"/replay/{real.camera}/main/media?from_at_us={span.from_at_us}&to_at_us={span.to_at_us}"
    connection.request("GET", path, headers={"Authorization": f"Beffroi-Grant {token}"})
    answer = connection.getresponse()
    media = answer.read()
    connection.close()
    if answer.status != 200:
        raise MeasureFailed(f"replay: {answer.status} {media[:300].decode(errors='replace')}")
    with av.open(io.BytesIO(media), "r") as container:
        next(container.decode(video=0))
    return (time.monotonic() - begun_s) * 1e3


def _measured(waits: list[list[float]], rows: int, index_bytes: int) -> Measured:
    p50, p95 = (Figure.of([percentile(one, percent) for one in waits]) for percent in (50, 95))
    targets = [Target(name="seek to first picture, p95 ms", limit=150, reached=p95.median)]
    document: dict[str, Any] = {
        "bench": "replay",
        "machine": report.machine(),
        "files_indexed": rows,
        "index_bytes": index_bytes,
        "seeks_a_round": len(waits[0]),
        "p50_ms": [percentile(one, 50) for one in waits],
        "p95_ms": [percentile(one, 95) for one in waits],
        "targets": [target.document() for target in targets],
    }
    title = f"{rows:,} files indexed ({index_bytes / 1e6:.0f} MB), {len(waits[0])} seeks a round, {len(waits)} rounds"
    rows_shown = [["seek to first picture", "ms"], ["p50", p50.text(0)], ["p95", p95.text(0)]]
    return Measured(document, f"{title} (median, range)\n{report.table(rows_shown)}", targets)
