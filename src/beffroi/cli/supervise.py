"""Runs child processes together: restarts what falls, says when all are ready, stops all at a signal.

The first signal to stop drains (SIGTERM, the last part first; SIGKILL after `DRAIN_S`), the second kills.
Children die with this process however it dies (prctl(2) PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Self

from beffroi.cli.main import said
from beffroi.core.errors import BeffroiError, Unavailable
from beffroi.core.lifecycle import stop_signals

DRAIN_S = 15.0
LOG_MAX_BYTES = 4 << 20
BACK_OFF_FIRST_S, BACK_OFF_MAX_S = 1.0, 30.0
"""From the second fall on: after the first a part is started again at once."""
SAID_AGAIN_S = 60.0
STEADY_S = 5.0
"""A child that lived so long starts its back-off anew."""
_TICK_S = 0.2
_REFUSED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One child: a `beffroi` command with its arguments."""

    name: str
    arguments: tuple[str, ...]
    may_start: Callable[[], bool] = lambda: True
    """Asked before its first start: what it needs may not be there yet."""
    needs_preparation: bool = True
    """False: it starts before the preparation, for recording waits for nobody."""
    shows_progress: bool = False
    """On a terminal its stderr stays there."""

    @property
    def argv(self) -> list[str]:
        """The whole command line."""
        return [sys.executable, "-m", "beffroi.cli.child", str(os.getpid()), *self.arguments]


class _Child:
    """A part, running or waiting to be started again."""

    def __init__(self, part: Part, log: Path | None) -> None:
        self.part = part
        self._log = log
        self.running: subprocess.Popen[bytes] | None = None
        self.started_s = self.again_at_s = 0.0
        self.was_started = False
        self.back_off_s = 0.0

    def start_when_due(self, now_s: float) -> None:
        if self.running is not None or now_s < self.again_at_s or not (self.was_started or self.part.may_start()):
            return
        self.started_s, self.was_started = now_s, True
        with contextlib.ExitStack() as opened:
            out = opened.enter_context(self._log.open("ab")) if self._log else None
            err = None if self.part.shows_progress and sys.stderr.isatty() else out
            # Own process group: Ctrl-C on the terminal reaches the supervisor only, which then drains in order.
            self.running = subprocess.Popen(
                self.part.argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err, process_group=0
            )

    def ended(self, now_s: float) -> int | None:
        """Exit code when it ended since the last look; its next start is then set."""
        code = self.running.poll() if self.running else None
        if code is not None:
            self.running = None
            if now_s - self.started_s > STEADY_S:
                self.back_off_s = 0.0
            self.again_at_s = now_s + self.back_off_s
            self.back_off_s = min(max(self.back_off_s * 2, BACK_OFF_FIRST_S), BACK_OFF_MAX_S)
        return code

    def send(self, number: signal.Signals) -> None:
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                self.running.send_signal(number)


class _Stops:
    """`stop_signals()` as something to wait for, whichever thread they reach and even if our starter ignored them."""

    def __enter__(self) -> Self:
        self._reader, writer = socket.socketpair()
        self._writer = writer
        self._writer.setblocking(False)
        self._before_fd = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, _note) for number in stop_signals()}
        return self

    def came_within(self, wait_s: float) -> bool:
        """True as soon as a signal came; one signal is told once."""
        if not select.select([self._reader], [], [], wait_s)[0]:
            return False
        self._reader.recv(1)
        return True

    def __exit__(self, *unused: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        signal.set_wakeup_fd(self._before_fd)
        self._reader.close()
        self._writer.close()


def _note(number: int, frame: FrameType | None) -> None:
    """The byte that the interpreter writes to the wake-up socket is the message."""


def keep_log(log: Path) -> None:
    """Empties `log` after a copy to `….before.log`: the parts hold it open, and append."""
    shutil.copyfile(log, log.with_suffix(".before.log"))
    os.truncate(log, 0)


class Supervisor:
    """Runs `parts`; `is_ready` is asked until it is true, then `on_ready` is called once.

    Args:
        prepare: what most parts need done before they start; its errors stop what runs and are raised, but for
            Unavailable when a part that needs no preparation runs: it is then tried again.
        log: file for what the parts say; by default they share our stdout and stderr. Once `LOG_MAX_BYTES` long it
            is moved to `….before.log`, so that twice as much is kept.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        is_ready: Callable[[], bool],
        on_ready: Callable[[], None],
        *,
        prepare: Callable[[], object] = lambda: None,
        log: Path | None = None,
    ) -> None:
        self._prepare, self._log = prepare, log
        self._children = [_Child(part, log) for part in parts]
        self._is_ready, self._on_ready = is_ready, on_ready
        self._was_ready = False

    def run(self) -> int:
        """Until a signal, or until a part refuses to start; the exit code."""
        with _Stops() as stops:
            try:
                if not self._is_prepared_beside_those_that_can_run(stops):
                    return self._drain(stops)
                while not stops.came_within(_TICK_S):
                    if self._watch() == _REFUSED:
                        self._drain(stops)
                        return _REFUSED
                return self._drain(stops)
            finally:
                for child in self._children:
                    child.send(signal.SIGKILL)

    def _is_prepared_beside_those_that_can_run(self, stops: _Stops) -> bool:
        """False when a signal came first. While something runs, what may mend by itself is tried again."""
        early = [child for child in self._children if not child.part.needs_preparation]
        again_at_s, said_at_s, back_off_s = 0.0, -SAID_AGAIN_S, BACK_OFF_FIRST_S
        while True:
            now_s = time.monotonic()
            for child in early:
                self._start_again(child, child.ended(now_s), now_s)
            if now_s >= again_at_s:
                try:
                    self._prepare()
                    return True
                except BeffroiError as error:
                    if not early or not isinstance(error, Unavailable):
                        self._drain(stops)
                        raise
                    if now_s - said_at_s >= SAID_AGAIN_S:
                        print(f"beffroi: {said(error)}", file=sys.stderr, flush=True)
                        said_at_s = now_s
                again_at_s = time.monotonic() + back_off_s
                back_off_s = min(back_off_s * 2, BACK_OFF_MAX_S)
            if stops.came_within(_TICK_S):
                return False

    def _watch(self) -> int:
        now_s = time.monotonic()
        if self._log is not None and self._log.exists() and self._log.stat().st_size > LOG_MAX_BYTES:
            keep_log(self._log)
        for child in self._children:
            code = child.ended(now_s)
            if code == _REFUSED and not self._was_ready:
                self._repeat_refusal()
                return _REFUSED
            self._start_again(child, code, now_s)
        if not self._was_ready and self._is_ready():
            self._was_ready = True
            self._on_ready()
        return 0

    def _start_again(self, child: _Child, code: int | None, now_s: float) -> None:
        if code is not None:
            print(f"beffroi: {child.part.name} ended ({code}), starting it again.", file=sys.stderr, flush=True)
        child.start_when_due(now_s)

    def _repeat_refusal(self) -> None:
        """The part has said why in one line; where it said it nobody may look."""
        lines = self._log.read_text(errors="replace").splitlines() if self._log else []
        if lines:
            print(lines[-1], file=sys.stderr, flush=True)

    def _drain(self, stops: _Stops) -> int:
        """Stops the last part first: it may still need the earlier ones to say good-bye."""
        give_up_s = time.monotonic() + DRAIN_S
        for child in reversed(self._children):
            child.send(signal.SIGTERM)
            while child.running and child.running.poll() is None:
                if stops.came_within(_TICK_S / 4):
                    return 130
                if time.monotonic() > give_up_s:
                    print(f"beffroi: {child.part.name} did not stop in {DRAIN_S:.0f} s; killed.", file=sys.stderr)
                    return 1
        return 0
