"""What the simulator costs: processor share while it streams to two clients a camera.

beffroi simulate --cameras 44 --town src/beffroi/demo_town --rtsp-port 0 --json > cameras.json &
python -m bench.simulator_cost cameras.json $!
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from functools import partial
from pathlib import Path

import uvloop

SETTLE_S, MEASURE_S = 8.0, 30.0


class Viewer(asyncio.Protocol):
    """Plays one stream over TCP and counts its bytes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.received_bytes = 0
        self._asked = 0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream connection
        self._ask("SETUP", f"{self.url}/video", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")

    def _ask(self, method: str, url: str, header: str) -> None:
        self._asked += 1
        assert self._transport is not None
        self._transport.write(f"{method} {url} RTSP/1.0\r\nCSeq: {self._asked}\r\n{header}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        self.received_bytes += len(data)
        if self._asked == 1:
            session = re.search(rb"Session: (\w+)", data)
            assert session is not None, data
            self._ask("PLAY", self.url, f"Session: {session[1].decode()}")


def cpu_s(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(cameras: Path, pid: int) -> None:
    """Connects everybody, waits, measures, prints one line."""
    loop = asyncio.get_running_loop()
    viewers: list[Viewer] = []
    for camera in json.loads(cameras.read_text())["cameras"]:
        for url in (camera["main_url"], camera["sub_url"]):
            host, port = url.removeprefix("rtsp://").split("/")[0].split(":")
            try:
                _, viewer = await loop.create_connection(partial(Viewer, url), host, int(port))
            except ConnectionRefusedError:
                continue  # a camera that is dead on purpose
            viewers.append(viewer)
    await asyncio.sleep(SETTLE_S)
    cpu_before, bytes_before, began_s = cpu_s(pid), sum(v.received_bytes for v in viewers), loop.time()
    await asyncio.sleep(MEASURE_S)
    took_s = loop.time() - began_s
    share = (cpu_s(pid) - cpu_before) / took_s
    mbit_s = (sum(v.received_bytes for v in viewers) - bytes_before) * 8e-6 / took_s
    print(f"{len(viewers)} streams: {share:.1%} of one core, {mbit_s:.1f} Mbit/s")


if __name__ == "__main__":
    uvloop.run(measure(Path(sys.argv[1]), int(sys.argv[2])))
