"""Looking back: the typed instant, stepping, what is missing, export."""

from __future__ import annotations

import json
import re
import subprocess
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.lawful import requisition_that_may_go
from tests.journeys.pictures import burnt_us, first_and_last, pixels, png
from tests.journeys.visitor import Visit, Visitor

PARIS = ZoneInfo("Europe/Paris")
FRAME_US = 1_000_000 // 12
NODE_DELAY_US = 60_000
"""Receipt at the node is later than the burnt-in clock by the way there; never by as much as a frame."""
SETTLED = re.compile("showing|empty")
HELD_S = 22
"""How much footage must be there before going back into it."""


def _is_plain(camera: Any) -> bool:
    """Recording, fixed, H.264, with a clock that is right: what its picture says can be compared."""
    is_h264 = camera["streams"][0]["codec"].startswith(("h264", "avc1"))
    is_right = abs(camera["clock_offset_ms"] or 0) < 1000
    return bool(camera["state"] == "recording" and camera["kind"] == "fixed" and is_h264 and is_right)


def _recorded(chief: Visitor) -> str:
    """A fixed H.264 camera that has recorded for a while."""
    chosen = next(one for one in chief.get("/api/cameras")["cameras"] if _is_plain(one))
    recorded_s = time.time() - chosen["since_at_us"] / 1e6
    chief.page.wait_for_timeout(max(0.0, HELD_S - recorded_s) * 1000)
    return str(chosen["id"])


def _before(chief: Visitor, camera: str, reason: str, reference: str = "") -> Visitor:
    chief.open(f"/relecture/?camera={camera}", reason=reason, reference=reference)
    expect(chief.page.locator(".main .pic")).to_have_attribute("data-state", SETTLED, timeout=20_000)
    return chief


@pytest.fixture
def replay(visit: Visit) -> Visitor:
    """The chief, before a camera, searching after the facts."""
    chief = visit("cheffe")
    return _before(chief, _recorded(chief), "flagrancy")


@pytest.fixture
def requested(visit: Visit) -> Visitor:
    """The chief, before a camera, under a requisition that an operator treated and the chief validated."""
    chief = visit("cheffe")
    camera = _recorded(chief)
    number = requisition_that_may_go(visit("operateur"), chief, camera)
    return _before(chief, camera, "requisition", number)


def _ago(seconds: float) -> datetime:
    """An instant that the console's field can hold: tenths of a second."""
    at = datetime.now(UTC) - timedelta(seconds=seconds)
    return at.replace(microsecond=at.microsecond // 100_000 * 100_000)


def _us(at: datetime) -> int:
    return round(at.timestamp() * 1e6)


def _type_instant(page: Page, at: datetime) -> None:
    page.keyboard.press("g")
    page.keyboard.type(at.astimezone(PARIS).strftime("%d/%m/%Y %H:%M:%S,") + str(at.microsecond // 100_000))
    page.keyboard.press("Enter")


def _go_to(page: Page, at: datetime) -> None:
    """Types an instant and waits until the console says that its picture is there."""
    _type_instant(page, at)
    _wait_for_instant(page, _us(at))


def _wait_for_instant(page: Page, at_us: int) -> None:
    expect(page.locator(".now")).to_have_attribute("data-at-us", str(at_us), timeout=15_000)
    expect(page.locator(".main .pic")).to_have_attribute("data-state", "showing", timeout=15_000)


def _shown_us(page: Page) -> tuple[int, int]:
    """Instant of the picture as the console says it, and as the camera burnt it."""
    said = int(page.locator(".main .pic").get_attribute("data-picture-at-us") or 0)
    return said, burnt_us(pixels(page.locator(".main canvas")))


def test_a_typed_instant_shows_the_picture_of_that_instant(replay: Visitor) -> None:
    page = replay.page
    for back_s in (6, 9.5):
        wanted = _ago(back_s)
        _go_to(page, wanted)
        said, burnt = _shown_us(page)
        assert 0 <= _us(wanted) - said <= FRAME_US + 20_000
        assert abs(_us(wanted) - burnt) <= FRAME_US + NODE_DELAY_US
    expect(page.locator(".replay-tag")).to_have_text("RELECTURE")
    replay.screenshot("relecture")
    assert replay.complaints == []


WATCH_SCREEN = """() => {
  window.screens = [];
  const picture = document.querySelector(".main .pic"), canvas = picture.querySelector("canvas");
  const see = () => window.screens.push({
    picture_us: Number(picture.dataset.pictureAtUs), state: picture.dataset.state,
    told_us: Number(document.querySelector(".now").dataset.atUs), image: canvas.toDataURL("image/png"),
  });
  for (const name of ["drawImage", "putImageData"]) {
    const draw = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...given) {
      draw.apply(this, given);
      if (this.canvas === canvas) requestAnimationFrame(see);
    };
  }
}"""
"""Notes what is on the screen after each drawing of the picture: the picture and every instant said of it."""

SCREENS = """() => new Promise((resolve) =>
  requestAnimationFrame(() => requestAnimationFrame(() => resolve(window.screens))))"""
"""What was noted, the last drawing too: it is noted one refresh of the screen after it."""


def test_on_the_way_to_an_instant_each_picture_says_its_own(replay: Visitor) -> None:
    page = replay.page
    page.evaluate(WATCH_SCREEN)
    wanted_us = []
    for back_s in (20, 6.3, 8.9, 7.6, 10.2):
        wanted_us.append(_us(at := _ago(back_s)))
        _go_to(page, at)
    screens = page.evaluate(SCREENS)
    for screen in screens:
        assert -20_000 <= screen["picture_us"] - burnt_us(png(screen["image"])) <= NODE_DELAY_US
        assert screen["told_us"] in ([screen["picture_us"]] if screen["state"] == "loading" else wanted_us)
    on_the_way = [screen for screen in screens if screen["state"] == "loading"]
    assert on_the_way and {screen["told_us"] for screen in screens if screen["state"] != "loading"} == set(wanted_us)


def test_stepping_moves_one_picture_at_a_time_both_ways(replay: Visitor) -> None:
    page = replay.page
    _go_to(page, _ago(7))
    said, burnt = _shown_us(page)
    instants = [burnt]
    for key in (".", ".", ".", ",", ",", ",", ","):
        page.keyboard.press(key)
        expect(page.locator(".main .pic")).not_to_have_attribute("data-picture-at-us", str(said))
        expect(page.locator(".main .pic")).to_have_attribute("data-state", "showing")
        said, burnt = _shown_us(page)
        instants.append(burnt)
    steps = [round((after - before) / FRAME_US) for before, after in pairwise(instants)]
    assert steps == [1, 1, 1, -1, -1, -1, -1]


def test_time_before_any_footage_is_said_not_shown(replay: Visitor) -> None:
    page = replay.page
    _type_instant(page, _ago(12 * 86_400))
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


def test_what_no_requisition_asks_for_is_locked_and_does_not_leave(replay: Visitor) -> None:
    page = replay.page
    start = _ago(9)
    _go_to(page, start)
    page.keyboard.press("[")
    page.keyboard.press("ArrowUp")
    _wait_for_instant(page, _us(start) + 1_000_000)
    page.keyboard.press("]")
    page.keyboard.press("x")
    expect(page.locator(".facts [role=alert]")).to_contain_text("réquisition")
    expect(page.locator(".facts [role=status]").first).to_contain_text("Verrouillé")
    expect(page.locator("dialog.reason")).to_have_count(0)
    replay.screenshot("relecture-sans-requisition")


def test_an_exported_span_plays_with_its_first_and_last_pictures(requested: Visitor, tmp_path: Path) -> None:
    replay, page = requested, requested.page
    start = _ago(10)
    from_us = _us(start)
    to_us = from_us + 4_000_000
    _go_to(page, start)
    page.keyboard.press("[")
    for _ in range(4):
        page.keyboard.press("ArrowUp")
    _wait_for_instant(page, to_us)
    page.keyboard.press("]")
    expect(page.locator(".export")).to_be_enabled()
    replay.screenshot("relecture-selection")
    with page.expect_download(timeout=40_000) as waiting:
        page.keyboard.press("x")
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    expect(page.locator(".manifest")).to_contain_text("SHA-256", timeout=20_000)
    replay.screenshot("relecture-export")
    _check_export(path, from_us, to_us)


def test_one_key_locks_and_the_lock_is_drawn_with_its_end_then_an_extraction_is_asked_for(replay: Visitor) -> None:
    page = replay.page
    start = _ago(9)
    _go_to(page, start)
    page.keyboard.press("[")
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    _wait_for_instant(page, _us(start) + 3_000_000)
    page.keyboard.press("]")
    page.keyboard.press("v")
    expect(page.locator(".facts [role=status]").first).to_contain_text("Verrouillé")
    expect(page.locator(".kv .held").first).to_contain_text("fin automatique")
    camera = page.locator(".row.on .num").inner_text()
    chosen = next(one for one in replay.get("/api/cameras")["cameras"] if one["number"] == camera)
    asked = f"camera={chosen['id']}&from_at_us={_us(start)}&to_at_us={_us(start) + 1}"
    held = [(one["from_at_us"], one["to_at_us"]) for one in replay.get(f"/api/holds?{asked}")["holds"]]
    assert held.count((_us(start), _us(start) + 3_000_000)) == 1
    replay.screenshot("relecture-verrou")
    page.keyboard.press("e")
    page.wait_for_url("**/requisitions/appel/**")
    expect(page.locator("[name=from_hour]")).to_have_value(start.astimezone(PARIS).strftime("%H:%M"))
    expect(page.locator(f"[name=cameras][value={chosen['id']}]")).to_be_checked()
    replay.screenshot("extraction-demandee")


def test_an_export_asks_for_the_second_factor_in_words_and_goes_on_once_it_is_given(requested: Visitor) -> None:
    replay, page = requested, requested.page
    start = _ago(9)
    _go_to(page, start)
    page.keyboard.press("[")
    page.keyboard.press("ArrowUp")
    _wait_for_instant(page, _us(start) + 1_000_000)
    page.keyboard.press("]")
    said = {"kind": "not-authenticated", "message": "Again.", "message_fr": "Encore.", "field": "second_factor"}
    page.route("**/api/grants", lambda route: route.fulfill(status=401, json={"error": said}), times=1)
    page.keyboard.press("x")
    expect(page.locator("dialog.factor")).to_contain_text("second facteur")
    replay.screenshot("relecture-facteur")
    with page.expect_download(timeout=40_000):
        page.locator("dialog.factor .first").click()
    expect(page.locator("dialog.factor")).to_have_count(0)


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
