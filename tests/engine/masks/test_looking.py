"""A child that looks at hostile pictures is neither waited for nor listened to without end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from beffroi.engine.masks.looking import _ANSWER_MAX_BYTES, answer_of


def test_a_child_that_talks_without_end_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "import sys\nsys.stdin.buffer.read()\nwhile True:\n    sys.stdout.buffer.write(b'0' * 65536)\n"
    (tmp_path / "talks_for_ever.py").write_text(body)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    answer = asyncio.run(answer_of("talks_for_ever", b"look", deadline_s=30))
    assert len(answer) == _ANSWER_MAX_BYTES


def test_a_child_that_never_answers_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "says_nothing.py").write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(TimeoutError):
        asyncio.run(answer_of("says_nothing", b"look" * 100_000, deadline_s=0.3))
