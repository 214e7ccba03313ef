"""An OPJ calls: locked at once, then paper, cameras, result, a second person, the pack, the hand-over, in a browser."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page

from tests.journeys.visitor import ARTEFACTS, Visit, Visitor

PACK_S = 240_000.0


def _submit(page: Page) -> None:
    page.locator("form.panel .row button, form.pick > .row button").first.click()


def _shot(page: Page, name: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"requisition-{name}.png", full_page=True)


def _calls(operator: Visitor) -> str:
    """The fire of yesterday evening, whose pictures are there; the number given."""
    page = operator.page
    page.goto(operator.town.url + "/requisitions/")
    page.get_by_role("link", name="Noter un appel et verrouiller").click()
    yesterday = datetime.now(ZoneInfo("Europe/Paris")).date() - timedelta(days=1)
    page.fill("[name=facts]", "Feu de poubelle")
    page.fill("[name=place]", "place de la capelle")
    page.fill("[name=on]", yesterday.isoformat())
    page.fill("[name=from_hour]", "21:38")
    page.fill("[name=to_hour]", "21:43")
    page.fill("[name=officer]", "OPJ Carrière")
    page.fill("[name=unit]", "Commissariat de Millau")
    page.get_by_role("button", name="Verrouiller maintenant").click()
    page.wait_for_selector(".notice.ok")
    found = re.search(r"R-\d{4}-\d{3}", page.locator(".notice.ok").inner_text())
    assert found and "verrouillées" in page.locator(".notice.ok").inner_text()
    return found[0]


def _writes_the_paper(operator: Visitor, number: str) -> None:
    page, at = operator.page, f"{operator.town.url}/requisitions/{number}/"
    today = datetime.now(ZoneInfo("Europe/Paris")).date().isoformat()
    page.goto(f"{at}recue/")
    page.select_option("[name=frame]", "60-1")
    page.fill("[name=procedure]", "2026/FICTIF-0200")
    page.fill("[name=dated_on]", today)
    _submit(page)
    page.goto(f"{at}pieces/")
    page.select_option("[name=kind]", "requisition")
    page.fill("[name=signed_by]", "OPJ Carrière")
    page.fill("[name=dated_on]", today)
    scan = {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 jeu fictif"}
    page.set_input_files("[name=scan]", scan)  # type: ignore[arg-type]  # a file payload
    _submit(page)


def _chooses_and_concludes(operator: Visitor, number: str) -> None:
    page, at = operator.page, f"{operator.town.url}/requisitions/{number}/"
    page.goto(f"{at}cameras/")
    _shot(page, "cameras")
    for field in page.locator("select[name^=camera-]").all():
        field.evaluate("field => { field.value = field.name === 'camera-c08' ? 'kept' : (field.value && 'not-asked') }")
    _submit(page)
    page.wait_for_selector(".notice.ok")
    page.get_by_role("button", name="Noter la relecture").click()
    page.goto(f"{at}resultat/")
    page.check("[name=result][value=images]")
    _submit(page)
    page.wait_for_selector(".notice.ok")
    _shot(page, "to-validate")


@pytest.mark.timeout(600)
def test_a_call_is_locked_treated_validated_and_handed_over(visit: Visit) -> None:
    operator, chief = visit("operateur"), visit("cheffe")
    number = _calls(operator)
    _shot(operator.page, "locked")
    _writes_the_paper(operator, number)
    _chooses_and_concludes(operator, number)
    page, at = chief.page, f"{chief.town.url}/requisitions/{number}/"
    assert operator.page.goto(f"{at}valider/").status == 403  # type: ignore[union-attr]  # who chose does not validate
    page.goto(f"{at}valider/")
    _shot(page, "validating")
    page.get_by_role("button", name="Valider").click()
    page.wait_for_selector(".notice.ok")
    page.goto(f"{at}pack/")
    page.select_option("[name=recipient]", label="OPJ Carrière (jeu fictif), Commissariat de Millau")
    _submit(page)
    page.wait_for_selector(".notice.ok")
    _wait_for_the_pack(page, at)
    page.goto(f"{at}remise/")
    page.select_option("[name=medium]", "disc")
    page.fill("[name=medium_reference]", "BD-FICTIF-9")
    page.select_option("[name=reader_medium]", "disc")
    page.fill("[name=reader_reference]", "CD-FICTIF-2")
    _submit(page)
    page.wait_for_selector(".notice.ok")
    _shot(page, "handed-over")
    answer = page.request.get(f"{at}recepisse.pdf")
    assert answer.body().startswith(b"%PDF-")
    manifest = json.loads((chief.town.folder / "packs" / number / "manifest.json").read_text())
    assert [camera["id"] for camera in manifest["cameras"]] == ["c08"]
    page.goto(f"{chief.town.url}/requisitions/registre/")
    assert number in page.locator("table.register").inner_text()
    _shot(page, "register")


def _wait_for_the_pack(page: Page, at: str) -> None:
    """The page says when it is ready; nothing polls, it is loaded again."""
    for _ in range(int(PACK_S // 3000)):
        page.goto(at)
        said = page.locator(".c3").inner_text()
        if "Pack : prêt" in said:
            return
        assert "en échec" not in said, said
        page.wait_for_timeout(3000)
    raise AssertionError(page.locator(".c3").inner_text())
