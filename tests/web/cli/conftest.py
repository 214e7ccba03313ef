"""Secrets shared by the tests of the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

PASSWORD = "un beffroi sur la place"


@pytest.fixture(scope="session")
def password(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("secret") / "password"
    path.write_text(PASSWORD + "\n")
    return path
