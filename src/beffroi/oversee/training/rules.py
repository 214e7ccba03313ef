"""Until when an agent's training is enough. Pure.

Municipal police: 10 days in any 5 years, 10 in any 3 for whoever heads the service (CSI R. 511-35). No text fixes a
course for the control room: the town's own has the end that the town gives it. Nothing here bars anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from beffroi.core.dates import add_months
from beffroi.people.rules import Category, Role

DAYS = 10
SOON_DAYS = 180


class CourseKind(StrEnum):
    """What was learnt."""

    CONTINUING = "continuing"  # compulsory training of municipal police
    CONTROL_ROOM = "control-room"  # the town's own course
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A course followed. `valid_until_on`: its last good day, when the town gave it one."""

    kind: CourseKind
    ended_on: date
    days: float
    valid_until_on: date | None = None


class State(StrEnum):
    """How an agent stands."""

    GOOD = "good"
    SOON = "soon"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One requirement of an agent: the days followed that count today, the last good day."""

    kind: CourseKind
    days: float
    due_on: date
    state: State


def years_of(roles: Iterable[Role], categories: Iterable[Category]) -> int | None:
    """In how many years the ten days are due: 3 for who heads municipal police, 5 for its agents, None for others."""
    roles, is_police = set(roles), Category.MUNICIPAL_POLICE in set(categories)
    if Role.CHIEF in roles and is_police:
        return 3
    return 5 if is_police or Role.POLICE in roles else None


def standings(courses: Iterable[Course], today: date, *, years: int | None, began_on: date) -> list[Standing]:
    """What is asked of an agent and how it stands; `began_on`: first day in the function."""
    known = sorted((one for one in courses if one.ended_on <= today), key=lambda one: one.ended_on, reverse=True)
    found = []
    if years is not None:
        found.append(_continuing(known, today, years=years, began_on=began_on))
    ends = [one.valid_until_on for one in known if one.kind is CourseKind.CONTROL_ROOM and one.valid_until_on]
    if ends:
        room = [one.days for one in known if one.kind is CourseKind.CONTROL_ROOM]
        found.append(_standing(CourseKind.CONTROL_ROOM, room[0], max(ends), today=today))
    return found


def _continuing(known: list[Course], today: date, *, years: int, began_on: date) -> Standing:
    """The ten newest days keep good for so many years from the oldest of them; before, the time runs from the start."""
    since_on = add_months(today, -12 * years)
    counted = [one for one in known if one.kind is CourseKind.CONTINUING]
    days = sum(one.days for one in counted if one.ended_on > since_on)
    total, reached_on = 0.0, began_on
    for one in counted:
        total += one.days
        if total >= DAYS:
            reached_on = max(one.ended_on, began_on)
            break
    return _standing(CourseKind.CONTINUING, days, add_months(reached_on, 12 * years), today=today)


def _standing(kind: CourseKind, days: float, due_on: date, *, today: date) -> Standing:
    left = (due_on - today).days
    state = State.LATE if left < 0 else State.SOON if left <= SOON_DAYS else State.GOOD
    return Standing(kind=kind, days=days, due_on=due_on, state=state)
