"""A probe says what is at an address, or why nothing can be recorded, in one sentence of each language."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest

from beffroi.core.errors import BeffroiError
from beffroi.engine.contract import StreamSource, Transport
from beffroi.engine.rtsp import refusals
from beffroi.engine.source import Limits, ProbeReport, probe, stream_source
from tests.engine.rtsp.camera import Camera, Request, running
from tests.engine.source.certificates import server_context

pytestmark = pytest.mark.anyio
SHORT = Limits(connect_s=1.0, response_s=2.0, silent_s=1.5, teardown_s=0.2)


async def probed(camera: Camera, *, account: str = "", transport: Transport = Transport.TCP) -> ProbeReport:
    async with running(camera):
        source = stream_source(camera.url.replace("//", f"//{account}@" if account else "//"), transport=transport)
        return await probe(source, 5.0, limits=SHORT)


async def refused(camera: Camera, kind: type[BeffroiError], **options: str) -> BeffroiError:
    with pytest.raises(kind) as caught:
        await probed(camera, **options)  # type: ignore[arg-type] # options are strings here
    error: BeffroiError = caught.value
    assert "\n" not in error.message and error.message_fr != error.message
    assert "passe" not in error.message.replace("mot de passe", "")
    return error


@pytest.mark.parametrize("transport", list(Transport))
async def test_a_camera_is_described(transport: Transport) -> None:
    report = await probed(Camera(audio=True), transport=transport)
    assert (report.codec, report.width_px, report.height_px, report.fps) == ("h264", 160, 90, 25.0)
    assert report.refused_tracks == ("audio",)
    assert report.transport is transport


@pytest.mark.parametrize(
    ("auth", "qop"),
    [("basic", False), ("MD5", True), ("MD5", False), ("MD5-sess", True), ("SHA-256", True), ("legacy", False)],
)
async def test_every_way_to_authenticate(auth: str, qop: bool) -> None:
    report = await probed(Camera(auth=auth, qop=qop), account="operateur:mot%20de%20passe")
    assert report.codec == "h264"


async def test_the_strongest_challenge_is_answered() -> None:
    camera = Camera(auth="SHA-256")
    await probed(camera, account="operateur:mot%20de%20passe")
    assert all("basic" not in request.headers.get("authorization", "").lower() for request in camera.requests)


async def test_a_wrong_password_is_refused_and_tried_once_only() -> None:
    camera = Camera(auth="MD5")
    error = await refused(camera, refusals.WrongPassword, account="operateur:faux")
    assert error.field == "password"
    assert sum("authorization" in request.headers for request in camera.requests) == 1


async def test_a_missing_password_is_asked_for() -> None:
    error = await refused(Camera(auth="basic"), refusals.WrongPassword)
    assert "asks for" in error.message


async def test_an_unknown_path_is_said() -> None:
    await refused(Camera(answers={"DESCRIBE": lambda request: request.answer("404 Not Found")}), refusals.NoSuchPath)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "305 Use Proxy"])
async def test_a_redirect_is_reported_without_its_secrets_and_not_followed(status: str) -> None:
    async with running(Camera()) as canary:
        target = f"rtsp://root:secret@{canary.where}/x?token=abc"
        camera = Camera(answers={"DESCRIBE": lambda request: request.answer(status, f"Location: {target}")})
        error = await refused(camera, refusals.Redirected)
        assert canary.where in error.message and "secret" not in error.message and "abc" not in error.message
        assert canary.connections == 0


async def test_a_redirect_sent_by_the_camera_while_it_plays_ends_the_session() -> None:
    order = b"REDIRECT rtsp://x RTSP/1.0\r\nCSeq: 5\r\nLocation: rtsp://10.0.0.9/\r\n\r\n"
    error = await refused(Camera(media=[order]), refusals.Redirected)
    assert "10.0.0.9" in error.message


async def test_no_video_track_is_said() -> None:
    sdp = b"v=0\r\nm=audio 0 RTP/AVP 0\r\na=control:1\r\n"
    await refused(Camera(answers={"DESCRIBE": lambda request: request.answer(body=sdp)}), refusals.NoVideo)


@pytest.mark.parametrize(
    ("media", "name"),
    [
        ("m=video 0 RTP/AVP 26", "JPEG"),
        ("m=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000", "MP4V-ES"),
        ("m=video 0 RTP/AVP 97\r\na=rtpmap:97 AV1/90000", "AV1"),
    ],
)
async def test_another_codec_is_refused_by_name(media: str, name: str) -> None:
    sdp = f"v=0\r\n{media}\r\n".encode()
    camera = Camera(answers={"DESCRIBE": lambda request: request.answer(body=sdp)})
    error = await refused(camera, refusals.UnsupportedCodec)
    assert isinstance(error, refusals.UnsupportedCodec) and error.codec == name
    assert "SETUP" not in camera.methods()


async def test_a_web_server_is_not_rtsp() -> None:
    answer = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
    await refused(Camera(answers={"OPTIONS": lambda _: answer}), refusals.NotRtsp)


@pytest.mark.parametrize("noise", [b"\x00\x01\x02" * 50, b"SSH-2.0-OpenSSH_9\r\n" * 2000, b"220 ftp ready\r\n"])
async def test_noise_is_not_rtsp(noise: bytes) -> None:
    await refused(Camera(answers={"OPTIONS": lambda _: noise}), refusals.NotRtsp)


async def test_a_silent_peer_is_given_up() -> None:
    await refused(Camera(answers={"OPTIONS": lambda _: b""}), refusals.Silent)


async def test_a_camera_that_plays_nothing_is_silent() -> None:
    error = await refused(Camera(media=[]), refusals.Silent)
    assert "no picture" in error.message


async def test_answers_that_drip_byte_by_byte_are_read() -> None:
    camera = Camera(drip=7)
    assert (await probed(camera)).codec == "h264"


@pytest.mark.parametrize("size", [70_000, 50_000_000])
async def test_a_huge_description_is_refused(size: int) -> None:
    def answer(request: Request) -> bytes:
        return request.answer("200 OK", f"Content-Length: {size}") + b"v=0\r\n" + b"a=x\r\n" * 20_000

    await refused(Camera(answers={"DESCRIBE": answer}), refusals.NotRtsp)


async def test_headers_without_end_are_refused() -> None:
    await refused(Camera(answers={"DESCRIBE": lambda _: b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 9000}), refusals.NotRtsp)


async def test_a_full_camera_is_said() -> None:
    full = Camera(answers={"SETUP": lambda request: request.answer("453 Not Enough Bandwidth")})
    error = await refused(full, refusals.RequestRefused)
    assert "453" in error.message


async def test_a_refused_transport_is_said() -> None:
    camera = Camera(answers={"SETUP": lambda request: request.answer("461 Unsupported Transport")})
    assert (await refused(camera, refusals.RequestRefused)).field == "transport"


async def test_a_closed_port_is_said() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(refusals.Unreachable, match="connection refused"):
            await probe(stream_source(f"rtsp://127.0.0.1:{unused.getsockname()[1]}/"), 5.0, limits=SHORT)


async def test_an_unknown_name_is_said() -> None:
    with pytest.raises(refusals.Unreachable, match=r"camera\.invalid"):
        await probe(stream_source("rtsp://camera.invalid/"), 5.0, limits=SHORT)


async def test_a_host_that_swallows_connections_meets_the_deadline() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        with pytest.raises(refusals.Unreachable, match="no answer"):
            await probe(stream_source(f"rtsp://127.0.0.1:{full.getsockname()[1]}/"), 5.0, limits=SHORT)
        for one in waiting:
            one.close()


@pytest.mark.parametrize(
    "url",
    ["", "http://camera/", "rtsp://", "rtsp://host:99999/", "rtsp://a b/", "rtsp://h\r\nX: y/", "rtsp:" + "x" * 3000],
)
async def test_an_address_that_is_none_is_refused_before_anything(url: str) -> None:
    with pytest.raises(refusals.InvalidAddress):
        stream_source(url)


async def test_credentials_never_stay_in_the_address() -> None:
    source = stream_source("rtsp://op:p%40ss@[::1]:8554/a?b=c")
    assert source == StreamSource(stream=source.stream, url="rtsp://[::1]:8554/a?b=c", username="op", password="p@ss")
    assert "p@ss" not in repr(source)


async def test_an_encrypted_camera_is_read(tmp_path: Path) -> None:
    camera = Camera(tls=server_context(tmp_path))
    report = await probed(camera)
    assert report.codec == "h264"


async def test_an_encrypted_camera_can_be_checked(tmp_path: Path) -> None:
    async with running(Camera(tls=server_context(tmp_path))) as camera:
        with pytest.raises(refusals.Unreachable, match="TLS"):
            await probe(stream_source(camera.url), 5.0, limits=SHORT, tls=ssl.create_default_context())


async def test_the_loop_is_left_clean() -> None:
    await probed(Camera())
    assert not [task for task in asyncio.all_tasks() if "src/beffroi" in repr(task)]
