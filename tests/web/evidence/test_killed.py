"""Killed anywhere while it locks, a call is whole or was never made: number, both locks, both steps, their lines."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.web.journal.test_killed import environment, kill, verified, wait_ready

pytestmark = [pytest.mark.slow, pytest.mark.any_database, pytest.mark.timeout(300)]
VICTIM = Path(__file__).with_name("victim.py")
_HALF = """
SELECT r.number,
       (SELECT count(*) FROM evidence_hold h WHERE h.requisition_id = r.number) AS holds,
       (SELECT count(*) FROM evidence_step s WHERE s.requisition_id = r.number) AS steps,
       (SELECT count(*) FROM journal_line l WHERE l.subject = r.number) AS lines
FROM evidence_requisition r
"""


def test_killed_while_it_locks_no_call_is_half_made(tmp_path: Path) -> None:
    chance = random.Random(5)
    for _ in range(4):
        command = [sys.executable, str(VICTIM), str(tmp_path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(tmp_path))
        wait_ready(process)
        time.sleep(chance.uniform(0.2, 1.0))
        kill(process)
        database = sqlite3.connect(tmp_path / "civil.sqlite3")
        rows = database.execute(_HALF).fetchall()
        (last,) = database.execute("SELECT last_rank FROM evidence_registeryear").fetchone()
        database.close()
        assert rows and {row[1:] for row in rows} == {(2, 2, 2)}
        assert last == len(rows), "no gap"
        assert verified(tmp_path)[0] == 0
