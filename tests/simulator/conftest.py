from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from beffroi.simulator.cameras import CameraSpec, invented_cameras
from beffroi.simulator.preparation import default_cache, job_for, prepare
from beffroi.simulator.reel import Projector, read_reel
from beffroi.simulator.server import Settings, Simulator
from beffroi.simulator.sky import Sky

Serve = Callable[..., AbstractAsyncContextManager[Simulator]]


@pytest.fixture(scope="session")
def cameras() -> list[CameraSpec]:
    """An H.264 camera with sound on offer, one without, and an H.265 one."""
    every = invented_cameras(7)
    chosen = [every[0], every[1], every[6]]
    prepare([job_for(spec, Sky.DAY, None) for spec in chosen], default_cache())
    return chosen


@pytest.fixture
def projector(cameras: list[CameraSpec]) -> Callable[[int, str], Projector]:
    """A projector of a camera's stream."""

    def of(index: int, stream: str) -> Projector:
        main, sub = job_for(cameras[index], Sky.DAY, None).paths(default_cache())
        return Projector(read_reel(main if stream == "main" else sub), cameras[index].short_name)

    return of


@pytest.fixture
def serve(cameras: list[CameraSpec]) -> Serve:
    """A simulator on a free port of the loopback, for the length of an `async with`."""

    @asynccontextmanager
    async def run(**settings: Any) -> AsyncIterator[Simulator]:
        simulator = Simulator(cameras, Settings(sky=Sky.DAY, **settings))
        simulator.prepare()
        await simulator.start()
        try:
            yield simulator
        finally:
            await simulator.close()

    return run
