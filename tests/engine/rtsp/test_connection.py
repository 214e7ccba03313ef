"""A host with several addresses is reached by the one that answers."""

from __future__ import annotations

import socket

import pytest

from beffroi.engine.rtsp import connection
from beffroi.engine.rtsp.address import Address
from beffroi.engine.rtsp.connection import connect

pytestmark = pytest.mark.anyio


async def test_an_address_that_swallows_packets_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as full,
        socket.create_server(("127.0.0.1", 0)) as sound,
        socket.create_connection(full.getsockname()),  # its queue has room for one
    ):
        targets: list[tuple[int, tuple[str, int]]] = [(socket.AF_INET, one.getsockname()) for one in (full, sound)]

        async def resolved(_: Address) -> list[tuple[int, tuple[str, int]]]:
            return targets

        monkeypatch.setattr(connection, "_resolve", resolved)
        address = Address(host="localhost", port=554, tls=False, request_url="rtsp://localhost/")
        reached = await connect(address, deadline_s=2.0)
        assert reached.sock.getpeername() == sound.getsockname()
        reached.close()
