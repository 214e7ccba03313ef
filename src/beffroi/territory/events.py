"""What the territory asks of upper stages. `web/wiring.py` connects; alone, nobody answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A part of a zone's sheet that belongs to an upper stage: its template and what it shows."""

    template: str
    content: Any


PanelOf = Callable[[str], Panel]
"""(zone id) → the panel."""

_panels: list[PanelOf] = []


def add_panel(panel: PanelOf) -> None:
    """From now on the sheets of zones show this panel too."""
    _panels.append(panel)


def panels(zone: str) -> list[Panel]:
    """The upper stages' parts of a zone's sheet."""
    return [panel(zone) for panel in _panels]
