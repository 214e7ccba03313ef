from __future__ import annotations

import os
import signal
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from beffroi.engine.contract import FactKind, StreamName
from beffroi.engine.index.reader import FootageReader
from tests.engine.gateway.windows import window
from tests.engine.node.town import Town, answers, desired_camera, town, wait_for

pytestmark = pytest.mark.slow
MAIN = ("c01", StreamName.MAIN)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as running:
        yield running


def gateway_pid(running: Town) -> int:
    assert running.recorder is not None
    return running.recorder.child.pid


def test_a_killed_gateway_comes_back_and_no_recorded_frame_is_lost(started: Town, tmp_path: Path) -> None:
    with window(started) as browser:
        grant = started.grant()
        browser.subscribe(1, "c01", started.signed(grant))
        browser.take_frames(10)
        killed = gateway_pid(started)
        os.kill(killed, signal.SIGKILL)
        assert browser.closes()
    wait_for(lambda: gateway_pid(started) not in (0, killed) and answers(started))
    camera = started.cameras[MAIN]
    wait_for(lambda: not camera.live)
    ended = wait_for(lambda: started.web.facts_of("view-ended"))
    assert ended[0].detail["cause"] == "gateway-restarted"
    with window(started) as browser:
        browser.subscribe(1, "c01", started.signed(grant))
        assert browser.take_frames(5), "a grant that was opened serves on until its end"
    started.stop()
    sent = camera.sent
    with FootageReader(tmp_path / "footage") as reader:
        files = reader.files("c01", StreamName.MAIN, 0, 1 << 62)
        assert sum(row.frames for row in files) == sent
        assert len({row.run for row in files}) == 1


def test_a_node_starts_and_records_from_its_cache_with_web_down(started: Town) -> None:
    wait_for(lambda: started.web.health)
    started.stop()
    started.web.stop()
    started.cameras.clear()
    started.start()
    wait_for(lambda: MAIN in started.cameras and started.cameras[MAIN].sent > 10)
    wait_for(lambda: answers(started))
    assert started.recorder is not None and started.recorder.exchange.trouble != ""
    started.web.start()
    kinds = wait_for(lambda: [fact.kind for fact in started.web.facts if fact.kind is FactKind.NODE_STARTED][1:])
    assert kinds == [FactKind.NODE_STARTED]


def test_facts_made_while_web_is_down_arrive_later_in_order_without_a_hole(started: Town) -> None:
    wait_for(lambda: started.web.facts_of("camera-state"))
    started.web.is_down = True
    for state in (True, False, True):
        started.cameras[MAIN].is_silent = state
        time.sleep(1.2)
    assert not [fact for fact in started.web.facts_of("camera-state") if fact.detail["state"] == "silent"]
    started.web.is_down = False
    wait_for(
        lambda: [f.detail["state"] for f in started.web.facts_of("camera-state") if f.camera == "c01"][-1] == "silent"
    )
    states = [fact.detail["state"] for fact in started.web.facts_of("camera-state") if fact.camera == "c01"]
    assert states == ["recording", "silent", "recording", "silent"]
    numbers = [fact.seq for fact in started.web.facts]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_only_what_changed_in_the_desired_state_is_touched(started: Town) -> None:
    kept, gone = started.cameras[MAIN], started.cameras[("c02", StreamName.MAIN)]
    started.change(cameras=(desired_camera("c01"), desired_camera("c03")))
    wait_for(lambda: ("c03", StreamName.MAIN) in started.cameras)
    assert started.cameras[MAIN] is kept
    before = gone.sent
    time.sleep(0.3)
    assert gone.sent == before and kept.sent > 0


def test_a_barred_camera_is_never_opened_but_is_reported(tmp_path: Path) -> None:
    running = Town(tmp_path, ("c01", "c02"))
    running.change_before_start(barred=("c02", "c07"))
    try:
        running.start()
        wait_for(lambda: MAIN in running.cameras and running.web.health and running.web.health.cameras)
        assert {key[0] for key in running.cameras} == {"c01"}
        assert running.web.health is not None
        states = {camera.id: camera.state for camera in running.web.health.cameras}
        assert states == {"c01": "recording", "c02": "barred", "c07": "barred"}
    finally:
        running.close()


def test_a_nudge_makes_the_node_exchange_at_once(started: Town) -> None:
    wait_for(lambda: started.web.health)
    asked = time.monotonic()
    started.change(cameras=(desired_camera("c09"),))
    wait_for(lambda: ("c09", StreamName.MAIN) in started.cameras)
    assert time.monotonic() - asked < 1.5


def test_the_link_and_the_secrets_are_for_the_owner_alone(started: Town) -> None:
    folder = started.folder / "node"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 or path.suffix in {".sqlite3-wal", ".sqlite3-shm"}, path


def test_health_tells_what_the_node_uses(started: Town) -> None:
    wait_for(lambda: started.web.health and started.web.health.footage_bytes, seconds=30)
    health = started.web.health
    assert health is not None
    assert health.disk_total_bytes > health.disk_free_bytes > 0 and health.rss_bytes > 1 << 20 and health.cpu_s > 0
    assert health.oldest_at_us > 0 and health.pool_max_bytes > 0
