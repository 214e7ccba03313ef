"""Dates: legal ones live in the town's day, not in UTC. Half-open spans, months, and dates told from a start."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from beffroi.core.errors import InvalidInput

_TERM = re.compile(r"([+-])\s*(\d{1,4})\s*(day|week|month|year)s?")
_RELATIVE = re.compile(rf"start(?:\s*{_TERM.pattern})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class DateSpan:
    """From `from_on`, its first day, to `until_on`, the first day after it; None when nothing ends it."""

    from_on: date
    until_on: date | None = None

    def __contains__(self, on: date) -> bool:
        return self.from_on <= on and (self.until_on is None or on < self.until_on)


def add_months(on: date, months: int) -> date:
    """The same day `months` later (or earlier), or that month's last day when it has no such day."""
    year, month0 = divmod(on.year * 12 + on.month - 1 + months, 12)
    return date(year, month0 + 1, min(on.day, calendar.monthrange(year, month0 + 1)[1]))


def day_starts_at(on: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day begins in a town."""
    return datetime.combine(on, time(), tzinfo=zone)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The town's day at an instant."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(zone).date()


def parse_date(text: str, *, start_on: date) -> date:
    """A date as written in a town's text: `2017-06-12`, or told from the first start: `start + 5 months - 5 years`.

    Errors: InvalidInput. Terms apply from left to right.
    """
    text = text.strip()
    try:
        return date.fromisoformat(text) if not text.startswith("start") else _from_start(text, start_on)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{text!r} is not a date; write 2017-06-12, or start + 5 months.",
            message_fr=f"{text!r} n'est pas une date ; écrivez 2017-06-12, ou start + 5 months.",
        ) from None


def _from_start(text: str, start_on: date) -> date:
    if not _RELATIVE.fullmatch(text):
        raise ValueError(text)
    on = start_on
    for sign, count, unit in _TERM.findall(text):
        number = int(count) * (1 if sign == "+" else -1)
        if unit in ("day", "week"):
            on += timedelta(days=number * (7 if unit == "week" else 1))
        else:
            on = add_months(on, number * (12 if unit == "year" else 1))
    return on
