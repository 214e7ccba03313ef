"""Commands speak the language of the terminal."""

import os
import subprocess
import sys

import pytest

from beffroi.core.terminal import is_french


@pytest.mark.parametrize(
    ("set_", "answer"),
    [
        ({}, False),
        ({"LANG": "fr_FR.UTF-8"}, True),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C.UTF-8"}, False),
        ({"LANG": "C", "LC_MESSAGES": "fr_CA.UTF-8"}, True),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": ""}, True),
    ],
)
def test_the_first_locale_that_is_set_decides(
    monkeypatch: pytest.MonkeyPatch, set_: dict[str, str], answer: bool
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in set_.items():
        monkeypatch.setenv(name, value)
    assert is_french() is answer


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "il manque : COMMAND (voir beffroi --help)"),
        (["simulate", "--cameras", "x"], "argument --cameras : 'x' ne convient pas (int)"),
        (["simulate", "--rtsp-port", "0", "--nothing"], "arguments inconnus : --nothing"),
        (["record", "rtsp://a/", "--into"], "argument --into : veut une valeur"),
    ],
)
def test_what_the_command_line_refuses_is_said_in_french(words: list[str], said: str) -> None:
    environment = {**os.environ, "LC_ALL": "fr_FR.UTF-8"}
    command = [sys.executable, "-m", "beffroi.cli.main", *words]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert answer.returncode == 2
    assert said in answer.stderr
