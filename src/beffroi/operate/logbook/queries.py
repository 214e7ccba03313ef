"""Reads of the logbook: the lines of a day, what an OPJ has still to be told; within the reader's cameras."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from beffroi.core.dates import day_starts_at
from beffroi.core.errors import NotFound
from beffroi.core.instants import to_us
from beffroi.operate.logbook.codes import Code, code_of
from beffroi.operate.logbook.models import LogLine, LogTelling
from beffroi.operate.logbook.rules import Telling
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone

READS = (Right.LOCK, Right.JOURNAL)
"""The room writes it; those who oversee read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What stands now of one origin: its last line, those that it corrects (the last first), and the first telling."""

    line: LogLine
    corrected: tuple[LogLine, ...]
    told: LogTelling | None

    @property
    def code(self) -> Code:
        return code_of(self.line.code)

    @property
    def telling(self) -> Telling:
        """Seen when the first line says, told when the first telling does."""
        first = self.corrected[-1] if self.corrected else self.line
        return Telling(
            is_offence=self.code.is_offence,
            seen_at_us=min(first.seen_at_us, self.line.seen_at_us),
            told_at_us=self.told.told_at_us if self.told else None,
        )


def of_day(agent: Agent, on: date) -> list[Entry]:
    """What was seen on a day, the last first."""
    zone = town_zone()
    start_us, end_us = (to_us(day_starts_at(day, zone)) for day in (on, on + timedelta(days=1)))
    return _entries(agent, LogLine.objects.filter(seen_at_us__gte=start_us, seen_at_us__lt=end_us))


def awaiting(agent: Agent, since_us: int) -> list[Entry]:
    """Offences seen since an instant of which no OPJ was told, the longest waiting first."""
    lines = LogLine.objects.filter(seen_at_us__gte=since_us)
    told = LogTelling.objects.values_list("origin", flat=True)
    found = _entries(agent, lines.exclude(origin__in=told))
    return sorted((one for one in found if one.telling.is_awaited), key=lambda one: one.line.seen_at_us)


def entry_of(agent: Agent, number: str) -> Entry:
    """What stands of the line of this number.

    Errors: NotFound, the same for one that does not exist and one of a camera beyond this agent's.
    """
    found = LogLine.objects.filter(pk=number)
    entries = _entries(agent, found)
    if not entries:
        raise NotFound(
            "There is no such line; look it up in the logbook.",
            message_fr="Cette ligne n'existe pas ; cherchez-la dans la main courante.",
            field="number",
        )
    return entries[0]


def _entries(agent: Agent, lines: Iterable[LogLine]) -> list[Entry]:
    """One for each origin among these lines."""
    origins = {line.origin for line in lines}
    rows = LogLine.objects.filter(origin__in=origins).select_related("by", "camera").order_by("rank", "at_us")
    by_origin: dict[str, list[LogLine]] = {}
    for row in rows:
        by_origin.setdefault(row.origin, []).append(row)
    told: dict[str, LogTelling] = {}
    for one in LogTelling.objects.filter(origin__in=origins).select_related("by"):
        told.setdefault(one.origin, one)
    found = [
        Entry(line=of_one[-1], corrected=tuple(reversed(of_one[:-1])), told=told.get(origin))
        for origin, of_one in by_origin.items()
        if all(_is_theirs(agent, line) for line in of_one)
    ]
    return sorted(found, key=lambda one: (one.line.seen_at_us, one.line.rank), reverse=True)


def _is_theirs(agent: Agent, line: LogLine) -> bool:
    if not line.camera_id:
        return bool(agent.rights & set(READS))
    return any(agent.permit.over(right, line.camera_id) for right in READS)
