"""`beffroi bench export`: a stream copy of recorded footage beside `cp` + fsync of the same bytes, cold cache.

The footage is one camera's, encrypted, written by the node's recorder faster than real time; the export opens it and
compares each fragment with its digest. Before each copy its pages are dropped (posix_fadvise DONTNEED on files that
are on disk). The export hashes what it writes and ends with fsync. It runs in this process; what starting the command
costs is reported apart.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beffroi.engine.contract import StreamName
from beffroi.engine.export import export_span
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.keys import open_ring, open_vault
from bench import report
from bench.children import MeasureFailed, environment
from bench.clip import load
from bench.footage import build
from bench.match import demuxed
from bench.report import Figure, Measured, Target

CAMERA = "c1"
START_AT_US = 1_790_000_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One copy: bytes written and how long it took, until they were on disk."""

    bytes: int
    seconds: float

    @property
    def megabytes_s(self) -> float:
        return self.bytes / self.seconds / 1e6


def run(arguments: argparse.Namespace) -> Measured:
    """Make footage, then export and copy it in turn."""
    megabytes = arguments.megabytes or (30 if arguments.quick else 1000)
    rounds = arguments.rounds or (1 if arguments.quick else 5)
    clip = load()
    folder = Path(tempfile.mkdtemp(prefix="bench-export-", dir=arguments.folder))
    try:
        footage = folder / "recorded"
        vault = open_vault(_node(footage))
        build(footage, clip, {CAMERA: round(megabytes * 8e6 / clip.bit_s)}, start_at_us=START_AT_US, vault=vault)
        copies = _measure(footage, folder, rounds)
        start_s = _timed([sys.executable, "-m", "beffroi.cli.main", "footage", "export", "--help"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _measured(copies, megabytes, start_s)


def _node(footage: Path) -> Path:
    """Where the keys of this footage are."""
    return footage.parent / "node"


def _measure(footage: Path, folder: Path, rounds: int) -> dict[str, list[Copy]]:
    copies: dict[str, list[Copy]] = {"export": [], "cp + fsync": []}
    for number in range(rounds):
        kinds = [_export, _cp] if number % 2 == 0 else [_cp, _export]
        for measure in kinds:
            copy = measure(footage, folder)
            copies["export" if measure is _export else "cp + fsync"].append(copy)
            report.say(f"round {number + 1}/{rounds}  {measure.__name__[1:]:7} {copy.megabytes_s:.0f} MB/s")
    return copies


def _export(footage: Path, folder: Path) -> Copy:
    out = folder / "export.mp4"
    _forget(footage)
    begun_s = time.monotonic()
    with FootageReader(footage, open_ring(_node(footage))) as reader:
        made = export_span(reader, CAMERA, StreamName.MAIN, from_at_us=0, to_at_us=1 << 62, out=out)
    seconds = time.monotonic() - begun_s
    with FootageReader(footage) as reader:
        recorded = sum(row.frames for row in reader.iter_files(CAMERA, StreamName.MAIN, 0, 1 << 62))
    read = demuxed([out])
    if not recorded == made.frames == read:
        raise MeasureFailed(f"{recorded} frames recorded, {made.frames} exported, {read} read by a demuxer")
    out.unlink()
    return Copy(bytes=made.bytes, seconds=seconds)


def _cp(footage: Path, folder: Path) -> Copy:
    """The same files by coreutils, each copy flushed to disk."""
    out = folder / "copy"
    out.mkdir()
    files = [str(path) for path in sorted(footage.rglob("*.mp4"))]
    _forget(footage)
    seconds = _timed(["cp", *files, str(out)])
    begun_s = time.monotonic()
    for path in out.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    seconds += time.monotonic() - begun_s
    copied = sum(path.stat().st_size for path in out.iterdir())
    shutil.rmtree(out)
    return Copy(bytes=copied, seconds=seconds)


def _forget(footage: Path) -> None:
    """Drop the footage from the page cache; it is on disk already, so nothing dirty stays."""
    os.sync()
    for path in footage.rglob("*.mp4"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _timed(command: list[str]) -> float:
    begun_s = time.monotonic()
    ran = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=900, check=False)
    if ran.returncode:
        raise MeasureFailed(f"{' '.join(command[:4])}: {ran.stderr.strip()[-400:]}")
    return time.monotonic() - begun_s


def _measured(copies: dict[str, list[Copy]], megabytes: int, start_s: float) -> Measured:
    figures = {name: Figure.of([copy.megabytes_s for copy in ran]) for name, ran in copies.items()}
    pairs = zip(copies["export"], copies["cp + fsync"], strict=True)
    ratio = Figure.of([ours.megabytes_s / theirs.megabytes_s for ours, theirs in pairs])
    targets = [Target(name="speed, export ÷ cp + fsync", limit=0.5, reached=ratio.median, at_most=False)]
    rows = [["copy", "MB/s"], *([name, figure.text(0)] for name, figure in figures.items())]
    rows.append(["ratio", ratio.text()])
    document: dict[str, Any] = {
        "bench": "export",
        "machine": report.machine(),
        "megabytes": megabytes,
        "command_start_s": round(start_s, 3),
        "megabytes_s": {name: [copy.megabytes_s for copy in ran] for name, ran in copies.items()},
        "targets": [target.document() for target in targets],
    }
    title = f"one camera, {megabytes} MB, cold cache, {ratio.rounds} rounds (median, range)"
    title += f"; starting the command takes {start_s:.2f} s, not counted"
    return Measured(document, f"{title}\n{report.table(rows)}", targets)
