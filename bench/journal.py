"""`beffroi bench journal`: appends a second, each its own transaction on disk; then the whole journal verified.

SQLite with the settings of the product (WAL, synchronous=FULL), in a folder of its own on the disk of `--folder`.
Beside it, in the same rounds, what the disk gives: bare one-row commits by the sqlite3 module with the same settings.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import report
from bench.children import MeasureFailed
from bench.report import Figure, Measured, Target

APPENDS_S, VERIFY_S, LINES = 500, 60.0, 1_000_000
_BATCH = 5_000


def run(arguments: argparse.Namespace) -> Measured:
    """Appends in rounds beside bare commits, then fills the journal and verifies it."""
    lines = arguments.lines or (20_000 if arguments.quick else LINES)
    rounds = arguments.rounds or (1 if arguments.quick else 3)
    seconds = arguments.seconds or (1.0 if arguments.quick else 5.0)
    folder = Path(tempfile.mkdtemp(prefix="bench-journal-", dir=arguments.folder))
    try:
        open_civil(folder)
        ours, bare = _appends(folder, rounds, seconds)
        head_s = _fill(lines)
        verified_s, found = _verify()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _measured(ours, bare, lines=found, seconds=(head_s, verified_s))


def open_civil(folder: Path) -> None:
    """Django on an empty civil database of the product's own settings."""
    os.environ["BEFFROI_DATA"] = str(folder)
    from beffroi.cli import civil
    from beffroi.core import site_key

    site_key.make(folder / "keys")
    civil.configured(folder)
    civil.open_civil()
    civil.migrate()


def _appends(folder: Path, rounds: int, seconds: float) -> tuple[list[float], list[float]]:
    from beffroi.journal.services import append

    bare = sqlite3.connect(folder / "bare.sqlite3", isolation_level=None)
    bare.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE line (at, text)")

    def commit(number: int) -> None:
        bare.execute("INSERT INTO line VALUES (?, ?)", (number, "x" * 300))

    rates: tuple[list[float], list[float]] = ([], [])
    steps: list[Callable[[int], object]] = [lambda number: append(_entry(number)), commit]
    for _ in range(rounds):
        for step, into in zip(steps, rates, strict=True):
            into.append(_rate(step, seconds))
            report.say(f"{'append' if step is not commit else 'bare commit'} {into[-1]:.0f}/s")
    bare.close()
    return rates


def _rate(step: Callable[[int], object], seconds: float) -> float:
    begun_s, count = time.monotonic(), 0
    while time.monotonic() - begun_s < seconds:
        step(count)
        count += 1
    return count / (time.monotonic() - begun_s)


def _entry(number: int) -> Any:
    from beffroi.journal.services import Entry, Register

    return Entry(
        register=Register.REPLAY,
        action="view.ended",
        author="5f0c2f1e9f4b4a43b6e5d0a5f7c1d2e3",
        reason="incident",
        camera=f"c{number % 44:02}",
        subject=f"{number:032x}",
        detail={"frames": number, "bytes": number * 4000, "cause": "closed", "node": "n1"},
    )


def _fill(lines: int) -> float:
    """Up to `lines` lines, many to a transaction; the seconds that signing their heads takes."""
    from beffroi.journal import queries
    from beffroi.journal.services import append_all, sign_head

    while (size := queries.state(0).size) < lines:
        append_all([_entry(size + more) for more in range(min(_BATCH, lines - size))])
    report.say(f"{lines} lines written")
    begun_s = time.monotonic()
    sign_head(time.time_ns() // 1000)
    return time.monotonic() - begun_s


def _verify() -> tuple[float, int]:
    from beffroi.journal.verify import verify

    begun_s = time.monotonic()
    found = verify()
    if not found.is_whole or found.unsigned:
        raise MeasureFailed(f"{found.found} findings, {found.unsigned} lines under no head")
    return time.monotonic() - begun_s, found.lines


def _measured(ours: list[float], bare: list[float], *, lines: int, seconds: tuple[float, float]) -> Measured:
    head_s, verified_s = seconds
    million_s = verified_s * LINES / lines
    figures = {"append": Figure.of(ours), "bare commit": Figure.of(bare)}
    targets = [
        Target(name="appends a second", limit=APPENDS_S, reached=figures["append"].median, at_most=False),
        Target(name="seconds to verify a million lines", limit=VERIFY_S, reached=million_s),
    ]
    rows = [["each its own transaction, synchronous=FULL", "a second"]]
    rows += [[name, figure.text(0)] for name, figure in figures.items()]
    text = f"{report.table(rows)}\n{lines} lines: heads signed in {head_s:.1f} s, verified in {verified_s:.1f} s"
    document: dict[str, Any] = {
        "bench": "journal",
        "machine": report.machine(),
        "appends_s": ours,
        "bare_commits_s": bare,
        "lines": lines,
        "sign_s": round(head_s, 2),
        "verify_s": round(verified_s, 2),
        "targets": [target.document() for target in targets],
    }
    return Measured(document, text, targets)
