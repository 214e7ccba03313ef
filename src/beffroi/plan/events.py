"""What the plan tells upper stages and asks of them. `web/wiring.py` connects; alone, nobody hears or answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from beffroi.people.events import Duty

Listener = Callable[[str], None]
"""(camera id) → nothing. Called inside the transaction that changed its state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A part of the programme's page that belongs to an upper stage: its template, its style, what it shows."""

    template: str
    style: str
    content: Any


PanelOf = Callable[[date], Panel]
"""(day of the town) → the panel as of that day."""


class Masking(StrEnum):
    """What a camera's masks ask for. Source: CSI L. 251-3."""

    PROVE = "prove"
    """Masks are drawn."""
    DRAW = "draw"
    """A dwelling is in view, or masks are planned; none is drawn and nobody signed that there is nothing to mask."""
    FOUND = "found"
    """Somebody signed, at this pose, that there is nothing to mask."""


MaskedOf = Callable[[Sequence[str]], Mapping[str, Masking]]
"""(camera ids) → what their masks ask for; a camera without dwelling in view nor planned mask is left out."""
PapersOf = Callable[[Sequence[str]], list[tuple[str, str]]]
"""(camera ids) → (camera id, a sentence), for each paper that its gate asks for and that is missing."""

PhasePanelOf = Callable[[str, date], Panel]
"""(phase id, day of the town) → the panel of the phase's page."""

DecisionsOf = Callable[[date], Sequence[Duty]]
"""(day of the town) → what of the upper stages waits for a decision that day, the most urgent first."""

_listeners: list[Listener] = []
_decisions: list[DecisionsOf] = []
_phase_panels: list[PhasePanelOf] = []
_panels: list[PanelOf] = []
_masked: list[MaskedOf] = []
_papers: list[PapersOf] = []


def on_state_recorded(listener: Listener) -> None:
    """From now on `listener` hears of every step of a camera's life that is recorded."""
    _listeners.append(listener)


def state_recorded(camera: str) -> None:
    """A step of this camera's life was recorded."""
    for listener in _listeners:
        listener(camera)


def add_panel(panel: PanelOf) -> None:
    """From now on the programme's page shows this panel too."""
    _panels.append(panel)


def panels(on: date) -> list[Panel]:
    """The upper stages' parts of the programme's page, as of a day."""
    return [panel(on) for panel in _panels]


def add_phase_panel(panel: PhasePanelOf) -> None:
    """From now on the pages of phases show this panel too."""
    _phase_panels.append(panel)


def phase_panels(phase: str, on: date) -> list[Panel]:
    """The upper stages' parts of a phase's page, as of a day."""
    return [panel(phase, on) for panel in _phase_panels]


def answer_decisions(answer: DecisionsOf) -> None:
    """From now on `answer` says what waits for a decision."""
    _decisions[:] = [answer]


def waiting_decisions(on: date) -> Sequence[Duty]:
    """What waits for a decision on a day."""
    return _decisions[0](on) if _decisions else ()


def answer_masked(answer: MaskedOf) -> None:
    """From now on `answer` says what the masks of cameras ask for."""
    _masked[:] = [answer]


def maskings(cameras: Sequence[str]) -> Mapping[str, Masking]:
    """What the masks of these cameras ask for."""
    return _masked[0](cameras) if _masked else {}


def answer_papers(answer: PapersOf) -> None:
    """From now on `answer` says which papers are missing before cameras may enter service."""
    _papers[:] = [answer]


def papers_wanting(cameras: Sequence[str]) -> list[tuple[str, str]]:
    """Each paper that is missing, by camera."""
    return _papers[0](cameras) if _papers else []
