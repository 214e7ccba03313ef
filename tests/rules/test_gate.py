"""Rules of the gate: in service, under an order in force, in the town's days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.authorise import rules
from beffroi.authorise.rules import OrderTerms
from beffroi.core.dates import DateSpan, add_months, day_starts_at

PARIS = ZoneInfo("Europe/Paris")
REUNION = ZoneInfo("Indian/Reunion")
SERVICE = (DateSpan(from_on=date(2017, 6, 12)),)


def order(signed: str, ends: str, *, number: str = "1", days: int = 15) -> OrderTerms:
    span = DateSpan(from_on=date.fromisoformat(signed), until_on=date.fromisoformat(ends))
    return OrderTerms(number=number, span=span, retention_days=days)


ORDER = order("2022-04-25", "2027-04-25")


def at(text: str, zone: ZoneInfo = PARIS) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        ("2022-04-24T23:59:59", False),
        ("2022-04-25T00:00:00", True),
        ("2027-04-24T23:59:59", True),
        ("2027-04-25T00:00:00", False),
    ],
)
def test_the_gate_follows_the_order_to_the_second_in_town_time(instant: str, is_open: bool) -> None:
    assert rules.is_gate_open(SERVICE, [ORDER], at=at(instant), zone=PARIS) is is_open


def test_an_expiry_strikes_earlier_in_la_reunion_than_in_paris() -> None:
    instant = datetime(2027, 4, 24, 21, 0, tzinfo=UTC)  # 23:00 in Paris, 01:00 the next day in La Réunion
    assert rules.is_gate_open(SERVICE, [ORDER], at=instant, zone=PARIS)
    assert not rules.is_gate_open(SERVICE, [ORDER], at=instant, zone=REUNION)


def test_no_order_no_stream() -> None:
    assert not rules.is_gate_open(SERVICE, [], at=at("2026-11-23T12:00:00"), zone=PARIS)


def test_an_order_alone_opens_nothing_before_service() -> None:
    assert not rules.is_gate_open((), [ORDER], at=at("2026-11-23T12:00:00"), zone=PARIS)
    later = (DateSpan(from_on=date(2026, 11, 24)),)
    assert not rules.is_gate_open(later, [ORDER], at=at("2026-11-23T12:00:00"), zone=PARIS)


def test_a_gate_closes_when_its_order_ends() -> None:
    closes = rules.closes_at(SERVICE, [ORDER], at=at("2026-11-23T12:00:00"), zone=PARIS)
    assert closes == datetime(2027, 4, 24, 22, 0, tzinfo=UTC)


def test_orders_that_follow_each_other_carry_on() -> None:
    renewal = order("2027-04-20", "2032-04-20", number="2")
    closes = rules.closes_at(SERVICE, [ORDER, renewal], at=at("2026-11-23T12:00:00"), zone=PARIS)
    assert closes == at("2032-04-20T00:00:00")


def test_a_renewal_signed_a_day_late_leaves_the_gate_closed_that_day() -> None:
    renewal = order("2027-04-26", "2032-04-26", number="2")
    orders = [ORDER, renewal]
    assert rules.closes_at(SERVICE, orders, at=at("2026-11-23T12:00:00"), zone=PARIS) == at("2027-04-25T00:00:00")
    assert not rules.is_gate_open(SERVICE, orders, at=at("2027-04-25T12:00:00"), zone=PARIS)
    assert rules.is_gate_open(SERVICE, orders, at=at("2027-04-26T00:00:00"), zone=PARIS)


def test_a_camera_taken_out_of_service_closes_before_its_order() -> None:
    service = (DateSpan(from_on=date(2017, 6, 12), until_on=date(2026, 12, 1)),)
    assert rules.closes_at(service, [ORDER], at=at("2026-11-23T12:00:00"), zone=PARIS) == at("2026-12-01T00:00:00")


def test_asking_when_a_closed_gate_closes_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="closed"):
        rules.closes_at((), [ORDER], at=at("2026-11-23T12:00:00"), zone=PARIS)


def test_of_two_orders_in_force_the_last_signed_holds() -> None:
    renewal = order("2027-01-10", "2032-01-10", number="2", days=20)
    in_force = rules.order_on([renewal, ORDER], date(2027, 2, 1))
    assert in_force is renewal


_days = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@given(_days, st.integers(1, 1800), _days, st.integers(0, 86_399))
def test_an_open_gate_stays_open_until_it_closes(signed: date, length: int, on: date, second: int) -> None:
    term = OrderTerms(
        number="1", span=DateSpan(from_on=signed, until_on=signed + timedelta(days=length)), retention_days=15
    )
    instant = day_starts_at(on, PARIS) + timedelta(seconds=second)
    service = (DateSpan(from_on=date(2019, 1, 1)),)
    if rules.is_gate_open(service, [term], at=instant, zone=PARIS):
        closes = rules.closes_at(service, [term], at=instant, zone=PARIS)
        assert closes is not None
        assert rules.is_gate_open(service, [term], at=closes - timedelta(microseconds=1), zone=PARIS)
        assert not rules.is_gate_open(service, [term], at=closes, zone=PARIS)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.integers(1, 30))
def test_nothing_outlives_the_orders_days_nor_a_calendar_month(recorded: datetime, days: int) -> None:
    recorded_at = recorded.replace(tzinfo=UTC)
    limit = rules.destroy_by(recorded_at, days, zone=PARIS)
    assert limit <= recorded_at + timedelta(days=days)
    assert limit.astimezone(PARIS).date() <= add_months(recorded_at.astimezone(PARIS).date(), 1)
    assert recorded_at + timedelta(seconds=rules.safe_retention_s(days)) <= limit


def test_thirty_days_are_too_many_in_february() -> None:
    assert rules.destroy_by(at("2026-01-31T10:00:00"), 30, zone=PARIS) == at("2026-02-28T10:00:00")
    assert rules.destroy_by(at("2026-03-01T10:00:00"), 15, zone=PARIS) == at("2026-03-16T10:00:00")
    assert rules.safe_retention_s(30) == 28 * 86_400 - 3600


def test_the_constant_retention_fits_the_shortest_month_of_the_calendar() -> None:
    recorded_at = at("2029-02-27T10:00:00")
    assert rules.destroy_by(recorded_at, 30, zone=PARIS) - recorded_at.astimezone(UTC) == timedelta(
        seconds=rules.safe_retention_s(30)
    )


def test_an_order_lives_five_years_at_most() -> None:
    assert rules.latest_end(date(2022, 4, 25)) == date(2027, 4, 25)
