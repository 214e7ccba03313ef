"""Keeps the folder within its limits: retention by age, holds, cap, disk pressure. Runs on the ledger thread."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from beffroi.core.clock import Clock
from beffroi.engine.contract import Erasure, FactKind, Hold
from beffroi.engine.index.doom import Doom, DoomBook, Doomed
from beffroi.engine.index.events import StreamKey
from beffroi.engine.record.disk import Disk
from beffroi.engine.record.hours import Hours
from beffroi.engine.record.retention import ClockWatch, RetentionPolicy
from beffroi.engine.record.settings import FootageSettings, OnFact
from beffroi.engine.vault.vault import Vault

log = logging.getLogger(__name__)

_BATCH = 200
"""Files a pass destroys for one reason: bounds the time between two ticks."""
_UNLINKED = 1_000
"""Files unlinked, made durable, told and forgotten together."""
_PASS_S = 1.0
"""Of unlinking, then footage is acknowledged again."""
_ANY_TIME = 1 << 62


def destroy(
    disk: Disk, book: DoomBook, files: Sequence[Doomed], *, on_fact: OnFact, hours: Hours | None = None
) -> None:
    """Finish the destruction of condemned files; may be repeated after a crash at any step.

    1. their hours' keys are gone (`Hours.turn`), what a hold kept of them goes  2. unlink  3. fsync the folders
    4. tell, durably  5. forget the rows.
    Errors: OSError, sqlite3.Error; what is left stays condemned and is tried again at the next pass.
    """
    if hours is not None:
        hours.destroy(files)
    folders = sorted({file.path.rpartition("/")[0] for file in files})
    for file in files:
        disk.unlink(file.path)
    for folder in folders:
        disk.sync_folder(folder)
        disk.remove_empty_folder(folder)
    dead = hours.dead(files) if hours is not None else frozenset[int]()
    groups: dict[tuple[StreamKey, Doom | None, str], list[Doomed]] = defaultdict(list)
    for file in files:
        method = "key" if file.id in dead else "unlink"
        groups[file.key, file.doom, method].append(file)
    for (key, doom, method), group in groups.items():
        leaves = [file.leaf for file in group if file.leaf is not None]
        on_fact(
            FactKind.FOOTAGE_DESTROYED,
            key.camera,
            {
                "stream": key.stream.value,
                "from_at_us": min(file.start_at_us for file in group),
                "to_at_us": max(file.end_at_us for file in group),
                "files": len(group),
                "bytes": sum(file.bytes for file in group),
                "reason": (doom or Doom.RETENTION).value,
                "method": method,
                **({"first_leaf": min(leaves), "last_leaf": max(leaves)} if leaves else {}),
            },
        )
    book.forget(files)


class Keeper:
    """Destroys what must go. `apply`, `erase` and `set_cap` may be called from any thread."""

    def __init__(
        self, disk: Disk, book: DoomBook, clock: Clock, *, settings: FootageSettings, newest_at_us: int,
        vault: Vault | None = None,
    ) -> None:  # fmt: skip
        self._disk = disk
        self._book = book
        self._clock = clock
        self._settings = settings
        self._hours = Hours(vault, book) if vault is not None else None
        self._expected: set[str] = set()
        self._until_s = 0.0
        self._policies = {camera: RetentionPolicy.from_json(text) for camera, text in book.policies().items()}
        self._changed: set[str] = set()
        self._erasures: tuple[Erasure, ...] = ()
        self._min_free_bytes = min(settings.min_free_bytes, disk.total_bytes() // 20)
        self._max_bytes = settings.max_bytes
        self._lock = threading.Lock()
        self._due_s = 0.0
        self._told_suspect = self._told_pressure = self._told_below_minimum = False
        self._hurry = threading.Event()
        self._watch = ClockWatch(clock.now_us(), clock.monotonic_s(), newest_at_us)

    def apply(self, camera: str, policy: RetentionPolicy) -> None:
        """What holds for a camera from the next pass on, and until the next policy."""
        with self._lock:
            if self._policies.get(camera) != policy:
                self._policies[camera] = policy
                self._changed.add(camera)

    def keep(self, camera: str, holds: tuple[Hold, ...]) -> None:
        """Holds on footage of a camera that streams no more; how long the rest of it lives stays as it was."""
        with self._lock:
            policy = self._policies.get(camera)
        if policy is not None:
            self.apply(camera, replace(policy, holds=holds))

    def expect(self, camera: str) -> None:
        """Footage of this camera is about to come: its keys are made beforehand."""
        self._expected.add(camera)

    def erase(self, erasures: tuple[Erasure, ...]) -> None:
        """What must not exist any more, from the next pass on, and until the next call."""
        self._erasures = erasures

    def set_cap(self, max_bytes: int) -> None:
        """Cap on all footage; 0 for none."""
        self._max_bytes = max_bytes

    def hurry(self) -> None:
        """The disk is full: do not wait for the next pass."""
        self._hurry.set()

    def maintain(self) -> bool:
        """One pass when it is due, on the ledger thread; True when it had no time for all.

        Errors: OSError, sqlite3.Error; what was begun goes on at the next pass.
        """
        if self._clock.monotonic_s() < self._due_s and not self._hurry.is_set():
            return False
        self._hurry.clear()
        self._due_s = self._clock.monotonic_s() + self._settings.maintenance_s
        now_us = self._clock.now_us()
        if self._hours is not None:
            self._hours.prepare(tuple(self._expected), now_us)
        if not self._clock_is_sound():
            return False
        policies = self._current_policies()
        for camera, policy in policies.items():
            self._book.hold(camera, policy.active_holds(now_us))
        fault = self._turn_keys(policies, now_us)
        self._until_s = self._clock.monotonic_s() + _PASS_S
        if fault is None:
            self._destroy_due(policies, now_us)
        else:
            self._relieve(policies)  # recording must go on: what is unlinked for room is not told dead by its key
            raise fault
        if self._is_late():
            return True  # what is condemned already may be room enough
        if self._max_bytes:
            self._free(self._book.total_bytes() - self._max_bytes, Doom.CAP, policies)
        self._relieve(policies)
        return self._hurry.is_set()

    def _turn_keys(self, policies: dict[str, RetentionPolicy], now_us: int) -> Exception | None:
        """Destroy the keys that are due; returns why not."""
        try:
            if self._hours is not None:
                self._hours.turn(policies, now_us)
        except (OSError, sqlite3.Error) as error:
            return error
        return None

    def _destroy_due(self, policies: dict[str, RetentionPolicy], now_us: int) -> None:
        """What is condemned, what tests left, what reached its retention."""
        self._destroy_condemned()
        for one in self._erasures:
            span = (one.from_at_us, one.before_at_us)
            self._condemn(self._book.tested(one.camera, span, limit=_BATCH), Doom.TEST)
        for camera, policy in policies.items():
            self._condemn(self._book.expired(camera, policy.expired_before_us(now_us), limit=_BATCH), Doom.RETENTION)
            self._book.forget_past(camera, policy.expired_before_us(now_us))

    def _relieve(self, policies: dict[str, RetentionPolicy]) -> None:
        """Room on the disk: first what is condemned already, then the oldest."""
        if self._min_free_bytes > self._disk.free_bytes():
            self._destroy_condemned()
        pressure = self._min_free_bytes - self._disk.free_bytes()
        self._free(pressure, Doom.PRESSURE, policies)
        if pressure <= 0:
            self._told_pressure = self._told_below_minimum = False

    def _current_policies(self) -> dict[str, RetentionPolicy]:
        with self._lock:
            changed, self._changed = self._changed, set()
            policies = dict(self._policies)
        for camera in changed:
            self._book.store_policy(camera, policies[camera].to_json())
        return policies

    def _clock_is_sound(self) -> bool:
        """Tell of jumps; False while destruction is suspended."""
        wall, monotonic = self._clock.now_us(), self._clock.monotonic_s()
        jump = self._watch.jump_us(wall, monotonic)
        suspect = self._watch.is_suspect(wall, monotonic)
        if jump or (suspect and not self._told_suspect):
            log.error("clock.jump by_us=%d suspended=%s", jump, suspect)
            self._settings.on_fact(FactKind.CLOCK_JUMP, "", {"by_us": jump, "destruction_suspended": suspect})
        self._told_suspect = suspect
        return not suspect

    def _condemn(self, files: Sequence[Doomed], doom: Doom) -> None:
        if files:
            self._book.condemn(files, doom)
            self._destroy_condemned()

    def _destroy_condemned(self) -> None:
        """As many files as this pass has time for; the next pass, at once, goes on."""
        while files := self._book.condemned(limit=_UNLINKED):
            if self._is_late():
                self.hurry()
                return
            destroy(self._disk, self._book, files, on_fact=self._settings.on_fact, hours=self._hours)

    def _is_late(self) -> bool:
        return self._clock.monotonic_s() >= self._until_s

    def _free(self, needed_bytes: int, doom: Doom, policies: dict[str, RetentionPolicy]) -> None:
        """Destroy oldest footage until `needed_bytes` are gained: first what is old enough, then, told, the rest.

        Only of cameras with a policy: nobody has said that the others' may go.
        """
        if needed_bytes <= 0:
            return
        now_us = self._clock.now_us()
        old_enough = {camera: policy.spared_from_us(now_us) for camera, policy in policies.items()}
        chosen = self._oldest(needed_bytes, old_enough)
        below_minimum = not chosen
        if below_minimum:
            chosen = self._oldest(needed_bytes, dict.fromkeys(policies, _ANY_TIME))
        self._tell_pressure(below_minimum=below_minimum and bool(chosen))
        self._condemn(chosen, doom)

    def _oldest(self, needed_bytes: int, before_us: dict[str, int]) -> list[Doomed]:
        """Oldest files first, until they make `needed_bytes`; per camera only those before its instant."""
        candidates = [
            file
            for camera, limit_us in before_us.items()
            for file in self._book.expired(camera, limit_us, limit=_BATCH)
        ]
        chosen: list[Doomed] = []
        for file in sorted(candidates, key=lambda file: file.start_at_us)[:_BATCH]:
            if needed_bytes <= 0:
                break
            chosen.append(file)
            needed_bytes -= file.bytes
        return chosen

    def _tell_pressure(self, *, below_minimum: bool) -> None:
        """Once when it begins, and once more when the minimum is touched."""
        if self._told_below_minimum or (self._told_pressure and not below_minimum):
            return
        self._told_pressure, self._told_below_minimum = True, below_minimum
        self._settings.on_fact(
            FactKind.DISK_PRESSURE,
            "",
            {
                "free_bytes": self._disk.free_bytes(),
                "oldest_at_us": self._book.oldest_at_us(),
                "below_minimum": below_minimum,
            },
        )
