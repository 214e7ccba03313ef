"""Makes the reels of a town before it streams: drawn and coded once, on every core, kept in a cache."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from beffroi.core.errors import InvalidInput
from beffroi.core.lifecycle import die_with_parent
from beffroi.core.polygons import Polygon
from beffroi.simulator.cameras import CameraSpec
from beffroi.simulator.sky import Sky
from beffroi.simulator.street import ground_files

FPS = 12
_NOT_IN_PICTURES = {
    "server",
    "rtsp",
    "rtp",
    "sdp",
    "digest",
    "faults",
    "stream",
    "evening",
    "head",
    "onvif",
    "live",
    "mount",
    "motion_jpeg",
}
SUB_EACH = 2
"""In the sub-stream things move each second frame; its clock counts every one."""
QUALITY = {"h264": 24, "h265": 27}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One camera's minute under one sky; the name is left out, so cameras of one pose share it."""

    spec: CameraSpec
    sky: Sky
    town: str
    key: str
    fire: float = 0.0
    """Strength of the fire at the Capelle, 0..1."""
    masks: tuple[Polygon, ...] = ()
    """What the camera blackens."""

    def with_fire(self, strength: float) -> Job:
        """The same minute with a fire."""
        return replace(self, fire=strength, key=f"{self.key}-fire{round(strength * 100)}")

    def with_masks(self, masks: tuple[Polygon, ...]) -> Job:
        """The same minute with these polygons black."""
        if not masks:
            return self
        told = hashlib.sha256(json.dumps(masks).encode()).hexdigest()[:16]
        return replace(self, masks=masks, key=f"{self.key}-masks{told}")

    def paths(self, cache_folder: Path) -> tuple[Path, Path]:
        """Files of the main and the sub-stream."""
        return cache_folder / f"{self.key}-main.reel", cache_folder / f"{self.key}-sub.reel"


def default_cache() -> Path:
    """The user's cache folder for reels."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "beffroi" / "simulator"


@cache
def _recipe(town: str) -> str:
    """Digest of the code that draws and codes, and of the town's streets."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in _NOT_IN_PICTURES:
            digest.update(path.read_bytes())
    for path in ground_files(town):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def job_for(spec: CameraSpec, sky: Sky, town: Path | None) -> Job:
    """The job of a camera."""
    place = str(town or "")
    anonymous = replace(
        spec,
        id="x",
        short_name=spec.short_name if spec.codec == "h265" else "",
        turns=False,
        town_fault="",
        audio=False,
    )
    text = json.dumps([_recipe(place), asdict(anonymous), sky], sort_keys=True)
    return Job(spec=anonymous, sky=sky, town=place, key=hashlib.sha256(text.encode()).hexdigest()[:24])


def prepare(
    jobs: Sequence[Job],
    cache_folder: Path,
    *,
    workers: int | None = None,
    nice: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Makes what is not in the cache yet. `progress` gets films done and films wanted.

    Errors: InvalidInput when the cache folder cannot be written.
    """
    try:
        cache_folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(
            f"The cache folder {cache_folder} cannot be made: {error.strerror}.",
            message_fr=f"Le dossier de cache {cache_folder} ne peut être fait : {error.strerror}.",
            field="cache",
        ) from None
    unique = {job.key: job for job in jobs}
    missing = [job for job in unique.values() if not all(path.exists() for path in job.paths(cache_folder))]
    missing.sort(key=lambda job: job.spec.codec == "h265")  # the long ones last: most cameras are soon there
    progress(len(unique) - len(missing), len(unique))
    if not missing:
        return
    with closing(_made(missing, cache_folder, workers or os.cpu_count() or 1, nice=nice)) as made:
        for count, _ in enumerate(made, 1):
            progress(len(unique) - len(missing) + count, len(unique))


class Drawing:
    """`prepare` in a thread, for whoever can begin before the last film is made."""

    def __init__(self, jobs: Sequence[Job], cache_folder: Path, progress: Callable[[int, int], None]) -> None:
        self._share = 0.0
        self._came = threading.Condition()
        self._is_stopped = False
        self._made = ThreadPoolExecutor(1, "drawing").submit(self._run, jobs, cache_folder, progress)

    def _run(self, jobs: Sequence[Job], cache_folder: Path, progress: Callable[[int, int], None]) -> None:
        def told(done: int, total: int) -> None:
            progress(done, total)
            if self._is_stopped:
                raise _StoppedError
            with self._came:
                self._share = done / total
                self._came.notify_all()

        try:
            with suppress(_StoppedError):
                prepare(jobs, cache_folder, progress=told)
        finally:
            with self._came:
                self._share = 1.0
                self._came.notify_all()

    def wait(self, share: float) -> None:
        """Until that share of the films is made; raises what `prepare` raises."""
        with self._came:
            self._came.wait_for(lambda: self._share >= share)
        if self._share >= 1:
            self._made.result()

    def is_over(self) -> bool:
        """Whether every film is made; raises what `prepare` raises."""
        if self._made.done():
            self._made.result()
        return self._made.done()

    def stop(self) -> None:
        """Begins no other film."""
        self._is_stopped = True


class _StoppedError(Exception):
    """Nobody waits for the films any more."""


def _made(jobs: Sequence[Job], cache_folder: Path, workers: int, *, nice: int) -> Generator[None]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(jobs)), context, initializer=_begin, initargs=(nice,)) as pool:
        pending = {pool.submit(make, job, cache_folder) for job in jobs}
        try:
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                    yield
        finally:
            for future in pending:
                future.cancel()


def drawer(nice: int) -> ProcessPoolExecutor:
    """One process that draws for a running simulator."""
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(nice,))


def _begin(nice: int) -> None:
    die_with_parent()
    os.nice(nice)


def make(job: Job, cache_folder: Path) -> None:
    """Draws and codes one camera's minute: main and sub-stream from the same drawing."""
    from beffroi.simulator.encode import H264Maker, H265Maker, Settings
    from beffroi.simulator.film import Film
    from beffroi.simulator.movers import FireShow
    from beffroi.simulator.reel import write_reel
    from beffroi.simulator.veil import Veil

    film = Film(job.spec, job.sky, job.town, fire=FireShow(strength=job.fire) if job.fire else None)
    veil = Veil(job.masks, film)
    settings = Settings(fps=FPS, gop=job.spec.gop, quality=QUALITY[job.spec.codec])
    main = (
        H264Maker(film.still, film.band, moving_top_px=film.moving_top_px, settings=settings)
        if job.spec.codec == "h264"
        else H265Maker(film.still, film.named_band(job.spec.short_name), settings=settings)
    )
    small = replace(settings, gop=24, quality=QUALITY["h264"])
    sub = H264Maker(film.sub_still, film.sub_band, moving_top_px=film.moving_top_px // 2, settings=small)
    # libx265 is ten times dearer; at night cameras expose longer
    slowest = 4 if job.spec.codec == "h265" else 2 if job.sky is Sky.NIGHT else 1
    is_due = False
    for index, moved in enumerate(film.frames(60 * FPS, FPS, slowest)):
        veil.drop(moved=moved)
        main.add(film.picture if moved else None)
        is_due = is_due or moved
        shows = is_due and index % SUB_EACH == 0
        sub.add(film.sub_picture if shows else None)
        is_due = is_due and not shows
    for path, maker in zip(job.paths(cache_folder), (main, sub), strict=True):
        write_reel(maker.reel(), path)
