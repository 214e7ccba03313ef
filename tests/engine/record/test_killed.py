"""kill -9 at random instants: at most one group of pictures is lost, and everything is consistent again."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from beffroi.core.clock import FakeClock
from beffroi.engine.contract import GapCause, StreamName
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.rows import FileState
from beffroi.engine.record.check import check
from beffroi.engine.record.footage import Footage
from beffroi.engine.vault.ring import KeyRing
from beffroi.engine.vault.vault import Vault
from tests.engine.fmp4.clips import START_AT_US
from tests.engine.record.driving import US
from tests.engine.record.victim import ROOT

CAMERAS = 4
GOP = 10
AT_MOST = GOP + 1
"""A group is written once the picture that begins the next one is there: killed in between, both are lost."""
ROUND_US = 1000 * US
MAIN = StreamName.MAIN


def killed_after(folder: Path, seconds: float, start_at_us: int, node: Path | None = None) -> int:
    """Run the victim, kill it; returns how many pictures every camera had been sent."""
    command = [sys.executable, "-m", "tests.engine.record.victim", str(folder), str(CAMERAS), str(start_at_us), "20"]
    victim = subprocess.Popen([*command, *([str(node)] if node else [])], stdout=subprocess.PIPE, text=True)
    assert victim.stdout is not None
    assert victim.stdout.readline() == "1\n"
    time.sleep(seconds)
    victim.kill()
    lines = victim.stdout.read().splitlines()
    victim.wait()
    victim.stdout.close()
    return int(lines[-1]) if lines else 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_killed_node_loses_at_most_one_group_of_pictures(seed: int, tmp_path: Path) -> None:
    rounds = 4
    instants = random.Random(seed)
    sent = []
    for number in range(rounds):
        sent.append(killed_after(tmp_path / "f", instants.uniform(0.05, 1.5), START_AT_US + number * ROUND_US))
        assert check(tmp_path / "f", now_us=START_AT_US).findings == ()
    footage = Footage.open(tmp_path / "f", clock=FakeClock(START_AT_US), node="n1", create=False)
    footage.abandon()
    assert check(tmp_path / "f", now_us=START_AT_US).findings == ()
    with FootageReader(tmp_path / "f") as reader:
        for camera in range(CAMERAS):
            for number, count in enumerate(sent):
                start = START_AT_US + number * ROUND_US
                files = reader.files(f"c{camera:02d}", MAIN, start, start + ROUND_US)
                kept = sum(file.frames for file in files)
                assert count - AT_MOST <= kept <= count + 1
                assert {file.state for file in files} <= {FileState.SEALED}
            gaps = reader.gaps(f"c{camera:02d}", MAIN, 0, 1 << 62)
            assert {gap.cause for gap in gaps} == {GapCause.RESTART}
            assert gaps[-1].to_at_us is None


@pytest.mark.slow
def test_a_killed_node_that_encrypts_loses_no_more_and_everything_opens_and_is_proved(tmp_path: Path) -> None:
    node, folder = tmp_path / "node", tmp_path / "f"
    node.mkdir()
    sent = [killed_after(folder, 0.7, START_AT_US + number * ROUND_US, node) for number in range(3)]
    keys = Vault.open(node, ROOT)
    Footage.open(folder, clock=FakeClock(START_AT_US), node="n1", create=False, vault=keys).abandon()
    assert check(folder, now_us=START_AT_US, keys=KeyRing(node, ROOT)).findings == ()
    with FootageReader(folder) as reader:
        for number, count in enumerate(sent):
            start = START_AT_US + number * ROUND_US
            files = reader.files("c00", MAIN, start, start + ROUND_US)
            assert count - AT_MOST <= sum(file.frames for file in files) <= count + 1
            assert all(any(digest) for file in files for digest in reader.digests(file.id))
            assert all(reader.proof(file.id) for file in files)


@pytest.mark.slow
def test_an_orphan_of_the_last_tick_is_adopted(tmp_path: Path) -> None:
    killed_after(tmp_path / "f", 1.0, START_AT_US)
    with FootageReader(tmp_path / "f") as reader:
        before = reader.files("c00", MAIN, 0, 1 << 62)
    _forget(tmp_path / "f", before[-1].id)
    Footage.open(tmp_path / "f", clock=FakeClock(START_AT_US), node="n1", create=False).abandon()
    with FootageReader(tmp_path / "f") as reader:
        after = reader.files("c00", MAIN, 0, 1 << 62)
    (adopted,) = [file for file in after if file.id == before[-1].id]
    assert adopted.fragments[: len(before[-1].fragments)] == before[-1].fragments
    assert all(one.end_at_us == other.start_at_us for one, other in pairwise(after))
    assert check(tmp_path / "f", now_us=START_AT_US).findings == ()


def _forget(folder: Path, file_id: int) -> None:
    """As if the tick that stored this file and all later ones had never been."""
    connection = sqlite3.connect(folder / "index.sqlite3")
    connection.execute("DELETE FROM file WHERE id >= ?", (file_id,))
    connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'file'", (file_id - 1,))
    connection.commit()
    connection.close()


@pytest.mark.slow
def test_the_check_finds_nothing_beside_a_running_node(tmp_path: Path) -> None:
    victim = subprocess.Popen(
        [sys.executable, "-m", "tests.engine.record.victim", tmp_path / "f", "4", str(START_AT_US), "50"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert victim.stdout is not None
    try:
        assert victim.stdout.readline() == "1\n"
        for _ in range(8):
            report = check(tmp_path / "f", now_us=START_AT_US)
            assert (report.findings, report.in_use) == ((), True)
            time.sleep(0.2)
    finally:
        victim.kill()
        victim.wait()
        victim.stdout.close()
    assert report.files > 4
