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

RestsOf = Callable[[str], list[tuple[str, str]]]
"""(zone id) → what of an upper stage names the zone, in English and in French, and so keeps it there."""

_rests: list[RestsOf] = []


def add_panel(panel: PanelOf) -> None:
    """From now on the sheets of zones show this panel too."""
    _panels.append(panel)


def add_rests(rests: RestsOf) -> None:
    """From now on a zone is not taken out while `rests` names something."""
    _rests.append(rests)


def rests_on(zone: str) -> list[tuple[str, str]]:
    """What of the upper stages rests on a zone without a key of the database."""
    return [one for rests in _rests for one in rests(zone)]


def panels(zone: str) -> list[Panel]:
    """The upper stages' parts of a zone's sheet."""
    return [panel(zone) for panel in _panels]
