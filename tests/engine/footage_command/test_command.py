"""`beffroi footage` as people and scripts call it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from beffroi.core.instants import to_rfc3339
from beffroi.engine.index.schema import refresh_totals
from beffroi.engine.index.table import decode_table, encode_table
from beffroi.engine.record.folder import lock
from tests.engine.fmp4.clips import START_AT_US, clip
from tests.engine.record.driving import US, record, runs
from tests.engine.record.test_keys import recorded

pytestmark = pytest.mark.slow


def footage(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "beffroi.cli.main", "footage", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_list_tells_streams_and_gaps(tmp_path: Path) -> None:
    runs(tmp_path / "f", clip(), [START_AT_US, START_AT_US + 10 * US])
    done = footage("list", tmp_path / "f", "--json")
    assert done.returncode == 0
    (stream,) = json.loads(done.stdout)["streams"]
    assert (stream["camera"], stream["files"]) == ("c01", 2)
    assert [gap["cause"] for gap in stream["gaps"]] == ["silent", "silent"]


def test_check_of_a_clean_folder_ends_with_0(tmp_path: Path) -> None:
    record(tmp_path / "f", clip(), times=20)
    done = footage("check", tmp_path / "f", "--json")
    assert (done.returncode, json.loads(done.stdout)["clean"]) == (0, True)


def test_check_names_a_missing_file_and_ends_with_1(tmp_path: Path) -> None:
    record(tmp_path / "f", clip())
    (victim,) = (tmp_path / "f").rglob("*.mp4")
    victim.unlink()
    done = footage("check", tmp_path / "f")
    assert done.returncode == 1
    assert "I1-row-has-file" in done.stdout
    assert victim.name in done.stdout


def test_export_writes_a_file_and_its_manifest(tmp_path: Path) -> None:
    record(tmp_path / "f", clip())
    done = footage(
        "export", tmp_path / "f", "--camera", "c01", "--from", to_rfc3339(START_AT_US),
        "--to", to_rfc3339(START_AT_US + 2 * US), "--out", tmp_path / "out.mp4", "--json",
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    manifest = json.loads(done.stdout)
    assert (manifest["frames"], manifest["bytes"]) == (20, (tmp_path / "out.mp4").stat().st_size)


def test_an_export_to_a_full_disk_is_refused_in_one_line_and_leaves_no_file(tmp_path: Path) -> None:
    record(tmp_path / "f", clip(), times=10)
    done = subprocess.run(
        [
            "sh", "-c", 'ulimit -f 64; exec "$@"', "sh", sys.executable, "-m", "beffroi.cli.main",
            "footage", "export", tmp_path / "f", "--camera", "c01", "--from", to_rfc3339(START_AT_US),
            "--to", to_rfc3339(START_AT_US + 40 * US), "--out", tmp_path / "out.mp4",
        ],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "File too large" in done.stderr
    assert not (tmp_path / "out.mp4").exists()


def test_a_towns_pictures_are_not_taken_by_hand_they_leave_on_a_requisition(tmp_path: Path) -> None:
    recorded(tmp_path / "f", START_AT_US)
    asked = ("export", tmp_path / "f", "--camera", "c01", "--from", to_rfc3339(START_AT_US),
             "--to", to_rfc3339(START_AT_US + 2 * US), "--out", tmp_path / "out.mp4")  # fmt: skip
    done = footage(*asked)
    assert done.returncode != 0 and "requisition" in done.stderr
    assert "--vault" in footage(*asked, "--vault", tmp_path / "node").stderr
    assert not (tmp_path / "out.mp4").exists()


def test_an_export_prints_the_span_asked_and_the_span_given(tmp_path: Path) -> None:
    record(tmp_path / "f", clip())
    asked = to_rfc3339(START_AT_US + US // 2), to_rfc3339(START_AT_US + 9 * US)
    done = footage("export", tmp_path / "f", "--camera", "c01", "--from", asked[0], "--to", asked[1],
                   "--out", tmp_path / "out.mp4")  # fmt: skip
    assert f"asked {asked[0]} to {asked[1]}, given {to_rfc3339(START_AT_US)} to" in done.stdout


def test_the_list_of_a_damaged_index_ends_with_one_line(tmp_path: Path) -> None:
    record(tmp_path / "f", clip())
    with (tmp_path / "f" / "index.sqlite3").open("r+b") as stream:
        stream.write(b"noise" * 4000)
    done = footage("list", tmp_path / "f")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "The index of" in done.stderr


def test_the_list_counts_as_people_do(tmp_path: Path) -> None:
    for camera in ("c10", "c2", "c1"):
        record(tmp_path / "f", clip(), camera=camera)
    assert [line.split()[0] for line in footage("list", tmp_path / "f").stdout.splitlines()] == ["c1", "c2", "c10"]


def behind_the_last_tick(folder: Path) -> None:
    """As a node leaves it that is killed: one file longer than its row, a later one without a row."""
    runs(folder, clip(), [START_AT_US, START_AT_US + 4 * US])
    connection = sqlite3.connect(folder / "index.sqlite3")
    (table,) = connection.execute("SELECT fragments FROM file WHERE id = 1").fetchone()
    kept = decode_table(table, START_AT_US)[:1]
    connection.execute(
        "UPDATE file SET state = 'writing', fragments = ?, frames = ?, bytes = ?, end_at_us = ? WHERE id = 1",
        (encode_table(kept, START_AT_US), kept[0].frames, kept[0].offset + kept[0].size, kept[0].end_at_us),
    )
    connection.execute("DELETE FROM file WHERE id = 2")
    connection.execute("UPDATE sqlite_sequence SET seq = 1 WHERE name = 'file'")
    connection.execute("DELETE FROM gap")
    refresh_totals(connection)
    connection.commit()
    connection.close()


def test_what_a_killed_node_left_behind_its_last_tick_is_told_by_the_check_which_changes_nothing(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "f"
    behind_the_last_tick(folder)
    told = "beffroi: 7.0 s in 2 files are not in the index yet; the next start on this folder adopts them.\n"
    for _ in range(2):
        done = footage("check", folder)
        assert (done.returncode, done.stderr) == (0, told)
        document = json.loads(footage("check", folder, "--json").stdout)
        assert (document["unindexed_files"], document["unindexed_us"]) == (2, 7 * US)


def test_what_a_killed_node_left_is_listed_and_exported_as_if_it_had_started_again(tmp_path: Path) -> None:
    folder, out = tmp_path / "f", tmp_path / "out.mp4"
    behind_the_last_tick(folder)
    done = footage("list", folder)
    assert (done.stderr, done.stdout.split()[2]) == ("", "2")
    done = footage("export", folder, "--camera", "c01", "--from", to_rfc3339(START_AT_US),
                   "--to", to_rfc3339(START_AT_US + 60 * US), "--out", out)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert footage("check", folder).stderr == ""
    record(folder, clip(), at_us=START_AT_US + 20 * US)
    assert footage("list", folder).stdout.split()[2] == "3"


def test_a_folder_that_a_node_holds_is_listed_and_left_to_it(tmp_path: Path) -> None:
    behind_the_last_tick(tmp_path / "f")
    held = lock(tmp_path / "f")
    assert footage("list", tmp_path / "f").stdout.split()[2] == "1"
    os.close(held)


def test_a_folder_that_is_not_ours_is_refused_in_one_line(tmp_path: Path) -> None:
    done = footage("check", tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_an_instant_without_offset_is_refused_in_one_line(tmp_path: Path) -> None:
    record(tmp_path / "f", clip())
    done = footage(
        "export", tmp_path / "f", "--camera", "c01", "--from", "yesterday", "--to", "2026-11-06T15:42:08Z",
        "--out", tmp_path / "out.mp4",
    )  # fmt: skip
    assert done.returncode == 2
    assert "--from" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_command_loads_neither_django_nor_av(tmp_path: Path) -> None:
    record(tmp_path / "f", clip())
    code = (
        "import sys; from beffroi.cli.main import main; "
        f"main(['footage', 'check', {str(tmp_path / 'f')!r}]); "
        "sys.exit(any(name.split('.')[0] in ('django', 'av', 'starlette') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
