"""What the tests of sources share."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.source.collecting import Collector

HERE = Path(__file__).parent


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop a node runs on."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
def collector() -> Collector:
    return Collector()


GstStart = Callable[..., str]


@pytest.fixture
def gst_server() -> Iterator[GstStart]:
    """Start GStreamer's RTSP server; returns its URL. Skips when the system has none."""
    has = subprocess.run(
        ["/usr/bin/python3", "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"],
        capture_output=True,
        check=False,
    )
    if has.returncode:
        pytest.skip("no GStreamer RTSP server for /usr/bin/python3 (packages gir1.2-gst-rtsp-server-1.0, python3-gi)")
    running: list[subprocess.Popen[str]] = []

    def start(codec: str = "h264", *, fps: int = 20, account: str = ":", audio: bool = False, b_frames: int = 0) -> str:
        command = ["/usr/bin/python3", str(HERE / "gst_server.py"), codec, str(fps), account]
        command += [str(int(audio)), str(b_frames)]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr, text=True)
        running.append(server)
        assert server.stdout is not None
        return f"127.0.0.1:{server.stdout.readline().strip()}/stream"

    yield start
    for server in running:
        assert server.stdin is not None and server.stdout is not None
        server.stdin.close()
        server.stdout.close()
        try:
            server.wait(3)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
