"""Who walks through the town: a persona in a browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

ARTEFACTS = Path(__file__).resolve().parents[2] / "test-artefacts"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoTown:
    """A running demo: its address, its folder, the personas' passwords."""

    url: str
    folder: Path
    passwords: dict[str, str]


@dataclass(slots=True)
class Visitor:
    """Somebody logged in, with the reason already given; keeps what the browser complained about."""

    page: Page
    town: DemoTown
    complaints: list[str]

    def open(self, path: str, *, reason: str = "", reference: str = "") -> None:
        """Goes to a console page and answers the question of the reason when it is asked."""
        self.page.goto(self.town.url + path)
        self.page.wait_for_selector("#console .topbar", timeout=20_000)
        dialog = self.page.locator("dialog.reason")
        if dialog.is_visible():
            choice = dialog.locator(f"label.choice:has(input[value='{reason}'])" if reason else "label.choice").first
            choice.click()
            if reference:
                dialog.locator("input[type=text]").fill(reference)
            dialog.locator("button.first").click()

    def screenshot(self, name: str) -> None:
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png")

    def get(self, path: str) -> Any:
        """JSON of web, with this visitor's session."""
        answer = self.page.request.get(self.town.url + path)
        assert answer.ok, f"{path}: {answer.status}"
        return json.loads(answer.body())


Visit = Callable[[str], Visitor]
