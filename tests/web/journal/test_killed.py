"""On a file, as in a town: killed anywhere, written by two at once, aged; the journal stays whole."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.any_database, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[3]
VICTIM = Path(__file__).with_name("victim.py")


def environment(folder: Path) -> dict[str, str]:
    path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BEFFROI")}
    return {**kept, "PYTHONPATH": path, "BEFFROI_DATA": str(folder)}


def victim(folder: Path, mode: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(VICTIM), str(folder), mode]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(folder))


def verified(folder: Path) -> tuple[int, dict[str, object]]:
    command = [sys.executable, "-m", "beffroi.cli.main", "journal", "verify", "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment(folder), check=False)
    assert answer.returncode in {0, 1}, answer.stderr
    return answer.returncode, json.loads(answer.stdout)


def wait_ready(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "READY\n"


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_killed_while_it_appends_signs_and_prunes_it_leaves_a_whole_journal(tmp_path: Path) -> None:
    chance = random.Random(3)
    for _ in range(3):
        process = victim(tmp_path, "write")
        wait_ready(process)
        time.sleep(chance.uniform(0.5, 2.0))
        kill(process)
        code, report = verified(tmp_path)
        assert (code, report["findings"]) == (0, [])
    assert report["first"], "it was pruned too"


def test_two_processes_append_and_sign_without_a_gap_or_two_heads_of_one_number(tmp_path: Path) -> None:
    first = victim(tmp_path, "write")
    wait_ready(first)
    second = victim(tmp_path, "write")
    wait_ready(second)
    time.sleep(3)
    for process in (first, second):
        assert process.poll() is None, "neither may stumble over the other"
        kill(process)
    code, report = verified(tmp_path)
    assert (code, report["findings"]) == (0, [])


def test_a_salt_that_was_pruned_is_in_no_byte_of_the_database(tmp_path: Path) -> None:
    process = victim(tmp_path, "age")
    out, _ = process.communicate(timeout=200)
    gone, kept = (part.split() for part in out.split("\n\n"))
    assert len(gone) == 60 and len(kept) == 41
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("civil.sqlite3*"))
    assert not [salt for salt in gone if bytes.fromhex(salt) in stored]
    assert not [salt for salt in kept if bytes.fromhex(salt) not in stored], "the test sees what is there"
    assert verified(tmp_path)[0] == 0


def test_the_command_ends_with_1_and_names_the_line_when_one_was_changed(tmp_path: Path) -> None:
    victim(tmp_path, "age").communicate(timeout=200)
    database = sqlite3.connect(tmp_path / "civil.sqlite3", isolation_level=None)
    database.execute("UPDATE journal_line SET reason = 'watch' WHERE \"index\" = 77")
    database.close()
    code, report = verified(tmp_path)
    findings = report["findings"]
    assert isinstance(findings, list)
    assert (code, [(one["kind"], one["first"]) for one in findings]) == (1, [("changed", 77)])
