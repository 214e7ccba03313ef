"""Rules of the dated states."""

from __future__ import annotations

from datetime import date

import pytest

from beffroi.core.dates import DateSpan
from beffroi.plan import rules
from beffroi.plan.rules import DatedState, Fault, StateName

S = StateName


def life(*steps: tuple[StateName, str]) -> list[DatedState]:
    return [DatedState(state=state, on=date.fromisoformat(on)) for state, on in steps]


WHOLE = life(
    (S.PLANNED, "2016-06-30"),
    (S.FILED, "2016-10-10"),
    (S.AUTHORISED, "2017-04-28"),
    (S.INSTALLED, "2017-05-02"),
    (S.DECLARED, "2017-06-04"),
    (S.IN_TEST, "2017-06-08"),
    (S.ACCEPTED, "2017-06-12"),
    (S.IN_SERVICE, "2017-06-12"),
)


def test_a_whole_life_stands() -> None:
    assert rules.fault_of(WHOLE) is None


def test_a_town_may_join_with_cameras_already_in_service() -> None:
    assert rules.fault_of(life((S.IN_SERVICE, "2019-06-28"))) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (S.PLANNED, S.IN_SERVICE),
        (S.PLANNED, S.INSTALLED),
        (S.FILED, S.INSTALLED),
        (S.AUTHORISED, S.IN_SERVICE),
        (S.IN_TEST, S.IN_SERVICE),
        (S.REMOVED, S.PLANNED),
        (S.IN_SERVICE, S.PLANNED),
        (S.ACCEPTED, S.ACCEPTED),
    ],
)
def test_no_step_is_skipped(before: StateName, after: StateName) -> None:
    assert rules.fault_of(life((before, "2017-01-01"), (after, "2017-02-01"))) == (1, Fault.NOT_ALLOWED)


@pytest.mark.parametrize("state", [state for state in StateName if state is not S.REMOVED])
def test_any_camera_may_be_removed(state: StateName) -> None:
    assert S.REMOVED in rules.NEXT[state]


def test_every_state_says_what_may_follow() -> None:
    assert set(rules.NEXT) == set(StateName)


def test_a_step_back_in_time_is_a_fault() -> None:
    assert rules.fault_of(life((S.PLANNED, "2017-02-01"), (S.FILED, "2017-01-31"))) == (1, Fault.NOT_AFTER)


@pytest.mark.parametrize(
    ("on", "state"),
    [
        ("2016-06-29", None),
        ("2016-06-30", S.PLANNED),
        ("2017-04-27", S.FILED),
        ("2017-04-28", S.AUTHORISED),
        ("2017-06-12", S.IN_SERVICE),
        ("2040-01-01", S.IN_SERVICE),
    ],
)
def test_the_state_on_a_day_is_the_last_one_dated_by_then(on: str, state: StateName | None) -> None:
    assert rules.state_on(WHOLE, date.fromisoformat(on)) is state


def test_a_state_left_the_same_day_has_no_span() -> None:
    assert rules.spans_in(WHOLE, S.ACCEPTED) == ()
    assert rules.spans_in(WHOLE, S.IN_SERVICE) == (DateSpan(from_on=date(2017, 6, 12)),)


def test_service_interrupted_by_a_repair_has_two_spans() -> None:
    history = [*WHOLE, *life((S.IN_TEST, "2020-01-10"), (S.ACCEPTED, "2020-01-14"), (S.IN_SERVICE, "2020-01-15"))]
    assert rules.fault_of(history) is None
    assert rules.spans_in(history, S.IN_SERVICE) == (
        DateSpan(from_on=date(2017, 6, 12), until_on=date(2020, 1, 10)),
        DateSpan(from_on=date(2020, 1, 15)),
    )


@pytest.mark.parametrize(
    ("states", "common"),
    [
        ([], None),
        ([S.IN_SERVICE, S.IN_TEST], S.IN_TEST),
        ([S.IN_SERVICE, S.REMOVED], S.IN_SERVICE),
        ([S.REMOVED], S.REMOVED),
        ([S.IN_SERVICE, S.EXPIRED], S.EXPIRED),
    ],
)
def test_a_site_is_as_advanced_as_its_last_camera(states: list[StateName], common: StateName | None) -> None:
    assert rules.common_state(states) is common


@pytest.mark.parametrize(("planned", "seen", "turned"), [(262, 276, 14), (350, 10, 20), (10, 350, -20), (0, 180, 180)])
def test_a_turn_is_measured_the_short_way(planned: float, seen: float, turned: float) -> None:
    assert rules.turned_by_deg(planned, seen) == turned
