"""What a supervisor does with what its parts say."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from beffroi.cli.supervise import Part, Supervisor


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
