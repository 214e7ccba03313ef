"""Masks: the demo's camera that masks itself, the one that is withheld, and a mask drawn over a picture."""

from __future__ import annotations

import time

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.journeys.visitor import Visit

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
PROVED, WITHHELD = "c14", "c23"
LOOKED_AT_WITHIN_S = 120.0
"""Of a fresh town: its first looks come while everything else starts."""


def test_the_camera_whose_masks_fail_is_withheld_and_says_what_to_do(visit: Visit) -> None:
    technician = visit("technique")
    page = technician.page
    until_s = time.monotonic() + LOOKED_AT_WITHIN_S
    while time.monotonic() < until_s:
        page.goto(f"{technician.town.url}/cameras/{WITHHELD}/masques/")
        if page.locator(".notice.bad").count():
            break
        page.wait_for_timeout(1000)
    expect(page.locator(".notice.bad")).to_contain_text("ni montrée ni enregistrée")
    expect(page.locator("table").first).to_contain_text("échec")
    technician.screenshot("masques-retenue")
    page.goto(f"{technician.town.url}/cameras/{WITHHELD}/")
    expect(page.locator(".notice.bad")).to_contain_text("node.mask_slots")


def test_masks_are_drawn_by_mouse_and_keys_and_the_list_follows(visit: Visit) -> None:
    admin = visit("admin")
    page = admin.page
    page.goto(f"{admin.town.url}/cameras/{PROVED}/masques/")
    field = page.locator("#polygons")
    before = field.input_value()
    box = page.locator(".stage svg").bounding_box()
    assert box is not None
    for x, y in ((0.5, 0.6), (0.7, 0.6), (0.7, 0.8), (0.5, 0.6)):
        page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    drawn = field.input_value().split("\n")
    assert drawn[:-1] == before.split("\n") and len(drawn[-1].split()) == 3
    page.locator(".corner").last.focus()
    page.keyboard.press("Shift+ArrowRight")
    assert field.input_value().split("\n")[-1] != drawn[-1]
    results = Axe().run(page, options=RULES)
    assert results.violations_count == 0, results.generate_report()
    admin.screenshot("masques-dessin")
    assert not admin.complaints
