"""The works of a phase: a task is added and closed, a measure fails and passes; the phase's check follows."""

from __future__ import annotations

from datetime import date

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.journeys.visitor import Visit

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
PHASE = "/programme/phases/px/"


def _wants(page: Page) -> Locator:
    return page.locator("section[aria-labelledby=h-want] li")


def _measure(page: Page, value: str, *, conforms: bool) -> None:
    form = page.locator("section[aria-labelledby=h-measure]")
    form.get_by_label("Contrôle").select_option("optical-loss")
    form.get_by_label("Mesuré", exact=True).fill(value)
    form.get_by_label("Conforme").set_checked(conforms)
    form.get_by_role("button", name="Inscrire").click()


def test_a_task_is_added_and_closed_and_a_measure_fails_and_passes(visit: Visit) -> None:
    visitor = visit("technique")
    page, today = visitor.page, date.today().isoformat()
    page.goto(visitor.town.url + PHASE)
    before = _wants(page).count()
    page.get_by_role("link", name="Ajouter une tâche").click()
    page.get_by_label("Lot").select_option(label="Mâts et énergie")
    page.get_by_label("Nature").select_option("power")
    page.get_by_label("Tâche", exact=True).fill("Voultre : essai du disjoncteur")
    page.get_by_label("Début prévu").fill(today)
    page.get_by_label("Fin prévue").fill("2020-01-01")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("alert")).to_contain_text("La fin prévue suit le début")
    expect(page.get_by_label("Tâche", exact=True)).to_have_value("Voultre : essai du disjoncteur")
    page.get_by_label("Fin prévue").fill(today)
    page.get_by_role("button", name="Enregistrer").click()
    expect(_wants(page)).to_have_count(before + 1)
    visitor.screenshot("travaux-phase")
    page.get_by_role("link", name="Voultre : essai du disjoncteur : finir la tâche.").click()
    page.get_by_label("Commencée le").fill(today)
    page.get_by_label("Finie le").fill(today)
    page.get_by_role("button", name="Inscrire", exact=True).click()
    expect(_wants(page)).to_have_count(before)
    page.locator("section[aria-labelledby=h-sheets]").get_by_role("link").first.click()
    _measure(page, "9 dB", conforms=True)
    expect(page.get_by_role("alert")).to_contain_text("Conforme entre 0 et 7,5 dB")
    _measure(page, "9 dB", conforms=False)
    failed = page.get_by_text("« affaiblissement optique » n'est pas conforme")
    expect(failed).to_be_visible()
    assert Axe().run(page, options=RULES).violations_count == 0
    _measure(page, "1,9 dB", conforms=True)
    expect(failed).to_have_count(0)
    visitor.screenshot("travaux-fiche")
    page.goto(visitor.town.url + PHASE)
    expect(_wants(page)).to_have_count(before)
    assert Axe().run(page, options=RULES).violations_count == 0
    assert all("400" in one for one in visitor.complaints)  # the two refusals
