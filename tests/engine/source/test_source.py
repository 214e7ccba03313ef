"""A source's life: it records, breaks with a cause, comes back, says goodbye."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from beffroi.core.clock import FakeClock, SystemClock
from beffroi.engine.contract import CameraState, GapCause, Transport
from beffroi.engine.rtsp import refusals
from beffroi.engine.source import Limits, Source, stream_source
from beffroi.engine.source.backoff import Backoff
from beffroi.engine.stream import AccessUnit
from tests.engine.rtp.clips import Packetiser, clip, framed, sample
from tests.engine.rtp.test_rtcp import sender_report
from tests.engine.rtsp.camera import Camera, Request, running
from tests.engine.source.collecting import Collector

pytestmark = pytest.mark.anyio
SHORT = Limits(
    connect_s=1.0, response_s=2.0, silent_s=1.0, retry_first_s=0.02, retry_most_s=0.05, refused_first_s=0.02,
    refused_most_s=0.05, settle_s=0.05, teardown_s=0.3, tries_per_minute=1000,
)  # fmt: skip


@asynccontextmanager
async def recording(
    camera: Camera, collector: Collector, *, account: str = "", transport: str = "tcp"
) -> AsyncIterator[Source]:
    async with running(camera):
        url = camera.url.replace("//", f"//{account}@" if account else "//")
        source = Source(
            stream_source(url, transport=Transport(transport)), collector, clock=SystemClock(), limits=SHORT
        )
        await source.start()
        try:
            yield source
        finally:
            await source.close()


def expected(camera: Camera) -> list[bytes]:
    return [sample(nals) for nals in camera.source.pictures]


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("codec", ["h264", "h265"])
async def test_every_picture_arrives_bit_for_bit(codec: str, transport: str, collector: Collector) -> None:
    camera = Camera(codec=codec, audio=True)  # type: ignore[arg-type] # one of the two
    async with recording(camera, collector, transport=transport) as source:
        await collector.until(lambda: len(collector.units) == 24)
        assert source.health.state is CameraState.RECORDING
        assert source.health.codec == codec
        assert source.refused_tracks == ("audio",)
    assert [unit.sample() for unit in collector.units] == expected(camera)
    assert [unit.is_key for unit in collector.units[:9]] == [True, *[False] * 7, True]
    assert [unit.ticks90k for unit in collector.units] == [3600 * number for number in range(24)]
    assert collector.causes == [GapCause.CLOSED]
    assert camera.methods()[-1] == "TEARDOWN"
    assert not any("trackID=9" in request.url for request in camera.requests)


async def test_datagrams_out_of_order_are_put_back(collector: Collector) -> None:
    camera = Camera(udp_reorders=True)
    async with recording(camera, collector, transport="udp") as source:
        await collector.until(lambda: len(collector.units) == 24)
        assert source.health.lost_packets == 0
    assert [unit.sample() for unit in collector.units] == expected(camera)
    assert camera.reports and camera.reports[0][1] == 201


async def test_sets_that_come_in_band_only_are_enough(collector: Collector) -> None:
    async with recording(Camera(sets_in_sdp=False), collector):
        await collector.until(lambda: len(collector.units) == 24)
    assert (collector.configs[0].width_px, collector.configs[0].height_px) == (160, 90)
    assert len(collector.configs) == 1


async def test_another_size_starts_another_run_without_a_gap(collector: Collector) -> None:
    small, large = clip("h264"), clip("h264", width=320, height=180)
    packetiser = Packetiser("h264")
    pictures = [*small.pictures, (*large.sets, *large.pictures[0]), *large.pictures[1:]]
    media = [framed(packetiser.picture(nals, number * 3600)) for number, nals in enumerate(pictures)]
    async with recording(Camera(media=media), collector):
        await collector.until(lambda: len(collector.units) == 48)
    assert [config.width_px for config in collector.configs] == [160, 320]
    assert collector.causes == [GapCause.CLOSED]
    instants = [unit.at_us for unit in collector.units]
    assert instants == sorted(instants)


async def test_loss_ends_the_run_until_the_next_key_frame(collector: Collector) -> None:
    packetiser = Packetiser("h264")
    packets = [packetiser.picture(nals, number * 3600) for number, nals in enumerate(clip("h264").pictures)]
    del packets[3][1]
    async with recording(Camera(media=[framed(one) for one in packets]), collector) as source:
        await collector.until(lambda: len(collector.units) == 3 + 16)
        assert source.health.lost_packets == 1
    frames = ["key"] + ["frame"] * 7
    assert collector.events == ["open", *frames[:3], "loss", "open", *frames, *frames, "closed"]


async def test_a_broken_connection_is_tried_again(collector: Collector) -> None:
    camera = Camera(stays=False)
    async with recording(camera, collector) as source:
        await collector.until(lambda: len(collector.units) >= 48)
        assert source.health.reconnections >= 1
    assert set(collector.causes) <= {GapCause.CONNECT, GapCause.CLOSED}


async def test_silence_is_noticed_and_the_camera_called_again(collector: Collector) -> None:
    camera = Camera()
    async with recording(camera, collector) as source:
        await collector.until(lambda: camera.connections >= 2 and len(collector.units) >= 30)
        assert source.health.state is CameraState.RECORDING
    assert GapCause.SILENT in collector.causes


async def test_a_refusal_is_told_once_and_shown(collector: Collector) -> None:
    camera = Camera(auth="MD5")
    async with recording(camera, collector, account="operateur:faux") as source:
        await collector.until(lambda: camera.connections >= 3)
        assert source.health.state is CameraState.REFUSED
        assert "password" in source.health.message
        assert isinstance(source.refusal, refusals.WrongPassword)
    assert collector.causes == [GapCause.REFUSED, GapCause.CLOSED]


def hangs_up(camera: Camera) -> Camera:
    """It closes the connection behind each challenge."""

    def describe(request: Request) -> bytes:
        assert camera.writer is not None
        if not camera._authorised(request):
            camera.writer.write(request.answer("401 Unauthorized", *camera.challenges()))
            camera.writer.close()
            return b""
        return request.answer("200 OK", "Content-Type: application/sdp", body=camera.sdp())

    camera.answers["DESCRIBE"] = describe
    return camera


async def test_a_camera_that_hangs_up_behind_its_challenge_is_answered_on_the_next_connection(
    collector: Collector,
) -> None:
    camera = hangs_up(Camera(auth="MD5"))
    async with recording(camera, collector, account="operateur:mot%20de%20passe"):
        await collector.until(lambda: len(collector.units) >= 24)
    assert [unit.sample() for unit in collector.units[:24]] == expected(camera)


async def test_a_camera_that_hangs_up_on_a_wrong_password_refuses_it(collector: Collector) -> None:
    async with recording(hangs_up(Camera(auth="MD5")), collector, account="operateur:faux") as source:
        await collector.until(lambda: isinstance(source.refusal, refusals.WrongPassword))


async def test_an_unknown_authentication_is_named_and_the_password_not_blamed(collector: Collector) -> None:
    asks = {"DESCRIBE": lambda request: request.answer("401 Unauthorized", "WWW-Authenticate: Negotiate")}
    async with recording(Camera(answers=asks), collector, account="operateur:juste") as source:
        await collector.until(lambda: source.refusal is not None)
        assert "does not know: Negotiate" in source.health.message
        assert source.health.state is CameraState.REFUSED


async def test_an_unsupported_codec_can_be_seen_by_the_node(collector: Collector) -> None:
    sdp = b"v=0\r\nm=video 0 RTP/AVP 26\r\n"
    camera = Camera(answers={"DESCRIBE": lambda request: request.answer(body=sdp)})
    async with recording(camera, collector) as source:
        await collector.until(lambda: source.refusal is not None)
        assert isinstance(source.refusal, refusals.UnsupportedCodec) and source.refusal.codec == "JPEG"


async def test_a_stale_nonce_is_renewed_while_playing(collector: Collector) -> None:
    camera = Camera(auth="SHA-256", session="1;timeout=2", fps=10)
    async with recording(camera, collector, account="operateur:mot%20de%20passe"):
        await collector.until(lambda: len(collector.units) >= 3)
        camera.renew_nonce()
        await collector.until(lambda: camera.methods().count("GET_PARAMETER") >= 2)
        assert camera.connections == 1


async def test_a_camera_without_get_parameter_is_kept_alive_by_options(collector: Collector) -> None:
    public = {"OPTIONS": lambda request: request.answer("200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")}
    camera = Camera(session="1;timeout=2", fps=10, answers=public)
    async with recording(camera, collector):
        await collector.until(lambda: camera.methods().count("OPTIONS") >= 2)
    assert "GET_PARAMETER" not in camera.methods()


async def test_requests_of_the_camera_are_answered(collector: Collector) -> None:
    packetiser = Packetiser("h264")
    asks = b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    media = [framed(packetiser.picture(nals, n * 3600)) + asks for n, nals in enumerate(clip("h264").pictures)]
    async with recording(Camera(media=media), collector) as source:
        await collector.until(lambda: len(collector.units) == 24)
        assert source.health.malformed == 0


async def test_the_interleaved_channels_are_the_ones_granted(collector: Collector) -> None:
    packetiser = Packetiser("h264")
    media = [framed(packetiser.picture(nals, n * 3600), channel=4) for n, nals in enumerate(clip("h264").pictures)]
    granted = "Transport: RTP/AVP/TCP;unicast;interleaved=4-5"
    setup = {"SETUP": lambda request: request.answer("200 OK", "Session: 1", granted)}
    async with recording(Camera(media=media, answers=setup), collector):
        await collector.until(lambda: len(collector.units) == 24)


@pytest.mark.parametrize(
    ("control", "base", "expected_url"),
    [
        ("trackID=0", None, "{url}/trackID=0"),
        ("trackID=0", "", "{url}/trackID=0"),
        ("{url}/sub/video", None, "{url}/sub/video"),
        ("track1", "Content-Base: rtsp://10.1.1.1/inner/", "rtsp://10.1.1.1/inner/track1"),
        ("*", "Content-Location: {url}/other", "{url}/other"),
        ("trackID=1", "Content-Base: {url}?channel=1&subtype=0/", "{url}?channel=1&subtype=0/trackID=1"),
    ],
)
async def test_control_addresses(control: str, base: str | None, expected_url: str, collector: Collector) -> None:
    camera = Camera()
    async with running(camera):
        camera.control = control.format(url=camera.url)
        camera.content_base = base.format(url=camera.url) if base is not None else None
        source = Source(stream_source(camera.url), collector, clock=SystemClock(), limits=SHORT)
        await source.start()
        await collector.until(lambda: len(collector.units) > 0)
        await source.close()
    setup = next(request for request in camera.requests if request.method == "SETUP")
    assert setup.url == expected_url.format(url=camera.url)


async def test_live_and_batched_reading_give_the_same_pictures(collector: Collector) -> None:
    camera = Camera(fps=40)
    async with recording(camera, collector) as source:
        for turn in range(6):
            await collector.until(lambda turn=turn: len(collector.units) >= turn * 4)  # type: ignore[misc] # bound now
            source.set_live(turn % 2 == 0)
        await collector.until(lambda: len(collector.units) == 24)
    assert [unit.sample() for unit in collector.units] == expected(camera)


async def test_the_cameras_clock_is_measured_not_followed(collector: Collector) -> None:
    packetiser = Packetiser("h264")
    ahead_us = SystemClock().now_us() + 90_000_000
    media = [framed(packetiser.picture(nals, n * 3600)) for n, nals in enumerate(clip("h264").pictures)]
    media[2:2] = [framed([sender_report(ahead_us, 0)], channel=1)]
    async with recording(Camera(media=media, fps=25), collector) as source:
        await collector.until(lambda: len(collector.units) == 24)
        offset = source.health.clock_offset_ms
    assert offset is not None and 89_000 < offset <= 90_100
    assert abs(collector.units[0].at_us - SystemClock().now_us()) < 5_000_000


async def test_a_jump_of_the_nodes_clock_ends_the_run(collector: Collector) -> None:
    class Jumping(SystemClock):
        shift_us = 0

        def now_us(self) -> int:
            return super().now_us() + self.shift_us

    clock = Jumping()
    async with running(Camera(fps=30)) as camera:
        source = Source(stream_source(camera.url), collector, clock=clock, limits=SHORT)
        await source.start()
        await collector.until(lambda: len(collector.units) >= 4)
        clock.shift_us = 5_000_000
        await collector.until(lambda: GapCause.CLOCK in collector.causes and len(collector.configs) == 2)
        await source.close()
    first = collector.events.index("clock")
    assert collector.units[first - 1].at_us - collector.units[first - 2].at_us > 4_000_000
    samples = [unit.sample() for unit in collector.units]
    assert samples == expected(camera)[: len(samples)]


@pytest.mark.parametrize("session", ["1;timeout=2", "1 ; timeout = 2;x=y", "1;Timeout=2 "])
async def test_a_session_timeout_is_read_whatever_its_spelling(session: str, collector: Collector) -> None:
    camera = Camera(session=session, fps=10)
    async with recording(camera, collector):
        await collector.until(lambda: "GET_PARAMETER" in camera.methods())
    assert {request.headers["session"] for request in camera.requests if request.method == "GET_PARAMETER"} == {"1"}


async def test_packets_amid_the_answers_before_play_are_passed_over(collector: Collector) -> None:
    camera = Camera()
    early = framed([Packetiser("h264").packet(b"\x41early", 9)])
    camera.answers["SETUP"] = lambda request: early + camera._setup(request) + early
    async with recording(camera, collector):
        await collector.until(lambda: len(collector.units) >= 24)
    assert [unit.sample() for unit in collector.units] == expected(camera)


async def test_a_camera_that_sends_no_key_frame_any_more_is_called_again(collector: Collector) -> None:
    packetiser = Packetiser("h264")
    pictures = clip("h264", gop=200, frames=200).pictures
    packets = [packetiser.picture(nals, number * 3600) for number, nals in enumerate(pictures)]
    del packets[3][1]  # and there is no other key frame
    async with running(Camera(media=[framed(one) for one in packets], fps=40)) as camera:
        limits = replace(SHORT, silent_s=0.3, key_s=1.0)
        source = Source(stream_source(camera.url), collector, clock=SystemClock(), limits=limits)
        await source.start()
        await collector.until(lambda: len(collector.configs) == 2)
        await source.close()
    assert collector.causes[:2] == [GapCause.LOSS, GapCause.MALFORMED]


class Faulty(Collector):
    """A sink that fails at its fourth picture, once."""

    def frame(self, unit: AccessUnit) -> None:
        super().frame(unit)
        if len(self.units) == 4:
            raise KeyError("a mistake of ours")


async def test_a_mistake_of_ours_ends_one_cameras_session_and_no_other(collector: Collector) -> None:
    faulty, sound = Camera(fps=25), Camera(fps=25)
    broken = Faulty()
    async with recording(faulty, broken), recording(sound, collector):
        await broken.until(lambda: faulty.connections == 2 and len(broken.units) > 6)
        await collector.until(lambda: len(collector.units) == 24)
    assert [unit.sample() for unit in collector.units] == expected(sound)
    assert collector.causes == [GapCause.CLOSED]
    assert broken.causes[0] is GapCause.MALFORMED


async def test_an_unanswered_keep_alive_does_not_hide_silence(collector: Collector) -> None:
    camera = Camera(session="1;timeout=2", answers={"GET_PARAMETER": lambda _: b""})
    async with running(camera):
        limits = replace(SHORT, silent_s=1.6, response_s=60.0)
        source = Source(stream_source(camera.url), collector, clock=SystemClock(), limits=limits)
        await source.start()
        await collector.until(lambda: GapCause.SILENT in collector.causes)
        assert "GET_PARAMETER" in camera.methods()
        await source.close()


async def test_datagrams_come_from_ports_that_the_camera_did_not_say(collector: Collector) -> None:
    camera = Camera()

    def silent_about_ports(request: Request) -> bytes:
        return re.sub(rb";server_port=[0-9-]+", b"", camera._setup(request))

    camera.answers["SETUP"] = silent_about_ports
    async with recording(camera, collector, transport="udp"):
        await collector.until(lambda: len(collector.units) == 24)
    assert [unit.sample() for unit in collector.units] == expected(camera)


def tries_of(clock: FakeClock, *, refused: bool, healthy: bool = False) -> list[float]:
    """When sixty tries of a camera are made, in seconds since the first; `healthy`: each one records a moment."""
    backoff, began_s = Backoff(clock, Limits()), clock.monotonic_s()
    tries = []
    for _ in range(60):
        backoff.tried()
        tries.append(clock.monotonic_s() - began_s)
        if healthy:
            backoff.healthy()
        clock.advance(backoff.delay_s(refused=refused))
    return tries


@pytest.mark.parametrize(("refused", "healthy"), [(False, False), (False, True), (True, False)])
def test_in_the_long_run_a_camera_is_called_six_times_a_minute_at_most(refused: bool, healthy: bool) -> None:
    tries = tries_of(FakeClock(), refused=refused, healthy=healthy)
    assert sum(at_s < 60 for at_s in tries) <= 12 + 6
    later = [at_s for at_s in tries if at_s >= 60]
    assert all(seventh - first >= 59.9 for first, seventh in zip(later, later[6:], strict=False))


def test_a_camera_that_comes_back_within_five_seconds_is_called_within_one() -> None:
    tries = tries_of(FakeClock(), refused=False)
    assert all(after - before < 1.0 for before, after in itertools.pairwise(tries) if before < 3.5)
    assert tries_of(FakeClock(), refused=True)[1] > 3.0


async def test_closing_before_anything_answers_is_quick(collector: Collector) -> None:
    camera = Camera(answers={"OPTIONS": lambda _: b""})
    async with running(camera):
        source = Source(stream_source(camera.url), collector, clock=SystemClock())
        await source.start()
        await collector.until(lambda: camera.connections == 1)
        async with asyncio.timeout(1.5):
            await source.close()
    assert collector.causes == [GapCause.CONNECT, GapCause.CLOSED]


class Shifted(SystemClock):
    """A clock that a test can move on."""

    shift_s = 0.0

    def now_us(self) -> int:
        return super().now_us() + int(self.shift_s * 1e6)

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self.shift_s


async def test_a_camera_that_never_came_is_absent_since_recording_began(collector: Collector) -> None:
    clock = Shifted()
    camera = Camera(answers={"OPTIONS": lambda _: b""})
    async with running(camera):
        source = Source(stream_source(camera.url), collector, clock=clock, limits=SHORT)
        before_us = clock.now_us()
        await source.start()
        began_us = clock.now_us()
        await collector.until(lambda: camera.connections == 1)
        clock.shift_s = 4.0
        await collector.until(lambda: bool(collector.causes))
        await source.close()
    assert collector.causes == [GapCause.SILENT, GapCause.CLOSED]
    assert before_us <= collector.closed_at_us[0] <= began_us


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(
    ("fps", "quiet_s", "causes"),
    [
        (25, 6.0, [GapCause.SILENT, GapCause.CLOSED]),
        (25, 1.0, [GapCause.CLOSED]),
        (1, 2.5, [GapCause.CLOSED]),
        (1, 4.0, [GapCause.SILENT, GapCause.CLOSED]),
    ],
)
async def test_an_outage_at_the_end_is_told_from_a_wanted_end(
    fps: int, quiet_s: float, causes: list[GapCause], transport: str, collector: Collector
) -> None:
    packetiser = Packetiser("h264")
    pictures = [packetiser.picture(nals, n * 90_000 // fps) for n, nals in enumerate(clip("h264").pictures[:6])]
    pictures[5] = pictures[5][:1]  # its first packet ends the fifth picture
    media = pictures if transport == "udp" else [framed(packets) for packets in pictures]
    clock = Shifted()
    async with running(Camera(media=media)) as camera:  # type: ignore[arg-type] # packets of each picture, for UDP
        address = stream_source(camera.url, transport=Transport(transport))
        source = Source(address, collector, clock=clock, limits=replace(SHORT, silent_s=60.0))
        await source.start()
        await collector.until(lambda: len(collector.units) == 5)
        clock.shift_s = quiet_s
        await source.close()
    assert collector.causes == causes
    if GapCause.SILENT in causes:
        assert collector.closed_at_us[0] == collector.units[-1].at_us
