"""Looking back: the typed instant, stepping, what is missing, export."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.pictures import burnt_us, first_and_last, pixels
from tests.journeys.visitor import Visit, Visitor

PARIS = ZoneInfo("Europe/Paris")
FRAME_US = 1_000_000 // 12
NODE_DELAY_US = 60_000
"""Receipt at the node is later than the burnt-in clock by the way there; never by as much as a frame."""
HELD_S = 8
"""How much footage must be there before going back into it."""


def _is_plain(camera: Any) -> bool:
    """Recording, fixed, H.264, with a clock that is right: what its picture says can be compared."""
    is_h264 = camera["streams"][0]["codec"].startswith(("h264", "avc1"))
    is_right = abs(camera["clock_offset_ms"] or 0) < 1000
    return bool(camera["state"] == "recording" and camera["kind"] == "fixed" and is_h264 and is_right)


@pytest.fixture
def replay(visit: Visit) -> Visitor:
    """The chief, before a fixed H.264 camera that has recorded for a while."""
    chief = visit("cheffe")
    cameras = chief.get("/api/cameras")["cameras"]
    chosen = next(one for one in cameras if _is_plain(one))
    chief.open(f"/relecture/?camera={chosen['id']}", reason="flagrancy")
    chief.page.wait_for_function(
        "seconds => Date.now() - performance.timeOrigin > seconds * 1000", arg=HELD_S, timeout=20_000
    )
    return chief


def _go_to(page: Page, at: datetime) -> None:
    page.keyboard.press("g")
    page.keyboard.type(at.astimezone(PARIS).strftime("%d/%m/%Y %H:%M:%S,") + str(at.microsecond // 100_000))
    page.keyboard.press("Enter")


def _picture_us(page: Page) -> int:
    expect(page.locator(".main .pic")).to_have_attribute("data-state", "showing", timeout=15_000)
    return int(page.locator(".main .pic").get_attribute("data-picture-at-us") or 0)


def _shown_us(page: Page) -> tuple[int, int]:
    """Instant of the picture as the console says it, and as the camera burnt it."""
    said = _picture_us(page)
    return said, burnt_us(pixels(page.locator(".main canvas")))


def test_a_typed_instant_shows_the_picture_of_that_instant(replay: Visitor) -> None:
    page = replay.page
    for back_s in (6, 9.5):
        wanted = datetime.now(UTC) - timedelta(seconds=back_s)
        wanted = wanted.replace(microsecond=wanted.microsecond // 100_000 * 100_000)
        _go_to(page, wanted)
        page.wait_for_timeout(1200)
        said, burnt = _shown_us(page)
        wanted_us = round(wanted.timestamp() * 1e6)
        assert 0 <= wanted_us - said <= FRAME_US + 20_000
        assert abs(wanted_us - burnt) <= FRAME_US + NODE_DELAY_US
    expect(page.locator(".replay-tag")).to_have_text("RELECTURE")
    replay.screenshot("relecture")
    assert replay.complaints == []


def test_stepping_moves_one_picture_at_a_time_both_ways(replay: Visitor) -> None:
    page = replay.page
    _go_to(page, datetime.now(UTC) - timedelta(seconds=7))
    page.wait_for_timeout(1200)
    instants = [_shown_us(page)[1]]
    for key in (".", ".", ".", ",", ","):
        page.keyboard.press(key)
        page.wait_for_timeout(600)
        instants.append(_shown_us(page)[1])
    steps = [round((after - before) / FRAME_US) for before, after in pairwise(instants)]
    assert steps == [1, 1, 1, -1, -1]


def test_time_before_any_footage_is_said_not_shown(replay: Visitor) -> None:
    page = replay.page
    _go_to(page, datetime.now(UTC) - timedelta(days=12))
    expect(page.locator(".main .none b")).to_have_text("RIEN D’ENREGISTRÉ")
    replay.screenshot("relecture-rien")


def test_an_hour_that_does_not_exist_and_nonsense_are_refused_in_words(replay: Visitor) -> None:
    page = replay.page
    page.keyboard.press("g")
    page.keyboard.type("demain")
    page.keyboard.press("Enter")
    expect(page.locator("#goto-error")).to_contain_text("Date non comprise")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.type("29/03/2026 02:30:00")
    page.keyboard.press("Enter")
    expect(page.locator("#goto-error")).to_contain_text("n’existe pas")


def test_octobers_double_hour_asks_which_one(replay: Visitor) -> None:
    page = replay.page
    year = datetime.now(PARIS).year - 1
    sunday = max(day for day in range(25, 32) if datetime(year, 10, day, tzinfo=PARIS).weekday() == 6)
    page.keyboard.press("g")
    page.keyboard.type(f"{sunday}/10/{year} 02:30:00")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_contain_text("deux fois")
    replay.screenshot("relecture-octobre")
    page.locator("dialog .acts button").nth(1).click()
    expect(page.locator(".now")).to_contain_text("UTC+1")


def test_an_exported_span_plays_with_its_first_and_last_pictures(replay: Visitor, tmp_path: Path) -> None:
    page = replay.page
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=10)
    _go_to(page, start)
    page.wait_for_timeout(1000)
    page.keyboard.press("[")
    for _ in range(4):
        page.keyboard.press("ArrowUp")
        page.wait_for_timeout(300)
    page.keyboard.press("]")
    page.wait_for_timeout(500)
    replay.screenshot("relecture-selection")
    with page.expect_download(timeout=40_000) as waiting:
        page.keyboard.press("e")
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    expect(page.locator(".manifest")).to_contain_text("SHA-256", timeout=20_000)
    replay.screenshot("relecture-export")
    from_us = round(start.timestamp() * 1e6)
    to_us = from_us + 4_000_000
    _check_export(path, from_us, to_us)


def _check_export(path: Path, from_us: int, to_us: int) -> None:
    probe = [
        "ffprobe",
        "-v",
        "error",
        "-count_frames",
        "-show_entries",
        "stream=codec_type,nb_read_frames",
        "-of",
        "json",
    ]
    said = subprocess.run([*probe, str(path)], capture_output=True, text=True, check=True, timeout=60)
    assert said.stderr == ""
    (stream,) = json.loads(said.stdout)["streams"]
    first, last, count = first_and_last(path)
    assert stream["codec_type"] == "video"
    assert int(stream["nb_read_frames"]) == count
    # From the key picture at or before the start (a group lasts 2 s at most here) to the last picture before the end.
    assert from_us - 2_200_000 <= burnt_us(first) <= from_us + FRAME_US
    assert abs(burnt_us(last) - (to_us - FRAME_US)) <= FRAME_US + NODE_DELAY_US
