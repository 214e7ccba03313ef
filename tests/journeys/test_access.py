"""Accessibility of the console, as far as a program can tell."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.journeys.visitor import Visit

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}


@pytest.mark.parametrize("path", ["/poste/", "/mur/", "/relecture/"])
def test_the_console_breaks_no_rule_axe_knows(visit: Visit, path: str) -> None:
    chief = visit("cheffe")
    chief.open(path)
    chief.page.wait_for_timeout(2500)
    found = Axe().run(chief.page, options=RULES)
    broken = [(one["id"], [node["target"] for node in one["nodes"]][:4]) for one in found.response["violations"]]
    assert broken == []


def test_every_control_can_be_reached_and_shows_its_focus(visit: Visit) -> None:
    chief = visit("cheffe")
    chief.open("/relecture/")
    chief.page.wait_for_selector(".drive")
    seen: set[str] = set()
    for _ in range(25):
        chief.page.keyboard.press("Tab")
        said = chief.page.evaluate(
            "() => { const e = document.activeElement, s = getComputedStyle(e);"
            " const f = e.closest('.field') ? getComputedStyle(e.closest('.field')) : s;"
            " return [e.tagName + '.' + e.className, s.outlineStyle !== 'none' || f.outlineStyle !== 'none']; }"
        )
        assert said[1], f"no focus ring on {said[0]}"
        seen.add(said[0])
    assert len(seen) > 4
