"""The matrix writes and reads files of the town in a folder of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.BEFFROI = replace(settings.BEFFROI, data=tmp_path)
