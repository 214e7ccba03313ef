"""The monthly review: counts by reason and role, its months, its day, its remarks."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import pytest

from beffroi.core.errors import InvalidInput
from beffroi.oversee.reviews.rules import Access, Figures, Remark, check_remarks, counted, due_on, is_night, months_over


def access(register: str = "viewing", role: str = "operator", reason: str = "watch", hour: int = 12) -> Access:
    return Access(register=register, role=role, reason=reason, hour=hour, was_opened=hour != 3)


def test_accesses_are_counted_by_register_role_and_reason() -> None:
    known = [access(), access(), access(reason="incident", hour=23), access("replay", "chief", "requisition", 3)]
    rows, night, unopened = counted(known)
    assert rows == (
        ("replay", "chief", "requisition", 1),
        ("viewing", "operator", "incident", 1),
        ("viewing", "operator", "watch", 2),
    )
    assert (night, unopened) == ({"replay": 1, "viewing": 1}, 1)


def test_a_review_has_no_place_for_a_person() -> None:
    names = {one.name for kind in (Access, Figures) for one in fields(kind)}
    assert not names & {"author", "agent", "name", "by", "username"}


@pytest.mark.parametrize(("hour", "night"), [(21, False), (22, True), (0, True), (5, True), (6, False)])
def test_the_night_goes_from_22_to_6(hour: int, night: bool) -> None:
    assert is_night(hour) is night


@pytest.mark.parametrize(
    ("month", "day"), [(date(2026, 11, 1), date(2026, 12, 15)), (date(2026, 12, 1), date(2027, 1, 15))]
)
def test_a_month_is_signed_by_the_fifteenth_of_the_next(month: date, day: date) -> None:
    assert due_on(month) == day


def test_only_months_that_are_over_are_reviewed() -> None:
    assert list(months_over(date(2026, 11, 20), date(2026, 11, 30))) == []
    assert list(months_over(date(2026, 11, 20), date(2027, 1, 31))) == [date(2026, 11, 1), date(2026, 12, 1)]


def test_figures_come_back_as_they_were_kept() -> None:
    known = Figures(accesses=(("viewing", "operator", "watch", 2),), gaps={"loss": (1, 60)}, proof={"found": 0})
    assert Figures.of(known.form) == known


@pytest.mark.parametrize(
    ("remarks", "is_whole"),
    [((), True), ((Remark.NOTHING, Remark.NIGHT), True), ((Remark.NOTHING,), False), ((Remark.NIGHT,), False)],
)
def test_remarks_that_cannot_stand_are_refused(remarks: tuple[Remark, ...], is_whole: bool) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_remarks(remarks, is_whole=is_whole)
    assert refusal.value.field == "remarks"


def test_a_broken_journal_is_signed_with_the_remark_that_says_so() -> None:
    check_remarks([Remark.PROOF, Remark.EXPLANATION], is_whole=False)
    check_remarks([Remark.NOTHING], is_whole=True)
