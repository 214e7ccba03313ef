"""Rules of the gate: in service or in a test window, with every paper, in the town's days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.authorise import rules
from beffroi.authorise.limits import limits_on
from beffroi.authorise.precautions import Kind, Precaution
from beffroi.authorise.rules import CameraFile, Declared, OrderTerms, Place, Shut, Window
from beffroi.core.dates import DateSpan, add_months, day_starts_at

PARIS = ZoneInfo("Europe/Paris")
REUNION = ZoneInfo("Indian/Reunion")
SERVICE = (DateSpan(from_on=date(2017, 6, 12)),)
SAFETY = frozenset({"safety"})
LIMITS = limits_on(date(2026, 1, 1))


def order(signed: str, ends: str, *, number: str = "1", days: int = 15, **more: Any) -> OrderTerms:
    span = DateSpan(from_on=date.fromisoformat(signed), until_on=date.fromisoformat(ends))
    terms = {"purposes": SAFETY, "camera_purposes": SAFETY} | more
    return OrderTerms(number=number, span=span, retention_days=days, **terms)


ORDER = order("2022-04-25", "2027-04-25")
DECLARED = Declared(sent_on=date(2017, 6, 1), commissioning_on=date(2017, 6, 12))


NIGHT = Precaution(kind=Kind.HOURS, value="20:00-06:00", span=DateSpan(from_on=date(2022, 4, 25)))


def papers(**changed: Any) -> CameraFile:
    """A camera in service with all it needs, but for what is changed."""
    whole = {"service": SERVICE, "orders": (ORDER,), "receipts": (date(2017, 5, 12),), "declared": (DECLARED,)}
    return CameraFile(**(whole | changed))


def at(text: str, zone: ZoneInfo = PARIS) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


NOON = at("2026-11-23T12:00:00")


def is_open(file: CameraFile, instant: datetime, zone: ZoneInfo = PARIS) -> bool:
    return rules.gate_on(file, at=instant, zone=zone).is_open


def missing(instant: datetime = NOON, **changed: Any) -> tuple[Shut, ...]:
    return rules.gate_on(papers(**changed), at=instant, zone=PARIS).missing


def closes_at(**changed: Any) -> datetime | None:
    return rules.gate_on(papers(**changed), at=NOON, zone=PARIS).closes_at


@pytest.mark.parametrize(
    ("instant", "opens"),
    [
        ("2022-04-24T23:59:59", False),
        ("2022-04-25T00:00:00", True),
        ("2027-04-24T23:59:59", True),
        ("2027-04-25T00:00:00", False),
    ],
)
def test_the_gate_follows_the_order_to_the_second_in_town_time(instant: str, opens: bool) -> None:
    assert is_open(papers(), at(instant)) is opens


def test_an_expiry_strikes_earlier_in_la_reunion_than_in_paris() -> None:
    instant = datetime(2027, 4, 24, 21, 0, tzinfo=UTC)  # 23:00 in Paris, 01:00 the next day in La Réunion
    assert is_open(papers(), instant)
    assert not is_open(papers(), instant, REUNION)


@pytest.mark.parametrize(
    ("changed", "lacks"),
    [
        ({"service": ()}, Shut.NOT_IN_SERVICE),
        ({"service": (DateSpan(from_on=date(2026, 11, 24)),)}, Shut.NOT_IN_SERVICE),
        ({"orders": ()}, Shut.NO_ORDER),
        ({"orders": (order("2022-04-25", "2027-04-25", camera_purposes=frozenset()),)}, Shut.NO_PURPOSE),
        ({"orders": (order("2022-04-25", "2027-04-25", camera_purposes=SAFETY | {"traffic"}),)}, Shut.NO_PURPOSE),
        ({"orders": (order("2022-04-25", "2027-04-25", withdrawn_on=date(2026, 11, 23)),)}, Shut.WITHDRAWN),
        ({"orders": (order("2022-04-25", "2027-04-25", suspended_at=NOON),)}, Shut.SUSPENDED),
        ({"orders": (order("2022-04-25", "2027-04-25", event_over_at=NOON),)}, Shut.EVENT_OVER),
        ({"orders": (order("2022-04-25", "2027-04-25", place=Place(is_inside=False)),)}, Shut.OUTSIDE_PERIMETER),
        ({"orders": (order("2022-04-25", "2027-04-25", place=Place(is_inside=True)),)}, Shut.NO_NOTICE),
        ({"orders": (order("2022-04-25", "2027-04-25", precautions=(NIGHT,)),)}, Shut.OUT_OF_HOURS),
        ({"receipts": ()}, Shut.NO_RECEIPT),
        ({"receipts": (date(2026, 11, 24),)}, Shut.NO_RECEIPT),
        ({"declared": ()}, Shut.NO_DECLARATION),
        (
            {"declared": (Declared(sent_on=date(2026, 11, 24), commissioning_on=date(2026, 11, 24)),)},
            Shut.NO_DECLARATION,
        ),
        (
            {"declared": (Declared(sent_on=date(2026, 11, 1), commissioning_on=date(2026, 11, 24)),)},
            Shut.BEFORE_COMMISSIONING,
        ),
    ],
)
def test_each_missing_paper_shuts_the_gate_and_is_named(changed: dict[str, Any], lacks: Shut) -> None:
    assert missing(**changed) == (lacks,)


def in_perimeter(*notices: tuple[str, bool]) -> OrderTerms:
    """An order by perimeter: each notice's day, and whether it names where the camera is now."""
    told = tuple((date.fromisoformat(day), is_here) for day, is_here in notices)
    return order("2022-04-25", "2027-04-25", place=Place(is_inside=True, notices=told))


def test_the_last_notice_sent_must_name_where_the_camera_is() -> None:
    assert missing(orders=(in_perimeter(("2026-11-01", True)),)) == ()
    assert missing(orders=(in_perimeter(("2026-11-01", True), ("2026-11-20", False)),)) == (Shut.NO_NOTICE,)
    assert missing(orders=(in_perimeter(("2026-11-01", False), ("2026-11-20", True)),)) == ()
    assert missing(orders=(in_perimeter(("2026-11-24", True)),)) == (Shut.NO_NOTICE,), "a letter not sent yet"


def test_hours_laid_down_close_and_open_the_gate_each_day() -> None:
    nightly = papers(orders=(order("2022-04-25", "2027-04-25", precautions=(NIGHT,)),))
    assert [is_open(nightly, at(f"2026-11-23T{hour}")) for hour in ("05:59:59", "06:00", "19:59:59", "20:00")] == [
        True, False, False, True,
    ]  # fmt: skip
    verdict = rules.gate_on(nightly, at=at("2026-11-23T22:00"), zone=PARIS)
    assert verdict.closes_at == at("2026-11-24T06:00")
    coming = Precaution(kind=Kind.HOURS, value="20:00-06:00", span=DateSpan(from_on=date(2027, 1, 1)))
    assert closes_at(orders=(order("2022-04-25", "2027-04-25", precautions=(coming,)),)) == at("2027-01-01T06:00")


def test_a_temporary_order_lasts_four_months_and_names_its_event() -> None:
    asked = rules.Asked(
        signed_on=date(2026, 6, 1), ends_on=date(2026, 10, 2), retention_days=10, regime=rules.Regime.GATHERING
    )
    faults = {fault.field: fault.article for fault in rules.order_faults(asked, LIMITS)}
    assert faults == {"ends_on": "CSI L252-6", "event": ""}
    assert LIMITS.latest_end(date(2026, 6, 1), rules.Regime.URGENCY) == date(2026, 10, 1)


def test_every_missing_paper_is_named_at_once() -> None:
    assert missing(orders=(), receipts=(), declared=()) == (Shut.NO_ORDER, Shut.NO_RECEIPT, Shut.NO_DECLARATION)


def test_every_reason_has_its_article() -> None:
    assert set(rules.ARTICLES) == set(Shut)


def test_a_gate_closes_when_its_order_ends() -> None:
    assert closes_at() == datetime(2027, 4, 24, 22, 0, tzinfo=UTC)


def test_orders_that_follow_each_other_carry_on() -> None:
    renewal = order("2027-04-20", "2032-04-20", number="2")
    assert closes_at(orders=(ORDER, renewal)) == at("2032-04-20T00:00:00")


def test_a_renewal_signed_a_day_late_leaves_the_gate_closed_that_day() -> None:
    file = papers(orders=(ORDER, order("2027-04-26", "2032-04-26", number="2")))
    assert rules.gate_on(file, at=NOON, zone=PARIS).closes_at == at("2027-04-25T00:00:00")
    assert not is_open(file, at("2027-04-25T12:00:00"))
    assert is_open(file, at("2027-04-26T00:00:00"))


def test_a_camera_taken_out_of_service_closes_before_its_order() -> None:
    service = (DateSpan(from_on=date(2017, 6, 12), until_on=date(2026, 12, 1)),)
    assert closes_at(service=service) == at("2026-12-01T00:00:00")


def test_a_shut_gate_has_no_closing() -> None:
    assert closes_at(service=()) is None


def test_a_withdrawal_and_a_suspension_known_ahead_close_the_gate_on_time() -> None:
    withdrawn = order("2022-04-25", "2027-04-25", withdrawn_on=date(2026, 12, 24))
    assert closes_at(orders=(withdrawn,)) == at("2026-12-24T00:00:00")
    suspended = order("2022-04-25", "2027-04-25", suspended_at=at("2026-11-23T18:30:00"))
    assert closes_at(orders=(suspended,)) == at("2026-11-23T18:30:00")


def test_an_older_order_does_not_save_a_camera_whose_last_one_was_suspended_or_withdrawn() -> None:
    suspended = order("2026-01-10", "2031-01-10", number="2", suspended_at=NOON)
    withdrawn = order("2026-01-10", "2031-01-10", number="2", withdrawn_on=date(2026, 11, 1))
    assert missing(orders=(ORDER, suspended)) == (Shut.SUSPENDED,)
    assert missing(orders=(ORDER, withdrawn)) == (Shut.WITHDRAWN,)
    anew = order("2026-11-02", "2031-11-02", number="3")
    assert missing(orders=(ORDER, withdrawn, anew)) == ()


def test_of_two_orders_in_force_the_last_signed_holds() -> None:
    renewal = order("2027-01-10", "2032-01-10", number="2", days=20)
    assert rules.order_on([renewal, ORDER], date(2027, 2, 1)) is renewal


# -- test windows -----------------------------------------------------------------------------------------

TESTING = (DateSpan(from_on=date(2026, 11, 21), until_on=date(2026, 11, 25)),)
WINDOW = Window(opened_at=at("2026-11-23T09:00:00"), ends_at=at("2026-11-25T09:00:00"))
TESTED: dict[str, Any] = {"service": (), "testing": TESTING, "windows": (WINDOW,)}


def test_a_camera_in_test_opens_in_its_window_alone() -> None:
    assert missing(**TESTED) == ()
    assert missing(at("2026-11-23T08:59:59"), **TESTED) == (Shut.NO_WINDOW,)
    assert missing(service=(), testing=TESTING) == (Shut.NO_WINDOW,)


def test_a_test_does_not_wait_for_the_commissioning_day_but_for_every_paper() -> None:
    ahead = (Declared(sent_on=date(2026, 11, 1), commissioning_on=date(2026, 12, 18)),)
    assert missing(**TESTED, declared=ahead) == ()
    assert missing(**TESTED, declared=()) == (Shut.NO_DECLARATION,)
    assert missing(**TESTED, receipts=()) == (Shut.NO_RECEIPT,)
    assert missing(**TESTED, orders=()) == (Shut.NO_ORDER,)


def test_a_test_closes_with_its_window_or_when_the_camera_leaves_the_state() -> None:
    assert closes_at(**TESTED) == at("2026-11-25T00:00:00")
    longer = (DateSpan(from_on=date(2026, 11, 21)),)
    assert closes_at(**(TESTED | {"testing": longer})) == WINDOW.ends_at


def test_service_does_not_begin_under_an_unclosed_window_nor_right_after_it() -> None:
    served: dict[str, Any] = {"service": (DateSpan(from_on=date(2026, 11, 23)),)}
    assert missing(**served, windows=(WINDOW,)) == (Shut.SETTLING,)
    closed = Window(opened_at=WINDOW.opened_at, ends_at=WINDOW.ends_at, closed_at=NOON)
    assert missing(NOON + timedelta(seconds=59), **served, windows=(closed,)) == (Shut.SETTLING,)
    assert missing(NOON + rules.SETTLING, **served, windows=(closed,)) == ()


def test_no_footage_of_a_test_outlives_it() -> None:
    closed = Window(opened_at=WINDOW.opened_at, ends_at=WINDOW.ends_at, closed_at=NOON)
    assert rules.test_footage([WINDOW], at=NOON, is_open=True) == []
    # a node cut off from web may go on to the planned end
    assert rules.test_footage([closed], at=NOON, is_open=False) == [(WINDOW.opened_at, WINDOW.ends_at)]
    # once in service, what follows the test is lawful
    assert rules.test_footage([closed], at=NOON, is_open=True) == [(WINDOW.opened_at, NOON + rules.SETTLING)]
    over = WINDOW.ends_at + rules.SETTLING
    assert rules.test_footage([WINDOW], at=over, is_open=False) == [(WINDOW.opened_at, over)]


def test_footage_of_a_service_before_the_test_is_spared() -> None:
    (span,) = rules.test_footage([WINDOW], at=WINDOW.ends_at, is_open=False)
    assert span[0] == WINDOW.opened_at


# -- every date -------------------------------------------------------------------------------------------

_days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
_clock_changes = st.sampled_from([date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2028, 10, 29)])
_any_day = st.one_of(_days, _clock_changes)
_length = st.integers(1, 1800)


@st.composite
def _files(draw: st.DrawFn) -> CameraFile:
    """A camera's file with days thrown at random, near one another."""
    first = draw(_any_day)

    def near() -> date:
        return first + timedelta(days=draw(st.integers(-6, 6)))

    def span() -> DateSpan:
        begins = near()
        return DateSpan(from_on=begins, until_on=begins + timedelta(days=draw(st.integers(1, 9))))

    def instant() -> datetime:
        return day_starts_at(near(), PARIS) + timedelta(seconds=draw(st.integers(0, 86_399)))

    orders = tuple(
        OrderTerms(
            number=str(number),
            span=span(),
            retention_days=15,
            purposes=SAFETY,
            camera_purposes=SAFETY,
            withdrawn_on=near() if draw(st.integers(0, 4)) == 0 else None,
            suspended_at=instant() if draw(st.integers(0, 4)) == 0 else None,
        )
        for number in range(draw(st.integers(1, 3)))
    )
    opened = instant()
    ends = opened + timedelta(hours=draw(st.integers(1, 48)))
    closed = opened + timedelta(minutes=draw(st.integers(1, 2880))) if draw(st.booleans()) else None
    testing = span()
    return CameraFile(
        service=(DateSpan(from_on=testing.until_on or testing.from_on),),
        testing=(testing,),
        orders=orders,
        receipts=(near(),),
        declared=(Declared(sent_on=near(), commissioning_on=near()),),
        windows=(Window(opened_at=opened, ends_at=ends, closed_at=closed),),
    )


@given(_files(), st.integers(0, 20 * 86_400), st.integers(1, 10 * 86_400))
def test_an_open_gate_stays_open_until_it_closes(file: CameraFile, second: int, later_s: int) -> None:
    first = min(order.span.from_on for order in file.orders)
    instant = (day_starts_at(first, PARIS) + timedelta(seconds=second)).astimezone(UTC)
    verdict = rules.gate_on(file, at=instant, zone=PARIS)
    if not verdict.is_open:
        assert verdict.missing
        return
    assert verdict.closes_at is not None, "every order ends"
    assert not is_open(file, verdict.closes_at)
    assert is_open(file, verdict.closes_at.astimezone(UTC) - timedelta(microseconds=1))
    between = instant + timedelta(seconds=later_s)
    if between < verdict.closes_at:
        assert is_open(file, between)


@given(_files(), st.integers(0, 20 * 86_400))
def test_no_gate_opens_without_an_order_in_force_and_its_letters(file: CameraFile, second: int) -> None:
    instant = day_starts_at(min(order.span.from_on for order in file.orders), PARIS) + timedelta(seconds=second)
    if is_open(file, instant):
        on = instant.astimezone(PARIS).date()
        held = rules.order_on(file.orders, on)
        assert held is not None
        assert held.withdrawn_on is None or on < held.withdrawn_on
        assert held.suspended_at is None or instant < held.suspended_at
        assert file.receipts[0] <= on
        assert file.declared[0].sent_on <= on
        in_service = on in file.service[0]
        assert in_service or file.windows[0].is_open(instant)
        assert not in_service or file.declared[0].commissioning_on <= on


@given(_any_day, _length, _any_day, st.integers(0, 86_399))
def test_an_order_holds_on_its_days_and_no_other(signed: date, length: int, on: date, second: int) -> None:
    ends = signed + timedelta(days=length)
    term = order(signed.isoformat(), ends.isoformat())
    file = papers(service=(DateSpan(from_on=date(2019, 1, 1)),), orders=(term,))
    instant = day_starts_at(on, PARIS).astimezone(UTC) + timedelta(seconds=second)
    town_day = instant.astimezone(PARIS).date()
    assert is_open(file, instant) is (signed <= town_day < ends)


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


@pytest.mark.parametrize(
    ("signed", "latest"),
    [
        (date(2022, 4, 25), date(2027, 4, 25)),
        (date(2024, 2, 29), date(2029, 2, 28)),
        (date(2023, 2, 28), date(2028, 2, 28)),
        (date(2021, 12, 31), date(2026, 12, 31)),
    ],
)
def test_an_order_lives_five_years_at_most(signed: date, latest: date) -> None:
    assert LIMITS.latest_end(signed) == latest


def test_test_and_service_are_barred_while_a_dwelling_in_view_has_no_masks() -> None:
    paris, at = ZoneInfo("Europe/Paris"), datetime(2026, 1, 2, tzinfo=UTC)
    span = [DateSpan(from_on=date(2026, 1, 1))]
    for file in (CameraFile(lacks_masks=True, testing=span), CameraFile(lacks_masks=True, service=span)):
        assert Shut.NO_MASKS in rules.gate_on(file, at=at, zone=paris).missing
    assert missing(lacks_masks=True) == (Shut.NO_MASKS,) and rules.ARTICLES[Shut.NO_MASKS] == "CSI L251-3"
