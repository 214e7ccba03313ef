"""A real `beffroi node` with no web: enrolled and told its cameras through what it keeps on disk."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from beffroi.core.clock import SystemClock
from beffroi.core.ids import new_id
from beffroi.engine.contract import (
    DesiredCamera,
    DesiredState,
    GrantKey,
    GrantKind,
    Reason,
    StreamName,
    StreamSource,
    ViewingGrant,
    grant_key,
    sign,
)
from beffroi.engine.identity import Enrolment, SealedCache, keep_enrolment, node_key
from bench.children import MeasureFailed, environment, stop

NODE = "bench"
_FAR_US = 4_000_000_000_000_000
_READY_S = 30.0
_MONTH_S = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Span:
    """What a replay grant covers."""

    from_at_us: int
    to_at_us: int


class BenchNode:
    """The node's process as a context manager; `grant()` signs as web would."""

    def __init__(
        self,
        folder: Path,
        footage: Path,
        cameras: dict[str, str],
        *,
        origins: tuple[str, ...] = (),
        grant_keys: tuple[GrantKey, ...] = (),
    ) -> None:
        """`cameras`: address of each camera's main stream by its id; an empty one is never opened.

        `grant_keys`: those of a web that signs, besides the bench's own.
        """
        self.folder, self.footage = folder, footage
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._key = Ed25519PrivateKey.generate()
        self._desired = DesiredState(
            version="1",
            node=NODE,
            cameras=tuple(_camera(name, url) for name, url in cameras.items()),
            grant_keys=(grant_key("bench", self._key.public_key()), *grant_keys),
            origins=origins,
        )

    def __enter__(self) -> BenchNode:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        keep_enrolment(self.folder, Enrolment(node=NODE, web="http://127.0.0.1:9"))
        SealedCache(self.folder, node_key(self.folder)).keep(self._desired)
        self.start()
        return self

    def start(self) -> None:
        """Starts the process, again after `end()`; returns once it is ready."""
        command = [sys.executable, "-m", "beffroi.cli.main", "node", "--folder", str(self.folder)]
        command += [
            "--footage",
            str(self.footage),
            "--port",
            str(self.port),
            "--log-level",
            "error",
        ]
        with (self.folder / "bench.log").open("ab") as errors:
            self._child = subprocess.Popen(command, env=environment(), stdout=errors, stderr=errors)
        try:
            self._await_ready()
        except MeasureFailed:
            self.__exit__()
            raise

    def end(self, number: signal.Signals) -> None:
        """Ends the process by a signal."""
        self._child.send_signal(number)
        self._child.wait()

    def __exit__(self, *_: object) -> None:
        stop([self._child])

    @property
    def pid(self) -> int:
        return self._child.pid

    def _await_ready(self) -> None:
        deadline_s = time.monotonic() + _READY_S
        while time.monotonic() < deadline_s and self._child.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=1) as answer:
                    if json.load(answer)["ready"]:
                        return
            except (OSError, urllib.error.URLError):
                pass
            time.sleep(0.1)
        raise MeasureFailed(f"node: not ready. {(self.folder / 'bench.log').read_text()[-400:]}")

    def grant(self, camera: str, kind: GrantKind, span: Span | None = None) -> tuple[str, ViewingGrant]:
        """A token for one camera, valid now, and what it says."""
        now_us = SystemClock().now_us()
        grant = ViewingGrant(
            id=new_id(),
            node=NODE,
            agent="bench",
            camera=camera,
            kind=kind,
            reason=Reason(code="bench"),
            issued_at_us=now_us,
            ends_at_us=now_us + 900_000_000,
            from_at_us=span.from_at_us if span else 0,
            to_at_us=span.to_at_us if span else 0,
        )
        return sign(grant, "bench", self._key), grant


def _camera(name: str, url: str) -> DesiredCamera:
    sources = (StreamSource(stream=StreamName.MAIN, url=url),) if url else ()
    return DesiredCamera(id=name, name=name, sources=sources, retention_s=_MONTH_S, not_after_us=_FAR_US)


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])
