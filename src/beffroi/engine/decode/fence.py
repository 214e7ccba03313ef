"""A fence for FFmpeg: it speaks to loopback only, and this relay speaks to the one camera it is for.

FFmpeg follows an RTSP redirect to any host, before PLAY, and no option forbids it. So it is given the address of
this relay, which takes one connection, carries it to the camera (in TLS for `rtsps`), and ends it when the camera
answers with a `Location`. Over TCP FFmpeg opens no other connection. Source: FFmpeg, libavformat/rtsp.c, `redirect`.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Final

from beffroi.engine import reach
from beffroi.engine.rtsp.address import Address
from beffroi.engine.rtsp.connection import unverified_tls

_OPENING_MAX_BYTES: Final = 256 << 10
"""What a camera may say before it is asked to play: a few descriptions."""
_REDIRECT = re.compile(rb"(?:^|[\r\n])[ \t]*location[ \t]*:", re.IGNORECASE)
_CHUNK_BYTES: Final = 64 << 10


@contextlib.contextmanager
def fenced(address: Address, *, deadline_s: float) -> Iterator[str]:
    """Host and port of a relay to `address`, for one connection.

    Errors: OSError when the camera cannot be reached, Barred when it may not be.
    """
    with contextlib.ExitStack() as opened:
        camera = opened.enter_context(_reached(address, deadline_s))
        door = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1))
        door.settimeout(deadline_s)
        threading.Thread(target=_relay, args=(door, camera), name="fence", daemon=True).start()
        yield f"127.0.0.1:{door.getsockname()[1]}"


def _reached(address: Address, deadline_s: float) -> socket.socket:
    plain = socket.create_connection((reach.numbers(address.host, address.port)[0], address.port), deadline_s)
    try:
        camera = unverified_tls().wrap_socket(plain, server_hostname=address.host) if address.tls else plain
    except OSError:
        plain.close()
        raise
    camera.settimeout(None)
    return camera


def _relay(door: socket.socket, camera: socket.socket) -> None:
    with contextlib.suppress(OSError):
        reader, _ = door.accept()
        door.close()
        with reader:
            _carry(reader, camera)


def _carry(reader: socket.socket, camera: socket.socket) -> None:
    """Both ways, until one side ends or the camera redirects. After PLAY the reader follows no redirect."""
    opening = b""
    is_playing = False
    while True:
        has_kept = isinstance(camera, ssl.SSLSocket) and camera.pending()
        ready = [camera] if has_kept else select.select([reader, camera], [], [])[0]
        if reader in ready:
            if not (request := reader.recv(_CHUNK_BYTES)):
                return
            is_playing = is_playing or request.startswith(b"PLAY ")
            camera.sendall(request)
        if camera in ready:
            if not (answer := camera.recv(_CHUNK_BYTES)):
                return
            if not is_playing:
                opening += answer
                if _REDIRECT.search(opening) or len(opening) > _OPENING_MAX_BYTES:
                    return
            reader.sendall(answer)
