"""Precautions of an order: what each kind may say, and what it does on a day."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from beffroi.authorise import precautions
from beffroi.authorise.precautions import Kind, Precaution
from beffroi.core.dates import DateSpan

PARIS = ZoneInfo("Europe/Paris")
SPAN = DateSpan(from_on=date(2026, 11, 1), until_on=date(2026, 12, 1))
BEFORE, WITHIN = date(2026, 10, 31), date(2026, 11, 23)


def one(kind: Kind, value: str = "") -> tuple[Precaution, ...]:
    return (Precaution(kind=kind, value=value, span=SPAN),)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.RETENTION_MOST, "7"),
        (Kind.RETENTION_LEAST, "30"),
        (Kind.HOURS, "20:00-06:00"),
        (Kind.STAFF, "c, d"),
        (Kind.NO_TURNING, ""),
        (Kind.TEXT, "Les agents sont formés."),
    ],
)
def test_a_sound_value_has_no_fault(kind: Kind, value: str) -> None:
    assert list(precautions.faults(kind, value)) == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.RETENTION_MOST, "31"),
        (Kind.RETENTION_LEAST, "une semaine"),
        (Kind.HOURS, "20h-6h"),
        (Kind.HOURS, "25:00-06:00"),
        (Kind.HOURS, "08:00-08:00"),
        (Kind.STAFF, "police"),
        (Kind.NO_TURNING, "c01"),
        (Kind.TEXT, ""),
    ],
)
def test_a_value_that_code_cannot_hold_to_is_refused_in_both_languages(kind: Kind, value: str) -> None:
    ((english, french),) = precautions.faults(kind, value)
    assert english and french and english != french


def test_retention_is_bounded_on_the_days_of_the_precaution_alone() -> None:
    most, least = one(Kind.RETENTION_MOST, "7"), one(Kind.RETENTION_LEAST, "5")
    assert [precautions.retention_days(15, most, on) for on in (BEFORE, WITHIN, SPAN.until_on or BEFORE)] == [15, 7, 15]
    assert [precautions.minimum_retention_days(0, least, on) for on in (BEFORE, WITHIN)] == [0, 5]
    assert precautions.retention_days(6, most, WITHIN) == 6, "never longer than the order's"


def test_turning_and_staff_are_barred_on_the_days_of_the_precaution_alone() -> None:
    assert [precautions.is_turning_barred(one(Kind.NO_TURNING), on) for on in (BEFORE, WITHIN)] == [False, True]
    assert [precautions.staff_of(one(Kind.STAFF, "c, d"), on) for on in (BEFORE, WITHIN)] == [None, frozenset("cd")]
    assert precautions.staff_of((*one(Kind.STAFF, "c, d"), *one(Kind.STAFF, "d")), WITHIN) == frozenset("d")


@pytest.mark.parametrize(
    ("hours", "now", "is_out"),
    [("08:00-20:00", "07:59", True), ("08:00-20:00", "08:00", False), ("20:00-06:00", "03:00", False),
     ("20:00-06:00", "12:00", True)],
)  # fmt: skip
def test_hours_are_the_towns_and_may_pass_midnight(hours: str, now: str, is_out: bool) -> None:
    at = datetime.fromisoformat(f"2026-11-23T{now}").replace(tzinfo=PARIS)
    assert precautions.is_out_of_hours(one(Kind.HOURS, hours), at, PARIS) is is_out
