"""The TCP connection to a camera: a raw non-blocking socket, in TLS for `rtsps`.

Raw, because media is read from it in batches, without a transport, a wake-up or a call per packet. TLS sockets
are read the same way.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from contextlib import ExitStack
from typing import Final

from beffroi.engine import reach
from beffroi.engine.rtsp import refusals
from beffroi.engine.rtsp.address import Address

_RECEIVE_BYTES: Final = 1 << 19
"""Asked of the kernel at once; what does not arrive is given back untouched."""
bytearray(2 * _RECEIVE_BYTES)
"""glibc maps blocks above 128 KiB anew each time until one as large was freed. Source: mallopt(3), M_MMAP_THRESHOLD."""
_WOULD_BLOCK: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError, InterruptedError)
_HANDSHAKE_STEP_S: Final = 60.0
_MAX_UNSENT_BYTES: Final = 64 << 10
"""A camera that takes none of our requests for this long is gone."""


def unverified_tls() -> ssl.SSLContext:
    """Encrypts without proving who answers: cameras carry certificates of their own making."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Connection:
    """One connection. `receive()` and `send()` never block.

    Attributes:
        kept: bytes received and not yet used; the next `receive()` returns them first.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.fd = sock.fileno()
        self.kept = b""
        self.encrypted = isinstance(sock, ssl.SSLSocket)
        self._unsent = b""

    def receive(self) -> tuple[bytes | None, bool]:
        """What was kept and what arrived (None at the end of the stream), and whether more may be waiting.

        Errors: OSError when the connection broke.
        """
        try:
            arrived = self.sock.recv(_RECEIVE_BYTES)
        except _WOULD_BLOCK:
            return b"", False
        if not arrived:
            return None, False
        kept, self.kept = self.kept, b""
        return kept + arrived, self.encrypted or len(arrived) == _RECEIVE_BYTES

    def send(self, message: bytes) -> None:
        """Send now, or keep what does not fit for later. Errors: OSError when the peer takes nothing any more."""
        self._unsent += message
        try:
            while self._unsent:
                sent = self.sock.send(self._unsent)
                self._unsent = self._unsent[sent:]
        except _WOULD_BLOCK:
            if len(self._unsent) > _MAX_UNSENT_BYTES:
                raise TimeoutError("the camera takes no request") from None

    async def readable(self, deadline_s: float) -> None:
        """Wait until something can be read. Errors: TimeoutError."""
        await _ready(self.fd, write=False, deadline_s=deadline_s)

    def close(self) -> None:
        self.sock.close()


async def connect(address: Address, *, deadline_s: float, tls: ssl.SSLContext | None = None) -> Connection:
    """A connection to the first of the host's addresses that answers.

    Errors: Unreachable, Barred.
    """
    try:
        async with asyncio.timeout(deadline_s):
            sock = await _connect_any(address, deadline_s=deadline_s)
            return Connection(await _encrypted(sock, address, tls) if address.tls else sock)
    except TimeoutError:
        raise refusals.no_connection(address.where, "no answer") from None
    except ConnectionRefusedError:
        raise refusals.no_connection(address.where, "connection refused") from None
    except (ssl.SSLError, ValueError):  # ValueError: a host name that TLS cannot name
        raise refusals.no_connection(address.where, "TLS failed") from None
    except OSError:
        raise refusals.no_connection(address.where, "no route") from None


async def _connect_any(address: Address, *, deadline_s: float) -> socket.socket:
    """Each of the host's addresses has its share of the time: one that swallows packets hides no other."""
    loop = asyncio.get_running_loop()
    failure: OSError = OSError("no address")
    targets = await _resolve(address)
    for _, target in targets:
        reach.check(target[0], address.host)
    for family, target in targets:
        with ExitStack() as undo:
            sock = undo.enter_context(socket.socket(family, socket.SOCK_STREAM))
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                async with asyncio.timeout(deadline_s / len(targets)):
                    await loop.sock_connect(sock, target)
            except OSError as error:  # TimeoutError is one
                failure = error
            else:
                undo.pop_all()
                return sock
    raise failure


async def _resolve(address: Address) -> list[tuple[int, tuple[str, int]]]:
    """Families and targets, in the resolver's order. Errors: Unreachable for an unknown name."""
    try:
        number = ipaddress.ip_address(address.host)
        return [(socket.AF_INET6 if number.version == 6 else socket.AF_INET, (address.host, address.port))]
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise refusals.unknown_name(address.host) from None
    return [(family, (str(target[0]), int(target[1]))) for family, _, _, _, target in found]


async def _encrypted(sock: socket.socket, address: Address, tls: ssl.SSLContext | None) -> ssl.SSLSocket:
    context = tls or unverified_tls()
    with ExitStack() as undo:
        undo.callback(sock.close)
        wrapped = context.wrap_socket(sock, server_hostname=address.host, do_handshake_on_connect=False)
        undo.callback(wrapped.close)
        while True:
            try:
                wrapped.do_handshake()
                undo.pop_all()
                return wrapped
            except ssl.SSLWantReadError:
                await _ready(wrapped.fileno(), write=False, deadline_s=_HANDSHAKE_STEP_S)
            except ssl.SSLWantWriteError:
                await _ready(wrapped.fileno(), write=True, deadline_s=_HANDSHAKE_STEP_S)


async def _ready(fd: int, *, write: bool, deadline_s: float) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def on_ready() -> None:
        if not ready.done():
            ready.set_result(None)

    add, remove = (loop.add_writer, loop.remove_writer) if write else (loop.add_reader, loop.remove_reader)
    add(fd, on_ready)
    try:
        async with asyncio.timeout(deadline_s):
            await ready
    finally:
        remove(fd)
