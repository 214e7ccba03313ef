"""Destruction by key: hours of cameras that reached their limit, and the holds that outlive them. Ledger thread.

Procedure of `design/keys.md`: a. condemn the files of the hours, b. (before) keep the keys of held files, c. destroy
the hours' keys. Unlinking, telling and forgetting follow, and may be late: nothing can be read any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress

from beffroi.core.instants import US_PER_S
from beffroi.engine.index.doom import Doom, DoomBook, Doomed
from beffroi.engine.record.retention import RetentionPolicy
from beffroi.engine.vault.vault import MIRROR_FAULTS, Vault
from beffroi.engine.vault.wrapping import HOUR_US, hour_of

_SETTLED_US = 300 * US_PER_S
"""After an hour's end no file of it is begun any more: far longer than the pool absorbs."""
_AHEAD_US = 600 * US_PER_S
"""Keys are made this long before their hour, so that the writer never waits for them."""
_END = 1 << 62


class Hours:
    """The keys of a footage folder's cameras, as its retention and holds ask."""

    def __init__(self, vault: Vault, book: DoomBook) -> None:
        self._vault = vault
        self._book = book

    def prepare(self, cameras: Iterable[str], now_us: int) -> None:
        """Make the keys that these cameras are about to need; copy to the mirror what it missed, if it can be."""
        with suppress(*MIRROR_FAULTS):
            self._vault.make_whole()
        self._vault.prepare([(one, hour_of(at_us)) for one in cameras for at_us in (now_us, now_us + _AHEAD_US)])

    def turn(self, policies: Mapping[str, RetentionPolicy], now_us: int) -> None:
        """Keep what holds touch, then destroy the hours that are due.

        Errors: sqlite3.Error, OSError; may be repeated.
        """
        self._keep()
        due = [
            (camera, hour_us) for camera, policy in policies.items() for hour_us in self._due(camera, policy, now_us)
        ]
        if due:
            self._book.condemn_hours(due)
            self._vault.destroy(due)

    def _due(self, camera: str, policy: RetentionPolicy, now_us: int) -> list[int]:
        """Hours whose first instant reached the limit, and that are over."""
        before_us = min(policy.expired_before_us(now_us), now_us - HOUR_US - _SETTLED_US) + 1
        hours = self._vault.hours(camera, before_us=before_us)
        return [hour_us for hour_us in hours if not self._book.is_writing(camera, (hour_us, hour_us + HOUR_US))]

    def _keep(self) -> None:
        """The files that holds touch, and no thumbnail: those of the hour's other minutes may not outlive them."""
        files = {one.path: ((one.key.camera, hour_of(one.start_at_us)), one.wrapped_key) for one in self._book.held()}
        wanted = {path: one for path, one in files.items() if one[1]}
        self._vault.hold(wanted)
        self._release(self._vault.held() - wanted.keys())

    def _release(self, paths: set[str]) -> None:
        """Files that no hold keeps any more go with their keys, when their hour went before."""
        if paths:
            sealed = self._book.sealed_at(paths)
            dead = self.dead(sealed)
            self._book.condemn([one for one in sealed if one.id in dead], Doom.RETENTION)
            self._vault.release(paths)

    def dead(self, files: Collection[Doomed]) -> frozenset[int]:
        """Of these, the ids of the encrypted files whose hour has no key any more."""
        hours = {(file.key.camera, hour_of(file.start_at_us)) for file in files if file.wrapped_key}
        gone = {hour for hour in hours if not self._vault.has(hour)}
        return frozenset(
            file.id for file in files if file.wrapped_key and (file.key.camera, hour_of(file.start_at_us)) in gone
        )

    def destroy(self, files: Iterable[Doomed]) -> None:
        """Forget what a hold kept of these files."""
        self._vault.release({file.path for file in files})
