"""The offline reader opens a pack as it is really made, and checks every byte of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from beffroi.evidence.packs.reader import PAGE

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
CHROMIUM = Path("/usr/bin/chromium")
T = TypeVar("T")


def read(pack: Path, look: Callable[[Page], T]) -> T:
    """Opens the pack in its own reader, without network. In a thread: the browser's driver keeps a loop in its own."""

    def work() -> T:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_context(offline=True, locale="fr-FR").new_page()
            page.goto((pack / "lecteur/index.html").as_uri())
            page.locator("#folder").set_input_files(pack)
            expect(page.locator(".camera.on .pic")).to_have_attribute("data-state", "showing", timeout=30_000)
            return look(page)

    with ThreadPoolExecutor(1) as aside:
        return aside.submit(work).result()


@pytest.mark.skipif(not (PAGE.exists() and CHROMIUM.exists()), reason="needs the built reader and Chromium")
def test_a_pack_as_made_is_shown_and_matches_to_the_last_byte(pack: Path) -> None:
    def look(page: Page) -> tuple[str, str, str]:
        page.keyboard.press("v")
        expect(page.locator(".verdict")).to_contain_text("Tout le dossier a été lu", timeout=60_000)
        seal = page.locator(".camera.on .seal").inner_text()
        return page.locator(".verdict").inner_text(), page.locator(".slip .hash").inner_text(), seal

    verdict, digest, seal = read(pack, look)
    assert "il correspond au scellé" in verdict and seal == "vérifié"
    assert digest == json.loads((pack / "manifest.json").read_text())["originals_sha256"]
