"""Footage a node recorded before the test began: sealed files under keys, in two runs with a gap between them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from beffroi.core.clock import FakeClock
from beffroi.engine.contract import GapCause, StreamName
from beffroi.engine.keys import open_vault
from beffroi.engine.record.footage import Footage
from beffroi.engine.record.settings import FootageSettings
from tests.engine.fmp4.clips import clip
from tests.engine.node.town import NODE
from tests.engine.record.driving import feed


def record(folder: Path, camera: str, *starts: int, times: int = 20) -> None:
    """Runs of 4 s times `times` from each start, in the places where `Town(folder)` looks for them."""

    async def session() -> None:
        footage = Footage.open(
            folder / "footage",
            clock=FakeClock(starts[0]),
            node=NODE,
            create=True,
            settings=FootageSettings(tick_s=0.05),
            vault=open_vault(folder / "node"),
        )
        await footage.start()
        recorder = footage.recorder(camera, StreamName.MAIN)
        for start in starts:
            recorder.close_run(GapCause.SILENT, feed(recorder, clip(), from_at_us=start, times=times))
        await footage.close()

    asyncio.run(session())
