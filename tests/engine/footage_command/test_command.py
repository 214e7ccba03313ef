"""`beffroi footage` as people and scripts call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from beffroi.core.instants import to_rfc3339
from tests.engine.fmp4.clips import START_AT_US, clip
from tests.engine.record.driving import US, record, runs

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
