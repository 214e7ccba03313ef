"""Makes footage faster than real time, through the recorder that nodes use: real files, real index."""

from __future__ import annotations

import asyncio
from pathlib import Path

from beffroi.core.clock import SystemClock
from beffroi.engine.contract import StreamName
from beffroi.engine.record.footage import Footage
from beffroi.engine.record.recorder import StreamRecorder
from beffroi.engine.rtp.parameter_sets import ParameterSets
from beffroi.engine.stream import AccessUnit, CodecConfig
from beffroi.engine.vault.vault import Vault
from bench.clip import Clip, mark

TICKS_S = 90_000
_POOL_WAITING_BYTES = 64_000_000


def codec_config(clip: Clip) -> CodecConfig:
    """The configuration of a clip."""
    config = ParameterSets("h264", clip.parameter_sets).config()
    assert config is not None
    return config


def build(folder: Path, clip: Clip, cameras: dict[str, int], *, start_at_us: int, vault: Vault | None = None) -> None:
    """Record each camera for its number of seconds, from `start_at_us` on; the folder is made when absent.

    With a vault the footage is encrypted, as a node's is.
    """
    asyncio.run(_build(folder, clip, cameras, start_at_us=start_at_us, vault=vault))


async def _build(folder: Path, clip: Clip, cameras: dict[str, int], *, start_at_us: int, vault: Vault | None) -> None:
    footage = Footage.open(folder, clock=SystemClock(), node="bench", create=True, vault=vault)
    await footage.start()
    try:
        for camera, seconds in cameras.items():
            recorder = footage.recorder(camera, StreamName.MAIN)
            recorder.open_run(codec_config(clip), start_at_us)
            for number in range(seconds * clip.format.fps):
                _feed(recorder, clip, number, start_at_us)
                if footage.pool.bytes > _POOL_WAITING_BYTES:
                    await asyncio.sleep(0.01)
    finally:
        await footage.close()


def _feed(recorder: StreamRecorder, clip: Clip, number: int, start_at_us: int) -> None:
    fps = clip.format.fps
    parts = []
    for nal in (mark(number), clip.slices[number % len(clip.slices)]):
        parts += [len(nal).to_bytes(4, "big"), nal]
    recorder.frame(
        AccessUnit(
            parts,
            sum(map(len, parts)),
            number * TICKS_S // fps,
            at_us=start_at_us + number * 1_000_000 // fps,
            is_key=number % clip.format.gop == 0,
        )
    )
