from __future__ import annotations

import io

import pytest
from PIL import Image

from beffroi.engine.contract import GrantKind, StreamName
from tests.engine.node.town import Town, wait_for


def brightness(content: bytes) -> float:
    """Of the grey half: the number of the frame in the clip."""
    image = Image.open(io.BytesIO(content)).convert("L")
    pixels = image.crop((0, 0, image.width, image.height // 2 - 4)).tobytes()
    return sum(pixels) / len(pixels)


@pytest.fixture(scope="module")
def recorded(running: Town) -> Town:
    camera = running.cameras[("c01", StreamName.MAIN)]
    wait_for(lambda: camera.sent > 110, seconds=20)
    return running


def test_a_snapshot_is_the_picture_of_that_very_instant(recorded: Town) -> None:
    instants = recorded.cameras[("c01", StreamName.MAIN)].instants
    token = recorded.token(kind=GrantKind.REPLAY)
    for frame in (25, 37, 60):
        answer = recorded.ask("GET", f"/snapshot/c01?at_us={instants[frame] + 5_000}", token)
        assert answer.headers["content-type"] == "image/jpeg"
        assert abs(int(answer.headers["x-beffroi-at-us"]) - instants[frame]) <= 1_000
        assert brightness(answer.body) == pytest.approx(frame, abs=2)


def test_an_instant_without_footage_has_no_picture(recorded: Town) -> None:
    first_at_us = recorded.cameras[("c01", StreamName.MAIN)].instants[0]
    answer = recorded.ask(
        "GET", f"/snapshot/c01?at_us={first_at_us - 20_000_000}", recorded.token(kind=GrantKind.REPLAY)
    )
    assert answer.status == 404


def test_the_newest_picture_needs_no_instant(recorded: Town) -> None:
    camera = recorded.cameras[("c01", StreamName.MAIN)]
    answer = recorded.ask("GET", "/snapshot/c01", recorded.token(kind=GrantKind.SNAPSHOT))
    assert answer.status == 200 and camera.instants[-1] - int(answer.headers["x-beffroi-at-us"]) < 2_000_000
    assert not camera.live


def test_thumbnails_are_made_without_switching_the_source_to_live(recorded: Town) -> None:
    camera = recorded.cameras[("c01", StreamName.SUB)]

    def look() -> object:
        query = f"/thumbnail/c01?at_us={camera.instants[-1]}"
        answer = recorded.ask("GET", query, recorded.token(kind=GrantKind.THUMBNAILS))
        return answer if answer.status == 200 else None

    answer = wait_for(look, seconds=15)
    assert Image.open(io.BytesIO(answer.body)).width == 320
    assert not camera.live
