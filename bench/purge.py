"""`beffroi bench purge`: many files reach their limit at once while 44 cameras record; no frame may be lost.

The files are small (4 KiB), encrypted by name only: each has its row, its wrapped key and its camera-hour in a vault.
Retention then ends for all of them: hours' keys go, files are unlinked and told, while the recorder is fed as 44
cameras of 4 Mbit/s and 25 frames a second would feed it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

from beffroi.core.clock import SystemClock
from beffroi.engine.contract import FactKind, StreamName
from beffroi.engine.index.rows import file_path
from beffroi.engine.index.schema import INDEX_NAME, INSERT_FILE, open_writer, refresh_totals
from beffroi.engine.index.table import Fragment, encode_table
from beffroi.engine.record.footage import Footage
from beffroi.engine.record.retention import RetentionPolicy
from beffroi.engine.record.settings import FootageSettings
from beffroi.engine.stream import AccessUnit
from beffroi.engine.vault.vault import Vault
from beffroi.engine.vault.wrapping import HOUR_US, hour_of
from bench import clip as clips
from bench.footage import codec_config
from bench.report import Measured, Target

FILES, CAMERAS, LIMIT_S = 100_000, 44, 500.0
_MINUTE_US, _BYTES, _DAY_US = 60_000_000, 4096, 86_400_000_000


def run(arguments: argparse.Namespace) -> Measured:
    """Makes the files, ends their retention, feeds 44 cameras until all are gone."""
    files = arguments.files or (5_000 if arguments.quick else FILES)
    folder = Path(tempfile.mkdtemp(prefix="bench-purge-", dir=arguments.folder))
    try:
        found = asyncio.run(_purge(folder, files))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    targets = [
        Target(name="frames lost while it lasted", limit=0, reached=found["lost"]),
        Target(name="files left", limit=0, reached=found["left"]),
    ]
    text = (
        f"{files} files of {CAMERAS} cameras gone in {found['seconds']:.1f} s, their {found['hours']} hour keys in "
        f"{found['keys_s']:.1f} s; {found['frames']} frames offered, {found['lost']} lost, "
        f"pool at most {found['pool_bytes'] / 1e6:.0f} MB"
    )
    return Measured(found | {"targets": [target.document() for target in targets]}, text, targets)


def _fill(folder: Path, vault: Vault, files: int) -> int:
    """Rows, files and hour keys of two days ago; returns the number of hours."""
    start_us = hour_of(SystemClock().now_us()) - 4 * _DAY_US
    blob = encode_table([Fragment(1000, _BYTES - 1000, start_us, 90_000 * 60, 1500, is_key=True)], start_us)
    cameras = [f"c{number:02d}" for number in range(CAMERAS)]
    connection = open_writer(folder / INDEX_NAME)
    with connection:
        connection.execute("BEGIN")
        connection.execute("INSERT INTO config VALUES (1, 'h264', 1, 1, x'00')")
        for number, camera in enumerate(cameras, 1):
            connection.execute("INSERT INTO stream (id, camera, stream) VALUES (?, ?, 'main')", (number, camera))
        rows, hours = [], set()
        for number in range(files):
            camera, at_us = cameras[number % CAMERAS], start_us + number // CAMERAS * _MINUTE_US
            hours.add((camera, hour_of(at_us)))
            path = folder / file_path(camera, "main", start_at_us=at_us, file_id=number + 1)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(_BYTES))
            numbers = (number + 1, number % CAMERAS + 1, 1, at_us, at_us + _MINUTE_US, 0, _BYTES, 1500, 1)
            rows.append((*numbers, blob, "sealed", None, os.urandom(24).hex()))
        connection.executemany(INSERT_FILE, rows)
        refresh_totals(connection)
        connection.execute("COMMIT")
    connection.close()
    vault.prepare(sorted(hours))
    return len(hours)


async def _purge(folder: Path, files: int) -> dict[str, Any]:
    node = folder / "node"
    node.mkdir()
    vault = Vault.open(node, os.urandom(32))
    Footage.open(folder / "f", clock=SystemClock(), node="bench", create=True).abandon()
    hours = _fill(folder / "f", vault, files)
    gone = {"files": 0, "first_s": 0.0}

    def on_fact(kind: FactKind, _: str, detail: dict[str, str | int | bool]) -> None:
        if kind is FactKind.FOOTAGE_DESTROYED:
            gone["files"] += int(detail["files"])
            gone["first_s"] = gone["first_s"] or time.monotonic()

    settings = FootageSettings(on_fact=on_fact, maintenance_s=2.0, min_free_bytes=0)
    footage = Footage.open(
        folder / "f", clock=SystemClock(), node="bench", create=False, settings=settings, vault=vault
    )
    await footage.start()
    clip, started = clips.load(), time.monotonic()
    recorders = [footage.recorder(f"c{number:02d}", StreamName.MAIN) for number in range(CAMERAS)]
    for recorder in recorders:
        recorder.open_run(codec_config(clip), SystemClock().now_us())
        footage.apply(recorder.camera, RetentionPolicy(retention_s=3 * HOUR_US // 1_000_000))
    frames, pool = 0, 0
    while gone["files"] < files and time.monotonic() - started < LIMIT_S:
        content = clip.slices[frames % len(clip.slices)]
        parts, at_us = [len(content).to_bytes(4, "big"), content], SystemClock().now_us()
        for recorder in recorders:
            key = frames % clip.format.gop == 0
            recorder.frame(AccessUnit(parts, len(content) + 4, frames * 3600, at_us=at_us, is_key=key))
        frames, pool = frames + 1, max(pool, footage.pool.bytes)
        await asyncio.sleep(max(started + frames / 25 - time.monotonic(), 0))
    seconds = time.monotonic() - started
    await footage.close()
    lost = CAMERAS * frames - sum(recorder.frames for recorder in recorders)
    return {
        "seconds": seconds,
        "keys_s": max(gone["first_s"] - started, 0),
        "hours": hours,
        "frames": CAMERAS * frames,
        "lost": lost,
        "left": files - gone["files"],
        "pool_bytes": pool,
    }
