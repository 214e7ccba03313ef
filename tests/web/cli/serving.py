"""Runs `beffroi` commands as processes."""

from __future__ import annotations

import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

READY_S = 90.0
"""A town without cameras takes a few seconds to start; a machine may be very busy."""


def environ(folder: Path, **more: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BEFFROI_")}
    return {**ours, "BEFFROI_DATA": str(folder), "LANG": "C.UTF-8", **more}


def run(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "beffroi.cli.main", *arguments],
        env=environ(folder, **more),
        capture_output=True,
        text=True,
        timeout=READY_S * 2,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def free_ports() -> int:
    """A port that is free, and the one after it too."""
    for _ in range(50):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            with socket.socket() as two:
                try:
                    two.bind(("127.0.0.1", port + 1))
                except (OSError, OverflowError):
                    continue
                return port
    raise AssertionError("no two free ports")


class Serving:
    """`beffroi serve`, dying with this process however it dies; `first_line()` has a deadline.

    Args:
        wrapper: a program that sets something up and then becomes it.
    """

    def __init__(self, folder: Path, *, wrapper: Sequence[str] = (), **more: str) -> None:
        child = [*wrapper, sys.executable, "-m", "beffroi.cli.child", str(os.getpid()), "serve"]
        self.process = subprocess.Popen(
            child, env=environ(folder, **more), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._said: queue.Queue[str] = queue.Queue()
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.put(line)
        self._said.put("")
        self.process.stdout.close()

    def first_line(self, deadline_s: float = READY_S) -> str:
        return self._said.get(timeout=deadline_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self.process.kill()
        self.process.wait(10)
        self._reading.join(10)
