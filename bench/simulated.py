"""`beffroi bench ingest --source simulator`: the demo's own cameras recorded by `beffroi record`, every frame counted.

Simulated frames carry no number; they come at a fixed rate on an unbroken 90 kHz timeline. A missing frame shows as
a fragment that lasts longer than its frames, a missing stretch as a gap: both are counted from the index.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beffroi.engine.contract import StreamName
from beffroi.engine.index.reader import FootageReader
from bench import report
from bench.children import MeasureFailed, environment, running, stop
from bench.meters import measure
from bench.report import Measured, Target

SETTLE_S = 12.0
TOWN = 44
_EVER_US = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One camera in the index."""

    frames: int
    lost: int
    gaps: int


def run(arguments: argparse.Namespace) -> Measured:
    """Record the simulator's main streams for the whole time asked for."""
    cameras = arguments.cameras or (4 if arguments.quick else TOWN)
    seconds = arguments.seconds or (10.0 if arguments.quick else 600.0)
    folder = Path(tempfile.mkdtemp(prefix="bench-simulated-", dir=arguments.folder))
    try:
        with _simulator(cameras) as (simulator, urls):
            cost = _record(urls, folder, (simulator.pid, seconds))
        with FootageReader(folder / "ours") as reader:
            counted = [count(reader, one.camera) for one in reader.streams()]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _measured(counted, cost, (cameras, seconds))


@contextlib.contextmanager
def _simulator(cameras: int) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """The town's cameras when it has as many, invented ones otherwise."""
    command = [sys.executable, "-m", "beffroi.cli.main", "simulate", "--cameras", str(cameras)]
    command += ["--rtsp-port", "0", "--json"]
    child = subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout
        line = child.stdout.readline()
        if not line:
            raise MeasureFailed("the simulator ended")
        yield child, [camera["main_url"] for camera in json.loads(line)["cameras"]]
    finally:
        stop([child])


def _record(urls: list[str], folder: Path, asked: tuple[int, float]) -> dict[str, float]:
    simulator_pid, seconds = asked
    command = [sys.executable, "-m", "beffroi.cli.main", "record", *urls, "--into", str(folder / "ours")]
    command += ["--for", str(SETTLE_S + seconds), "--json"]
    with running([command], folder) as children:
        time.sleep(SETTLE_S)
        pid = children[0].pid
        before, source_before, opened_s = measure([pid]), measure([simulator_pid]), time.monotonic()
        time.sleep(max(1.0, seconds - 2.0))
        after, source_after = measure([pid]), measure([simulator_pid])
        window_s = time.monotonic() - opened_s
        children[0].wait(60)
    return {
        "cpu_ms": (after.cpu_s - before.cpu_s) / len(urls) / window_s * 1e3,
        "simulator_core_percent": (source_after.cpu_s - source_before.cpu_s) / window_s * 100,
        "pss_bytes": after.pss_bytes,
    }


def count(reader: FootageReader, camera: str) -> Counted:
    """Frames kept, and how many fit in the time that its fragments leave empty."""
    rows = reader.files(camera, StreamName.MAIN, 0, _EVER_US)
    fragments = [fragment for row in rows for fragment in row.fragments]
    if not fragments:
        return Counted(frames=0, lost=1, gaps=0)
    tick = min(fragment.duration_ticks90k / fragment.frames for fragment in fragments)
    lost = sum(round(fragment.duration_ticks90k / tick) - fragment.frames for fragment in fragments)
    gaps = reader.gaps(camera, StreamName.MAIN, rows[0].start_at_us + 1, rows[-1].end_at_us - 1)
    return Counted(frames=sum(row.frames for row in rows), lost=lost, gaps=len(gaps))


def _measured(counted: list[Counted], cost: dict[str, float], asked: tuple[int, float]) -> Measured:
    cameras, seconds = asked
    lost = sum(one.lost for one in counted) + max(0, cameras - len(counted))
    gaps = sum(one.gaps for one in counted)
    targets = [
        Target(name="frames lost", limit=0, reached=lost),
        Target(name="gaps", limit=0, reached=gaps),
    ]
    if cameras >= TOWN:
        targets.append(Target(name="simulator, % of a core", limit=15, reached=cost["simulator_core_percent"]))
    frames = sum(one.frames for one in counted)
    document: dict[str, Any] = {
        "bench": "ingest",
        "source": "simulator",
        "machine": report.machine(),
        "cameras": cameras,
        "window_s": seconds,
        "frames": frames,
        **cost,
        "targets": [target.document() for target in targets],
    }
    text = f"{cameras} simulated cameras for {seconds:g} s: {frames} frames, {lost} lost, {gaps} gaps, "
    text += f"{cost['cpu_ms']:.2f} ms per camera-second, {cost['pss_bytes'] / 1e6:.0f} MB"
    return Measured(document, text, targets)
