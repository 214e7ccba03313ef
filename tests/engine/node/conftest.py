"""Real processes around a node: GStreamer's RTSP server and `beffroi node`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

GST_SERVER = Path(__file__).parents[1] / "source" / "gst_server.py"

RtspStart = Callable[[str], str]


@pytest.fixture
def rtsp() -> Iterator[RtspStart]:
    """Start GStreamer's RTSP server with a codec; returns its URL. Skips when the system has none."""
    has = subprocess.run(
        ["/usr/bin/python3", "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"],
        capture_output=True,
        check=False,
    )
    if has.returncode:
        pytest.skip("no GStreamer RTSP server for /usr/bin/python3 (packages gir1.2-gst-rtsp-server-1.0, python3-gi)")
    running: list[subprocess.Popen[str]] = []

    def start(codec: str) -> str:
        command = ["/usr/bin/python3", str(GST_SERVER), codec, "20", ":", "0", "0"]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr, text=True)
        running.append(server)
        assert server.stdout is not None
        return f"rtsp://127.0.0.1:{server.stdout.readline().strip()}/stream"

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
