"""The simulator: cameras on one RTSP port, one clock for all."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from beffroi.core.clock import Clock, SystemClock
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.core.polygons import Polygon
from beffroi.simulator import rtp
from beffroi.simulator.cameras import CameraSpec
from beffroi.simulator.digest import Digest
from beffroi.simulator.faults import OF_TOWN, SOUND, FaultFile, Faults, parse
from beffroi.simulator.mount import Mount
from beffroi.simulator.onvif import MASK_LIMITS, NO_MASKS, Door, MaskLimits, OnvifDevice
from beffroi.simulator.preparation import Drawing, Job, default_cache, job_for, prepare
from beffroi.simulator.reel import Projector, Reel, read_reel
from beffroi.simulator.rtsp import Connection
from beffroi.simulator.sdp import describe
from beffroi.simulator.sky import Sky, sky_at
from beffroi.simulator.stream import FPS, CameraStream

log = logging.getLogger(__name__)

PHASES = 6
"""Cameras take their pictures at one of so many moments of a frame time: fewer wake-ups than one each."""
_TICKS_PER_S = FPS * PHASES
SKY_EVERY_S = 5
DRAWN_EVERY_S = 0.25
STREAMS = ("main", "sub")
_LATE_TICKS = _TICKS_PER_S // 2
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the simulator listens and what it shows. `sky` None: by the clock."""

    host: str = "127.0.0.1"
    port: int = 0
    username: str | None = None
    password: str = ""
    town: Path | None = None
    cache: Path = field(default_factory=default_cache)
    faults: Mapping[str, Faults] = field(default_factory=dict)
    fault_file: Path | None = None
    session_timeout_s: int = 60
    masks: MaskLimits = MASK_LIMITS
    sky: Sky | None = None


class SimulatedCamera:
    """Both streams of one camera and what is wrong with it."""

    def __init__(self, spec: CameraSpec, index: int) -> None:
        self.spec = spec
        self.phase_us = index % PHASES * 1_000_000 // _TICKS_PER_S
        self.streams: dict[str, CameraStream] = {}
        self.faults = SOUND
        self.closed_until_s = 0.0
        self.mount: Mount | None = None
        self.device = OnvifDevice()
        self.is_coding = False
        """Its loop is being coded anew: it sends nothing meanwhile, as a camera that restarts its encoder."""

    @property
    def masks(self) -> tuple[Polygon, ...]:
        """What its pictures lack: the masks it was given, if it draws them."""
        return () if self.faults.bare else self.device.polygons()

    def load(self, main: Path, sub: Path) -> None:
        """Shows these reels from their next key frame on."""
        name = self.spec.short_name
        for stream, path in (("main", main), ("sub", sub)):
            projector = Projector(read_reel(path), name)
            if stream in self.streams:
                self.streams[stream].show(projector)
            else:
                self.streams[stream] = CameraStream(projector)
        self.streams["main"].show_small(Projector(read_reel(sub), name))

    @property
    def reels(self) -> dict[str, Reel]:
        """What both streams show, or showed before the camera turned."""
        return {name: stream.reel for name, stream in self.streams.items()}

    def suffer(self, faults: Faults, now_s: float) -> None:
        """These faults from now on."""
        if faults.reboot and faults.reboot != self.faults.reboot:
            self.closed_until_s = now_s + faults.reboot
        self.faults = faults
        for stream in self.streams.values():
            stream.faults = faults

    def shoot(self, index: int, at_us: int, next_us: int) -> None:
        """Takes both pictures; the next ones are due at `next_us`."""
        if self.mount is not None and self.mount.picture is not None:
            self.mount.shoot(index, at_us, next_us)
        if self.is_coding:
            return
        for stream in self.streams.values():
            stream.shoot(index, at_us)


class _Place:
    """A stream as connections see it."""

    def __init__(self, camera: SimulatedCamera, name: str, clock: Clock) -> None:
        self._camera = camera
        self._clock = clock
        self._name = name
        self.audio = camera.spec.audio and name == "main"

    @property
    def stream(self) -> CameraStream:
        return self._camera.streams[self._name]

    def is_drawn(self) -> bool:
        return self._name in self._camera.streams

    @property
    def faults(self) -> Faults:
        return self._camera.faults

    def sdp(self) -> str:
        return describe(
            self.stream.reel, self._camera.spec.short_name, audio=self.audio, mjpeg=self._camera.faults.mjpeg
        )

    def key_ticks90k(self) -> int:
        return rtp.ticks_at(self.stream.key_after_us(self._clock.now_us(), self._camera.phase_us))

    def position(self) -> str:
        return self._mount.position()

    def move(self, text: str) -> str:
        return self._mount.move(text)

    @property
    def _mount(self) -> Mount:
        if self._camera.mount is None:
            raise InvalidInput("This camera does not turn.", message_fr="Cette caméra ne tourne pas.", field="camera")
        return self._camera.mount

    def closed_for_now(self) -> bool:
        return asyncio.get_running_loop().time() < self._camera.closed_until_s


class Simulator:
    """`prepare()`, then `start()` listens and streams until `close()`."""

    def __init__(self, specs: Sequence[CameraSpec], settings: Settings, *, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self.cameras = {spec.id: SimulatedCamera(spec, index) for index, spec in enumerate(specs)}
        self.digest = Digest(settings.username, settings.password)
        self.session_timeout_s = settings.session_timeout_s
        self.connections: set[Connection] = set()
        self.late_frames = 0
        self._places: dict[str, _Place] = {}
        self._socket: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._udp: list[asyncio.DatagramTransport] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._nobody: socket.socket | None = None
        self._fault_file = FaultFile(settings.fault_file) if settings.fault_file else None
        self._sky = settings.sky or sky_at(self._clock.now_us())
        self._drawing: Drawing | None = None
        self.port = settings.port

    def jobs(self, sky: Sky) -> list[Job]:
        """What has to be drawn for a sky."""
        return [self._job(camera, sky) for camera in self.cameras.values()]

    def _job(self, camera: SimulatedCamera, sky: Sky) -> Job:
        return job_for(camera.spec, sky, self._settings.town).with_masks(camera.masks)

    def prepare(self, progress: Progress = lambda done, total: None, *, enough: float = 1.0) -> None:
        """Draws and codes what the cache lacks for the sky of now; blocks for up to a minute the first time.

        Args:
            enough: share of the cameras after which to return; the others are drawn on, and answer when they are.
        """
        self._drawing = Drawing(self.jobs(self._sky), self._settings.cache, progress)
        self._drawing.wait(enough)
        self._load()

    def _load(self, *, only_missing: bool = False) -> None:
        """Shows what is in the cache by now."""
        for camera, job in zip(self.cameras.values(), self.jobs(self._sky), strict=True):
            paths = job.paths(self._settings.cache)
            if only_missing and camera.streams:
                continue
            if camera.mount is not None and camera.mount.is_turned:
                camera.mount.look_again()
            elif all(path.exists() for path in paths):
                camera.load(*paths)

    async def start(self) -> None:
        """Listens and streams; `prepare()` must have run.

        Errors: Conflict when the port is taken.
        """
        loop = asyncio.get_running_loop()
        self._places = {
            f"/{camera.spec.id}/{name}": _Place(camera, name, self._clock)
            for camera in self.cameras.values()
            for name in STREAMS
        }
        self._suffer(self._first_faults())
        await self._listen(loop)
        for camera in self.cameras.values():
            if camera.spec.turns and camera.spec.codec == "h264":
                camera.mount = Mount(camera, self._settings, clock=self._clock, sky=lambda: self._sky)
        self._nobody = socket.socket()
        self._nobody.bind((self._settings.host, 0))
        self._tasks = [loop.create_task(work) for work in (self._run(), self._each_second(), self._follow_sky())]

    def bind(self) -> None:
        """Takes the port without listening yet, so that a taken one is known before a minute of drawing.

        Errors: Conflict when the port is taken.
        """
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((self._settings.host, self._settings.port))
        except OSError as error:
            self._socket.close()
            host, port = self._settings.host, self._settings.port
            raise Conflict(
                f"Port {port} on {host} cannot be used ({error.strerror}); choose another.",
                message_fr=f"Le port {port} de {host} ne peut pas servir ({error.strerror}) ; prenez-en un autre.",
                field="rtsp-port",
            ) from None

    async def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        host = self._settings.host
        if self._socket is None:
            self.bind()
        assert self._socket is not None
        self._server = await loop.create_server(lambda: Connection(self), sock=self._socket)
        self.port = self._server.sockets[0].getsockname()[1]
        for _ in ("rtp", "rtcp"):
            transport, _ = await loop.create_datagram_endpoint(lambda: _Reports(self), (host, 0))
            self._udp.append(transport)

    async def close(self) -> None:
        """Stops the clock, cuts every connection and frees the ports."""
        for task in self._tasks:
            task.cancel()
        if self._drawing is not None:
            self._drawing.stop()
        for camera in self.cameras.values():
            if camera.mount is not None:
                camera.mount.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.close()
        for transport in self._udp:
            transport.close()
        for left in (self._nobody, self._socket):
            if left is not None:
                left.close()

    def url(self, camera: str, stream: str) -> str:
        """Address of a stream, without credentials; a dead camera's port has nobody behind it."""
        dead = self._first_faults().get(camera, SOUND).dead
        port = self._nobody.getsockname()[1] if dead and self._nobody is not None else self.port
        return f"rtsp://{self._settings.host}:{port}/{camera}/{stream}"

    def report(self) -> list[dict[str, str | bool]]:
        """Every camera, for `--json`."""
        return [
            {
                "id": camera.spec.id,
                "name": camera.spec.short_name,
                "main_url": self.url(camera.spec.id, "main"),
                "sub_url": self.url(camera.spec.id, "sub"),
                "onvif_url": self.onvif_url(camera.spec.id),
                "codec": camera.spec.codec,
                "audio": camera.spec.audio,
            }
            for camera in self.cameras.values()
        ]

    def _first_faults(self) -> dict[str, Faults]:
        of_town = {camera.spec.id: OF_TOWN.get(camera.spec.town_fault, {}) for camera in self.cameras.values()}
        return {**parse({name: wanted for name, wanted in of_town.items() if wanted}), **self._settings.faults}

    def _suffer(self, faults: Mapping[str, Faults]) -> None:
        now_s = asyncio.get_running_loop().time()
        for name, camera in self.cameras.items():
            camera.suffer(faults.get(name, SOUND), now_s)

    def find(self, path: str) -> _Place | None:
        """The stream a request names: `/CAMERA/STREAM`, with or without a track."""
        return self._places.get("/" + "/".join(path.strip("/").split("/")[:2]))

    def ask(self, path: str, body: bytes, authorization: str) -> tuple[int, bytes] | None:
        """The answer of a camera's ONVIF service at `/CAMERA/onvif/…`; None: prove who you are."""
        camera = self.cameras.get(path.strip("/").partition("/")[0])
        if camera is None or "/onvif/" not in path:
            return 404, b""
        root = f"{self._settings.host}:{self.port}/{camera.spec.id}"
        door = Door(
            root=root,
            digest=self.digest,
            now_us=self._clock.now_us() + round(camera.faults.drift * 1_000_000),
            is_proved=self.digest.username is not None and self.digest.accepts("POST", authorization),
            limits=self._settings.masks if not camera.spec.turns else NO_MASKS,
        )
        before = camera.device.polygons()
        answer = camera.device.answer(body, door)
        if camera.device.polygons() != before:
            self._tasks.append(asyncio.get_running_loop().create_task(self._code_anew(camera)))
        return answer

    async def _code_anew(self, camera: SimulatedCamera) -> None:
        """The masks changed: the loop with the new ones, coded once and then in the cache."""
        if camera.is_coding:
            return  # whoever codes looks again at what is asked by then
        camera.is_coding = True
        try:
            coded: Job | None = None
            while (job := self._job(camera, self._sky)) != coded:
                await asyncio.to_thread(prepare, [job], self._settings.cache, workers=1, nice=5)
                coded = job
            camera.load(*job.paths(self._settings.cache))
        finally:
            camera.is_coding = False

    def onvif_url(self, camera: str) -> str:
        """Address of a camera's device service."""
        return f"http://{self._settings.host}:{self.port}/{camera}/onvif/device_service"

    def udp_ports(self) -> tuple[int, int]:
        """Our RTP and RTCP ports, shared by all sessions."""
        rtp_port, rtcp_port = (transport.get_extra_info("sockname")[1] for transport in self._udp)
        return rtp_port, rtcp_port

    def send_udp(self, packet: bytes, to: tuple[str, int], *, control: bool) -> None:
        """One datagram."""
        self._udp[control].sendto(packet, to)

    async def _run(self) -> None:
        """The one clock: at each tick, the cameras of one phase take their pictures."""
        wheel: list[list[SimulatedCamera]] = [[] for _ in range(PHASES)]
        for index, camera in enumerate(self.cameras.values()):
            wheel[index % PHASES].append(camera)
        tick = self._clock.now_us() * _TICKS_PER_S // 1_000_000 + 1
        while True:
            wait_us = tick * 1_000_000 // _TICKS_PER_S - self._clock.now_us()
            if wait_us > 0:
                await asyncio.sleep(wait_us / 1e6)
            elif wait_us < -1_000_000 * _LATE_TICKS // _TICKS_PER_S:
                missed = -wait_us * _TICKS_PER_S // 1_000_000
                self.late_frames += missed
                tick += missed
            self._tick(wheel[tick % PHASES], tick)
            tick += 1

    def _tick(self, cameras: Sequence[SimulatedCamera], tick: int) -> None:
        at_us, next_us = (when * 1_000_000 // _TICKS_PER_S for when in (tick, tick + PHASES))
        index = tick // PHASES % (60 * FPS)
        for camera in cameras:
            camera.shoot(index, at_us, next_us)
        if tick % PHASES == 0:
            for connection in list(self.connections):
                connection.tick()

    async def _each_second(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(1)
            for connection in list(self.connections):
                connection.second(loop.time())
            self._read_faults()

    def _read_faults(self) -> None:
        try:
            changed = self._fault_file.changed() if self._fault_file else None
        except InvalidInput as error:
            log.warning("faults.unreadable %s", error)
            return
        if changed is not None:
            self._suffer({**self._first_faults(), **changed})

    async def _follow_drawing(self) -> None:
        while self._drawing is not None and not self._drawing.is_over():
            await asyncio.sleep(DRAWN_EVERY_S)
            self._load(only_missing=True)

    async def _follow_sky(self) -> None:
        """At dusk, at dawn or when it rains, draws the new sky with little effort, then shows it."""
        await self._follow_drawing()
        while True:
            await asyncio.sleep(SKY_EVERY_S)
            sky = self._settings.sky or sky_at(self._clock.now_us())
            if sky is not self._sky:
                await asyncio.to_thread(prepare, self.jobs(sky), self._settings.cache, workers=1, nice=19)
                self._sky = sky
                self._load()


class _Reports(asyncio.DatagramProtocol):
    """Receiver reports keep UDP sessions alive."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for connection in self._simulator.connections:
            connection.heard_by_udp(addr)
