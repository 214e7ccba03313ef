"""Watching: login, the post, the wall."""

from __future__ import annotations

import re
import time

import numpy as np
from playwright.sync_api import Page, expect

from tests.journeys.pictures import pixels
from tests.journeys.visitor import Visit

WALL_TILES = 16
WITHOUT_WEBCODECS = "delete window.VideoDecoder"


def _live_tiles(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all(
        ".pic[data-state=live]", "boxes => boxes.map(box => box.dataset.camera)"
    )
    return found


def _wait_live(page: Page, wanted: int, within_s: float = 20.0) -> None:
    until = time.monotonic() + within_s
    while len(_live_tiles(page)) < wanted:
        assert time.monotonic() < until, f"{len(_live_tiles(page))} of {wanted} pictures live"
        page.wait_for_timeout(200)


def _moving(page: Page, cameras: list[str]) -> list[str]:
    """Those whose picture is another one a moment later."""
    shown = {one: page.locator(f".pic[data-camera={one}] .surface > *") for one in cameras}
    before = {one: pixels(picture) for one, picture in shown.items()}
    page.wait_for_timeout(1500)
    return [one for one, picture in shown.items() if np.any(before[one] != pixels(picture))]


def test_an_operator_logs_in_gives_a_reason_and_sees_the_spot_move(visit: Visit) -> None:
    operator = visit("operateur")
    operator.open("/poste/")
    spot = operator.page.locator(".spot .pic")
    expect(spot).to_have_attribute("data-state", "live", timeout=15_000)
    expect(operator.page.locator(".spot .direct")).to_have_text("EN DIRECT")
    picture = operator.page.locator(".spot .surface > *")
    before = pixels(picture)
    operator.page.wait_for_timeout(1500)
    assert np.any(before != pixels(picture))
    operator.screenshot("poste")
    assert operator.complaints == []


def test_the_wall_shows_sixteen_cameras_and_they_move(visit: Visit) -> None:
    operator = visit("operateur")
    operator.open("/mur/")
    page = operator.page
    expect(page.locator(".wall-grid .tile")).to_have_count(WALL_TILES)
    states = {one["id"]: one["state"] for one in operator.get("/api/state")["cameras"]}
    shown = page.eval_on_selector_all(".wall-grid .pic", "boxes => boxes.map(box => box.dataset.camera)")
    recording = [one for one in shown if states[one] == "recording"]
    assert len(recording) >= WALL_TILES - 2
    _wait_live(page, len(recording))
    assert _moving(page, recording) == recording
    operator.screenshot("mur")
    assert operator.complaints == []


def test_a_browser_without_webcodecs_sees_the_wall_move_and_is_told_how_old_it_is(visit: Visit) -> None:
    operator = visit("operateur")
    operator.page.add_init_script(WITHOUT_WEBCODECS)
    operator.open("/mur/")
    page = operator.page
    page.get_by_role("button", name="4", exact=True).click()
    expect(page.locator(".wall-grid .pic[data-state=live]")).to_have_count(4, timeout=20_000)
    expect(page.locator(".wall-grid .surface > video")).to_have_count(4)
    shown = _live_tiles(page)
    assert _moving(page, shown) == shown
    expect(page.locator(".wall-grid .ok").first).to_contain_text(re.compile(r"EN DIRECT · REC · \d+,\d\d s"))
    operator.screenshot("mur-sans-webcodecs")
    assert operator.complaints == []


def test_a_browser_without_webcodecs_says_that_it_cannot_replay(visit: Visit) -> None:
    operator = visit("operateur")
    operator.page.add_init_script(WITHOUT_WEBCODECS)
    operator.open("/relecture/")
    expect(operator.page.locator(".main .none")).to_contain_text("Ce navigateur ne sait pas relire")
    operator.screenshot("relecture-sans-webcodecs")
    operator.open("/poste/")
    page = operator.page
    expect(page.locator(".spot .pic")).to_have_attribute("data-state", "live", timeout=15_000)
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".spot .none")).to_contain_text("Ce navigateur ne sait pas relire")


def test_a_camera_without_a_picture_says_so_in_words(visit: Visit) -> None:
    operator = visit("operateur")
    silent = [one for one in operator.get("/api/cameras")["cameras"] if one["state"] in ("silent", "refused")]
    assert silent, "the demo town has one dead camera"
    operator.open(f"/poste/?camera={silent[0]['id']}")
    expect(operator.page.locator(".spot .none b")).to_have_text("PAS D’IMAGE")
    expect(operator.page.locator(".trouble-panel")).to_contain_text(silent[0]["number"])
    operator.screenshot("poste-sans-image")


def test_the_keyboard_alone_goes_from_a_street_to_a_picture_and_back(visit: Visit) -> None:
    operator = visit("operateur")
    operator.open("/poste/")
    page = operator.page
    page.wait_for_selector(".spot h2")
    page.keyboard.press("/")
    page.keyboard.type("bonald")
    page.wait_for_selector("#search-list [role=option]")
    page.keyboard.press("Enter")
    expect(page.locator(".see .t")).to_contain_text("Bonald")
    chosen = page.locator(".spot h2").inner_text()
    page.keyboard.press("Digit1")
    expect(page.locator(".spot h2")).not_to_have_text(chosen)
    page.keyboard.press("?")
    expect(page.locator("dialog.help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.help")).to_have_count(0)


def test_no_picture_is_asked_for_before_a_reason_is_given(visit: Visit) -> None:
    operator = visit("operateur")
    sockets: list[str] = []
    operator.page.on("websocket", lambda socket: sockets.append(socket.url))
    operator.page.goto(f"{operator.town.url}/poste/")
    expect(operator.page.locator("dialog.reason")).to_be_visible()
    operator.page.wait_for_timeout(1000)
    assert sockets == []


def test_the_mayor_sees_no_picture(visit: Visit) -> None:
    mayor = visit("maire")
    answer = mayor.page.goto(f"{mayor.town.url}/poste/")
    assert answer is not None
    assert answer.status in (403, 404)
