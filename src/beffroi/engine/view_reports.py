"""Openings and ends of views on their way to the outbox: those that come together share one commit.

A wall of sixteen tiles opens sixteen views at once; a commit each would show the last one after sixteen syncs.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import Executor
from functools import partial

from beffroi.core.errors import Unavailable
from beffroi.engine.outbox import NewFact, Outbox


class ViewReports:
    """Keeps facts of views; `keep()` returns when the fact is durable."""

    def __init__(self, outbox: Outbox, thread: Executor) -> None:
        self._outbox = outbox
        self._thread = thread
        self._waiting: list[tuple[NewFact, int, asyncio.Future[None]]] = []
        self._work: asyncio.Task[None] | None = None

    async def keep(self, fact: NewFact, ends_at_us: int) -> None:
        """Errors: Unavailable when the disk does not take it."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((fact, ends_at_us, kept))
        if self._work is None:
            self._work = asyncio.get_running_loop().create_task(self._drain())
        await kept

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            refusal = await self._put([(fact, ends_at_us) for fact, ends_at_us, _ in batch])
            for _, _, kept in batch:
                if kept.done():
                    continue  # whoever asked gave up waiting
                if refusal is None:
                    kept.set_result(None)
                else:
                    kept.set_exception(refusal)
        self._work = None

    async def _put(self, views: list[tuple[NewFact, int]]) -> Unavailable | None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, partial(self._outbox.put_views, views))
        except (sqlite3.Error, RuntimeError) as error:
            return Unavailable(
                f"The node cannot write its journal: {error}.",
                message_fr=f"Le nœud ne peut pas écrire son journal : {error}.",
            )
        return None
