"""Each invariant, broken on purpose, is found by its name; and nothing else is."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from beffroi.engine.record.check import Invariant, check
from tests.engine.fmp4.clips import START_AT_US, clip
from tests.engine.record.driving import US, record, runs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    runs(tmp_path / "f", clip(), [START_AT_US, START_AT_US + 10 * US])
    return tmp_path / "f"


def sql(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / "index.sqlite3")
    connection.execute(statement)
    connection.commit()
    connection.close()


def first_file(folder: Path) -> Path:
    return min(folder.rglob("*.mp4"))


def write_into(path: Path, offset: int, noise: bytes) -> None:
    with path.open("r+b") as stream:
        stream.seek(offset)
        stream.write(noise)


def copied(folder: Path, camera: str) -> None:
    path = first_file(folder)
    other = folder / "footage" / camera / path.relative_to(folder / "footage/c01")
    other.parent.mkdir(parents=True)
    shutil.copy(path, other)


def append(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"more")


BREAKS: dict[str, tuple[Invariant, Callable[[Path], object]]] = {
    "missing file": (Invariant.ROW_HAS_FILE, lambda folder: first_file(folder).unlink()),
    "longer file": (Invariant.ROW_HAS_FILE, lambda folder: append(first_file(folder))),
    "other size": (Invariant.ROW_HAS_FILE, lambda folder: sql(folder, "UPDATE file SET bytes = 99 WHERE id = 1")),
    "damaged boxes": (Invariant.TABLE_MATCHES, lambda folder: write_into(first_file(folder), 900, bytes(200))),
    "damaged head": (Invariant.TABLE_MATCHES, lambda folder: write_into(first_file(folder), 0, bytes(8))),
    "another table": (
        Invariant.TABLE_MATCHES,
        lambda folder: sql(folder, "UPDATE file SET fragments = x'0100' WHERE id = 1"),
    ),
    "no row": (
        Invariant.FILE_HAS_ROW,
        lambda folder: (first_file(folder).with_name("000000-00000000.mp4")).write_bytes(b""),
    ),
    "foreign name": (Invariant.FILE_HAS_ROW, lambda folder: first_file(folder).with_name("x.txt").write_bytes(b"")),
    "file of another's id in another camera's folder": (Invariant.FILE_HAS_ROW, lambda folder: copied(folder, "c02")),
    "file among cameras": (Invariant.FILE_HAS_ROW, lambda folder: (folder / "footage/x").write_bytes(b"")),
    "file among streams": (Invariant.FILE_HAS_ROW, lambda folder: (folder / "footage/c01/x").write_bytes(b"")),
    "file among days": (Invariant.FILE_HAS_ROW, lambda folder: (folder / "footage/c01/main/x").write_bytes(b"")),
    "destroyed ftyp": (Invariant.TABLE_MATCHES, lambda folder: write_into(first_file(folder), 4, b"noise"[:4])),
    "hole": (Invariant.TIME_IS_COVERED, lambda folder: sql(folder, "DELETE FROM gap WHERE to_at_us IS NOT NULL")),
    "overlap": (
        Invariant.TIME_IS_COVERED,
        lambda folder: sql(folder, "UPDATE gap SET from_at_us = from_at_us - 1000000 WHERE to_at_us IS NOT NULL"),
    ),
    "broken table": (
        Invariant.INDEX_IS_SOUND,
        lambda folder: sql(folder, "UPDATE file SET fragments = x'ff' WHERE id = 1"),
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_invariant_is_found(name: str, folder: Path) -> None:
    assert check(folder, now_us=START_AT_US).findings == ()
    invariant, break_it = BREAKS[name]
    break_it(folder)
    assert {finding.invariant for finding in check(folder, now_us=START_AT_US).findings} == {invariant}


def test_files_that_are_not_ours_keep_no_node_from_starting(folder: Path) -> None:
    for path in ("footage/x", "footage/c01/x", "footage/c01/main/x"):
        (folder / path).write_bytes(b"")
    record(folder, clip(), at_us=START_AT_US + 20 * US)
    assert (folder / "footage/c01/main/x").exists()


def test_the_check_changes_nothing(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.mp4")}
    names = {path for path in folder.rglob("*") if path.suffix not in (".sqlite3-shm", ".sqlite3-wal")}
    check(folder, now_us=START_AT_US)
    assert {path: path.read_bytes() for path in folder.rglob("*.mp4")} == before
    after = {path for path in folder.rglob("*") if path.suffix not in (".sqlite3-shm", ".sqlite3-wal")}
    assert after == names
