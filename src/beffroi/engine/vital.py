"""Background tasks a process cannot live without."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)

EXIT_FAULT = 70
"""Source: sysexits(3), EX_SOFTWARE."""
EXIT_SILENT = 3
"""Of a child that relays a camera: it sent nothing for too long."""


def vital(work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
    """A task whose fault ends the process at once: whoever started it starts it again, and recovery is by design.

    A loop that closes gates or ends views and has silently died would be worse.
    """
    task = asyncio.get_running_loop().create_task(work, name=name)
    task.add_done_callback(_check)
    return task


def _check(task: asyncio.Task[None]) -> None:
    if task.cancelled() or (fault := task.exception()) is None:
        return
    log.critical("task.died name=%s", task.get_name(), exc_info=fault)
    logging.shutdown()
    os._exit(EXIT_FAULT)
