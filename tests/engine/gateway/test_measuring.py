"""The node measures what it stored: at web's question, and by itself, told as a fact."""

from __future__ import annotations

from pathlib import Path

import pytest

from beffroi.engine.contract import FactKind, GrantKind, StreamName
from tests.engine.node.town import Town, answers, wait_for


@pytest.fixture
def measuring(tmp_path: Path) -> Town:
    running = Town(tmp_path, ("c01",))
    running.start(measure_every_s=2.0)
    wait_for(lambda: answers(running))
    return running


def test_what_is_stored_is_asked_for_under_a_grant_and_told_every_few_hours(measuring: Town) -> None:
    try:
        camera = measuring.cameras[("c01", StreamName.MAIN)]
        wait_for(lambda: camera.sent > 110, seconds=20)
        assert measuring.ask("GET", "/stored/c01").status == 401
        assert measuring.ask("GET", "/stored/c01", measuring.token(kind=GrantKind.EXPORT)).status == 403
        answer = measuring.ask("GET", "/stored/c01", measuring.token(kind=GrantKind.SNAPSHOT))
        assert answer.status == 200, answer.body
        assert (answer.json["width_px"], answer.json["height_px"]) == (320, 240)
        assert abs(answer.json["fps_thousandths"] - 25_000) < 500
        assert answer.json["repeated"] == 0
        fact = wait_for(lambda: measuring.web.facts_of(FactKind.STREAM_MEASURED), seconds=15)[-1]
        assert fact.camera == "c01"
        assert (fact.detail["stream"], fact.detail["width_px"]) == ("main", 320)
        assert abs(int(fact.detail["fps_thousandths"]) - 25_000) < 500
    finally:
        measuring.close()


def test_a_camera_without_footage_has_no_measure(measuring: Town) -> None:
    try:
        answer = measuring.ask("GET", "/stored/c99", measuring.token("c99", kind=GrantKind.SNAPSHOT))
        assert answer.status == 403
    finally:
        measuring.close()
