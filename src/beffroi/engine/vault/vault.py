"""The node's vault: makes, keeps and destroys the keys of footage, in two places at once."""

from __future__ import annotations

import errno
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from beffroi.core.ids import new_id
from beffroi.engine.contract import MirrorState
from beffroi.engine.vault.ring import KeyRing
from beffroi.engine.vault.store import VAULT_NAME, Store
from beffroi.engine.vault.wrapping import hour_of, new_key, unwrap, wrap

log = logging.getLogger(__name__)

HourKey = tuple[str, int]
"""Camera and start of the hour."""
OnStep = Callable[[str], None]
"""Named steps of a change, for tests that end the process there."""
MIRROR_FAULTS = (sqlite3.Error, OSError)
_STATEMENTS = {
    "make": "INSERT OR IGNORE INTO hour VALUES (?, ?, ?)",
    "destroy": "DELETE FROM hour WHERE camera = ? AND hour_us = ?",
    "hold": "INSERT OR IGNORE INTO held VALUES (?, ?)",
    "release": "DELETE FROM held WHERE name = ?",
}


class Vault:
    """Made by the node's recorder alone; others read through a `KeyRing`. Any thread, one at a time.

    A change is durable in the vault, then in the mirror, before it is told. After a crash between the two the one with
    the greater generation is copied over the other. A mirror that fails does not stop recording: keys are made without
    it, and copied when it is back; but nothing is destroyed until it confirms.

    Attributes:
        mirror_cause: why the mirror failed (`full`, `gone`, `error`); empty when it did not.
    """

    def __init__(self, store: Store, mirror: Path | None, root: bytes, *, on_step: OnStep = lambda step: None) -> None:
        self._stores = [store]
        self._mirror = mirror
        self._is_apart = False
        self._root = root
        self._on_step = on_step
        self._lock = threading.RLock()
        self._hours: dict[HourKey, bytes] = {}
        self._id, self._generation = store.identity
        self._is_whole = False
        self.mirror_cause = ""
        try:
            self.make_whole()
        except MIRROR_FAULTS:
            if not self.mirror_cause or not self._id:
                raise  # a vault that was lost may be in the mirror alone

    @classmethod
    def open(
        cls, folder: Path, root: bytes, *, mirror: Path | None = None, on_step: OnStep = lambda step: None
    ) -> Self:
        """The vault of a node's folder, made when absent; `mirror` is a folder on another disk.

        Errors: sqlite3.Error, OSError; of the mirror only when the vault is new.
        """
        return cls(Store(folder / VAULT_NAME), mirror, root, on_step=on_step)

    @property
    def mirror(self) -> MirrorState:
        """How the second copy fares."""
        if self._mirror is None:
            return MirrorState.NONE
        return MirrorState.FAILED if self.mirror_cause else MirrorState.WHOLE

    def ring(self) -> KeyRing:
        """What opens the footage of this vault."""
        return KeyRing(self._stores[0].path.parent, self._root)

    def close(self) -> None:
        for store in self._stores:
            store.close()

    def make_whole(self) -> None:
        """Vault and mirror become the same, and nothing that was deleted is left in their logs.

        Errors: sqlite3.Error, OSError; may be repeated.
        """
        with self._lock:
            if self._is_whole and all(store.is_in_place for store in self._stores[1:]):
                return
            self._is_whole = False
            with self._mirroring():
                if self._mirror is not None:
                    self._reopen(self._mirror)
                truth = max(self._stores, key=lambda store: store.identity[1])
                for store in self._stores:
                    if store.identity != truth.identity:
                        store.copy_from(truth)
                for mirror in self._stores[1:]:
                    mirror.truncate()
            self._stores[0].truncate()
            self._id, self._generation = truth.identity
            self._id = self._id or new_id()
            self._is_whole = True
            if self.mirror_cause:
                log.warning("vault.mirror_back path=%s", self._mirror)
                self.mirror_cause = ""

    def _reopen(self, folder: Path) -> None:
        """Open the mirror, unless it is open and where it was."""
        if self._stores[1:] and self._stores[1].is_in_place:
            return
        for lost in self._stores[1:]:
            lost.close()
        del self._stores[1:]
        is_apart = folder.stat().st_dev != self._stores[0].path.stat().st_dev
        if self._is_apart and not is_apart:
            raise FileNotFoundError(errno.ENOENT, "its disk is not mounted", str(folder))
        self._stores.append(Store(folder / VAULT_NAME))
        self._is_apart = is_apart

    @contextmanager
    def _mirroring(self) -> Iterator[None]:
        """Work on the mirror; its failure is remembered and told on."""
        try:
            yield
        except MIRROR_FAULTS as error:
            if self._mirror is not None:
                cause = _cause(error)
                if cause != self.mirror_cause:
                    log.error("vault.mirror_failed path=%s error=%s", self._mirror, error)
                self.mirror_cause = cause
            raise

    def _change(self, what: str, rows: Sequence[tuple[str | int | bytes, ...]]) -> None:
        """One statement of `_STATEMENTS` for each row, one transaction in each place.

        Errors: sqlite3.Error, OSError; making keys needs the vault alone.
        """
        self._generation += 1
        was_whole, self._is_whole = self._is_whole, False
        self._on_step(f"{what} vault")
        self._write(self._stores[0], what, rows)
        try:
            with self._mirroring():
                for mirror in self._stores[1:] if was_whole else ():
                    self._on_step(f"{what} mirror")
                    if not mirror.is_in_place:
                        raise FileNotFoundError(errno.ENOENT, "it is gone", str(mirror.path))
                    self._write(mirror, what, rows)
        except MIRROR_FAULTS:
            if what != "make":
                raise
            return
        self._is_whole = was_whole

    def _write(self, store: Store, what: str, rows: Sequence[tuple[str | int | bytes, ...]]) -> None:
        with store.changing((self._id, self._generation)) as connection:
            connection.executemany(_STATEMENTS[what], rows)

    # -- hours ------------------------------------------------------------------------------------------------

    def hour_key(self, camera: str, at_us: int) -> bytes:
        """The key of an instant's hour, made when absent; it is durable when this returns.

        Errors: sqlite3.Error when it could not be kept.
        """
        hour = (camera, hour_of(at_us))
        with self._lock:
            if hour not in self._hours:
                self.prepare([hour])
            return self._hours[hour]

    def prepare(self, hours: Iterable[HourKey]) -> None:
        """Make the keys of these hours that are not there yet, in one transaction."""
        with self._lock:
            missing = [hour for hour in hours if hour not in self._hours and not self._known(hour)]
            if not missing:
                return
            keys = {hour: new_key() for hour in missing}
            self._change("make", [(*hour, wrap(key, under=self._root)) for hour, key in keys.items()])
            self._hours |= keys

    def has(self, hour: HourKey) -> bool:
        """Whether an hour has a key."""
        with self._lock:
            return hour in self._hours or self._known(hour)

    def _known(self, hour: HourKey) -> bool:
        row = self._row("SELECT key FROM hour WHERE camera = ? AND hour_us = ?", hour)
        if row:
            self._hours[hour] = unwrap(row, under=self._root)
        return bool(row)

    def _row(self, query: str, arguments: tuple[str, int]) -> bytes:
        row = self._stores[0].connection.execute(query, arguments).fetchone()
        return bytes(row[0]) if row else b""

    def hours(self, camera: str, *, before_us: int) -> list[int]:
        """Hours of a camera that have a key and start before an instant, oldest first."""
        with self._lock:
            rows = self._stores[0].connection.execute(
                "SELECT hour_us FROM hour WHERE camera = ? AND hour_us < ? ORDER BY hour_us", (camera, before_us)
            )
            return [hour_us for (hour_us,) in rows]

    def destroy(self, hours: Iterable[HourKey]) -> None:
        """Forget the keys of these hours for ever. When this returns nothing under them can be read again.

        Errors: sqlite3.Error, OSError; may be repeated.
        """
        rows = list(hours)
        with self._lock:
            for row in rows:
                self._hours.pop(row, None)
            self.make_whole()
            self._change("destroy", rows)
            self._truncate()

    def _truncate(self) -> None:
        self._is_whole = False
        self._on_step("truncate vault")
        self._stores[0].truncate()
        with self._mirroring():
            for mirror in self._stores[1:]:
                self._on_step("truncate mirror")
                mirror.truncate()
        self._is_whole = True
        self._on_step("truncated")

    # -- files ------------------------------------------------------------------------------------------------

    def new_file_key(self, camera: str, at_us: int) -> tuple[bytes, bytes]:
        """A key for a file whose first frame is at `at_us`, and what to store of it: wrapped under its hour's."""
        key = new_key()
        return key, wrap(key, under=self.hour_key(camera, at_us))

    def hold(self, files: Mapping[str, tuple[HourKey, bytes]]) -> None:
        """Keep what opens these files, by their paths, beyond their hours. One transaction.

        Each comes with its hour and its wrapped key.
        """
        with self._lock:
            held, rows = self.held(), []
            for path, (hour, wrapped) in files.items():
                if path in held or not (hour in self._hours or self._known(hour)):
                    continue
                under = self._hours[hour]
                key = unwrap(wrapped, under=under)
                rows.append((path, wrap(key, under=self._root)))
            if rows:
                self.make_whole()
                self._change("hold", rows)

    def held(self) -> set[str]:
        """Paths of the files that a hold keeps open."""
        with self._lock:
            return {path for (path,) in self._stores[0].connection.execute("SELECT name FROM held")}

    def release(self, paths: Iterable[str]) -> None:
        """Holds no longer keep these files: those whose hour is gone are destroyed by this.

        Errors: sqlite3.Error, OSError; may be repeated.
        """
        with self._lock:
            rows = [(path,) for path in self.held().intersection(paths)]
            if rows:
                self.make_whole()
                self._change("release", rows)
                self._truncate()


def _cause(error: Exception) -> str:
    """A code for people: what to look after."""
    code = getattr(error, "sqlite_errorcode", None)
    if code == sqlite3.SQLITE_FULL or (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)):
        return "full"
    return "gone" if isinstance(error, FileNotFoundError) or code == sqlite3.SQLITE_CANTOPEN else "error"
