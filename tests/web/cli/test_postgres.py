"""PostgreSQL by one setting: init, backup and restore on a real server (`tools/with_postgres.py`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

SERVER = os.environ.get("BEFFROI_TEST_DATABASE_URL", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SERVER, reason="needs a PostgreSQL: tools/with_postgres.py"),
]
PASSWORD = "un beffroi sur la place"


@pytest.fixture
def databases() -> Iterator[tuple[str, str]]:
    """Two empty databases, destroyed afterwards."""
    names = ("beffroi_one", "beffroi_two")
    with psycopg.connect(SERVER, autocommit=True) as server:
        for name in names:
            server.execute(f"CREATE DATABASE {name}")
        root = SERVER.rpartition("/")[0]
        yield f"{root}/{names[0]}", f"{root}/{names[1]}"
        for name in names:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def run(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("BEFFROI_")}
    return subprocess.run(
        [sys.executable, "-m", "beffroi.cli.main", *arguments],
        env={**ours, "BEFFROI_DATABASE_URL": url, "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def agents(url: str) -> list[tuple[str]]:
    with psycopg.connect(url) as database:
        return database.execute("SELECT username FROM people_agent").fetchall()


def test_a_town_on_postgresql_is_saved_and_restored_and_a_refusal_leaves_nothing(
    databases: tuple[str, str], tmp_path: Path
) -> None:
    first, second = databases
    secret, file = tmp_path / "secret", tmp_path / "town.backup"
    secret.write_text(PASSWORD)
    sealed_by = ("--passphrase-file", str(secret))
    data = ("--data", str(tmp_path / "town"))
    made = run(first, "init", *data, "--admin-name", "anne", "--admin-password-file", str(secret))
    assert made.returncode == 0, made.stderr
    assert not (tmp_path / "town" / "civil.sqlite3").exists()
    assert run(first, "backup", *data, str(file), *sealed_by).returncode == 0

    new = tmp_path / "new"
    restored = run(second, "restore", "--data", str(new), str(file), *sealed_by)
    assert restored.returncode == 0, restored.stderr
    assert agents(second) == [("anne",)]
    assert not (new / "civil.json").exists()
    assert json.loads(run(second, "init", "--data", str(new), "--json").stdout)["made"] == []

    again = run(second, "restore", "--data", str(tmp_path / "third"), str(file), *sealed_by)
    assert (again.returncode, again.stderr.count("\n")) == (2, 1), again.stderr
    assert list((tmp_path / "third").iterdir()) == []
