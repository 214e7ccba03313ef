"""The demo town's folder, and copies of it to spoil."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import beffroi

DEMO_TOWN = Path(beffroi.__file__).parent / "demo_town"
START = date(2026, 11, 23)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the demo town without its buildings and their accesses, which take time and teach nothing here."""
    copy = tmp_path / "town"
    shutil.copytree(DEMO_TOWN, copy, ignore=shutil.ignore_patterns("buildings.csv", "accesses.csv"))
    return copy


@pytest.fixture
def edit(folder: Path) -> Callable[[str, str, str], None]:
    """Replace a text by another, once, in a file of the copy."""

    def replace(file: str, old: str, new: str) -> None:
        path = folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace
