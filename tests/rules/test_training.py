"""Training: ten days in five years, in three for who heads the service; the time of the control room's own course."""

from __future__ import annotations

from datetime import date

import pytest

from beffroi.oversee.training.rules import Course, CourseKind, Standing, State, standings, years_of
from beffroi.people.rules import Category, Role

TODAY = date(2026, 11, 30)
BEGAN = date(2010, 1, 1)


def course(on: date, days: float = 5, kind: CourseKind = CourseKind.CONTINUING, until: date | None = None) -> Course:
    return Course(kind=kind, ended_on=on, days=days, valid_until_on=until)


def one(*courses: Course, years: int | None = 5, began_on: date = BEGAN) -> Standing:
    found = standings(courses, TODAY, years=years, began_on=began_on)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("roles", "categories", "years"),
    [
        ([Role.POLICE], [Category.MUNICIPAL_POLICE], 5),
        ([Role.CHIEF], [Category.MUNICIPAL_POLICE], 3),
        ([Role.CHIEF], [Category.APPROVED], None),
        ([Role.OPERATOR], [Category.APPROVED], None),
        ([Role.OPJ], [Category.STATE], None),
    ],
)
def test_who_has_to_follow_ten_days_in_how_many_years(
    roles: list[Role], categories: list[Category], years: int | None
) -> None:
    assert years_of(roles, categories) == years


def test_ten_days_are_good_for_five_years_from_the_oldest_of_them() -> None:
    found = one(course(date(2023, 3, 10)), course(date(2025, 6, 1)))
    assert (found.days, found.due_on, found.state) == (10, date(2028, 3, 10), State.GOOD)
    assert one(course(date(2024, 3, 10)), course(date(2025, 6, 1)), years=3).state is State.SOON


def test_days_that_are_too_old_do_not_count() -> None:
    found = one(course(date(2021, 11, 29)), course(date(2025, 6, 1)))
    assert (found.days, found.due_on, found.state) == (5, date(2026, 11, 29), State.LATE)


def test_who_has_just_begun_has_the_whole_time() -> None:
    found = one(began_on=date(2026, 1, 1))
    assert (found.due_on, found.state) == (date(2031, 1, 1), State.GOOD)
    assert one(began_on=date(2021, 12, 31)).state is State.SOON
    assert one(began_on=date(2021, 11, 29)).state is State.LATE


def test_no_text_asks_anything_of_an_operator_but_the_town_may() -> None:
    assert standings([], TODAY, years=None, began_on=BEGAN) == []
    own = course(date(2025, 1, 1), 2, CourseKind.CONTROL_ROOM, date(2026, 11, 1))
    assert one(own, years=None).state is State.LATE
    assert standings([course(date(2025, 1, 1), 2, CourseKind.CONTROL_ROOM)], TODAY, years=None, began_on=BEGAN) == []
