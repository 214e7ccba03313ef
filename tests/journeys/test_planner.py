"""The plan editor: a camera is turned and its shares change, undone they come back; a scenario is kept and compared."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.journeys.visitor import Visit, Visitor

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}


@pytest.fixture
def technical(visit: Visit) -> Visitor:
    """The technical services, before the plan with its first camera chosen."""
    visitor = visit("technique")
    visitor.page.goto(f"{visitor.town.url}/programme/plan/")
    visitor.page.get_by_role("button", name=re.compile(r"^c03\b")).click()
    expect(visitor.page.locator(".chosen-panel h2")).to_have_text("c03")
    expect(visitor.page.locator(".preview svg")).to_be_visible()
    return visitor


def _share(page: Page) -> Locator:
    """Street of the Mandarous seen at the level shown."""
    return page.locator('.shares tr[data-zone="z01"] td').nth(1)


MIDDLE = """selector => {
  const box = document.querySelector(selector).getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}"""
"""In one breath: the map draws its handles anew at each answer."""


def _drag(page: Page, handle: str, by: tuple[float, float]) -> None:
    x, y = page.evaluate(MIDDLE, handle)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(x + by[0] * step / 10, y + by[1] * step / 10)
    page.mouse.up()


def test_a_camera_is_turned_undone_kept_and_compared(technical: Visitor) -> None:
    page = technical.page
    expect(_share(page)).not_to_have_text(re.compile("^(0,0|–)"))  # every camera has answered
    before = _share(page).inner_text()
    bearing = page.get_by_label("Cap")
    turned_from = bearing.input_value()
    _drag(page, '.handle[data-handle="turn"]', (-150, 90))
    expect(bearing).not_to_have_value(turned_from)
    expect(_share(page)).not_to_have_text(before)
    technical.screenshot("plan-tourne")
    page.get_by_role("button", name="Annuler").click()
    expect(bearing).to_have_value(turned_from)
    expect(_share(page)).to_have_text(before)
    page.get_by_role("button", name="Rétablir").click()
    page.get_by_label("Nom du scénario").fill("Mandarous vers l'ouest")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator(".said")).to_contain_text("est enregistré, version 1")
    page.get_by_label("Comparer avec").select_option("ville")
    expect(page.locator(".two-maps svg[role=img]")).to_have_count(2)
    expect(page.locator('.shares tr[data-zone="z01"] td').last).to_have_text(re.compile(r"^[+-]\d"))
    technical.screenshot("plan-compare")
    page.goto(f"{technical.town.url}/programme/couverture/")
    page.get_by_role("link", name="Mandarous vers l'ouest").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Couverture des zones")
    assert not technical.complaints


def test_the_keyboard_alone_adds_turns_moves_and_removes_a_camera(technical: Visitor) -> None:
    page = technical.page
    page.locator("summary", has_text="Ajouter une caméra").press("Enter")
    page.get_by_role("button", name="La poser au centre de la carte").press("Enter")
    expect(page.locator(".chosen-panel h2")).to_have_text("nouvelle-1")
    page.get_by_label("Cap").press("ArrowUp")
    expect(page.get_by_label("Cap")).to_have_value("1")
    place = page.get_by_label("Latitude, longitude")
    was = place.input_value()
    page.get_by_role("button", name="Déplacer de 1 m, nord").press("Enter")
    expect(place).not_to_have_value(was)
    place.fill("3.0777, 44.1001")
    page.get_by_role("button", name="Les remettre dans l’ordre").press("Enter")
    expect(place).to_have_value("44.1001, 3.0777")
    page.get_by_role("button", name="Retirer").press("Enter")
    expect(page.get_by_role("button", name=re.compile("nouvelle-1"))).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name=re.compile("nouvelle-1"))).to_have_count(1)


def test_a_ptz_gets_presets_whose_shares_stay_below_the_whole_and_the_night_is_told(technical: Visitor) -> None:
    page = technical.page
    page.get_by_role("button", name=re.compile(r"^c01\b")).click()
    page.get_by_role("button", name="Ajouter la visée présente").click()
    page.get_by_role("button", name="Ajouter la visée présente").press("Enter")
    page.get_by_label("Cap").fill("300")
    page.get_by_label("Part du temps").fill("40")
    expect(page.locator("#preset-share-said")).to_contain_text("il reste 0,0")
    page.get_by_role("button", name="Répartir le temps également").click()
    expect(page.get_by_label("Part du temps")).to_have_value("50")
    expect(page.locator(".plan-map .band.aside")).not_to_have_count(0)
    page.get_by_label("Portée de nuit").fill("30")
    page.get_by_role("button", name="De nuit").click()
    expect(page.locator(".chosen-panel .sees tbody tr").first).to_be_visible()
    expect(page.locator(".chosen-panel dl dt", has_text="Masques")).to_be_visible()
    technical.screenshot("plan-positions-de-nuit")
    assert not technical.complaints


def test_a_zone_is_drawn_with_clicks_and_one_that_crosses_itself_is_refused(technical: Visitor) -> None:
    page = technical.page
    box = page.locator(".plan-map svg").first.bounding_box()
    assert box is not None
    x, y = box["x"] + 60, box["y"] + 120

    def draw(*corners: tuple[int, int]) -> None:
        page.get_by_role("button", name="Dessiner une zone").click()
        for right, down in corners:
            page.mouse.click(x + right, y + down)
        page.get_by_role("button", name="Terminer la zone").click()

    draw((0, 0), (200, 150), (200, 0), (0, 150))
    expect(page.locator(".said")).to_contain_text("se croisent")
    page.keyboard.press("Escape")
    draw((0, 0), (200, 0), (200, 150), (0, 150))
    expect(page.locator('.shares tr[data-zone="dessin-1"]')).to_be_visible()
    technical.screenshot("plan-zone")


def test_the_editor_and_its_table_hide_nothing_from_a_screen_reader(technical: Visitor) -> None:
    page = technical.page
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    page.goto(f"{technical.town.url}/programme/couverture/")
    assert Axe().run(page, options=RULES).violations_count == 0
