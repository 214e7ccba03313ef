"""A footage folder being written: opens it, recovers it, gives out recorders, closes it."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import sqlite3
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from beffroi.core.clock import Clock
from beffroi.core.errors import BeffroiError, DataLoss, Unavailable
from beffroi.core.ids import checked_slug
from beffroi.engine.contract import Erasure, FactKind, GapCause, Hold, MirrorState, StreamName
from beffroi.engine.index.events import StreamKey
from beffroi.engine.index.table import MalformedTable
from beffroi.engine.index.writer import IndexWriter
from beffroi.engine.record.disk import Disk
from beffroi.engine.record.folder import Marker, claim, lock
from beffroi.engine.record.inbox import Inbox
from beffroi.engine.record.keeper import Keeper
from beffroi.engine.record.ledger import Ledger
from beffroi.engine.record.pool import StallPool
from beffroi.engine.record.recorder import StreamRecorder
from beffroi.engine.record.recovery import recover
from beffroi.engine.record.retention import RetentionPolicy
from beffroi.engine.record.settings import FootageSettings
from beffroi.engine.record.track import Track, TrackSetting, file_ticks90k
from beffroi.engine.record.work import PendingFragment
from beffroi.engine.record.writer import DiskWriter
from beffroi.engine.vault.vault import Vault

log = logging.getLogger(__name__)

_CLOSE_DEADLINE_S = 4.5
"""For each thread; together under the ten seconds a component has to close."""
_HEAD_S = 60.0


class Footage:
    """One disk folder, held by one node. See `design/footage.md` for what is true of it at every instant."""

    def __init__(
        self, disk: Disk, index: IndexWriter, *, marker: Marker, lock_fd: int, clock: Clock, node: str,
        settings: FootageSettings, vault: Vault | None,
    ) -> None:  # fmt: skip
        self.folder = disk.folder
        self.marker = marker
        self.pool = StallPool(settings.pool_max_bytes)
        self._disk = disk
        self._index = index
        self._lock_fd = lock_fd
        self._clock = clock
        self._settings = settings
        self._vault = vault
        self._inbox = Inbox()
        self._writer = DiskWriter(self.pool, self._inbox)
        self._ends = index.stream_ends()
        newest_at_us = max((end.end_at_us or 0 for end in self._ends.values()), default=0)
        self._keeper = Keeper(disk, index.doom, clock, settings=settings, newest_at_us=newest_at_us, vault=vault)
        file_ids = itertools.count(index.last_file_id() + 1)
        self._tracks = TrackSetting(
            disk=disk,
            inbox=self._inbox,
            node=node,
            file_ticks90k=file_ticks90k(settings.file_s),
            new_file_id=lambda: next(file_ids),
            on_full=self._keeper.hurry,
            vault=vault,
        )
        self._ledger = Ledger(
            disk,
            index,
            self._inbox,
            tick_s=settings.tick_s or disk.tick_s(),
            on_fact=settings.on_fact,
            maintain=self._maintain,
            on_sync_failure=self._writer.disavow,
        )
        self._recorders: dict[StreamKey, StreamRecorder] = {}
        self._head_due_s = 0.0
        self._told_size = 0
        self._told_mirror = MirrorState.WHOLE if vault and vault.mirror is not MirrorState.NONE else MirrorState.NONE

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        clock: Clock,
        node: str,
        create: bool,
        settings: FootageSettings | None = None,
        disk: type[Disk] = Disk,
        vault: Vault | None = None,
    ) -> Self:
        """Take the folder, repair what the last stop left, and note the time nobody recorded.

        Footage is encrypted under keys of `vault`, which this takes over; without one it is plain.

        Errors: InvalidInput when the folder is not ours or cannot be used, Conflict when a node holds it,
        DataLoss when its index is damaged, Unavailable when its disk is full or fails.
        """
        marker = claim(folder, create=create, node=node, now_us=clock.now_us())
        with ExitStack() as undo:
            lock_fd = lock(folder)
            undo.callback(os.close, lock_fd)
            try:
                index = IndexWriter(folder)
                the_disk = disk(folder)
                recover(the_disk, index, vault.ring() if vault else None)
                footage = cls(
                    the_disk,
                    index,
                    marker=marker,
                    lock_fd=lock_fd,
                    clock=clock,
                    node=node,
                    settings=settings or FootageSettings(),
                    vault=vault,
                )
            except (OSError, sqlite3.DatabaseError, MalformedTable) as error:
                raise _cannot_open(folder, error) from None
            undo.pop_all()
        return footage

    async def start(self) -> None:
        """Serve: recorders may be fed from now on."""
        self._writer.start()
        self._ledger.start()

    async def close(self) -> None:
        """End every run, write and acknowledge all that was accepted, give the folder back."""
        now_us = self._clock.now_us()
        for recorder in self._recorders.values():
            if recorder.has_open_run:
                recorder.close_run(GapCause.CLOSED, now_us)
        written = await asyncio.to_thread(self._writer.stop, _CLOSE_DEADLINE_S)
        acknowledged = await asyncio.to_thread(self._ledger.stop, _CLOSE_DEADLINE_S)
        if not (written and acknowledged):
            log.error("footage.close deadline; the next start recovers folder=%s", self.folder)
            return
        self.abandon()

    def abandon(self) -> None:
        """Give back a folder that was opened and never started."""
        self._index.close()
        if self._vault is not None:
            self._vault.close()
        self._disk.close()
        os.close(self._lock_fd)

    def _maintain(self) -> bool:
        """On the ledger thread; True when more is left to destroy."""
        try:
            has_more = self._keeper.maintain()
        finally:
            self._tell_mirror()
        if self._vault is not None and self._clock.monotonic_s() >= self._head_due_s:
            self._head_due_s = self._clock.monotonic_s() + _HEAD_S
            self._tell_head()
        return has_more

    @property
    def vault_mirror(self) -> MirrorState:
        """How the second copy of the keys fares."""
        return self._vault.mirror if self._vault is not None else MirrorState.NONE

    def _tell_mirror(self) -> None:
        """When it failed, or came back."""
        if self._vault is not None and self.vault_mirror is not self._told_mirror:
            self._told_mirror = self.vault_mirror
            detail: dict[str, str | int | bool] = {"state": self._told_mirror.value, "cause": self._vault.mirror_cause}
            self._settings.on_fact(FactKind.VAULT_MIRROR, "", detail)

    def _tell_head(self) -> None:
        """What the files sealed so far amount to, when there are more of them."""
        head = self._index.log_head()
        if head.size != self._told_size:
            detail: dict[str, str | int | bool] = {
                "folder": self.marker.id,
                "size": head.size,
                "root": head.root.hex(),
            }
            self._settings.on_fact(FactKind.FOOTAGE_HEAD, "", detail)
            self._told_size = head.size

    def recorder(self, camera: str, stream: StreamName) -> StreamRecorder:
        """The frame sink of one stream; the same one each time.

        Errors: InvalidInput when `camera` is not a slug.
        """
        key = StreamKey(checked_slug(camera, field="camera"), stream)
        if key not in self._recorders:
            track = Track(key, self._tracks, self._ends.get(key))
            ticks = file_ticks90k(self._settings.fragment_s)
            self._keeper.expect(camera)
            self._recorders[key] = StreamRecorder(track, self._writer, fragment_ticks90k=ticks)
        return self._recorders[key]

    def pending_fragments(self, camera: str, stream: StreamName) -> list[PendingFragment]:
        """Fragments written but not yet indexed, oldest first; from any thread.

        Ask this before the index: a fragment may be in both answers, never in neither.
        """
        return self._inbox.pending(StreamKey(camera, stream))

    def apply(self, camera: str, policy: RetentionPolicy) -> None:
        """How long footage of a camera lives, from the next maintenance on.

        Kept over restarts; footage of a camera that never had a policy is never destroyed.
        """
        self._keeper.apply(camera, policy)

    def keep(self, camera: str, holds: tuple[Hold, ...]) -> None:
        """Holds on footage of a camera that streams no more, from the next maintenance on; its policy else stays."""
        self._keeper.keep(camera, holds)

    def erase(self, erasures: tuple[Erasure, ...]) -> None:
        """Footage of tests that are over, destroyed from the next maintenance on, holds notwithstanding."""
        self._keeper.erase(erasures)

    def set_cap(self, max_bytes: int) -> None:
        """Cap on all footage of the folder; 0 for none."""
        self._keeper.set_cap(max_bytes)

    @property
    def failing(self) -> bool:
        """Nothing is acknowledged at present: the disk or the index refuses."""
        return self._ledger.failing

    def free_bytes(self) -> int:
        """Room left on the disk."""
        return self._disk.free_bytes()


def _cannot_open(folder: Path, error: Exception) -> BeffroiError:
    """A disk that refuses now may serve later; an index that is damaged will not mend itself."""
    if isinstance(error, OSError | sqlite3.OperationalError):
        return Unavailable(
            f"The footage folder {folder} cannot be opened now: {error}.",
            message_fr=f"Le dossier d'images {folder} ne peut pas être ouvert pour le moment : {error}.",
        )
    return DataLoss(
        f"The index of {folder} cannot be used ({error}); put a saved one back or take another folder.",
        message_fr=f"L'index de {folder} est inutilisable ({error}) ; restaurez-le ou changez de dossier.",
    )
