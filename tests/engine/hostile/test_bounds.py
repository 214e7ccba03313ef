"""What a camera sends costs a bounded time and a bounded memory: ten seconds and 50 MB at the very most.

Each glutton runs alone, so that its memory can be measured and its end enforced.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.hostile.gluttons import WORK

ROOT = Path(__file__).parents[3]
MOST_BYTES = 50 << 20


@pytest.mark.slow
@pytest.mark.parametrize("name", WORK)
def test_the_costliest_input_ends_in_time_and_in_memory(name: str) -> None:
    path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    command = [sys.executable, "-m", "tests.engine.hostile.gluttons", name]
    ended = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, f"{name}: {ended.stderr[-400:] or 'more than ten seconds'}"
    assert int(ended.stdout) < MOST_BYTES
