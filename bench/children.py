"""The processes a benchmark starts; each ends with the block that started it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.clip import ClipFormat

ROOT = Path(__file__).parent.parent
STOP_S = 60.0


class MeasureFailed(Exception):
    """A round cannot be measured; the message says which program failed, and with what words."""


def environment() -> dict[str, str]:
    """The environment of children: this checkout first on the Python path."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path.rstrip(os.pathsep)}


def stop(children: list[subprocess.Popen[Any]]) -> None:
    """SIGINT, then SIGKILL to those that have not ended within `STOP_S`."""
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
    deadline_s = time.monotonic() + STOP_S
    for child in children:
        try:
            child.wait(max(0.1, deadline_s - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextlib.contextmanager
def running(commands: list[list[str]], folder: Path) -> Iterator[list[subprocess.Popen[Any]]]:
    """The commands, started together; stdout and stderr go to `out.N` and `err.N` in `folder`."""
    children: list[subprocess.Popen[Any]] = []
    with contextlib.ExitStack() as files:
        try:
            for number, command in enumerate(commands):
                out = files.enter_context((folder / f"out.{number}").open("wb"))
                err = files.enter_context((folder / f"err.{number}").open("wb"))
                children.append(subprocess.Popen(command, stdout=out, stderr=err, env=environment()))
            yield children
        finally:
            stop(children)


class LoadSource:
    """The load generator in its own process (`bench.source`), as a context manager."""

    def __init__(self, cameras: int, mode: str, clip_format: ClipFormat) -> None:
        self.cameras = cameras
        fields = json.dumps(asdict(clip_format))
        self._command = [sys.executable, "-m", "bench.source", "--cameras", str(cameras), "--mode", mode]
        self._command += ["--format", fields]

    def __enter__(self) -> LoadSource:
        pipe = subprocess.PIPE
        self._child = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, text=True, env=environment())
        greeting = self._line()
        self.port, self.bit_s = int(greeting["port"]), int(greeting["bit_s"])
        return self

    def __exit__(self, *_: object) -> None:
        assert self._child.stdin
        self._child.stdin.close()
        try:
            self._child.wait(10)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        assert self._child.stdout
        self._child.stdout.close()

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def urls(self) -> list[str]:
        """One address a camera."""
        return [f"rtsp://127.0.0.1:{self.port}/cam{number}" for number in range(self.cameras)]

    def report(self) -> dict[str, Any]:
        """What it sent up to now."""
        assert self._child.stdin
        self._child.stdin.write("report\n")
        self._child.stdin.flush()
        return self._line()

    def _line(self) -> dict[str, Any]:
        assert self._child.stdout
        line = self._child.stdout.readline()
        if not line:
            raise MeasureFailed("the load generator ended")
        message: dict[str, Any] = json.loads(line)
        return message
