"""The gateway process: `python -m beffroi.engine.gateway SETTINGS`, started by the recorder only."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
import uvloop

from beffroi.core.clock import SystemClock
from beffroi.core.lifecycle import die_with_parent, running, stop_event
from beffroi.engine.contract import decode
from beffroi.engine.gateway.app import build_app
from beffroi.engine.gateway.gate import Gate, GatewaySettings
from beffroi.engine.gateway.live import MESSAGE_MAX_BYTES
from beffroi.engine.gateway.measuring import StreamMeter
from beffroi.engine.gateway.patience import CONNECTIONS_MAX, Protocol
from beffroi.engine.gateway.pictures import ThumbnailMaker
from beffroi.engine.gateway.uplink import Uplink

PING_S = 20.0


async def serve(settings: GatewaySettings) -> None:
    """Serve until the recorder leaves or a signal comes."""
    stopping = stop_event()
    uplink = await Uplink.connect(Path(settings.socket))
    gate = Gate(settings, uplink, clock=SystemClock())
    listener = socket.socket(fileno=settings.listen_fd)
    async with running(gate.views, ThumbnailMaker(gate), StreamMeter(gate, settings.measure_every_s)):
        server = _Server(_config(settings, gate))
        serving = asyncio.get_running_loop().create_task(server.serve(sockets=[listener]))
        ends = [asyncio.get_running_loop().create_task(event.wait()) for event in (stopping, uplink.gone)]
        await asyncio.wait([serving, *ends], return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await serving
        for end in ends:
            end.cancel()


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own: `stop_event` holds them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(settings: GatewaySettings, gate: Gate) -> uvicorn.Config:
    return uvicorn.Config(
        build_app(gate),
        http=Protocol,
        ws="websockets-sansio",
        lifespan="off",
        ws_max_size=MESSAGE_MAX_BYTES,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        ws_per_message_deflate=False,
        ssl_certfile=settings.tls_cert or None,
        ssl_keyfile=settings.tls_key or None,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
        limit_concurrency=CONNECTIONS_MAX,
    )


def main() -> None:
    """Entry point."""
    die_with_parent()
    parent = os.getppid()
    settings = decode(GatewaySettings, sys.argv[1])
    if parent == 1:
        return  # the recorder died before the kernel was asked to tell us
    logging.basicConfig(level=settings.log_level.upper(), format="gateway %(levelname)s %(name)s %(message)s")
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    uvloop.run(serve(settings))


def _is_news(record: logging.LogRecord) -> bool:
    """uvicorn calls a refused WebSocket an error of ours."""
    return "without completing handshake" not in record.getMessage()


if __name__ == "__main__":
    main()
