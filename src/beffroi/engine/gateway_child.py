"""Keeps the gateway process running: started with the listening socket, started again when it dies."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.engine.vital import vital

log = logging.getLogger(__name__)

BACK_OFF_S = (1.0, 2.0, 4.0, 8.0, 10.0)
STEADY_S = 30.0
"""A gateway that lived this long starts the back-off anew."""
TERMINATE_S = 3.0
SEND_BUFFER_BYTES = 256 << 10
"""What the kernel holds for one client: it is all that a revoked download, or a slow window, still gets."""


def listen(host: str, port: int) -> socket.socket:
    """The socket browsers connect to. The recorder holds it, so it outlives any gateway.

    Errors: Conflict when the port is taken, InvalidInput when the address is not one of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        listener.bind(address)
    except PermissionError:
        raise _unusable(host, port) from None
    except OSError as error:
        if error.errno == 98:  # EADDRINUSE
            raise Conflict(
                f"Port {port} is taken; choose another one.",
                message_fr=f"Le port {port} est pris ; choisissez-en un autre.",
                field="port",
            ) from None
        raise _unusable(host, port) from None
    listener.listen(1024)
    listener.setblocking(False)
    return listener


def _unusable(host: str, port: int) -> InvalidInput:
    return InvalidInput(
        f"Nothing can listen on {host}:{port}.",
        message_fr=f"Impossible d'écouter sur {host}:{port}.",
        field="host",
    )


class GatewayChild:
    """The child process and its restarts.

    Attributes:
        pid: of the running gateway, 0 while there is none.
        restarts: how often it had to be started again.
    """

    def __init__(self, listener: socket.socket, settings: dict[str, Any], *, on_gone: Callable[[], None]) -> None:
        self._listener = listener
        self._settings = settings
        self._on_gone = on_gone
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self.restarts = 0

    @property
    def pid(self) -> int:
        """Process id of the gateway, 0 while there is none."""
        return self._process.pid if self._process is not None and self._process.returncode is None else 0

    async def start(self) -> None:
        await self._spawn()
        self._task = vital(self._keep(), name="gateway")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                async with asyncio.timeout(TERMINATE_S):
                    await self._process.wait()
            except TimeoutError:
                self.kill()
                await self._process.wait()
        self._listener.close()

    def kill(self) -> None:
        """End a gateway that hangs; it is then started again."""
        if self.pid and self._process is not None:
            self._process.kill()

    async def _spawn(self) -> None:
        settings = {**self._settings, "listen_fd": self._listener.fileno()}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "beffroi.engine.gateway",
            json.dumps(settings),
            stdin=asyncio.subprocess.DEVNULL,
            pass_fds=(self._listener.fileno(),),
            cwd=Path.cwd(),
        )

    async def _keep(self) -> None:
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            assert self._process is not None
            started_s = loop.time()
            code = await self._process.wait()
            self._on_gone()
            failures = 0 if loop.time() - started_s > STEADY_S else failures
            delay_s = BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)]
            failures += 1
            self.restarts += 1
            log.error("gateway.died code=%s again_in_s=%s", code, delay_s)
            await asyncio.sleep(delay_s)
            await self._spawn()
