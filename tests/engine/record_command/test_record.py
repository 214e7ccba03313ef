"""`beffroi record` as a script uses it: a sub-process, its JSON, its exit code, its files."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import pytest

from beffroi.core.instants import from_rfc3339
from tests.engine.rtp.clips import Packetiser, clip, framed
from tests.engine.rtsp.camera import Camera, running

pytestmark = [pytest.mark.slow, pytest.mark.anyio]


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of the command."""

    code: int
    report: dict[str, Any]
    out: str
    err: str


COMMAND = (sys.executable, "-m", "beffroi.cli.main", "record")


async def record(*arguments: str, language: str = "C.UTF-8") -> Ran:
    environ = os.environ | {"LC_ALL": language}
    running_ = await asyncio.create_subprocess_exec(*COMMAND, *arguments, stdout=-1, stderr=-1, env=environ)
    out, err = await running_.communicate()
    assert running_.returncode is not None
    return Ran(running_.returncode, json.loads(out) if out.startswith(b"{") else {}, out.decode(), err.decode())


def wait_for_a_file(folder: Path) -> None:
    until_s = time.monotonic() + 30
    while not list(folder.rglob("*.mp4")):
        assert time.monotonic() < until_s
        time.sleep(0.05)


def slow_clip(codec: str = "h264") -> Camera:
    """The clip over about a second, so that it lasts the recording."""
    return Camera(codec=codec, fps=25, audio=True)  # type: ignore[arg-type] # one of the two codecs


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_two_cameras_are_recorded_into_plain_files(transport: str, tmp_path: Path) -> None:
    async with running(slow_clip()) as one, running(slow_clip("h265")) as two:
        secret = one.url.replace("//", "//op:secret@")
        began = time.monotonic()
        ran = await record(
            secret, two.url, "--into", str(tmp_path / "new"), "--for", "2", "--transport", transport, "--json"
        )
        assert 2 <= time.monotonic() - began < 15  # a busy machine starts it late
    assert ran.code == 0, ran.err
    assert "secret" not in ran.out + ran.err
    first, second = ran.report["cameras"]
    assert first["url"] == secret.replace("secret", "***")
    assert (first["codec"], second["codec"]) == ("h264", "h265")
    for number, camera in enumerate((first, second), 1):
        assert camera["frames"] == 24
        assert (camera["width"], camera["height"], camera["gaps"]) == (160, 90, [])
        assert camera["refused_tracks"] == ["audio"]
        assert from_rfc3339(camera["first_at"]) < from_rfc3339(camera["last_at"])
        (file,) = (tmp_path / "new/footage" / f"c{number}").rglob("*.mp4")
        with av.open(str(file)) as played:
            assert sum(1 for _ in played.decode(video=0)) == 24
            assert not played.streams.audio
    assert set(ran.report) == {"cameras", "cpu_s", "max_rss_bytes", "max_pool_bytes"}
    assert ran.report["cpu_s"] > 0 and ran.report["max_rss_bytes"] > 1 << 20


async def test_a_lost_packet_is_a_gap_with_its_cause_and_exit_code_1(tmp_path: Path) -> None:
    packetiser = Packetiser("h264")
    packets = [packetiser.picture(nals, number * 3600) for number, nals in enumerate(clip("h264").pictures)]
    del packets[3][1]
    async with running(Camera(media=[framed(one) for one in packets], fps=25)) as camera:
        ran = await record(camera.url, "--into", str(tmp_path), "--for", "1.6", "--json")
    assert ran.code == 1
    (gap,) = ran.report["cameras"][0]["gaps"]
    assert gap["cause"] == "loss"
    assert 100_000 < from_rfc3339(gap["to_at"]) - from_rfc3339(gap["from_at"]) < 300_000
    assert "loss" in ran.err
    assert ran.report["cameras"][0]["frames"] == 19


async def test_what_cannot_be_recorded_is_one_line_and_the_others_go_on(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"rtsp://127.0.0.1:{closed.getsockname()[1]}/x"
        async with running(slow_clip()) as good, running(Camera(auth="MD5")) as locked:
            ran = await record(good.url, locked.url, nobody, "--into", str(tmp_path), "--for", "1.8", "--json")
    assert ran.code == 1
    recorded, refused, absent = ran.report["cameras"]
    assert recorded["frames"] == 24 and refused["frames"] == absent["frames"] == 0
    assert [gap["cause"] for gap in refused["gaps"]] == ["refused"]
    assert [gap["cause"] for gap in absent["gaps"]] == ["connect"]
    lines = ran.err.strip().splitlines()
    assert len(lines) == 2
    assert "password" in lines[0] and "connection refused" in lines[1]


async def test_another_codec_is_refused_by_name(tmp_path: Path) -> None:
    sdp = b"v=0\r\nm=video 0 RTP/AVP 26\r\n"
    camera = Camera(answers={"DESCRIBE": lambda request: request.answer(body=sdp)})
    async with running(camera):
        ran = await record(camera.url, "--into", str(tmp_path), "--for", "1.5", "--json")
        french = await record(camera.url, "--into", str(tmp_path), "--for", "1.5", "--json", language="fr_FR.UTF-8")
    assert ran.code == 1
    assert re.search(r"JPEG.*H\.264 or H\.265", ran.err)
    assert "réglez-la en H.264 ou en H.265" in french.err


async def test_a_camera_that_goes_and_comes_back_leaves_a_gap_with_its_cause(tmp_path: Path) -> None:
    leaves = slow_clip()
    leaves.stays = False
    async with running(leaves) as camera:
        ran = await record(camera.url, "--into", str(tmp_path), "--for", "3.2", "--json")
    assert ran.code == 1
    assert ran.report["cameras"][0]["frames"] >= 48
    assert {gap["cause"] for gap in ran.report["cameras"][0]["gaps"]} == {"connect"}
    assert "cause connect" in ran.err and len(ran.err.splitlines()) <= 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_ends_the_recording_with_its_report(number: signal.Signals, tmp_path: Path) -> None:
    async with running(slow_clip()) as camera:
        command = [*COMMAND, camera.url, "--into", str(tmp_path), "--for", "100", "--json"]
        recording = await asyncio.create_subprocess_exec(*command, stdout=-1, stderr=-1)
        await asyncio.to_thread(wait_for_a_file, tmp_path)
        recording.send_signal(number)
        out, err = await recording.communicate()
    assert (recording.returncode, err) == (0, b"")
    (camera_report,) = json.loads(out)["cameras"]
    (file,) = tmp_path.rglob("*.mp4")
    with av.open(str(file)) as played:
        assert sum(1 for _ in played.decode(video=0)) == camera_report["frames"] > 0


@pytest.mark.parametrize("written", ["p%40%3A%23%2Fs%25", "p@:%23%2Fs%25"])
async def test_a_password_with_signs_is_written_as_in_any_address(written: str, tmp_path: Path) -> None:
    locked = slow_clip()
    locked.auth, locked.user, locked.password = "MD5", "op", "p@:#/s%"
    async with running(locked) as camera:
        url = camera.url.replace("//", f"//op:{written}@")
        ran = await record(url, "--into", str(tmp_path), "--for", "1.8", "--json")
    assert (ran.code, ran.report["cameras"][0]["frames"]) == (0, 24), ran.err
    assert ran.report["cameras"][0]["url"] == camera.url.replace("//", "//op:***@")


async def test_a_name_without_its_password_is_told_apart_from_none_at_all(tmp_path: Path) -> None:
    async with running(Camera(auth="MD5")) as camera:
        named = await record(camera.url.replace("//", "//op@"), "--into", str(tmp_path / "a"), "--for", "3", "--json")
        alone = await record(camera.url, "--into", str(tmp_path / "b"), "--for", "3", "--json")
    assert (named.code, alone.code) == (1, 1)
    assert "refuses this user name and password" in named.err
    assert "asks for a user name and a password" in alone.err


async def test_a_silent_peer_is_one_line_however_short_the_recording(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"rtsp://127.0.0.1:{silent.getsockname()[1]}/x"
        ran = await record(url, "--into", str(tmp_path), "--for", "1", "--json")
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
    assert "had not answered" in ran.err
    (gap,) = ran.report["cameras"][0]["gaps"]
    assert gap["cause"] == "connect"
    assert from_rfc3339(gap["to_at"]) - from_rfc3339(gap["from_at"]) > 500_000


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_a_camera_that_falls_silent_before_the_end_leaves_a_gap(transport: str, tmp_path: Path) -> None:
    async with running(slow_clip()) as camera:
        ran = await record(camera.url, "--into", str(tmp_path), "--for", "5", "--transport", transport, "--json")
    assert ran.code == 1 and "cause silent" in ran.err
    (report,) = ran.report["cameras"]
    (gap,) = report["gaps"]
    assert (report["frames"], gap["cause"], gap["from_at"]) == (24, "silent", report["last_at"])
    assert from_rfc3339(gap["to_at"]) - from_rfc3339(gap["from_at"]) > 2_000_000


async def test_a_redirect_is_one_line_and_not_followed(tmp_path: Path) -> None:
    async with running(Camera()) as elsewhere:
        moved = {"DESCRIBE": lambda request: request.answer("302 Found", f"Location: {elsewhere.url}")}
        async with running(Camera(answers=moved)) as camera:
            ran = await record(camera.url, "--into", str(tmp_path), "--for", "3", "--json")
        assert elsewhere.connections == 0
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)


async def test_two_recorders_on_one_folder_are_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    async with running(Camera(fps=6)) as camera:
        first = asyncio.create_task(record(camera.url, "--into", str(tmp_path), "--for", "4", "--json"))
        await asyncio.to_thread(wait_for_a_file, tmp_path)
        second = await record(camera.url, "--into", str(tmp_path), "--for", "1", "--json")
        assert (second.code, second.out, len(second.err.splitlines())) == (2, "", 1)
        assert (await first).code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("http://camera/", "--for", "1"),
        ("http://camera:80/", "--for", "1"),
        ("ftp://127.0.0.1:2121/x", "--for", "1"),
        ("rtsp://op:pa#ss@127.0.0.1/", "--for", "1"),
        ("rtsp://[::1/", "--for", "1"),
        ("rtsp://127.0.0.1:99999/", "--for", "1"),
        ("rtsp://127.0.0.1/", "--for", "inf"),
        ("rtsp://127.0.0.1/", "--for", "-1"),
        ("rtsp://127.0.0.1/", "--for", "0"),
        ("rtsp://127.0.0.1/", "--for", "nan"),
        ("rtsp://127.0.0.1/", "--for", "x"),
        ("rtsp://127.0.0.1/", "--for", "1", "--transport", "carrier-pigeon"),
    ],
)
async def test_bad_arguments_are_refused_before_anything(arguments: tuple[str, ...], tmp_path: Path) -> None:
    ran = await record(*arguments, "--into", str(tmp_path / "new"), "--json")
    assert (ran.code, ran.out) == (2, "")
    assert not (tmp_path / "new").exists()
    assert len(ran.err.splitlines()) == 1 and "pa#ss" not in ran.err


async def test_a_folder_that_is_not_ours_is_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("private")
    ran = await record("rtsp://127.0.0.1/", "--into", str(tmp_path), "--for", "1", "--json")
    assert (ran.code, ran.out) == (2, "")
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    assert len(ran.err.strip().splitlines()) == 1


async def test_neither_django_nor_av_is_loaded() -> None:
    code = "import sys, beffroi.cli.record; print(sorted({'django', 'av', 'numpy', 'starlette'} & set(sys.modules)))"
    checked = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=-1)
    out, _ = await checked.communicate()
    assert out.strip() == b"[]"


async def test_a_folder_used_again_for_another_camera_does_not_mix_the_two(tmp_path: Path) -> None:
    async with running(slow_clip()) as one, running(slow_clip()) as two:
        asked = [(one.url,), (two.url,), (two.url, one.url)]
        ran = [await record(*urls, "--into", str(tmp_path), "--for", "1.5", "--json") for urls in asked]
    names = [[camera["camera"] for camera in one.report["cameras"]] for one in ran]
    assert names == [["c1"], ["c2"], ["c2", "c1"]]
    assert "127.0.0.1" not in (tmp_path / "cameras.json").read_text()
