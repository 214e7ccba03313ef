"""The floor: receive whatever arrives, write it to a file, look at nothing. One process, event driven.

Its files are the interleaved stream as received, so they can be counted but no player opens them.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import cast

import uvloop

RECEIVE_BYTES = 1 << 18


class BareCamera(asyncio.BufferedProtocol):
    """RTSP by rote, then recv + write."""

    def __init__(self, url: str, path: Path) -> None:
        self.url = url
        self._view = memoryview(bytearray(RECEIVE_BYTES))
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
        self._steps = [
            f"SETUP {url}/trackID=0 RTSP/1.0\r\nCSeq: 2\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n",
            f"PLAY {url} RTSP/1.0\r\nCSeq: 3\r\nSession: 1\r\n\r\n",
        ]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(f"DESCRIBE {self.url} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        if self._steps:
            self._transport.write(self._steps.pop(0).encode())
            return
        os.write(self._file, self._view[:nbytes])

    def connection_lost(self, exc: Exception | None) -> None:
        os.close(self._file)


async def _record(folder: Path, urls: list[str]) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGINT, stop.set)
    for number, url in enumerate(urls):
        host, port = url.removeprefix("rtsp://").split("/")[0].split(":")
        camera = BareCamera(url, folder / f"cam{number}.raw")
        await loop.create_connection(partial(_given, camera), host, int(port))
    await stop.wait()


def _given(camera: BareCamera) -> BareCamera:
    return camera


if __name__ == "__main__":
    uvloop.run(_record(Path(sys.argv[1]), sys.argv[2:]))
