"""What people ask of upper stages, and tell them. `web/wiring.py` connects both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from beffroi.people.models import Agent


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """The town (its INSEE code, empty before the first import) and its day."""

    town: str
    today_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One thing that waits: verb first, what happens otherwise, the last day, where it is done.

    `tone` and `shape` as in the pages' own words: `bad` `s-bad`, `warn` `s-warn`, `wait` `s-wait`.
    """

    tone: str
    shape: str
    title: str
    effect: str
    last: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """Something to be done by a day: a duty that is late once that day is over."""

    title: str
    effect: str
    due_on: date
    is_late: bool
    url: str

    @property
    def duty(self) -> Duty:
        """As home pages show it."""
        tone = "bad" if self.is_late else "warn"
        text = _("en retard depuis le %(day)s") if self.is_late else _("avant la fin du %(day)s")
        last = text % {"day": date_format(self.due_on, "j F Y")}
        return Duty(tone=tone, shape=f"s-{tone}", title=self.title, effect=self.effect, last=last, url=self.url)


DutiesOf = Callable[["Agent", date], Iterable[Duty]]
"""(agent, day of the town) → what of a stage waits for this agent."""

_URGENCY = ("bad", "warn", "wait")
_here: Callable[[], Here] | None = None
_duties: list[DutiesOf] = []
_cameras: Callable[[], list[tuple[str, str]]] | None = None
_revoked: list[Callable[[], None]] = []


def answer_here(answer: Callable[[], Here]) -> None:
    """From now on `answer` says where and when we are."""
    global _here  # noqa: PLW0603  # set once at start, by wiring
    _here = answer


def here() -> Here:
    """The town and its day."""
    return _here() if _here else Here(town="", today_on=timezone.localdate())


def add_duties(duties: DutiesOf) -> None:
    """From now on home pages show these duties too."""
    _duties.append(duties)


def duties(agent: Agent) -> list[Duty]:
    """What waits for an agent in every stage, the most urgent first."""
    on = here().today_on
    return sorted((duty for of in _duties for duty in of(agent, on)), key=lambda duty: _URGENCY.index(duty.tone))


def answer_cameras(answer: Callable[[], list[tuple[str, str]]]) -> None:
    """From now on `answer` gives (id, name) of every camera of the town."""
    global _cameras  # noqa: PLW0603  # set once at start, by wiring
    _cameras = answer


def cameras() -> list[tuple[str, str]]:
    """(id, name) of every camera that a group may hold."""
    return _cameras() if _cameras else []


def on_revoked(told: Callable[[], None]) -> None:
    """`told` is called inside the transaction that takes something from an agent."""
    if told not in _revoked:
        _revoked.append(told)


def revoked() -> None:
    """Something was taken from an agent: whoever serves pictures must know at once."""
    for told in _revoked:
        told()
