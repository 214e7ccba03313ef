"""`beffroi node` as a process of its own: refusals before it starts, kill -9 at any instant, the fallback source."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from beffroi.core.ids import new_id
from beffroi.engine.contract import NodeHealth, StreamHealth, StreamName, StreamSource
from beffroi.engine.index.reader import FootageReader
from tests.engine.node.conftest import RtspStart
from tests.engine.node.town import Town, desired_camera, free_port, wait_for

pytestmark = pytest.mark.slow


def command(running: Town, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "beffroi.cli.child", str(os.getpid())),  # it dies with pytest
        *("node", "--folder", str(running.folder / "node")),
        *("--footage", str(running.folder / "footage"), "--port", str(running.port)),
        *("--web", running.web.url, "--code", "code", *more),
    ]


@contextmanager
def process(running: Town, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    node = subprocess.Popen(command(running, *more))
    try:
        yield node
    finally:
        if node.poll() is None:
            node.terminate()
            try:
                node.wait(20)
            except subprocess.TimeoutExpired:
                node.kill()
                node.wait()


@pytest.fixture
def prepared(tmp_path: Path) -> Iterator[Town]:
    running = Town(tmp_path, ())
    running.port = free_port()
    yield running
    running.web.stop()


def with_camera(running: Town, url: str) -> None:
    camera = replace(desired_camera("c01"), sources=(StreamSource(stream=StreamName.MAIN, url=url),))
    running.web.desired = replace(running.web.desired, version=new_id(), cameras=(camera,))


def stream_health(running: Town) -> StreamHealth | None:
    health: NodeHealth | None = running.web.health
    return health.cameras[0].streams[0] if health and health.cameras and health.cameras[0].streams else None


def recorded(folder: Path) -> int:
    with FootageReader(folder / "footage") as reader:
        return sum(stream.newest_at_us for stream in reader.streams())


def check(folder: Path) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", "beffroi.cli.main", "footage", "check", str(folder / "footage"), "--json"],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stdout.decode()[-2000:] + ran.stderr.decode()[-500:]
    report: dict[str, Any] = json.loads(ran.stdout)
    return report


def gateways_of(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children]


def test_a_node_killed_at_any_instant_records_again_within_five_seconds_and_the_footage_is_clean(
    prepared: Town, rtsp: RtspStart
) -> None:
    with_camera(prepared, rtsp("h264"))
    chance = random.Random(4)
    for _ in range(4):
        prepared.web.health = None
        started_s = time.monotonic()
        with process(prepared) as node:
            health = wait_for(lambda: (found := stream_health(prepared)) and found.state == "recording" and found)
            assert health.frames >= 0 and time.monotonic() - started_s < 8  # a Python start is part of it
            time.sleep(chance.uniform(0.5, 3))
            children = gateways_of(node.pid)
            node.send_signal(signal.SIGKILL)
            node.wait()
            wait_for(lambda: not any(Path(f"/proc/{child}").exists() for child in children))  # noqa: B023
    with process(prepared) as node:
        wait_for(lambda: (found := stream_health(prepared)) and found.state == "recording")
        time.sleep(3)
    assert node.returncode == 0
    check(prepared.folder)
    with FootageReader(prepared.folder / "footage") as reader:
        files = reader.files("c01", StreamName.MAIN, 0, 1 << 62)
        gaps = reader.gaps("c01", StreamName.MAIN, 0, 1 << 62)
    assert len(files) >= 4
    assert sum(1 for gap in gaps if gap.cause == "restart") >= 3


def test_a_camera_in_another_codec_is_recorded_through_the_fallback(prepared: Town, rtsp: RtspStart) -> None:
    with_camera(prepared, rtsp("jpeg"))
    with process(prepared):
        health = wait_for(
            lambda: (found := stream_health(prepared)) and found.fallback and found.frames > 20 and found, seconds=25
        )
        assert health.codec == "h264" and health.state == "recording"
    check(prepared.folder)
    with FootageReader(prepared.folder / "footage") as reader:
        assert sum(row.frames for row in reader.files("c01", StreamName.MAIN, 0, 1 << 62)) > 20


def refused(running: Town, *more: str) -> str:
    ran = subprocess.run(command(running, *more), capture_output=True, check=False, timeout=30)
    assert ran.returncode == 2, ran.stderr.decode()
    said = ran.stderr.decode().strip()
    assert said.startswith("beffroi: ") and "\n" not in said
    return said


def test_a_taken_port_is_said_in_one_line(prepared: Town) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", prepared.port))
        taken.listen()
        assert str(prepared.port) in refused(prepared)


def test_a_folder_that_is_not_ours_is_said_in_one_line(prepared: Town) -> None:
    (prepared.folder / "footage").mkdir()
    (prepared.folder / "footage" / "thesis.txt").write_text("mine")
    refused(prepared)
    assert (prepared.folder / "footage" / "thesis.txt").read_text() == "mine"


def test_two_nodes_on_one_footage_folder_are_refused(prepared: Town, rtsp: RtspStart) -> None:
    with_camera(prepared, rtsp("h264"))
    with process(prepared):
        wait_for(lambda: (found := stream_health(prepared)) and found.state == "recording")
        prepared.port = free_port()
        refused(prepared)


def test_beyond_loopback_a_node_speaks_https_or_not_at_all(prepared: Town) -> None:
    assert "tls" in refused(prepared, "--host", "0.0.0.0").lower()


def test_a_node_that_was_never_enrolled_asks_for_a_code(prepared: Town) -> None:
    arguments = [word for word in command(prepared) if word not in {"--code", "code"}]
    ran = subprocess.run(arguments, capture_output=True, check=False, timeout=30)
    assert ran.returncode == 2 and b"--code" in ran.stderr


def test_a_signal_stops_a_node_cleanly(prepared: Town, rtsp: RtspStart) -> None:
    with_camera(prepared, rtsp("h264"))
    with process(prepared) as node:
        wait_for(lambda: (found := stream_health(prepared)) and found.state == "recording")
        children = gateways_of(node.pid)
        os.kill(node.pid, signal.SIGTERM)
        assert node.wait(15) == 0
    assert [fact.kind for fact in prepared.web.facts][-1] == "node-stopped"
    assert not any(Path(f"/proc/{child}").exists() for child in children)
