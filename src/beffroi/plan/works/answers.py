"""What `beffroi phase check --json` answers; its schema is in `ref/`."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

from beffroi.plan.works.rules import Want

_STRICT = ConfigDict(extra="forbid", frozen=True)


class WantingAnswer(BaseModel):
    """One thing that a phase lacks. `subject`: id of the task or link, the item, the state, the reserve or paper.

    `site`, `camera`: their ids, empty where it concerns none. `text`: what to do, in the terminal's language.
    """

    model_config = _STRICT

    want: Want
    site: str
    camera: str
    subject: str
    text: str


class PhaseCheckAnswer(BaseModel):
    """Answer of `beffroi phase check`, as of a day of the town; `ready`: nothing is wanting."""

    model_config = _STRICT

    phase: str
    name: str
    on: date
    ready: bool
    wanting: tuple[WantingAnswer, ...]
