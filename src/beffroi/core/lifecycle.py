"""Start and stop: components start in order and close in reverse order, each within a deadline."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1  # Source: prctl(2)


class Component(Protocol):
    """Something with a life: `start()` returns when it serves, `close()` when nothing of it is left."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...


@asynccontextmanager
async def running(*components: Component, close_deadline_s: float = 10.0) -> AsyncIterator[None]:
    """Starts components in the order given, closes them in reverse, also when a later one fails to start."""
    async with AsyncExitStack() as stack:
        for component in components:
            await component.start()
            stack.push_async_callback(_close, component, close_deadline_s)
        yield


async def _close(component: Component, deadline_s: float) -> None:
    try:
        async with asyncio.timeout(deadline_s):
            await component.close()
    except TimeoutError:
        log.error("close.deadline component=%s after_s=%s", type(component).__name__, deadline_s)


def stop_event() -> asyncio.Event:
    """An event set by the first of `stop_signals()`; a second one leaves at once."""
    loop = asyncio.get_running_loop()
    event = asyncio.Event()

    def on_signal() -> None:
        if event.is_set():
            os._exit(130)
        event.set()

    for number in stop_signals():
        loop.add_signal_handler(number, on_signal)
    return event


def stop_signals() -> tuple[signal.Signals, ...]:
    """What asks for an orderly end: SIGINT, SIGTERM, and SIGHUP (the terminal is gone) unless `nohup` ignored it."""
    asked = (signal.SIGINT, signal.SIGTERM)
    return asked if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (*asked, signal.SIGHUP)


def age_s() -> float:
    """Seconds since this process was started, its own imports included. Source: proc(5), starttime."""
    started_ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started_ticks / os.sysconf("SC_CLK_TCK")


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent dies, however the parent dies (Linux).

    At once: whoever takes the parent's place needs its ports and its folders, and kill -9 loses one GOP at most.
    """
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
