"""Servers that others wrote, each started once for the tests that ask for it, on loopback."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.clip import Clip
from tests.engine.foreign_servers.gst_server import PASSWORD, USER
from tests.engine.foreign_servers.judging import film, write_film

HERE = Path(__file__).parent


SYSTEM_PYTHON = "/usr/bin/python3"


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Clip]]:
    """Folder of `h264.mp4`, `h265.mp4` and one with its audio track first; and their clips."""
    folder = tmp_path_factory.mktemp("films")
    clips = {codec: film(codec, folder / "cache") for codec in ("h264", "h265")}
    for codec, clip in clips.items():
        write_film(clip, folder / f"{codec}.mp4")
    shutil.copy(folder / "h264.mp4", folder / "audio-first-h264.mp4")
    return folder, clips


@pytest.fixture(scope="session")
def gstreamer(films: tuple[Path, dict[str, Clip]]) -> Iterator[Callable[[str], str]]:
    """`gstreamer("digest")` → base address of a server with that authentication."""
    probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    found = subprocess.run([SYSTEM_PYTHON, "-c", probe], stderr=subprocess.DEVNULL, check=False)
    if found.returncode:
        pytest.skip("GStreamer's RTSP server is not installed (gir1.2-gst-rtsp-server-1.0, python3-gi)")
    servers: dict[str, tuple[subprocess.Popen[str], str]] = {}

    def address(scheme: str) -> str:
        if scheme not in servers:
            command = [SYSTEM_PYTHON, str(HERE / "gst_server.py"), str(films[0]), scheme]
            server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            assert server.stdout
            credentials = "" if scheme == "none" else f"{USER}:{PASSWORD}@"
            servers[scheme] = server, f"rtsp://{credentials}127.0.0.1:{int(server.stdout.readline())}"
        return servers[scheme][1]

    yield address
    for server, _ in servers.values():
        end(server)


@pytest.fixture
def vlc(films: tuple[Path, dict[str, Clip]]) -> Iterator[str]:
    """VLC serving twenty seconds once (it skips pictures when it loops): its address."""
    if not shutil.which("vlc") or not shutil.which("setpriv"):
        pytest.skip("VLC is not installed (vlc-bin, vlc-plugin-base)")
    port = free_port()
    write_film(film("h264", films[0] / "cache", frames=500), films[0] / "long.mp4")
    rtp = f"#rtp{{sdp=rtsp://127.0.0.1:{port}/film}}"
    command = ["vlc", "-I", "dummy", "--no-dbus", str(films[0] / "long.mp4"), "--sout", rtp]
    if os.getuid() == 0:  # VLC refuses to run as root
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
        (films[0] / "long.mp4").chmod(0o644)
        for folder in (films[0], *list(films[0].parents)[:3]):
            folder.chmod(folder.stat().st_mode | 0o055)
    environment = {**os.environ, "HOME": str(films[0])}
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    try:
        await_port(port)
        yield f"rtsp://127.0.0.1:{port}/film"
    finally:
        end(server)


@pytest.fixture
def relay(films: tuple[Path, dict[str, Clip]]) -> Iterator[Callable[[str], str]]:
    """Perl's RTSP::Server, to which ffmpeg sends a film in a loop, packets of ffmpeg's making."""
    if not shutil.which("rtsp-server-perl"):
        pytest.skip("Perl's RTSP server is not installed (rtsp-server-perl)")
    to_clients, from_sources = free_port(), free_port()
    command = [
        "rtsp-server-perl",
        "--clientport",
        str(to_clients),
        "--serverport",
        str(from_sources),
        "--loglevel",
        "0",
    ]
    command += ["--client_listen_address", "127.0.0.1", "--source_listen_address", "127.0.0.1"]
    children = [subprocess.Popen(command, stdin=subprocess.PIPE, text=True)]

    def address(codec: str) -> str:
        await_port(from_sources)
        send = [
            "ffmpeg",
            "-v",
            "error",
            "-re",
            "-stream_loop",
            "-1",
            "-i",
            str(films[0] / f"{codec}.mp4"),
            "-c",
            "copy",
        ]
        send += ["-f", "rtsp", "-rtsp_transport", "udp", f"rtsp://127.0.0.1:{from_sources}/{codec}"]
        children.append(subprocess.Popen(send, stdin=subprocess.PIPE, text=True))
        time.sleep(2)  # the relay knows the film once ffmpeg has announced it
        return f"rtsp://127.0.0.1:{to_clients}/{codec}"

    yield address
    for child in reversed(children):
        end(child)


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def await_port(port: int) -> None:
    deadline_s = time.monotonic() + 40
    while time.monotonic() < deadline_s:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nothing listens on port {port}")


def end(server: subprocess.Popen[str]) -> None:
    for pipe in (server.stdin, server.stdout):
        if pipe:
            pipe.close()
    server.terminate()
    try:
        server.wait(5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
