"""A requisition of a moment ago that may go, as two colleagues make it in their browsers."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.journeys.visitor import Visitor

US = 1_000_000
BACK_S, AHEAD_S = 120, 600


def requisition_that_may_go(first: Visitor, second: Visitor, camera: str) -> str:
    """Locked by a call, written, chosen and concluded by the first, validated by the second; its number."""
    now_us = time.time_ns() // 1000
    asked = {
        "kind": "telephone",
        "cameras": [camera],
        "from_at_us": now_us - BACK_S * US,
        "to_at_us": now_us + AHEAD_S * US,
        "facts": "Feu de poubelle",
        "place": "place de la Capelle",
        "officer": "OPJ Carrière (jeu fictif)",
        "unit": "Commissariat",
    }
    first.page.goto(first.town.url + "/requisitions/")
    token = first.page.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value") or ""
    headers = {"X-CSRFToken": token, "Referer": first.town.url + "/"}
    answer = first.page.request.post(first.town.url + "/api/locks", data=asked, headers=headers)
    assert answer.ok, answer.text()
    number: str = answer.json()["requisition"]
    today = datetime.now(ZoneInfo("Europe/Paris")).date().isoformat()
    _fill(first, number, "recue", {"frame": "60-1", "procedure": "2026/FICTIF-0300", "dated_on": today})
    _fill(first, number, "pieces", {"kind": "requisition", "signed_by": "OPJ Carrière", "dated_on": today})
    page, at = first.page, f"{first.town.url}/requisitions/{number}/"
    page.goto(f"{at}cameras/")
    for field in page.locator("select[name^=camera-]").all():
        kept = f"field => {{ field.value = field.name === 'camera-{camera}' ? 'kept' : (field.value && 'not-asked') }}"
        field.evaluate(kept)
    _submit(first)
    page.get_by_role("button", name="Noter la relecture").click()
    page.goto(f"{at}resultat/")
    page.check("[name=result][value=images]")
    _submit(first)
    second.page.goto(f"{second.town.url}/requisitions/{number}/valider/")
    second.page.get_by_role("button", name="Valider").click()
    second.page.wait_for_selector(".notice.ok")
    return number


def _fill(who: Visitor, number: str, step: str, fields: dict[str, Any]) -> None:
    page = who.page
    page.goto(f"{who.town.url}/requisitions/{number}/{step}/")
    for name, value in fields.items():
        if name in ("frame", "kind"):
            page.select_option(f"[name={name}]", value)
        else:
            page.fill(f"[name={name}]", value)
    _submit(who)


def _submit(who: Visitor) -> None:
    who.page.locator("form.panel .row button, form.pick > .row button").first.click()
    who.page.wait_for_selector(".notice.ok")
