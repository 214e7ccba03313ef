"""A pack's offline reader, opened from its folder in a browser without network.

Source: arrêté of 3 August 2007, art. 3: lossless play, fast, slow, reverse, frame by frame, freeze, save a picture
and a sequence, camera, date and time shown, search by camera, date and time.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import av
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Download, Locator, Page, expect

from tests.journeys.pictures import Rgb, burnt_us, pixels
from tests.journeys.sealed import FRAME_US, GAP_S, SECONDS, START_AT_US, US, SealedPack, sealed_pack
from tests.journeys.visitor import ARTEFACTS

PARIS = ZoneInfo("Europe/Paris")
HUNDREDTH_US = 10_000
NEVER_EXACT = 3.0
"""Mean difference of colours between two decoders of the same picture: their YUV to RGB is not one function."""


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> SealedPack:
    return sealed_pack(tmp_path_factory.mktemp("sealed"))


@pytest.fixture
def page(browser: Browser, sealed: SealedPack) -> Iterator[Page]:
    """The reader of the pack, opened from the disc; no request may leave, nothing may be complained about."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, accept_downloads=True, locale="fr-FR")
    context.set_offline(True)
    made = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    made.on("request", lambda request: asked.append(request.url))
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    made.goto((sealed.folder / "lecteur/index.html").as_uri())
    yield made
    context.close()
    assert [url for url in asked if not url.startswith(("file:", "blob:", "data:"))] == []
    assert len([url for url in asked if url.startswith("file:")]) == 1
    assert complaints == []


def opened(page: Page, folder: Path) -> Locator:
    """Picks the folder and waits for the first picture."""
    page.locator("#folder").set_input_files(folder)
    picture = page.locator(".camera.on .pic")
    expect(picture).to_have_attribute("data-state", "showing", timeout=8_000)
    return picture


def typed(page: Page, at_us: int) -> None:
    at = datetime.fromtimestamp(at_us / US, PARIS)
    page.keyboard.press("g")
    page.keyboard.type(at.strftime("%d/%m/%Y %H:%M:%S,") + str(at.microsecond // 100_000))
    page.keyboard.press("Enter")


def gone_to(page: Page, at_us: int) -> None:
    typed(page, at_us)
    expect(page.locator(".now")).to_have_attribute("data-at-us", str(at_us), timeout=15_000)
    expect(page.locator(".camera.on .pic")).to_have_attribute("data-state", "showing", timeout=15_000)


def shown_us(page: Page, camera: str = "c01") -> tuple[int, int]:
    """Instant of a picture as the reader says it, and as the camera burnt it."""
    figure = page.locator(f".camera[data-camera={camera}]")
    said = int(figure.locator(".pic").get_attribute("data-picture-at-us") or 0)
    return said, burnt_us(pixels(figure.locator("canvas")))


def screenshot(page: Page, name: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"lecteur-{name}.png")


def saved(download: Download, folder: Path) -> Path:
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


def decoded(path: Path) -> list[Rgb]:
    """Every picture, by FFmpeg. Where a stream names no colour matrix, browsers take BT.709."""
    with av.open(path) as container:
        frames = [frame.reformat(format="rgb24", src_colorspace="ITU709") for frame in container.decode(video=0)]
    return [np.asarray(frame.to_ndarray(), np.uint8) for frame in frames]


def test_a_typed_instant_shows_its_picture_with_camera_place_and_both_times(page: Page, sealed: SealedPack) -> None:
    screenshot(page, "accueil")
    opened(page, sealed.folder)
    for after_us in (3_400_000, 9_900_000, 200_000):
        gone_to(page, START_AT_US + after_us)
        said, burnt = shown_us(page)
        assert START_AT_US + after_us - said < FRAME_US and abs(burnt - said) < HUNDREDTH_US
    caption = page.locator(".camera figcaption")
    for words in ("C01", "Place du Mandarous → bd de Bonald", "Millau, place du Mandarous", "vérifié"):
        expect(caption).to_contain_text(words)
    expect(caption).to_contain_text("dimanche 25 octobre 2026, 02 h 59 min 40,2 (UTC+2)")
    expect(caption).to_contain_text("00:59:40,2 UTC")
    expect(page.locator(".replay-tag")).to_have_text("RELECTURE D’UN SCELLÉ")
    expect(page.locator(".topbar")).to_contain_text("HORS LIGNE")
    screenshot(page, "image")


def test_octobers_second_two_oclock_is_asked_and_said(page: Page, sealed: SealedPack) -> None:
    opened(page, sealed.folder)
    second_us = START_AT_US + 25 * US
    page.keyboard.press("g")
    page.keyboard.type("25/10/2026 02:00:05")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_contain_text("deux fois")
    page.locator("dialog .acts button").nth(1).click()
    expect(page.locator(".now")).to_have_attribute("data-at-us", str(second_us))
    expect(page.locator(".now")).to_contain_text("heure d’hiver, 2e fois")
    expect(page.locator(".camera.on .pic")).to_have_attribute("data-state", "showing")
    said, burnt = shown_us(page)
    assert said == second_us and abs(burnt - said) < HUNDREDTH_US


def test_frame_by_frame_moves_one_picture_both_ways_with_and_without_b_frames(page: Page, sealed: SealedPack) -> None:
    opened(page, sealed.folder)
    for camera, press in (("c01", ""), ("c02", "n")):
        if press:
            page.keyboard.press(press)
            expect(page.locator(f".camera.on[data-camera={camera}] .pic")).to_have_attribute("data-state", "showing")
        gone_to(page, START_AT_US + 8 * US + 800_000)
        instants = [shown_us(page, camera)[0]]
        for key in (".", ".", ".", ",", ",", ",", ",", ","):
            page.keyboard.press(key)
            picture = page.locator(".camera.on .pic")
            expect(picture).not_to_have_attribute("data-picture-at-us", str(instants[-1]))
            expect(picture).to_have_attribute("data-state", "showing")
            said, burnt = shown_us(page, camera)
            assert abs(burnt - said) < HUNDREDTH_US
            instants.append(said)
        assert [round((b - a) / FRAME_US) for a, b in pairwise(instants)] == [1, 1, 1, -1, -1, -1, -1, -1]


def moved_us(page: Page, for_ms: int) -> int:
    """How far the picture went while playing, then frozen."""
    before, _ = shown_us(page)
    page.keyboard.press(" ")
    page.wait_for_timeout(for_ms)
    page.keyboard.press(" ")
    expect(page.locator(".play")).to_contain_text("Lecture")
    page.wait_for_timeout(200)
    said, burnt = shown_us(page)
    assert abs(burnt - said) < HUNDREDTH_US, "the frozen picture is that of the instant said"
    return said - before


@pytest.mark.parametrize("speed", ["⅛×", "1×", "4×", "16×"])
def test_it_plays_slow_fast_and_backward_and_freezes(page: Page, sealed: SealedPack, speed: str) -> None:
    opened(page, sealed.folder)
    page.locator(".seg .btn", has_text=re.compile(f"^{speed}$")).click()
    gone_to(page, START_AT_US + 1 * US)
    forward = moved_us(page, 900)
    assert forward > 0
    page.keyboard.press("r")
    gone_to(page, START_AT_US + 14 * US)
    backward = moved_us(page, 900)
    assert backward < 0
    if speed == "⅛×":
        assert forward <= 500_000 and backward >= -500_000
    if speed == "16×":
        assert forward > 2 * US


def test_a_saved_picture_is_the_decoded_frame_and_its_name_says_camera_and_utc(
    page: Page, sealed: SealedPack, tmp_path: Path
) -> None:
    opened(page, sealed.folder)
    at_us = START_AT_US + 7 * US + 300_000
    gone_to(page, at_us)
    with page.expect_download() as waiting:
        page.keyboard.press("i")
    path = saved(waiting.value, tmp_path)
    assert path.name == f"C01-{datetime.fromtimestamp(at_us / US, UTC):%Y%m%dT%H%M%S}.300Z.png"
    picture = np.asarray(Image.open(path).convert("RGB"))
    assert abs(burnt_us(picture) - at_us) < HUNDREDTH_US
    assert np.array_equal(picture, pixels(page.locator(".camera canvas"))), "what is saved is what is shown"
    frame = decoded(sealed.folder / sealed.originals("c01")[0]["path"])[73]
    assert np.abs(picture.astype(int) - frame.astype(int)).mean() < NEVER_EXACT


def test_a_saved_sequence_holds_the_original_fragments_and_plays(
    page: Page, sealed: SealedPack, tmp_path: Path
) -> None:
    opened(page, sealed.folder)
    from_us, to_us = START_AT_US + 4_500_000, START_AT_US + 7_200_000
    gone_to(page, from_us)
    page.keyboard.press("[")
    gone_to(page, to_us)
    page.keyboard.press("]")
    with page.expect_download() as waiting:
        page.keyboard.press("e")
    path = saved(waiting.value, tmp_path)
    original = sealed.originals("c01")[0]
    content = (sealed.folder / original["path"]).read_bytes()
    chosen = original["fragments"][4:8]
    wanted = b"".join(content[one["offset"] : one["offset"] + one["bytes"]] for one in chosen)
    assert path.read_bytes() == content[: original["head_bytes"]] + wanted
    assert path.name.startswith("C01-20261025T005944Z")
    if shutil.which("ffprobe"):
        command = ["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "json"]
        said = subprocess.run([*command, path], capture_output=True, text=True, check=True, timeout=60)
        assert said.stderr == "" and json.loads(said.stdout)["streams"][0]["nb_read_frames"] == "40"
    assert burnt_us(decoded(path)[0]) == START_AT_US + 4 * US
    screenshot(page, "selection")


def test_a_gap_is_said_with_its_cause_and_can_be_passed(page: Page, sealed: SealedPack) -> None:
    opened(page, sealed.folder)
    page.keyboard.press("g")
    typed_at = datetime.fromtimestamp(START_AT_US / US + GAP_S[0] + 2, PARIS)
    page.keyboard.type(typed_at.strftime("%d/%m/%Y %H:%M:%S"))
    page.keyboard.press("Enter")
    expect(page.locator(".none b")).to_have_text("TROU 6 s")
    expect(page.locator(".none")).to_contain_text("la caméra n’envoie plus rien")
    expect(page.locator(".marks")).to_contain_text("6 s")
    screenshot(page, "trou")
    page.keyboard.press("s")
    expect(page.locator(".now")).to_have_attribute("data-at-us", str(START_AT_US + GAP_S[1] * US))
    expect(page.locator(".camera.on .pic")).to_have_attribute("data-state", "showing")


def test_two_cameras_follow_one_clock(page: Page, sealed: SealedPack) -> None:
    opened(page, sealed.folder)
    page.keyboard.press("2")
    expect(page.locator(".camera")).to_have_count(2)
    gone_to(page, START_AT_US + 5 * US)
    page.keyboard.press(" ")
    page.wait_for_timeout(1500)
    page.keyboard.press(" ")
    page.wait_for_timeout(200)
    (first, burnt_first), (second, burnt_second) = shown_us(page, "c01"), shown_us(page, "c02")
    assert abs(first - second) <= 2 * FRAME_US and first > START_AT_US + 5 * US
    assert abs(burnt_first - first) < HUNDREDTH_US and abs(burnt_second - second) < HUNDREDTH_US
    screenshot(page, "deux-cameras")


def test_a_codec_it_cannot_decode_is_said_with_camera_and_what_to_do(page: Page, sealed: SealedPack) -> None:
    opened(page, sealed.folder)
    codec = sealed.originals("c03")[0]["mime_codec"]
    can = page.evaluate("codec => VideoDecoder.isConfigSupported({codec}).then(said => said.supported)", codec)
    if can:
        pytest.skip("this browser decodes H.265")
    page.locator("#camera-filter").fill("passage beffroi")
    page.locator("#camera-list button").first.click()
    words = page.locator(".camera[data-camera=c03] .none")
    for said in ("H.265 (HEVC)", "C03", codec, "VLC", "original/C03-20261025T005940Z.mp4"):
        expect(words).to_contain_text(said)
    screenshot(page, "non-decodable")


def test_the_whole_pack_is_checked_and_gives_the_digest_of_the_slip(page: Page, sealed: SealedPack) -> None:
    opened(page, sealed.folder)
    page.keyboard.press("v")
    expect(page.locator(".verdict")).to_contain_text("Tout le dossier a été lu : il correspond", timeout=30_000)
    expect(page.locator(".slip")).to_contain_text(sealed.manifest["originals_sha256"])


def test_a_flipped_byte_is_told_while_it_plays_with_its_place(page: Page, sealed: SealedPack, tmp_path: Path) -> None:
    shutil.copytree(sealed.folder, tmp_path / "pack")
    original = sealed.originals("c01")[0]
    fragment = original["fragments"][12]
    path = tmp_path / "pack" / original["path"]
    content = bytearray(path.read_bytes())
    content[fragment["offset"] + fragment["bytes"] - 5] ^= 1
    path.write_bytes(content)
    opened(page, tmp_path / "pack")
    expect(page.locator(".verdict")).to_contain_text("Tout ce qui a été lu correspond")
    typed(page, START_AT_US + 12 * US + 500_000)
    expect(page.locator(".verdict")).to_contain_text("ne correspond pas", timeout=15_000)
    told = re.sub(r"(?<=\d)\s(?=\d)", "", page.locator(".damages li").first.inner_text())
    first, last = fragment["offset"] + fragment["boxes"], fragment["offset"] + fragment["bytes"] - 1
    assert original["path"] in told and f"octets {first} à {last}" in told
    expect(page.locator(".camera.on .seal")).to_have_text("ne correspond pas")
    screenshot(page, "ne-correspond-pas")


def test_what_is_no_pack_is_refused_in_words_in_both_languages(page: Page, tmp_path: Path) -> None:
    (tmp_path / "vide").mkdir()
    (tmp_path / "vide/photo.jpg").write_bytes(b"x")
    page.locator("#folder").set_input_files(tmp_path / "vide")
    expect(page.locator("[role=alert]")).to_contain_text("aucun manifest.json")
    page.locator(".language").click()
    expect(page.locator("[role=alert]")).to_contain_text("no manifest.json")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_it_is_driven_by_keys_alone_and_no_rule_of_access_is_broken(page: Page, sealed: SealedPack) -> None:
    assert _broken(page) == []
    with page.expect_file_chooser() as waiting:
        for _ in range(6):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "folder":
                page.keyboard.press("Enter")
                break
    waiting.value.set_files(sealed.folder)
    expect(page.locator(".camera.on .pic")).to_have_attribute("data-state", "showing", timeout=8_000)
    assert _broken(page) == []
    page.keyboard.press("m")
    page.keyboard.type("capelle")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".camera.on")).to_have_attribute("data-camera", "c02")
    page.keyboard.press("?")
    expect(page.locator("dialog.help")).to_contain_text("enregistrer l’image")


def _broken(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found]


def test_the_page_lets_nothing_in(sealed: SealedPack) -> None:
    text = (sealed.folder / "lecteur/index.html").read_text()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy and "connect-src 'none'" in policy[1] and "unsafe" not in policy[1]
    outside = re.findall(r"""(?:src|href)=["'][^"']+|url\((?!data:)[^)]+\)|https?://[^\s"'`)]+""", text)
    assert [one for one in outside if not one.startswith("http://www.w3.org/")] == []


def test_the_typed_hour_after_the_pack_is_refused(page: Page, sealed: SealedPack) -> None:
    opened(page, sealed.folder)
    typed(page, START_AT_US + round(timedelta(days=2).total_seconds() + SECONDS) * US)
    expect(page.locator("#goto-error")).to_contain_text("après la fin de ce scellé")
