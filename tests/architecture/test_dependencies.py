"""Dependencies are locked with hashes, and each engine command stays light."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_a_hash_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    assert len(blocks) > 10
    assert not [block.split()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block]
    assert "://" not in text


def test_the_ui_lock_carries_no_address() -> None:
    assert "://registry" not in (ROOT / "ui" / "package-lock.json").read_text()


@pytest.mark.parametrize("command", ["record", "footage"])
def test_engine_commands_load_neither_django_nor_av(command: str) -> None:
    script = (
        "import sys; from beffroi.cli.main import build_parser; "
        f"build_parser({command!r}); import beffroi.cli.{command}; "
        "print([name for name in ('django', 'av') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
