"""What turns a camera: takes its moves, has what it will see drawn, shows it live, then goes back to loops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from beffroi.core.clock import Clock
from beffroi.core.instants import US_PER_S
from beffroi.simulator.cameras import CameraSpec
from beffroi.simulator.head import Motion, Pose, parse_move
from beffroi.simulator.live import LivePicture
from beffroi.simulator.panorama import draw_face, faces_for
from beffroi.simulator.preparation import Job, drawer, job_for, make
from beffroi.simulator.reel import Reel
from beffroi.simulator.sky import Sky
from beffroi.simulator.stream import CameraStream

_NICE = 5
_STARTS_IN_US = 100_000
Wanted = TypeVar("Wanted")


class Camera(Protocol):
    """The camera on the mount."""

    spec: CameraSpec
    streams: dict[str, CameraStream]

    @property
    def reels(self) -> dict[str, Reel]: ...

    def load(self, main: Path, sub: Path) -> None: ...


class Where(Protocol):
    """The settings of the simulator that a mount needs."""

    @property
    def town(self) -> Path | None: ...

    @property
    def cache(self) -> Path: ...


class Mount:
    """Turns one camera. `picture` is None while the camera rests and its loops play."""

    def __init__(self, camera: Camera, where: Where, *, clock: Clock, sky: Callable[[], Sky]) -> None:
        self._camera, self._where, self._clock, self._sky = camera, where, clock, sky
        self._home = Pose.of(camera.spec)
        self._goal = self._home
        self._motion = Motion(start=self._home, end=self._home, began_at_us=0)
        self._task: asyncio.Task[None] | None = None
        self._drawer: ProcessPoolExecutor | None = None
        self.picture: LivePicture | None = None

    @property
    def is_turned(self) -> bool:
        """Whether the camera looks elsewhere than at home, or is on its way."""
        return self._goal != self._home or self.picture is not None

    def position(self) -> str:
        """Where it looks now, as `move` takes it."""
        return _told(self._motion.pose(self._clock.now_us()))

    def move(self, text: str) -> str:
        """Starts a move (`head.parse_move`); answers where it goes.

        Errors: InvalidInput when the move is not understood or out of reach.
        """
        self._go(parse_move(text, self._home))
        return _told(self._goal)

    def look_again(self) -> None:
        """Draws where it looks once more: the sky has changed."""
        self._go(self._goal)

    def _go(self, goal: Pose) -> None:
        self._goal = goal
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.get_running_loop().create_task(self._follow(goal))

    async def _follow(self, goal: Pose) -> None:
        """Live while it turns, and on until the loop of the new pose is made."""
        job = job_for(self._camera.spec, self._sky(), self._where.town)
        motion = await self._motion_over_drawn_faces(job, goal)
        self._motion = motion
        if self.picture is None:
            self.picture = await asyncio.to_thread(self._first_picture, job, motion)
        self.picture.move(job, motion)
        for stream in self._camera.streams.values():
            stream.show_live()
        await asyncio.sleep(motion.lasts_s + 2 * _STARTS_IN_US / US_PER_S)
        await self._settle(job_for(goal.seen_from(self._camera.spec), job.sky, self._where.town))

    def _first_picture(self, job: Job, motion: Motion) -> LivePicture:
        """Drawn once already: the first frame takes longest."""
        name, reels = self._camera.spec.short_name, self._camera.reels
        picture = LivePicture(job, name, reels, cache_folder=self._where.cache)
        picture.draw(motion, motion.began_at_us)
        return picture

    async def _motion_over_drawn_faces(self, job: Job, goal: Pose) -> Motion:
        """The way from where the camera looks by then; it may still be turning while faces are drawn."""
        while True:
            starts_at_us = self._clock.now_us() + _STARTS_IN_US
            motion = Motion(start=self._motion.pose(starts_at_us), end=goal, began_at_us=starts_at_us)
            missing = [face for face in faces_for(job, motion) if not face.path(self._where.cache).exists()]
            if not missing:
                return motion
            for face in missing:
                await self._draw(draw_face, face)

    async def _settle(self, job: Job) -> None:
        paths = job.paths(self._where.cache)
        if not all(path.exists() for path in paths):
            await self._draw(make, job)
        self._camera.load(*paths)

    async def _draw(self, draw: Callable[[Wanted, Path], None], wanted: Wanted) -> None:
        if self._drawer is None:
            self._drawer = drawer(_NICE)
        await asyncio.wrap_future(self._drawer.submit(draw, wanted, self._where.cache))

    def shoot(self, index: int, at_us: int, next_us: int) -> None:
        """Hands both streams the frame to send; nothing is drawn while nobody looks."""
        streams = self._camera.streams
        if all(stream.live is None for stream in streams.values()):
            self._rest()
        if self.picture is None or not any(stream.viewers for stream in streams.values()):
            return
        coded = self.picture.take(index, at_us, next_us)
        for name, stream in streams.items():
            if stream.live is not None:
                self.picture.drift_us = round(stream.faults.drift * 1_000_000)
                stream.live = coded[name]

    def _rest(self) -> None:
        if self.picture is not None:
            self.picture.close()
            self.picture = None

    def close(self) -> None:
        """Stops turning and drawing."""
        if self._task is not None:
            self._task.cancel()
        self._rest()
        if self._drawer is not None:
            self._drawer.shutdown(wait=False, cancel_futures=True)


def _told(pose: Pose) -> str:
    return f"position: {pose.pan_deg:.2f} {pose.tilt_deg:.2f} {pose.hfov_deg:.2f}\r\n"
