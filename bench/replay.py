"""`beffroi bench replay`: from asking for an instant of the last month to its first picture.

A month of 44 cameras, main and sub: an index of 3.8 million rows, of which a few hundred stand for real files
made through the recorder, spread over the month. Each seek goes to a random instant inside a random real file, by
HTTP to the gateway of a real `beffroi node`. In the first half of a round each seek opens a view (a new grant, its
fact on disk before the first byte); in the second half it goes on in a view opened before, as moving about in a
replay does. The index and half of the real files are dropped from the page cache before each half.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import struct
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from beffroi.core.clock import SystemClock
from beffroi.engine.contract import StreamName
from beffroi.engine.fmp4.fragment import ntp64
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.rows import FileRow, file_path
from beffroi.engine.index.schema import INDEX_NAME, INSERT_FILE, open_writer, refresh_totals
from beffroi.engine.index.table import Fragment, encode_table
from bench import browser_seek, report
from bench.children import MeasureFailed
from bench.clip import Clip, load
from bench.footage import build, codec_config
from bench.node import BenchNode
from bench.report import Figure, Measured, Target, percentile
from bench.seek import INSIDE, OPENING, Seeker, Wait
from bench.web import BenchWeb

CAMERAS = 44
NAMES = tuple(f"c{number}" for number in range(1, CAMERAS + 1))
FILE_US = 60_000_000
REAL_FILES = 220
_NTP_OFFSET = 16
"""Of the instant in a fragment's `prft`. Source: ISO/IEC 14496-12 §8.16.5."""
KEPT_NAME = "bench.json"
_WHAT = {"answer_ms": "answer", "first_ms": "first picture", "exact_ms": "exact picture"}
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
    rounds, seeks = (
        arguments.rounds or (1 if arguments.quick else 3),
        arguments.seeks or (20 if arguments.quick else 200),
    )
    folder = Path(tempfile.mkdtemp(prefix="bench-replay-", dir=arguments.folder))
    try:
        month = arguments.month or folder / "recorded"
        real = _kept_month(month, rows, real_files=12 if arguments.quick else REAL_FILES)
        index_bytes = (month / INDEX_NAME).stat().st_size
        if arguments.browser:
            return _in_browser(month, folder / "node", real, rounds=rounds, seeks=seeks)
        with BenchNode(folder / "node", month, dict.fromkeys(NAMES, "")) as node:
            waits = [_round(node, real, seeks) for _ in range(rounds)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    title = f"{rows:,} files indexed ({index_bytes / 1e6:.0f} MB)"
    about = {"bench": "replay", "files_indexed": rows, "index_bytes": index_bytes}
    return _shown(waits, ("answer_ms", "first_ms", "exact_ms"), title=title, **about)


def _in_browser(month: Path, folder: Path, real: list[RealFile], *, rounds: int, seeks: int) -> Measured:
    """The same month in the console; about `seeks` seeks a round."""
    cameras = max(1, seeks // 12)
    with (
        BenchWeb(list(NAMES), codec_config(load())) as web,
        BenchNode(folder, month, dict.fromkeys(NAMES, ""), origins=(web.origin,)) as node,
    ):
        web.node = node
        waits = []
        for _ in range(rounds):
            _forget(month, real[::2])
            waits.append(browser_seek.seeks(web, real, cameras))
    return _shown(waits, ("first_ms", "exact_ms"), title="headless Chromium", bench="replay in the console")


def _kept_month(folder: Path, rows: int, *, real_files: int) -> list[RealFile]:
    """The month of an earlier run when there is one of as many rows, else a new one."""
    kept = folder / KEPT_NAME
    if kept.exists():
        made = json.loads(kept.read_text())
        if made["rows"] != rows:
            raise MeasureFailed(f"{folder} holds a month of {made['rows']:,} files")
        return [RealFile(**one) for one in made["real"]]
    report.say(f"making an index of {rows:,} files")
    real = make_month(folder, load(), rows, real_files=real_files)
    kept.write_text(json.dumps({"rows": rows, "real": [asdict(one) for one in real]}))
    return real


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
                    path = file_path(camera, stream, start_at_us=at_us, file_id=file_id)
                    _place(folder, pattern, path, at_us - pattern.start_at_us)
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


def _place(folder: Path, pattern: FileRow, path: str, shift_us: int) -> None:
    """A copy of the pattern whose pictures are `shift_us` later."""
    content = bytearray((folder / pattern.path).read_bytes())
    for fragment in pattern.fragments:
        struct.pack_into(">Q", content, fragment.offset + _NTP_OFFSET, ntp64(fragment.start_at_us + shift_us))
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def _round(node: BenchNode, real: list[RealFile], seeks: int) -> dict[str, list[Wait]]:
    """Waits of the seeks that open a view, then of those inside one."""
    chance = random.Random(7)
    seeker = Seeker(node)
    tokens: dict[RealFile, str] = {}
    waits: dict[str, list[Wait]] = {OPENING: [], INSIDE: []}
    for kind, places in waits.items():
        _forget(node.footage, real[::2])
        for _ in range(seeks):
            one = chance.choice(real if kind == OPENING else list(tokens))
            at_us = one.start_at_us + chance.randrange(5_000_000, FILE_US - 6_000_000)
            if kind == OPENING:
                tokens[one] = seeker.grant(one.camera, at_us)
            places.append(seeker.seek(one.camera, at_us, tokens[one]))
        first = [wait.first_ms for wait in places]
        report.say(f"{kind}: p50 {percentile(first, 50):.0f} ms, p95 {percentile(first, 95):.0f} ms, {seeks} seeks")
    seeker.close()
    return waits


def _forget(footage: Path, files: list[RealFile]) -> None:
    """Drop the index and these files from the page cache."""
    os.sync()
    with FootageReader(footage) as reader:
        rows = [
            row
            for one in files
            for row in reader.files(one.camera, StreamName.MAIN, one.start_at_us, one.start_at_us + 1)
        ]
    for path in [INDEX_NAME, *(row.path for row in rows)]:
        with (footage / path).open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _shown(
    rounds: Sequence[Mapping[str, Sequence[Any]]], names: Sequence[str], *, title: str, **about: Any
) -> Measured:
    """Table, document and targets of waits; `names` are their attributes, in the order they pass."""
    lines = [
        (
            kind,
            _WHAT[name],
            percent,
            [percentile([getattr(wait, name) for wait in one[kind]], percent) for one in rounds],
        )
        for kind in (OPENING, INSIDE)
        for name in names
        for percent in (50, 95)
    ]
    targets = [
        Target(name=f"seek to {what}, {kind}, p95 ms", limit=150, reached=Figure.of(values).median)
        for kind, what, percent, values in lines
        if (what, percent) == (_WHAT["first_ms"], 95)
    ]
    document: dict[str, Any] = {
        **about,
        "machine": report.machine(),
        "waits_ms": [{"seek": kind, "to": what, "at": f"p{at}", "rounds": values} for kind, what, at, values in lines],
        "targets": [target.document() for target in targets],
    }
    counted = ", ".join(f"{len(rounds[0][kind])} seeks {kind}" for kind in (OPENING, INSIDE))
    shown = [[kind, what, f"p{at}", Figure.of(values).text(0)] for kind, what, at, values in lines]
    table = report.table([["seek", "to its", "at", "ms"], *shown])
    return Measured(document, f"{title}, {counted} a round, {len(rounds)} rounds (median, range)\n{table}", targets)
