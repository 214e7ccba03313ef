"""Seeks typed into the console's replay page, in headless Chromium with software decoding.

The clock starts with the Enter key. It stops first at the first animation frame after a picture of the instant's group
is on the canvas (the key picture, with its own instant), then after the picture of exactly that instant: the grant,
the view's fact, the footage, and every picture since the key picture decoded.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from playwright.sync_api import Page, sync_playwright

from bench.children import MeasureFailed
from bench.live import CARRY, CHROMIUM, FLAGS
from bench.seek import INSIDE, OPENING
from bench.web import BenchWeb

INSTANTS_S = (7, 23, 39)
"""Of each file one instant that opens a view, then two further on: never two in what the console asks at once."""
_LOADED_MS = 30_000
_GROUP_US = 2_100_000
_SEEK = """([text, wantedUs, groupUs]) => new Promise((resolve) => {
  const picture = document.querySelector(".pic"), field = document.getElementById("goto");
  field.focus();
  field.value = text;
  let firstMs = null;
  const waited = () => performance.now() - begunMs;
  const look = () => {
    const aheadUs = wantedUs - Number(picture.dataset.pictureAtUs);
    if (firstMs === null && aheadUs >= 0 && aheadUs < groupUs) {
      firstMs = 0;
      requestAnimationFrame(() => (firstMs = waited()));
    }
    if (picture.dataset.state !== "showing" || Math.abs(aheadUs) > 100_000) return;
    watch.disconnect();
    requestAnimationFrame(() => resolve([firstMs, waited()]));
  };
  const watch = new MutationObserver(look);
  watch.observe(picture, { attributes: true });
  setTimeout(() => resolve(null), 10_000);
  const begunMs = performance.now();
  field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
})"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Milliseconds from the Enter key to a picture of the instant's group, and to the instant's own."""

    first_ms: float
    exact_ms: float


class Place(Protocol):
    """A file that exists."""

    @property
    def camera(self) -> str: ...
    @property
    def start_at_us(self) -> int: ...


def seeks(web: BenchWeb, places: Sequence[Place], cameras: int) -> dict[str, list[Shown]]:
    """Each seek; one page a camera."""
    chance = random.Random(11)
    by_camera: dict[str, list[int]] = defaultdict(list)
    for place in places:
        by_camera[place.camera].append(place.start_at_us)
    waits: dict[str, list[Shown]] = {OPENING: [], INSIDE: []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for camera in sorted(by_camera)[:cameras]:
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            page.add_init_script(CARRY)
            starts = by_camera[camera]
            page.goto(f"{web.origin}/relecture/?camera={camera}&at={_iso(starts[0] + 50_000_000)}")
            page.wait_for_selector('.pic[data-state="showing"]', timeout=_LOADED_MS)
            for start_at_us in starts[1:]:
                for number, second in enumerate(INSTANTS_S):
                    at_us = start_at_us + second * 1_000_000 + chance.randrange(40) * 100_000
                    waits[INSIDE if number else OPENING].append(_seek(page, at_us))
            page.close()
        browser.close()
    return waits


def _seek(page: Page, at_us: int) -> Shown:
    at = datetime.fromtimestamp(at_us / 1e6, UTC)
    wait = page.evaluate(_SEEK, [f"{at:%d/%m/%Y %H:%M:%S}.{at.microsecond // 100_000}", at_us, _GROUP_US])
    if wait is None:
        state = page.get_attribute(".pic", "data-state")
        raise MeasureFailed(f"10 s and no picture of {at}: {state} {page.inner_text('body')[:300]}")
    return Shown(first_ms=wait[0], exact_ms=wait[1])


def _iso(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"
