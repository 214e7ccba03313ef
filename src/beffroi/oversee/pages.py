"""What the journal's pages show: lines in words, names put beside ids."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from beffroi.core.dates import day_starts_at
from beffroi.core.errors import InvalidInput
from beffroi.core.instants import from_us, to_us
from beffroi.journal import queries
from beffroi.journal.models import Line
from beffroi.journal.rules import Detail, Register, as_code
from beffroi.oversee import words
from beffroi.people.models import Agent
from beffroi.plan.models import Camera
from beffroi.territory.queries import town_zone

PAGE_LINES = 100
_INSTANT = "_at_us"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a reader filters by; `before` is the index that the page ends before, 0 for the newest."""

    register: str = ""
    camera: str = ""
    agent: str = ""
    day: str = ""
    before: int = 0

    @property
    def detail(self) -> Detail:
        """As the line that tells of the reading keeps it."""
        told: dict[str, int | bool | str] = {"register": self.register, "camera": self.camera, "agent": self.agent}
        return {key: value for key, value in {**told, "day": self.day, "before": self.before}.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line in words."""

    index: int
    at: datetime
    register: str
    action: str
    author: str
    reason: str
    recipient: str
    camera: str
    subject: str
    detail: tuple[tuple[str, str], ...]


def asked(query: QueryDict) -> Asked:
    """The filters of an address.

    Errors: InvalidInput naming the one that does not fit.
    """
    found = {name: query.get(name, "").strip() for name in ("register", "camera", "agent", "day")}
    for name in ("camera", "agent"):
        if found[name] and not as_code(found[name]):
            raise _refused(name)
    if found["register"] and found["register"] not in set(Register):
        raise _refused("register")
    before = query.get("before", "0")
    if not before.isdecimal() or len(before) > 18:
        raise _refused("before")
    if found["day"]:
        _day(found["day"])
    return Asked(**found, before=int(before))


def _refused(name: str) -> InvalidInput:
    return InvalidInput(
        f"{name}: choose from the lists of the page.",
        message_fr=f"{name} : choisissez dans les listes de la page.",
        field=name,
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _refused("day") from None


def lines(wanted: Asked) -> list[Line]:
    """One page of lines and one more when there is a next page, newest first."""
    span = {}
    if wanted.day:
        zone, day = town_zone(), _day(wanted.day)
        start, end = day_starts_at(day, zone), day_starts_at(day + timedelta(days=1), zone)
        span = {"from_at_us": to_us(start), "to_at_us": to_us(end)}
    found = queries.lines(queries.Wanted(register=wanted.register, camera=wanted.camera, author=wanted.agent, **span))
    if wanted.before:
        found = found.filter(index__lt=wanted.before)
    return list(found[: PAGE_LINES + 1])


def rows(found: Sequence[Line]) -> list[Row]:
    """The lines in words."""
    agents, cameras = _agents(found), dict(Camera.objects.values_list("pk", "name"))
    return [_row(line, agents, cameras) for line in found]


def _agents(found: Sequence[Line]) -> dict[str, str]:
    ids = {name for line in found for name in (line.author, line.subject, line.recipient) if name}
    return dict(Agent.objects.filter(pk__in=ids).values_list("pk", "name"))


def _row(line: Line, agents: Mapping[str, str], cameras: Mapping[str, str]) -> Row:
    return Row(
        index=line.index,
        at=from_us(line.at_us),
        register=words.register(line.register),
        action=words.action(line.action),
        author=author(line.author, agents),
        reason=words.reason(line.reason),
        recipient=agents.get(line.recipient, line.recipient),
        camera=cameras.get(line.camera, line.camera),
        subject=agents.get(line.subject, line.subject),
        detail=tuple((words.detail(key), _said(key, value)) for key, value in json.loads(line.detail).items()),
    )


def author(code: str, agents: Mapping[str, str]) -> str:
    """A name, a recorder, or Beffroi itself."""
    if code == "system":
        return "Beffroi"
    if code.startswith("node:"):
        return _("enregistreur %(node)s") % {"node": code.removeprefix("node:")}
    return agents.get(code, code)


def _said(key: str, value: int | bool | str) -> str:
    if key.endswith(_INSTANT) and isinstance(value, int):
        return f"{from_us(value).astimezone(town_zone()):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    return str(value)


def agent_choices() -> list[tuple[str, str]]:
    """Everybody who may be an author."""
    return list(Agent.objects.order_by("name").values_list("pk", "name"))


def camera_choices() -> list[tuple[str, str]]:
    """Every camera."""
    return list(Camera.objects.order_by("number").values_list("pk", "name"))


# -- the register of exports ----------------------------------------------------------------------------------


def export_heads() -> list[str]:
    """Columns of the register. Source: arrêté of 3 August 2007, art. 3."""
    return [
        *(_("Début des images"), _("Fin des images"), _("Durée (s)"), _("Caméra"), _("Date de l'export")),
        *(_("Auteur de l'export"), _("Motif"), _("Ligne du journal")),
    ]


def export_rows() -> Iterator[list[Any]]:
    """Every export in the journal, oldest first."""
    found = list(queries.lines(queries.Wanted(register=Register.EXPORT)).filter(action="grant.given"))[::-1]
    agents, cameras = _agents(found), dict(Camera.objects.values_list("pk", "name"))
    for line in found:
        detail = json.loads(line.detail)
        start, end = detail.get("from_at_us", 0), detail.get("to_at_us", 0)
        camera = f"{cameras[line.camera]} ({line.camera})" if line.camera in cameras else line.camera
        yield [
            *(_moment(start), _moment(end), (end - start) // 1_000_000, plain(camera), _moment(line.at_us)),
            *(plain(author(line.author, agents)), words.reason(line.reason), line.index),
        ]


def _moment(at_us: int) -> str:
    return from_us(at_us).astimezone(town_zone()).isoformat(sep=" ", timespec="seconds")


def plain(text: str) -> str:
    """A name that a spreadsheet takes for a formula is quoted."""
    begins = unicodedata.normalize("NFKC", text).lstrip()[:1]
    return f"'{text}" if begins and begins in "=+-@" else text
