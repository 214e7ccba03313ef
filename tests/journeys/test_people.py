"""People: a suspended habilitation stops the pictures; a passkey signs in; pages say why there is no picture."""

from __future__ import annotations

import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.journeys.visitor import Visit, Visitor

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
ENDS_WITHIN_S = 5.0


def _habilitation(admin: Visitor, name: str) -> None:
    """To the page of the agent so named."""
    admin.page.goto(f"{admin.town.url}/agents/")
    admin.page.get_by_role("link", name=name, exact=True).click()


def _act(page: Page, link: str) -> None:
    """Suspends, or restores, by an act."""
    page.get_by_role("link", name=link).first.click()
    page.fill("input[name=number]", "FICTIF-ESSAI")
    page.get_by_role("button", name="Enregistrer").click()


def test_suspending_a_habilitation_ends_the_pictures_within_five_seconds(visit: Visit) -> None:
    operator, admin = visit("operatrice"), visit("admin")
    operator.open("/poste/")
    spot = operator.page.locator(".spot .pic")
    expect(spot).to_have_attribute("data-state", "live", timeout=20_000)
    _habilitation(admin, "Opératrice 2")
    try:
        _act(admin.page, "Suspendre")
        suspended_s = time.monotonic()
        expect(spot).not_to_have_attribute("data-state", "live", timeout=ENDS_WITHIN_S * 1000)
        assert time.monotonic() - suspended_s < ENDS_WITHIN_S
        operator.screenshot("poste-suspendu")
        operator.page.goto(operator.town.url)
        expect(operator.page.locator(".notice.bad")).to_contain_text("suspendue depuis")
        assert operator.page.goto(f"{operator.town.url}/poste/").status == 403  # type: ignore[union-attr]
    finally:
        _habilitation(admin, "Opératrice 2")
        _act(admin.page, "Rétablir")


@pytest.mark.parametrize(("persona", "told"), [("expiree", "n'est plus en vigueur"), ("suspendu", "suspendue depuis")])
def test_whose_habilitation_is_over_is_told_so_and_sees_no_picture(visit: Visit, persona: str, told: str) -> None:
    agent = visit(persona)
    expect(agent.page.locator(".notice.bad")).to_contain_text(told)
    agent.screenshot(f"accueil-{persona}")
    assert agent.page.goto(f"{agent.town.url}/relecture/").status == 403  # type: ignore[union-attr]


def test_a_maintainer_sees_the_test_pattern_and_no_picture(visit: Visit) -> None:
    maintainer = visit("mainteneur")
    page = maintainer.page
    page.goto(f"{maintainer.town.url}/cameras/c03/")
    page.get_by_role("button", name="Afficher la mire").click()
    pattern = page.get_by_role("img", name="Mire de cette caméra")
    expect(pattern).to_be_visible()
    assert pattern.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    maintainer.screenshot("mire")
    assert page.goto(f"{maintainer.town.url}/poste/").status == 403  # type: ignore[union-attr]
    assert [one for one in maintainer.complaints if "403" not in one] == []


def test_a_passkey_is_added_signs_in_alone_and_is_dropped_by_the_administrator(visit: Visit) -> None:
    agent, admin = visit("coordination"), visit("admin")
    page, url = agent.page, agent.town.url
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    try:
        page.goto(f"{url}/compte/facteurs/cles/ajouter/")
        page.fill("input[name=password]", agent.town.passwords["coordination"])
        page.get_by_role("button", name="Confirmer").click()
        page.check("input[name=passwordless]")
        page.get_by_role("button", name="Ajouter").click()
        expect(page.get_by_role("heading", name="Codes de secours")).to_be_visible()
        agent.screenshot("codes-de-secours")
        page.get_by_role("button", name="Se déconnecter").click()
        page.wait_for_url("**/connexion/")
        agent.screenshot("connexion")
        page.click("#passkey_login")
        expect(page.get_by_role("heading", name="Bonjour")).to_be_visible()
        assert agent.complaints == []
    finally:
        _habilitation(admin, "Coordination CLSPD")
        admin.page.get_by_role("button", name="Retirer ses seconds facteurs").click()
        expect(admin.page.locator(".notice.ok")).to_be_visible()
    page.goto(url)
    page.wait_for_url("**/connexion/**")


def test_the_pages_about_people_break_no_rule_axe_knows(visit: Visit) -> None:
    admin = visit("admin")
    broken = []
    for number, path in enumerate(
        (
            "/agents/",
            "/habilitations/",
            "/agents/ajouter/",
            "/agents/groupes/ajouter/",
            "/agents/separation/",
            "/compte/",
        )
    ):
        admin.page.goto(admin.town.url + path)
        admin.screenshot(f"personnes-{number}")
        found = Axe().run(admin.page, options=RULES)
        broken += [(path, one["id"], one["nodes"][0]["target"]) for one in found.response["violations"]]
    _habilitation(admin, "Opératrice 2")
    admin.screenshot("personnes-agent")
    found = Axe().run(admin.page, options=RULES)
    broken += [("agent", one["id"], one["nodes"][0]["target"]) for one in found.response["violations"]]
    assert broken == []
