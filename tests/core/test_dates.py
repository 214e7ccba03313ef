"""Dates of a town: months, days of the town, dates told from a start."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.core.dates import DateSpan, add_months, day_of, day_starts_at, parse_date
from beffroi.core.errors import InvalidInput

PARIS = ZoneInfo("Europe/Paris")
START = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2017-06-12", date(2017, 6, 12)),
        ("start", START),
        (" start + 5 months ", date(2027, 4, 23)),
        ("start - 55 months + 5 years", date(2027, 4, 23)),
        ("start-2 weeks", date(2026, 11, 9)),
        ("start + 1 day", date(2026, 11, 24)),
    ],
)
def test_a_date_is_written_plainly_or_told_from_the_start(text: str, expected: date) -> None:
    assert parse_date(text, start_on=START) == expected


@pytest.mark.parametrize("text", ["", "12/06/2017", "2017-02-30", "started", "start + months", "start + 9999 years"])
def test_what_is_not_a_date_is_refused_with_the_way_to_write_one(text: str) -> None:
    with pytest.raises(InvalidInput, match="write 2017-06-12, or start"):
        parse_date(text, start_on=START)


def test_a_month_after_the_31st_of_january_is_the_last_of_february() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2028, 1, 31), 1) == date(2028, 2, 29)
    assert add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(-600, 600))
def test_months_move_the_month_by_as_many_and_never_the_day_forward(on: date, months: int) -> None:
    moved = add_months(on, months)
    assert (moved.year - on.year) * 12 + moved.month - on.month == months
    assert moved.day <= on.day


def test_the_towns_day_is_not_that_of_utc() -> None:
    late_evening = datetime(2026, 7, 13, 22, 30, tzinfo=UTC)
    assert day_of(late_evening, PARIS) == date(2026, 7, 14)
    assert day_starts_at(date(2026, 7, 14), PARIS) == datetime(2026, 7, 13, 22, tzinfo=UTC)


def test_a_span_holds_its_first_day_and_not_its_end() -> None:
    span = DateSpan(from_on=date(2022, 4, 25), until_on=date(2027, 4, 25))
    assert date(2022, 4, 25) in span
    assert date(2027, 4, 24) in span
    assert date(2027, 4, 25) not in span
    assert date(2099, 1, 1) in DateSpan(from_on=date(2022, 4, 25))
