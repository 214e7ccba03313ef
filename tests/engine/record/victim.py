"""A node to kill: records generated cameras into a folder and says on stdout what it was sent.

Usage: python -m tests.engine.record.victim FOLDER CAMERAS START_AT_US SPEED [NODE]

NODE: folder of a vault; footage is then encrypted.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from beffroi.core.clock import FakeClock
from beffroi.engine.contract import StreamName
from beffroi.engine.record.footage import Footage
from beffroi.engine.record.settings import FootageSettings
from beffroi.engine.vault.vault import Vault
from tests.engine.fmp4.clips import clip

ROOT = bytes(32)


async def record(folder: Path, cameras: int, start_at_us: int, *, speed: float, node: Path | None) -> None:
    """Frames at `speed` times their pace; after each picture one line with its number."""
    source = clip("h264", seconds=4, fps=10, gop=10)
    footage = Footage.open(
        folder,
        clock=FakeClock(start_at_us),
        node="n1",
        create=True,
        settings=FootageSettings(tick_s=0.2, file_s=6),
        vault=Vault.open(node, ROOT) if node else None,
    )
    await footage.start()
    recorders = [footage.recorder(f"c{number:02d}", StreamName.MAIN) for number in range(cameras)]
    for recorder in recorders:
        recorder.open_run(source.config, start_at_us)
    span = len(source.frames) * 9_000
    sent = 0
    for turn in range(10_000):
        units = [source.units(at_us=start_at_us + turn * span * 100 // 9, ticks90k=turn * span) for _ in recorders]
        for batch in zip(*units, strict=True):
            for recorder, unit in zip(recorders, batch, strict=True):
                recorder.frame(unit)
            sent += 1
            print(sent, flush=True)
            await asyncio.sleep(0.1 / speed)


if __name__ == "__main__":
    folder, *numbers = sys.argv[1:5]
    node = Path(sys.argv[5]) if len(sys.argv) > 5 else None
    asyncio.run(record(Path(folder), int(numbers[0]), int(numbers[1]), speed=float(numbers[2]), node=node))
