"""Precautions that an order lays down, as lines a machine can hold to. Pure; days and hours are the town's.

Source: CSI L. 252-2: the authorisation lays down any useful precaution, notably on the quality of the staff.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from beffroi.core.dates import DateSpan

MOST_TEXT = 300
_HOURS = re.compile(r"(?P<from>\d\d:\d\d)-(?P<until>\d\d:\d\d)")
_CATEGORIES = re.compile(r"[a-e](, ?[a-e])*")


class Kind(StrEnum):
    """What a precaution bears on: a closed list, of those that code holds to, and plain words."""

    RETENTION_MOST = "retention-most"
    RETENTION_LEAST = "retention-least"
    HOURS = "hours"
    NO_TURNING = "no-turning"
    STAFF = "staff"
    TEXT = "text"


_NUMBERS = frozenset({Kind.RETENTION_MOST, Kind.RETENTION_LEAST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Precaution:
    """One of a camera's precautions, in force on `span`. `value` is sound (see `faults`)."""

    kind: Kind
    value: str
    span: DateSpan

    @property
    def days(self) -> int:
        """Of a retention."""
        return int(self.value)

    @property
    def categories(self) -> frozenset[str]:
        """Of the staff: letters of R. 253-3 II."""
        return frozenset(re.findall(r"[a-e]", self.value))

    @property
    def hours(self) -> tuple[time, time]:
        """From, until; the second may come before the first: past midnight."""
        found = _HOURS.fullmatch(self.value)
        assert found is not None, "a value is checked before it is kept"
        return time.fromisoformat(found["from"]), time.fromisoformat(found["until"])


class Row(Protocol):
    """A precaution as it is kept."""

    kind: Any
    value: Any
    from_on: Any
    until_on: Any


def of_rows(rows: Iterable[Row]) -> tuple[Precaution, ...]:
    """As the rules read them."""
    return tuple(
        Precaution(kind=Kind(row.kind), value=row.value, span=DateSpan(from_on=row.from_on, until_on=row.until_on))
        for row in rows
    )


def faults(kind: Kind, value: str) -> Iterator[tuple[str, str]]:
    """What a value cannot say, in English and in French; nothing when it is sound."""
    if kind in _NUMBERS and not (value.isdecimal() and 1 <= int(value) <= 30):
        yield "is a number of days, from 1 to 30", "est un nombre de jours, de 1 à 30"
    elif kind is Kind.HOURS and not _are_hours(value):
        yield "is written 20:00-06:00: from, until", "s'écrit 20:00-06:00 : de, à"
    elif kind is Kind.STAFF and not _CATEGORIES.fullmatch(value):
        yield (
            "names categories of R. 253-3: letters a to e, a comma between",
            "nomme des catégories de R. 253-3 : lettres a à e, séparées d'une virgule",
        )
    elif kind is Kind.NO_TURNING and value:
        yield "stays empty: the cameras say it all", "reste vide : les caméras suffisent"
    elif kind is Kind.TEXT and not value:
        yield "is the sentence of the order; copy it", "est la phrase de l'arrêté ; recopiez-la"


def _are_hours(value: str) -> bool:
    found = _HOURS.fullmatch(value)
    if found is None:
        return False
    try:
        return time.fromisoformat(found["from"]) != time.fromisoformat(found["until"])
    except ValueError:
        return False


def retention_days(ordered: int, given: Iterable[Precaution], on: date) -> int:
    """The order's retention, or the lowest a precaution of that day lays down."""
    return min([ordered, *(one.days for one in given if one.kind is Kind.RETENTION_MOST and on in one.span)])


def minimum_retention_days(ordered: int, given: Iterable[Precaution], on: date) -> int:
    """The order's minimum, or the highest a precaution of that day lays down."""
    return max([ordered, *(one.days for one in given if one.kind is Kind.RETENTION_LEAST and on in one.span)])


def is_turning_barred(given: Iterable[Precaution], on: date) -> bool:
    """Nobody may turn the camera that day."""
    return any(one.kind is Kind.NO_TURNING and on in one.span for one in given)


def staff_of(given: Iterable[Precaution], on: date) -> frozenset[str] | None:
    """The categories that may see the pictures that day; None: those of the law."""
    said = [one.categories for one in given if one.kind is Kind.STAFF and on in one.span]
    return frozenset.intersection(*said) if said else None


def is_out_of_hours(given: Iterable[Precaution], at: datetime, zone: ZoneInfo) -> bool:
    """Some hours are laid down, and `at` is outside."""
    local = at.astimezone(zone)
    return any(
        not _within(one.hours, local.time()) for one in given if one.kind is Kind.HOURS and local.date() in one.span
    )


def _within(hours: tuple[time, time], now: time) -> bool:
    begins, ends = hours
    return begins <= now < ends if begins < ends else now >= begins or now < ends


def turns(given: Iterable[Precaution], on: date, zone: ZoneInfo) -> Iterator[datetime]:
    """Every instant of a day and of the next at which hours begin or end."""
    for one in given:
        if one.kind is Kind.HOURS:
            for day in (on, on + timedelta(days=1)):
                yield from (datetime.combine(day, hour, tzinfo=zone) for hour in one.hours)
