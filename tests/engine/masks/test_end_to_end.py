"""Real processes: simulated cameras with ONVIF, `beffroi node`, burners. Live, stored, exported: masked."""

from __future__ import annotations

import asyncio
import hashlib
import io
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import av
import pytest
from av.video.frame import VideoFrame

from beffroi.core.clock import SystemClock
from beffroi.core.ids import new_id
from beffroi.engine.contract import (
    CameraMasks,
    CameraState,
    DesiredCamera,
    EngineFact,
    GrantKind,
    MaskDriver,
    MaskPolygon,
    MaskState,
    MaskVerdict,
    StreamName,
    StreamSource,
)
from beffroi.engine.decode.fill import judge
from beffroi.engine.index.reader import FootageReader
from beffroi.simulator.cameras import invented_cameras
from beffroi.simulator.faults import Faults
from beffroi.simulator.server import Settings, Simulator
from beffroi.simulator.sky import Sky
from tests.engine.node.test_process import process
from tests.engine.node.town import Town, desired_camera, free_port, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
WALL = ((1500, 4000), (4200, 3600), (4400, 8800), (1200, 8500))
WINDOW = ((6500, 3000), (8500, 3000), (8500, 6000), (6500, 6000))
FRAMES = 24
USER, PASSWORD = "beffroi", "p4ss"


InSimulator = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(scope="module")
def playing() -> Iterator[tuple[Simulator, asyncio.AbstractEventLoop]]:
    """Three cameras: one that masks itself, one that only says so, one that has nothing to do with it."""
    specs = invented_cameras(3)
    settings = Settings(sky=Sky.DAY, username=USER, password=PASSWORD, faults={"c02": Faults(bare=True)})
    simulator = Simulator(specs, settings)
    simulator.prepare()
    started, stop = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def live() -> None:
        loops.append(asyncio.get_running_loop())
        await simulator.start()
        started.set()
        await stop.wait()
        await simulator.close()

    thread = threading.Thread(target=lambda: asyncio.run(live()))
    thread.start()
    assert started.wait(20)
    yield simulator, loops[0]
    loops[0].call_soon_threadsafe(stop.set)
    thread.join(20)


@pytest.fixture(scope="module")
def simulator(playing: tuple[Simulator, asyncio.AbstractEventLoop]) -> Simulator:
    return playing[0]


@pytest.fixture
def in_simulator(playing: tuple[Simulator, asyncio.AbstractEventLoop]) -> InSimulator:
    """Does something in its loop."""
    return lambda work: asyncio.run_coroutine_threadsafe(work, playing[1]).result(60)


def masked(simulator: Simulator, camera: str, driver: MaskDriver) -> DesiredCamera:
    source = StreamSource(stream=StreamName.MAIN, url=simulator.url(camera, "main"), username=USER, password=PASSWORD)
    masks = CameraMasks(
        version=1,
        driver=driver,
        polygons=(MaskPolygon(points=WALL), MaskPolygon(points=WINDOW)),
        onvif_url=simulator.onvif_url(camera),
    )
    return replace(desired_camera(camera), sources=(source,), masks=masks)


@pytest.fixture(scope="module")
def town(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A node with one place to burn; the camera that must be burnt takes it."""
    town = Town(tmp_path_factory.mktemp("masks"), ())
    town.port = free_port()
    cameras = (
        masked(simulator, "c03", MaskDriver.NODE),
        masked(simulator, "c01", MaskDriver.CAMERA),
        masked(simulator, "c02", MaskDriver.CAMERA),
    )
    town.web.desired = replace(town.web.desired, version=new_id(), cameras=cameras)
    try:
        with process(town, "--mask-slots", "1"):
            yield town
    finally:
        town.web.stop()


def state(town: Town, camera: str) -> MaskState | None:
    health = town.web.health
    return next((one.masks for one in health.cameras if one.id == camera), None) if health else None


def pictures(content: bytes) -> Iterator[VideoFrame]:
    with av.open(io.BytesIO(content), "r") as container:
        yield from container.decode(video=0)


def assert_masked(content: bytes) -> None:
    """In every third frame: to judge one takes a while."""
    for picture in islice(pictures(content), 0, None, 3):
        judged = judge(picture, [WALL, WINDOW])
        assert judged.verdict is MaskVerdict.PROVED, judged


def exported(town: Town, camera: str) -> bytes:
    """Everything recorded so far, once a few dozen frames are indexed."""

    def spans() -> list[tuple[int, int]]:
        with FootageReader(town.folder / "footage") as reader:
            files = reader.files(camera, StreamName.MAIN, 0, 1 << 62)
        return [(file.start_at_us, file.end_at_us) for file in files if file.frames >= FRAMES]

    found = wait_for(spans, seconds=60)
    token = town.token(camera, GrantKind.EXPORT, from_at_us=found[0][0], to_at_us=found[-1][1])
    answer = town.ask("GET", f"/export/{camera}?from_at_us={found[0][0]}&to_at_us={found[-1][1]}", token)
    assert answer.status == 200, answer.body[:300]
    return answer.body


def proofs_of(town: Town, camera: str) -> list[EngineFact]:
    found: list[EngineFact] = wait_for(
        lambda: [one for one in town.web.facts_of("mask-proof") if one.camera == camera], seconds=60
    )
    return found


def assert_kept(town: Town, camera: str, at_us: int, sha256: object) -> None:
    """The picture of a proof is on the node, and is the one whose hash was told."""
    token = town.token(camera, GrantKind.THUMBNAILS, from_at_us=at_us - 1, to_at_us=at_us + 1)
    path = f"/thumbnail/{camera}?at_us={at_us}"
    kept = wait_for(lambda: (found := town.ask("GET", path, token)).status == 200 and found)
    assert hashlib.sha256(kept.body).hexdigest() == sha256


def test_the_camera_s_own_masks_are_in_every_frame_that_is_recorded(simulator: Simulator, town: Town) -> None:
    wait_for(lambda: state(town, "c01") is MaskState.PROVED, seconds=180)
    assert set(simulator.cameras["c01"].device.polygons()) == {WALL, WINDOW}
    assert_masked(exported(town, "c01"))


def test_its_proof_has_pictures_of_before_and_after_masked_both(town: Town) -> None:
    proof = proofs_of(town, "c01")[-1]
    assert (proof.detail["verdict"], proof.detail["driver"]) == ("proved", "camera")
    assert_kept(town, "c01", proof.at_us, proof.detail["sha256"])


async def restarted_bare(simulator: Simulator, camera: str) -> None:
    """The camera is away for three seconds and has forgotten its masks."""
    one, now_s = simulator.cameras[camera], asyncio.get_running_loop().time()
    one.suffer(Faults(reboot=3.0), now_s)
    for connection in list(simulator.connections):
        connection.second(now_s)
    one.device._masks.clear()
    await simulator._code_anew(one)


def test_a_camera_that_forgot_its_masks_in_a_restart_is_never_recorded_bare(
    simulator: Simulator, in_simulator: InSimulator, town: Town
) -> None:
    at_us, told = SystemClock().now_us(), len(proofs_of(town, "c01"))
    in_simulator(restarted_bare(simulator, "c01"))
    wait_for(lambda: "failed" in [proof.detail["verdict"] for proof in proofs_of(town, "c01")[told:]], seconds=90)

    def again() -> bool:
        with FootageReader(town.folder / "footage") as reader:
            files = reader.files("c01", StreamName.MAIN, at_us + 3_000_000, 1 << 62)
        return any(file.frames >= FRAMES for file in files)

    wait_for(again, seconds=120)
    assert set(simulator.cameras["c01"].device.polygons()) == {WALL, WINDOW}
    assert_masked(exported(town, "c01"))
    with FootageReader(town.folder / "footage") as reader:
        assert {"connect", "mask"} <= {gap.cause for gap in reader.gaps("c01", StreamName.MAIN, at_us, 1 << 62)}


def test_what_the_node_burns_is_black_live_stored_and_exported(town: Town) -> None:
    wait_for(lambda: state(town, "c03") is MaskState.BURNT, seconds=60)
    content = exported(town, "c03")
    assert_masked(content)
    first = next(pictures(content))
    assert (first.width, first.height) == (1280, 720)
    live = town.ask("GET", "/snapshot/c03", town.token("c03", GrantKind.SNAPSHOT))
    assert judge(next(pictures(live.body)), [WALL, WINDOW]).verdict is MaskVerdict.PROVED
    proof = proofs_of(town, "c03")[0]
    assert (proof.detail["verdict"], proof.detail["driver"]) == ("proved", "node")
    assert_kept(town, "c03", proof.at_us, proof.detail["sha256"])


def test_a_camera_that_lies_about_its_masks_is_withheld_while_no_place_is_free(town: Town) -> None:
    wait_for(lambda: state(town, "c02") is MaskState.WITHHELD, seconds=60)
    failed = proofs_of(town, "c02")[0].detail
    assert failed["verdict"] == "failed" and failed["cause"] in ("shows", "not-black")
    told = wait_for(lambda: [one for one in town.web.facts_of("mask-state") if one.camera == "c02"])
    assert told[-1].detail["state"] == "withheld"
    assert town.web.health is not None
    (stream,) = next(one.streams for one in town.web.health.cameras if one.id == "c02")
    assert stream.state is CameraState.BARRED and "node.mask_slots" in stream.message
    with FootageReader(town.folder / "footage") as reader:
        assert not reader.files("c02", StreamName.MAIN, 0, 1 << 62)
        assert "mask" in {gap.cause for gap in reader.gaps("c02", StreamName.MAIN, 0, 1 << 62)}


def test_it_is_burnt_as_soon_as_a_place_is_free(town: Town) -> None:
    cameras = tuple(camera for camera in town.web.desired.cameras if camera.id != "c03")
    town.web.desired = replace(town.web.desired, version=new_id(), cameras=cameras)
    wait_for(lambda: state(town, "c02") is MaskState.BURNT, seconds=60)
    assert_masked(exported(town, "c02"))
