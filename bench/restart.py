"""`beffroi bench restart`: `kill -9` of a recording node at random instants, and how long until it records again.

The demo's own cameras, encrypted footage, a real `beffroi node` started again at once, as its supervisor does. In every
other round the simulator is killed too: cameras that come back with the node. Both figures are read from the footage
afterwards: how much of the end of a camera's film the kill cost, and how long after it the next picture was taken.
"""

from __future__ import annotations

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beffroi.core.clock import SystemClock
from beffroi.core.instants import US_PER_S
from beffroi.engine.contract import StreamName
from beffroi.engine.index.reader import FootageReader
from bench import report
from bench.children import environment, stop
from bench.node import BenchNode, free_port
from bench.report import Figure, Measured, Target
from bench.simulated import TOWN

_STEADY_S = 12.0
_GROUP_S = 3.0
"""The town's cameras send a key frame each 2 or 3 s; what a kill may cost is one group of pictures."""
_EVER_US = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """One kill; for each camera, seconds of film lost before it and seconds until the next picture after it."""

    what: str
    lost_s: list[float]
    again_s: list[float]


class _Cameras:
    """The simulator, on one port over all its lives."""

    def __init__(self, count: int) -> None:
        port = free_port()
        self.urls = {f"c{number:02}": f"rtsp://127.0.0.1:{port}/c{number:02}/main" for number in range(1, count + 1)}
        self._command = [sys.executable, "-m", "beffroi.cli.main", "simulate", "--cameras", str(count)]
        self._command += ["--rtsp-port", str(port), "--json"]
        self._child = self._started()

    def _started(self) -> subprocess.Popen[str]:
        child = subprocess.Popen(self._command, env=environment(), stdout=subprocess.PIPE, text=True)
        assert child.stdout
        child.stdout.readline()
        return child

    def kill_and_start(self) -> None:
        self._child.kill()
        self._child.wait()
        self._child = self._started()

    def close(self) -> None:
        stop([self._child])


def run(arguments: argparse.Namespace) -> Measured:
    """Kill as many times as there are rounds."""
    count = arguments.cameras or (4 if arguments.quick else TOWN)
    rounds = arguments.rounds or (2 if arguments.quick else 6)
    folder = Path(tempfile.mkdtemp(prefix="bench-restart-", dir=arguments.folder))
    cameras = _Cameras(count)
    try:
        with BenchNode(folder / "node", folder / "recorded", cameras.urls) as node:
            kills = [_kill(node, cameras, number) for number in range(rounds)]
            time.sleep(_STEADY_S)
        with FootageReader(folder / "recorded") as reader:
            killed = [_read(reader, list(cameras.urls), what, at_us) for what, at_us in kills]
    finally:
        cameras.close()
        shutil.rmtree(folder, ignore_errors=True)
    return _measured(killed, count)


def _kill(node: BenchNode, cameras: _Cameras, number: int) -> tuple[str, int]:
    time.sleep(_STEADY_S + random.random() * _GROUP_S)
    at_us = SystemClock().now_us()
    node.end(signal.SIGKILL)
    if number % 2:
        cameras.kill_and_start()
    node.start()
    return ("node and cameras" if number % 2 else "node"), at_us


def _read(reader: FootageReader, cameras: list[str], what: str, at_us: int) -> Killed:
    lost, again = [], []
    for camera in cameras:
        rows = reader.files(camera, StreamName.MAIN, 0, _EVER_US)
        fragments = [fragment for row in rows for fragment in row.fragments]
        last_us = max((one.end_at_us for one in fragments if one.start_at_us < at_us), default=0)
        next_us = min((one.start_at_us for one in fragments if one.start_at_us >= at_us), default=_EVER_US)
        lost.append(max(0.0, (at_us - last_us) / US_PER_S))
        again.append((next_us - at_us) / US_PER_S)
    report.say(f"{what}: lost {max(lost):.2f} s at most, recorded again after {max(again):.2f} s at most")
    return Killed(what=what, lost_s=lost, again_s=again)


def _measured(killed: list[Killed], count: int) -> Measured:
    figures = [["killed", "film lost, worst camera, s", "recorded again, median, s", "recorded again, worst camera, s"]]
    for what in dict.fromkeys(one.what for one in killed):
        of_it = [one for one in killed if one.what == what]
        lost = Figure.of([max(one.lost_s) for one in of_it])
        median = Figure.of([report.percentile(one.again_s, 50) for one in of_it])
        figures.append([what, lost.text(), median.text(), Figure.of([max(one.again_s) for one in of_it]).text()])
    worst = max(max(one.again_s) for one in killed)
    targets = [
        Target(name="recording again, worst camera of all kills, s", limit=5, reached=worst),
        Target(
            name="film lost, worst camera of all kills, s", limit=_GROUP_S, reached=max(max(k.lost_s) for k in killed)
        ),
    ]
    document: dict[str, Any] = {
        "bench": "restart",
        "machine": report.machine(),
        "cameras": count,
        "kills": [{"killed": one.what, "lost_s": one.lost_s, "again_s": one.again_s} for one in killed],
        "targets": [target.document() for target in targets],
    }
    return Measured(document, f"{count} simulated cameras, {len(killed)} kills\n{report.table(figures)}", targets)
