"""The test pattern shows that a camera is reached, and nothing that it sees."""

from __future__ import annotations

from beffroi.engine.contract import GrantKind, StreamName
from tests.engine.node.town import Town, wait_for


def test_the_pattern_names_camera_clock_and_state_and_no_picture_of_the_camera(running: Town) -> None:
    wait_for(lambda: running.cameras[("c01", StreamName.MAIN)].sent > 5, seconds=20)
    answer = running.ask("GET", "/pattern/c01", running.token(kind=GrantKind.TEST_PATTERN))
    drawn = answer.body.decode()
    assert answer.status == 200
    assert all(told in drawn for told in ("c01", "UTC", "main: recording", "MIRE"))
    assert "<image" not in drawn and "data:" not in drawn


def test_a_grant_for_the_pattern_opens_no_picture(running: Town) -> None:
    token = running.token(kind=GrantKind.TEST_PATTERN)
    assert running.ask("GET", "/snapshot/c01", token).status == 403
    assert running.ask("GET", "/pattern/c01", running.token(kind=GrantKind.LIVE)).status == 403
