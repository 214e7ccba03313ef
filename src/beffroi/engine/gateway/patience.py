"""How long a client may take to ask, and how many connections one address may hold: a place costs nothing to take.

uvicorn gives a connection that asks nothing all the time in the world, and turns everybody away once it has its number.
"""

from __future__ import annotations

from asyncio import BaseTransport, TimerHandle
from collections import Counter
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ASK_S: Final = 10.0
"""From the connection, or from the first byte of a further request, to the end of its head."""
HEAD_MAX_BYTES: Final = 32 << 10
"""A viewing grant is 4 KB at most."""
CONNECTIONS_MAX: Final = 1024
OF_ADDRESS_MAX: Final = 128
"""A post has some twenty: six a node and a tab, and its windows."""
_held: Counter[str] = Counter()


class Protocol(HttpToolsProtocol):
    """HTTP for clients that ask in time."""

    _late: TimerHandle | None = None
    _address = ""
    _head_bytes = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        _held[self._address] += 1
        if _held[self._address] > OF_ADDRESS_MAX:
            transport.abort()
            return
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        _held[self._address] -= 1
        if not _held[self._address]:
            del _held[self._address]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._late is not None:  # a head that has not ended
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_MAX_BYTES:
                self.transport.abort()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        self._wait()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        self._head_bytes = 0
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        """A window has its own number and its own end; this protocol is not told of it any more."""
        _held[self._address] -= 1
        super().handle_websocket_upgrade()

    def _wait(self) -> None:
        self._stop_waiting()
        self._late = self.loop.call_later(ASK_S, self._give_up, self.transport)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    @staticmethod
    def _give_up(transport: BaseTransport) -> None:
        transport.close()
