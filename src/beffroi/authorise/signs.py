"""When a public notice is to be looked at again. Pure."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from beffroi.core.dates import add_months


class Notice(Protocol):
    """What of a sign decides."""

    placed_on: date | None
    checked_on: date | None
    check_every_months: int


def next_check_on(sign: Notice) -> date | None:
    """The day before which it is to be seen in place; None while it is not there."""
    since = sign.checked_on or sign.placed_on
    return add_months(since, sign.check_every_months) if sign.placed_on and since else None


def is_overdue(sign: Notice, on: date) -> bool:
    """True when the check should have been made."""
    due_on = next_check_on(sign)
    return due_on is not None and due_on < on
