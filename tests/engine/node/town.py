"""A town around a node: a web that answers, cameras that send generated frames, grants."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from beffroi.core.base64url import unb64
from beffroi.core.clock import SystemClock
from beffroi.core.ids import new_id
from beffroi.core.lifecycle import running
from beffroi.engine.contract import (
    CameraState,
    DesiredCamera,
    DesiredState,
    EngineFact,
    ExchangeReply,
    ExchangeRequest,
    GapCause,
    GrantKind,
    NodeHealth,
    Reason,
    StreamHealth,
    StreamName,
    StreamSource,
    ViewingGrant,
    decode,
    encode,
    grant_key,
    sign,
)
from beffroi.engine.decode.h264_encoder import H264Encoder, nals_of
from beffroi.engine.gateway_child import listen
from beffroi.engine.lanes import LaneKey, WantedStream
from beffroi.engine.node import Recorder
from beffroi.engine.rtp.parameter_sets import ParameterSets
from beffroi.engine.seat import NodeSettings, take_seat
from beffroi.engine.stream import AccessUnit, CodecConfig, FrameSink

NODE = "node-1"
ORIGIN = "http://town.test:8400"
FAR_US = 4_000_000_000_000_000
FPS = 25


@lru_cache(maxsize=4)
def clip(width_px: int = 320, height_px: int = 240, frames: int = 100) -> tuple[CodecConfig, tuple[AccessUnit, ...]]:
    """A configuration and frames at 25 a second, a key frame each second; ticks and instants start at 0.

    The upper half is grey, as bright as the frame's number; the lower one is noise, so that frames weigh.
    """
    encoder = H264Encoder(width_px, height_px, fps=FPS, gop_s=1)
    units: list[AccessUnit] = []
    noise = np.random.default_rng(1)
    for number in range(frames):
        image = np.full((height_px, width_px, 3), number, dtype=np.uint8)
        image[height_px // 2 :] = noise.integers(0, 255, (height_px - height_px // 2, width_px, 3), dtype=np.uint8)
        picture = VideoFrame.from_ndarray(image, format="rgb24")
        units += encoder.encode(picture, ticks90k=number * 3600, at_us=number * 40_000, is_key=number % FPS == 0)
    assert encoder.config is not None
    return encoder.config, tuple(units)


@lru_cache(maxsize=1)
def h265_clip(frames: int = 50) -> tuple[CodecConfig, tuple[AccessUnit, ...]]:
    """As `clip()`, in H.265."""
    context = av.CodecContext.create("libx265", "w")
    context.width, context.height, context.pix_fmt, context.time_base = 320, 240, "yuv420p", Fraction(1, 25)
    context.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "x265-params": "keyint=25:scenecut=0:log-level=none:repeat-headers=1",
    }
    sets, units = ParameterSets("h265"), []
    packets: list[Any] = []
    for number in range(frames):
        image = np.full((240, 320, 3), number, dtype=np.uint8)
        picture = VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
        picture.pts = number
        packets += context.encode(picture)
    for number, packet in enumerate([*packets, *context.encode(None)]):
        parts: list[bytes] = []
        for nal in nals_of(bytes(packet)):
            kind = nal[0] >> 1 & 0x3F
            if kind in (32, 33, 34):
                sets.offer(nal)
            elif kind < 32:
                parts += [len(nal).to_bytes(4, "big"), nal]
        units.append(
            AccessUnit(parts, sum(map(len, parts)), number * 3600, at_us=number * 40_000, is_key=packet.is_keyframe)
        )
    config = sets.config()
    assert config is not None
    return config, tuple(units)


class Camera:
    """An input that sends the clip in a loop, from the recorder's own loop, in real time."""

    def __init__(self, key: LaneKey, sink: FrameSink) -> None:
        self.key, self.sink, self.live = key, sink, False
        self.is_silent = False
        self.sent = 0
        self.instants: list[int] = []
        self._task: asyncio.Task[None] | None = None
        self._since = SystemClock().now_us()

    async def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._send())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self.sink.close_run(GapCause.CLOSED, SystemClock().now_us())

    def set_live(self, live: bool) -> None:
        self.live = live

    def check(self) -> None:
        pass

    @property
    def health(self) -> StreamHealth:
        state = CameraState.SILENT if self.is_silent else CameraState.RECORDING
        return StreamHealth(stream=self.key[1], state=state, since_at_us=self._since, frames=self.sent)

    async def _send(self) -> None:
        config, units = h265_clip() if self.key[0].startswith("h265") else clip()
        start_us = SystemClock().now_us()
        self.sink.open_run(config, start_us)
        while True:
            unit = units[self.sent % len(units)]
            at_us = start_us + self.sent * 40_000
            await asyncio.sleep(max(0.0, (at_us - SystemClock().now_us()) / 1e6))
            self.instants.append(at_us)
            self.sink.frame(
                AccessUnit(list(unit.parts), unit.size_bytes, self.sent * 3600, at_us=at_us, is_key=unit.is_key)
            )
            self.sent += 1


@dataclass
class Web:
    """A web that enrols, checks signatures and hands out one desired state."""

    desired: DesiredState
    public: str = ""
    facts: list[EngineFact] = field(default_factory=list)
    health: NodeHealth | None = None
    is_down: bool = False
    port: int = 0
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status, answer = web.answer(self.path, body, self.headers.get("authorization", ""))
                self.send_response(status)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, path: str, body: bytes, authorization: str) -> tuple[int, bytes]:
        if path == "/node/enrol":
            self.public = json.loads(body)["public"]
            return 200, json.dumps({"node": NODE}).encode()
        if self.is_down:
            return 503, b"{}"
        self._check(path, body, authorization)
        request = decode(ExchangeRequest, body)
        self.health = request.health
        known = self.facts[-1].seq if self.facts else 0
        self.facts += [fact for fact in request.facts if fact.seq > known]
        acked = self.facts[-1].seq if self.facts else 0
        desired = None if request.have_version == self.desired.version else self.desired
        return 200, encode(ExchangeReply(acked_seq=acked, desired=desired))

    def _check(self, path: str, body: bytes, authorization: str) -> None:
        fields = dict(part.split("=", 1) for part in authorization.removeprefix("Beffroi-Node ").split(", "))
        assert fields["id"] == NODE
        signed = f"beffroi-node.POST.{path}.{fields['at']}.{hashlib.sha256(body).hexdigest()}"
        Ed25519PublicKey.from_public_bytes(unb64(self.public)).verify(unb64(fields["sig"]), signed.encode())

    def facts_of(self, kind: str) -> list[EngineFact]:
        return [fact for fact in self.facts if fact.kind == kind]


def desired_camera(camera: str, *, not_after_us: int = FAR_US) -> DesiredCamera:
    return DesiredCamera(
        id=camera,
        name=camera,
        sources=(
            StreamSource(stream=StreamName.MAIN, url=f"rtsp://127.0.0.1:9/{camera}"),
            StreamSource(stream=StreamName.SUB, url=f"rtsp://127.0.0.1:9/{camera}-sub"),
        ),
        retention_s=86_400,
        not_after_us=not_after_us,
    )


class Town:
    """A node in a thread of its own loop, its web, and the means to ask its gateway."""

    def __init__(self, folder: Path, cameras: tuple[str, ...] = ("c01", "c02")) -> None:
        self.folder = folder
        self.key = Ed25519PrivateKey.generate()
        self.web = Web(
            DesiredState(
                version="1",
                node=NODE,
                cameras=tuple(desired_camera(camera) for camera in cameras),
                grant_keys=(grant_key("k1", self.key.public_key()),),
                origins=(ORIGIN,),
            )
        )
        self.web.start()
        self.cameras: dict[LaneKey, Camera] = {}
        self.recorder: Recorder | None = None
        self.port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None

    # -- the node -------------------------------------------------------------------------------------------

    def start(self, **settings: Any) -> None:
        listener = listen("127.0.0.1", self.port)
        self.port = listener.getsockname()[1]
        seat = take_seat(
            NodeSettings(
                folder=self.folder / "node",
                footage=self.folder / "footage",
                host="127.0.0.1",
                port=self.port,
                web=self.web.url,
                code="code",
                **settings,
            ),
            clock=SystemClock(),
        )
        child = {"listener": listener, "footage": str(self.folder / "footage"), **settings}
        started = threading.Event()

        async def live() -> None:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            self.recorder = Recorder(seat, child, self._open)
            async with running(self.recorder, close_deadline_s=20):
                started.set()
                await self._stop.wait()

        self._thread = threading.Thread(target=lambda: asyncio.run(live()))
        self._thread.start()
        assert started.wait(10)

    def stop(self) -> None:
        if self._thread is not None and self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(20)
            assert not self._thread.is_alive()
            self._thread = None

    def close(self) -> None:
        self.stop()
        self.web.stop()

    def in_loop(self, work: Callable[[], Any]) -> Any:
        assert self._loop is not None
        done: list[Any] = []
        finished = threading.Event()

        def run() -> None:
            done.append(work())
            finished.set()

        self._loop.call_soon_threadsafe(run)
        assert finished.wait(5)
        return done[0]

    def change(self, **fields: Any) -> None:
        """A new desired state, told by a nudge."""
        self.web.desired = replace(self.web.desired, version=new_id(), **fields)
        self.ask("POST", "/control/nudge")

    def change_before_start(self, **fields: Any) -> None:
        """The first desired state."""
        self.web.desired = replace(self.web.desired, **fields)

    def _open(self, key: LaneKey, wanted: WantedStream, sink: FrameSink) -> Camera:
        camera = self.cameras[key] = Camera(key, sink)
        return camera

    # -- its gateway ----------------------------------------------------------------------------------------

    def token(self, camera: str = "c01", kind: GrantKind = GrantKind.LIVE, **fields: Any) -> str:
        return self.signed(self.grant(camera, kind, **fields))

    def grant(self, camera: str = "c01", kind: GrantKind = GrantKind.LIVE, **fields: Any) -> ViewingGrant:
        now_us = SystemClock().now_us()
        values: dict[str, Any] = {
            "id": new_id(),
            "node": NODE,
            "agent": "agent-1",
            "camera": camera,
            "kind": kind,
            "reason": Reason(code="patrol"),
            "issued_at_us": now_us,
            "ends_at_us": now_us + 600_000_000,
        }
        if kind is not GrantKind.LIVE:
            values |= {"from_at_us": now_us - 3_600_000_000, "to_at_us": now_us + 3_600_000_000}
        return ViewingGrant(**(values | fields))

    def signed(self, grant: ViewingGrant) -> str:
        return sign(grant, "k1", self.key)

    def ask(
        self, method: str, path: str, token: str = "", *, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Beffroi-Grant {token}"
        try:
            connection.request(method, path, body or None, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})
        finally:
            connection.close()


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return str(self.json["error"]["kind"])


def wait_for(what: Callable[[], Any], *, seconds: float = 10) -> Any:
    """The first true value of `what`; fails after a deadline."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = what()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


@contextmanager
def town(folder: Path, cameras: tuple[str, ...] = ("c01", "c02")) -> Iterator[Town]:
    """A running town; its gateway answers."""
    running = Town(folder, cameras)
    try:
        running.start()
        wait_for(lambda: answers(running))
        yield running
    finally:
        running.close()


def answers(running: Town) -> bool:
    try:
        return bool(running.ask("GET", "/health").json["ready"]) and len(running.cameras) > 0
    except (OSError, http.client.HTTPException):
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
