"""What a supervisor does with what its parts say."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from beffroi.cli import supervise
from beffroi.cli.supervise import Part, Supervisor
from beffroi.core.errors import InvalidInput, Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying(Part):
    """A part that says two things and refuses to start."""

    @property
    def argv(self) -> list[str]:
        program = "import sys; print('chatter'); print('beffroi: the port is taken.', file=sys.stderr); sys.exit(2)"
        return [sys.executable, "-c", program]


def test_what_parts_say_goes_to_the_log_and_a_refusal_is_repeated_in_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "demo.log"
    parts = [Saying(name="web", arguments=())]
    assert Supervisor(parts, lambda: False, lambda: None, log=log).run() == 2
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err == "beffroi: the port is taken.\n"
    assert "chatter" in log.read_text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chattering(Part):
    """A part that never stops talking."""

    @property
    def argv(self) -> list[str]:
        return ["/bin/sh", "-c", "while :; do echo 0123456789; done"]


def test_the_log_of_parts_that_talk_for_ever_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "LOG_MAX_BYTES", 1000)
    log, before = tmp_path / "demo.log", tmp_path / "demo.before.log"
    generations: set[int] = set()

    def is_ready() -> bool:
        if before.exists():
            generations.add(before.stat().st_mtime_ns)
        if len(generations) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return False

    Supervisor([Chattering(name="node", arguments=())], is_ready, lambda: None, log=log).run()
    *whole, last = before.read_text().split()
    assert set(whole) == {"0123456789"}
    assert "0123456789".startswith(last), "the copy may end within the line being written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noting(Part):
    """A part that makes a file, then waits; its second argument is the file it makes when it is asked to stop."""

    @property
    def argv(self) -> list[str]:
        program = (
            "import pathlib, signal, sys, time\n"
            "pathlib.Path(sys.argv[1]).touch()\n"
            "signal.signal(signal.SIGTERM, lambda *_: sys.exit(pathlib.Path(sys.argv[2]).touch()))\n"
            "time.sleep(60)\n"
        )
        return [sys.executable, "-c", program, *self.arguments]


def test_what_needs_no_preparation_runs_during_it_and_is_drained_when_it_fails(tmp_path: Path) -> None:
    began, drained, other = tmp_path / "began", tmp_path / "drained", tmp_path / "other"
    parts = [
        Noting(name="web", arguments=(str(other), str(other))),
        Noting(name="node", arguments=(str(began), str(drained)), needs_preparation=False),
    ]

    def prepare() -> None:
        deadline_s = time.monotonic() + 20
        while not began.exists() and time.monotonic() < deadline_s:
            time.sleep(0.02)
        time.sleep(0.5)  # until its signal handler is there
        raise InvalidInput("The civil database does not answer.")

    with pytest.raises(InvalidInput):
        Supervisor(parts, lambda: False, lambda: None, prepare=prepare).run()
    assert drained.exists()
    assert not other.exists()


def test_what_records_goes_on_while_a_database_that_is_away_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supervise, "BACK_OFF_FIRST_S", 0.0)
    began, drained, other = tmp_path / "began", tmp_path / "drained", tmp_path / "other"
    parts = [
        Noting(name="web", arguments=(str(other), str(tmp_path / "unused"))),
        Noting(name="node", arguments=(str(began), str(drained)), needs_preparation=False),
    ]
    tries: list[tuple[bool, bool]] = []

    def prepare() -> None:
        tries.append((drained.exists(), other.exists()))
        if len(tries) < 3:
            raise Unavailable("The civil database is away.")

    def is_ready() -> bool:
        if began.exists() and other.exists():
            os.kill(os.getpid(), signal.SIGTERM)
        return False

    assert Supervisor(parts, is_ready, lambda: None, prepare=prepare).run() == 0
    assert tries == [(False, False)] * 3
    assert capfd.readouterr().err.count("The civil database is away.") == 1


def test_a_database_that_is_away_is_an_error_when_nothing_can_run_meanwhile() -> None:
    def prepare() -> None:
        raise Unavailable("The civil database is away.")

    with pytest.raises(Unavailable):
        Supervisor([Saying(name="web", arguments=())], lambda: False, lambda: None, prepare=prepare).run()


@dataclass(frozen=True, slots=True, kw_only=True)
class Falling(Part):
    """A part that notes each of its starts, then falls at once."""

    @property
    def argv(self) -> list[str]:
        return ["/bin/sh", "-c", 'echo . >> "$0"; exit 1', *self.arguments]


def test_what_falls_is_started_again_at_once_and_then_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "BACK_OFF_FIRST_S", 3600.0)
    monkeypatch.setattr(supervise, "BACK_OFF_MAX_S", 3600.0)
    starts = tmp_path / "starts"
    looks = 0

    def is_ready() -> bool:
        nonlocal looks
        looks += starts.exists() and starts.read_text().count(".") >= 2
        if looks == 5:
            os.kill(os.getpid(), signal.SIGTERM)
        return False

    Supervisor([Falling(name="web", arguments=(str(starts),))], is_ready, lambda: None).run()
    assert starts.read_text().count(".") == 2


PARENT = """
import sys, time
from beffroi.cli import supervise
from beffroi.cli.supervise import Part, Supervisor
class Sleeping(Part):
    @property
    def argv(self):
        program = "import sys, time; from beffroi.core.lifecycle import die_with_parent; die_with_parent(); "
        return [sys.executable, "-c", program + "print('up', __import__('os').getpid(), flush=True); time.sleep(60)"]
Supervisor([Sleeping(name="node", arguments=())], lambda: False, lambda: None).run()
"""


def test_the_parts_of_a_killed_supervisor_die_with_it() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        child = int(supervisor.stdout.readline().split()[1])
        supervisor.kill()
        assert supervisor.stdout.read() == ""  # the part held it too: this is its end
    assert not Path(f"/proc/{child}/cmdline").exists() or not Path(f"/proc/{child}/cmdline").read_bytes()


@pytest.fixture
def at_a_terminal() -> Iterator[None]:
    """As at a terminal: whoever started the tests may ignore its end, as nohup does."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("at_a_terminal")
def test_the_end_of_the_terminal_drains_as_ctrl_c_does(tmp_path: Path) -> None:
    began, drained = tmp_path / "began", tmp_path / "drained"

    def is_ready() -> bool:
        if began.exists():
            time.sleep(0.5)  # until its signal handler is there
            os.kill(os.getpid(), signal.SIGHUP)
        return False

    assert Supervisor([Noting(name="node", arguments=(str(began), str(drained)))], is_ready, lambda: None).run() == 0
    assert drained.exists()
