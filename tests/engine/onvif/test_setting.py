"""Masks set by ONVIF in a simulated camera: what it takes, what is refused by name, who is let in."""

from __future__ import annotations

import asyncio
import http.server
import math
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from beffroi.core.errors import Conflict
from beffroi.engine.contract import CameraMasks, MaskDriver, MaskPolygon, StreamName, StreamSource
from beffroi.engine.lanes import WantedStream
from beffroi.engine.onvif.asking import Asked, push
from beffroi.engine.onvif.setting import Refusal, set_masks
from beffroi.simulator.cameras import invented_cameras
from beffroi.simulator.faults import Faults
from beffroi.simulator.onvif import MaskLimits
from beffroi.simulator.server import Settings, Simulator

DOOR = ((2000, 2000), (6000, 2500), (5500, 7000), (2500, 6000))
WINDOW = ((7000, 1000), (9000, 1000), (9000, 4000), (7000, 4000))
STAR = tuple(
    (round(5000 + radius * math.cos(turn)), round(5000 + radius * math.sin(turn)))
    for turn, radius in ((number * math.pi / 6, 3000 if number % 2 else 1500) for number in range(12))
)
USER, PASSWORD = "beffroi", "s3cret-of-the-camera"


@asynccontextmanager
async def simulated(**settings: Any) -> AsyncIterator[Simulator]:
    """One camera that nobody draws: it answers and streams nothing."""
    chosen = replace(invented_cameras(1)[0], turns=settings.pop("turns", False))
    simulator = Simulator([chosen], Settings(username=USER, password=PASSWORD, **settings))
    coded: list[Any] = []

    async def code(camera: Any) -> None:
        coded.append(camera.device.polygons())

    simulator._code_anew = code  # type: ignore[method-assign]  # nothing is drawn here
    try:
        await simulator.start()
    except Conflict as error:
        pytest.skip(error.message)
    try:
        yield simulator
    finally:
        await simulator.close()


def asked(simulator: Simulator, *polygons: tuple[tuple[int, int], ...], **fields: Any) -> Asked:
    masks = CameraMasks(
        version=1,
        driver=MaskDriver.CAMERA,
        polygons=tuple(MaskPolygon(points=points, preset=fields.pop("preset", "")) for points in polygons),
        onvif_url=simulator.onvif_url("c01"),
    )
    given = {"username": USER, "password": PASSWORD} | fields
    return Asked(masks=masks, stream_url=simulator.url("c01", "main"), **given)


def in_town(work: Callable[[Simulator], Any], **settings: Any) -> Any:
    """`work` in a thread beside a running simulator."""

    async def run() -> Any:
        async with simulated(**settings) as simulator:
            return await asyncio.to_thread(work, simulator)

    return asyncio.run(run())


def polygons(simulator: Simulator) -> tuple[Any, ...]:
    return simulator.cameras["c01"].device.polygons()


def test_masks_are_set_and_read_back_to_a_thousandth_of_the_picture() -> None:
    def work(simulator: Simulator) -> None:
        assert set_masks(asked(simulator, DOOR, WINDOW)) is None
        assert set(polygons(simulator)) == {DOOR, WINDOW}

    in_town(work)


def test_setting_the_same_masks_again_changes_nothing() -> None:
    def work(simulator: Simulator) -> None:
        set_masks(asked(simulator, DOOR))
        before = simulator.cameras["c01"].device._made
        assert set_masks(asked(simulator, DOOR)) is None
        assert simulator.cameras["c01"].device._made == before

    in_town(work)


def test_what_is_not_wanted_any_more_is_taken_off_after_what_replaces_it_is_there() -> None:
    def work(simulator: Simulator) -> None:
        device = simulator.cameras["c01"].device
        set_masks(asked(simulator, DOOR))
        fewest = []
        answer = device.answer

        def watched(body: bytes, door: Any) -> Any:
            found = answer(body, door)
            fewest.append(len(device.polygons()))
            return found

        device.answer = watched  # type: ignore[method-assign]
        assert set_masks(asked(simulator, WINDOW)) is None
        assert polygons(simulator) == (WINDOW,)
        assert min(fewest) == 1

    in_town(work)


def test_a_camera_full_of_other_masks_has_them_replaced_one_by_one() -> None:
    def work(simulator: Simulator) -> None:
        set_masks(asked(simulator, DOOR))
        assert set_masks(asked(simulator, WINDOW)) is None
        assert polygons(simulator) == (WINDOW,)

    in_town(work, masks=MaskLimits(masks=1))


def test_a_mask_of_many_corners_is_drawn_larger_for_a_camera_of_few() -> None:
    from shapely.geometry import Polygon

    def work(simulator: Simulator) -> None:
        assert set_masks(asked(simulator, STAR)) is None
        (shown,) = polygons(simulator)
        assert len(shown) <= 6
        assert Polygon(shown).buffer(2).covers(Polygon(STAR))

    in_town(work, masks=MaskLimits(points=6))


def test_a_camera_of_rectangles_gets_one() -> None:
    def work(simulator: Simulator) -> None:
        assert set_masks(asked(simulator, DOOR)) is None
        assert polygons(simulator) == (((2000, 2000), (6000, 2000), (6000, 7000), (2000, 7000)),)

    in_town(work, masks=MaskLimits(points=4, rectangles_only=True))


@pytest.mark.parametrize(
    ("settings", "fields", "refusal"),
    [
        ({"masks": MaskLimits(masks=0)}, {}, Refusal.NO_MASKS),
        ({"turns": True}, {}, Refusal.NO_MASKS),
        ({"masks": MaskLimits(masks=1)}, {}, Refusal.TOO_MANY),
        ({"masks": MaskLimits(points=3)}, {}, Refusal.CANNOT_COVER),
        ({"masks": MaskLimits(colour=200.0)}, {}, Refusal.NO_BLACK),
        ({}, {"preset": "gate"}, Refusal.PRESET),
        ({}, {"password": "wrong"}, Refusal.REFUSED),
        ({}, {"username": "", "password": ""}, Refusal.REFUSED),
    ],
)
def test_what_a_camera_cannot_do_is_refused_by_name_and_leaves_it_as_it_was(
    settings: dict[str, Any], fields: dict[str, str], refusal: Refusal
) -> None:
    def work(simulator: Simulator) -> None:
        whole = ((0, 0), (10000, 0), (10000, 10000), (0, 10000))
        assert set_masks(asked(simulator, whole, DOOR, **fields)) is refusal
        assert polygons(simulator) == ()

    in_town(work, **settings)


def test_a_camera_whose_clock_is_an_hour_ahead_still_accepts_our_digest() -> None:
    def work(simulator: Simulator) -> None:
        assert set_masks(asked(simulator, DOOR)) is None

    in_town(work, faults={"c01": Faults(drift=3600)})


def test_a_camera_that_knows_http_digest_only_is_answered_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("beffroi.simulator.onvif.OnvifDevice._is_signed", lambda *_: False)

    def work(simulator: Simulator) -> None:
        assert set_masks(asked(simulator, DOOR)) is None
        assert polygons(simulator) == (DOOR,)

    in_town(work)


class Hostile(http.server.BaseHTTPRequestHandler):
    """Sends whoever asks elsewhere."""

    elsewhere = ""
    visits: list[str] = []  # noqa: RUF012

    def do_POST(self) -> None:
        self.visits.append(
            self.headers.get("authorization", "") + self.rfile.read(int(self.headers["content-length"])).decode()
        )
        self.send_response(307)
        self.send_header("Location", self.elsewhere)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/onvif/device_service"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_redirect_is_refused_and_nobody_else_is_ever_asked() -> None:
    class Victim(Hostile):
        visits: list[str] = []  # noqa: RUF012

    with serving(Victim) as victim, serving(Hostile) as hostile:
        Hostile.elsewhere = victim
        masks = CameraMasks(
            version=1, driver=MaskDriver.CAMERA, polygons=(MaskPolygon(points=DOOR),), onvif_url=hostile
        )
        request = Asked(masks=masks, stream_url="rtsp://127.0.0.1/main", username=USER, password=PASSWORD)
        assert set_masks(request) is Refusal.REDIRECTED
        assert Victim.visits == []
        assert Hostile.visits and not any(PASSWORD in one for one in Hostile.visits)


def test_services_that_a_camera_says_are_elsewhere_are_asked_at_the_camera() -> None:
    """Else a camera could have our digests sent to whomever it likes."""

    def work(simulator: Simulator) -> None:
        from beffroi.simulator import onvif

        whole = onvif._services
        moved = lambda request, door: whole(request, replace(door, root="192.0.2.9/c01"))  # noqa: E731
        onvif._services = moved
        try:
            assert set_masks(asked(simulator, DOOR)) is None
        finally:
            onvif._services = whole

    in_town(work)


def test_the_child_is_asked_on_its_input_and_answers_a_code() -> None:
    async def run() -> None:
        async with simulated() as simulator:
            request = asked(simulator, DOOR)
            source = StreamSource(stream=StreamName.MAIN, url=request.stream_url, username=USER, password=PASSWORD)
            assert await push(request.masks, WantedStream(source)) == ""
            assert polygons(simulator) == (DOOR,)
        assert await push(request.masks, WantedStream(source)) == "unreachable"

    asyncio.run(run())


def test_the_password_shows_in_no_representation() -> None:
    masks = CameraMasks(version=1, driver=MaskDriver.CAMERA, polygons=())
    assert PASSWORD not in repr(Asked(masks=masks, stream_url="", username=USER, password=PASSWORD))


def test_the_node_loads_no_soap_and_no_decoder() -> None:
    heavy = "{'zeep', 'lxml', 'requests', 'av', 'numpy', 'PIL'}"
    code = f"import sys, beffroi.engine.node; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[3]).returncode == 0
