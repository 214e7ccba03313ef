"""What the doors of a gateway share."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from beffroi.core.clock import Clock
from beffroi.core.errors import DataLoss, Unavailable
from beffroi.engine.contract import StreamName
from beffroi.engine.gateway.replies import Counters
from beffroi.engine.gateway.signatures import WebSignatures
from beffroi.engine.gateway.tile import Feed, LinkFeed
from beffroi.engine.gateway.uplink import Uplink
from beffroi.engine.gateway.views import Views
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.keys import open_ring

T = TypeVar("T")

SLOTS = {"replay": 32, "export": 4, "picture": 32, "transcode": 1, "probe": 4, "measure": 1}
"""How many requests of each kind are served at once; the next one is refused and counted."""
WINDOWS_OF_AGENT_MAX = 16
"""A post has some four; the wall is one more."""
SHARES = {"replay": 16, "export": 2, "picture": 16}
"""And how many of them for one agent, all unless said: nobody takes every place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """What the recorder tells its gateway on the command line; nothing secret."""

    socket: str
    footage: str
    listen_fd: int
    tls_cert: str = ""
    tls_key: str = ""
    metrics_from: tuple[str, ...] = ()
    log_level: str = "warning"
    measure_every_s: float = 4 * 3600.0
    vault: str = ""
    """The node's folder: its key and its vault; empty when footage is plain."""


class Gate:
    """Shared by all doors of one gateway process."""

    def __init__(self, settings: GatewaySettings, uplink: Uplink, *, clock: Clock) -> None:
        self.settings = settings
        self.uplink = uplink
        self.clock = clock
        self.counters = Counters()
        self.views = Views(uplink, clock=clock, counters=self.counters)
        self.web_signatures = WebSignatures(uplink, clock)
        self.windows = 0
        self._windows_of: Counter[str] = Counter()
        self._busy: Counter[str] = Counter()
        self._busy_for: Counter[tuple[str, str]] = Counter()
        self._reader: FootageReader | None = None
        self.keys = open_ring(Path(settings.vault)) if settings.vault else None
        self._link_feed = LinkFeed(uplink)
        self._transcoder = ThreadPoolExecutor(1, thread_name_prefix="transcode")
        self._decoder = ThreadPoolExecutor(1, thread_name_prefix="decode")

    @property
    def reader(self) -> FootageReader:
        """The footage folder, opened when first needed. Called from threads.

        Errors: NotFound while nothing was ever recorded; DataLoss when the index cannot be opened.
        """
        if self._reader is None:
            try:
                self._reader = FootageReader(Path(self.settings.footage), self.keys)
            except (sqlite3.Error, OSError) as error:
                raise DataLoss(
                    f"The footage index cannot be opened: {error}.",
                    message_fr=f"L'index des images ne peut être ouvert : {error}.",
                ) from None
        return self._reader

    async def decode(self, work: Callable[[], T]) -> T:
        """`work()` in the one thread that decodes, so that pictures asked for never starve the live ones.

        Errors: DataLoss, and those of `work`.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._decoder, work)
        except (OSError, ValueError) as error:
            raise DataLoss(
                f"These pictures cannot be decoded or kept: {error}.",
                message_fr=f"Ces images ne peuvent être décodées ou gardées : {error}.",
            ) from None

    def is_origin(self, origin: str) -> bool:
        """True when pages of `origin` may call this node."""
        return self.uplink.desired is not None and origin in self.uplink.desired.origins

    def streams(self, camera: str) -> tuple[StreamName, ...]:
        """Streams of a camera of the desired state."""
        cameras = self.uplink.desired.cameras if self.uplink.desired else ()
        return next((known.streams for known in cameras if known.id == camera), ())

    def feed(self) -> Feed:
        """Where a live tile's frames come from, as they were recorded."""
        return self._link_feed

    async def transcode(self, work: Callable[[], T]) -> T:
        """`work()` in the thread of the one live stream that is transcoded.

        Errors: those of `work`.
        """
        return await asyncio.get_running_loop().run_in_executor(self._transcoder, work)

    def enter_window(self, agent: str) -> bool:
        """One more window of this agent; False when there are enough."""
        if self._windows_of[agent] >= WINDOWS_OF_AGENT_MAX:
            return False
        self._windows_of[agent] += 1
        return True

    def leave_window(self, agent: str) -> None:
        """One less; `agent` is empty for a window that never showed anything."""
        self._windows_of[agent] -= 1
        if self._windows_of[agent] <= 0:
            del self._windows_of[agent]

    @contextmanager
    def slot(self, name: str, agent: str = "") -> Iterator[None]:
        """One of the places of `SLOTS`, within the agent's share of them.

        Errors: Unavailable when all are taken.
        """
        if agent and self._busy_for[name, agent] >= SHARES.get(name, SLOTS[name]):
            self.counters[f"refused_share_{name}"] += 1
            raise Unavailable(
                "You have as many requests of this kind under way as one person may; let one end first.",
                message_fr="Vous avez en cours autant de demandes de ce genre qu'une personne peut en avoir ; laissez "
                "d'abord l'une d'elles finir.",
            )
        if self._busy[name] >= SLOTS[name]:
            self.counters[f"refused_busy_{name}"] += 1
            raise Unavailable(
                "This node serves as many requests of this kind as it can; try again in a moment.",
                message_fr="Ce nœud sert autant de demandes de ce genre qu'il peut ; réessayez dans un instant.",
            )
        self._busy[name] += 1
        self._busy_for[name, agent] += 1
        try:
            yield
        finally:
            self._busy[name] -= 1
            self._busy_for[name, agent] -= 1
            if not self._busy_for[name, agent]:
                del self._busy_for[name, agent]
