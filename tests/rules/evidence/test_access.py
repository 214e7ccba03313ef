"""Requests of filmed people: regimes, time limits, the closed list of refusals, who checks a copy."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput
from beffroi.evidence.access.rules import (
    Did,
    Done,
    Found,
    Kind,
    Mark,
    Next,
    Regime,
    Way,
    check_decision,
    check_extension,
    check_hand_over,
    check_second,
    checked_ground,
    checked_tracks,
    due_on,
    grounds_for,
    next_of,
    proposed_regime,
)


@pytest.mark.parametrize(
    ("purposes", "regime"),
    [
        ({5}, Regime.POLICE_JUSTICE),
        ({1, 4, 10, 11}, Regime.POLICE_JUSTICE),
        ({8}, Regime.GDPR),
        ({5, 7}, Regime.GDPR),
        ({6}, Regime.SECURITY),
        ({2, 6}, Regime.SECURITY),
        ({5, 6}, Regime.POLICE_JUSTICE),
        (set(), Regime.POLICE_JUSTICE),
    ],
)
def test_the_regime_follows_the_purposes(purposes: set[int], regime: Regime) -> None:
    assert proposed_regime(purposes) is regime


@pytest.mark.parametrize(
    ("regime", "received", "extended", "due"),
    [
        (Regime.GDPR, date(2026, 1, 31), False, date(2026, 2, 28)),
        (Regime.GDPR, date(2027, 11, 30), True, date(2028, 2, 29)),
        (Regime.POLICE_JUSTICE, date(2026, 12, 31), False, date(2027, 2, 28)),
        (Regime.SECURITY, date(2026, 3, 1), False, date(2026, 5, 1)),
    ],
)
def test_the_answer_is_due_in_calendar_months(regime: Regime, received: date, extended: bool, due: date) -> None:
    assert due_on(regime, received, is_extended=extended) == due


def test_only_the_rgpd_extends_once_and_within_its_first_month() -> None:
    received = date(2026, 10, 5)
    check_extension(Regime.GDPR, received, date(2026, 11, 5), is_extended=False)
    for regime, on, extended in (
        (Regime.GDPR, date(2026, 11, 6), False),
        (Regime.GDPR, date(2026, 10, 6), True),
        (Regime.POLICE_JUSTICE, date(2026, 10, 6), False),
    ):
        with pytest.raises(BarredByLaw) as refusal:
            check_extension(regime, received, on, is_extended=extended)
        assert refusal.value.article == "RGPD 12(3)"


@given(st.text(max_size=20), st.sampled_from(Regime), st.sampled_from(Kind))
def test_no_refusal_without_a_ground_of_the_law(code: str, regime: Regime, kind: Kind) -> None:
    if code not in {one.code for one in grounds_for(regime, kind)}:
        with pytest.raises(BarredByLaw) as refusal:
            checked_ground(code, regime, kind)
        assert refusal.value.article == "CSI R253-6 IV" and refusal.value.message_fr != refusal.value.message


def test_grounds_exist_where_their_law_does() -> None:
    assert "unfounded" not in {one.code for one in grounds_for(Regime.POLICE_JUSTICE, Kind.ACCESS)}
    assert "through-cnil" in {one.code for one in grounds_for(Regime.SECURITY, Kind.ACCESS)}
    assert [one.code for one in grounds_for(Regime.GDPR, Kind.OBJECTION)] == ["no-objection"]
    assert all(one.article for regime in Regime for kind in Kind for one in grounds_for(regime, kind))


def steps(*did: Did | tuple[Did, str] | tuple[Did, str, str]) -> list[Done]:
    made = [(one,) if isinstance(one, Did) else one for one in did]
    return [Done(did=one[0], code=one[1] if len(one) > 1 else "", by=one[2] if len(one) > 2 else "a") for one in made]


LOOKED = (Did.RECEIVED, Did.RECEIPT, Did.IDENTIFIED, (Did.LOOKED, Found.WITH_OTHERS.value))
COPY = (*LOOKED, (Did.GRANTED, Way.COPY.value))


def test_each_step_names_the_next() -> None:
    said = [next_of(Kind.ACCESS, steps(*LOOKED[:count])) for count in range(1, 5)]
    assert said == [Next.RECEIPT, Next.IDENTIFY, Next.LOOK, Next.DECIDE]
    assert next_of(Kind.ACCESS, steps(*LOOKED, (Did.GRANTED, Way.WATCHED.value))) is Next.APPOINT
    assert next_of(Kind.ACCESS, steps(*LOOKED, (Did.REFUSED, "defence"))) is Next.CLOSE
    assert next_of(Kind.OBJECTION, steps(Did.RECEIVED, Did.RECEIPT)) is Next.DECIDE


def test_nothing_is_granted_before_identity_and_a_look_nor_twice() -> None:
    for count, field in ((2, "identity"), (3, "found")):
        with pytest.raises(InvalidInput) as refusal:
            check_decision(Kind.ACCESS, steps(*LOOKED[:count]), Way.COPY)
        assert refusal.value.field == field
    with pytest.raises(Conflict):
        check_decision(Kind.ACCESS, steps(*COPY), Way.COPY)
    nothing = steps(*LOOKED[:3], (Did.LOOKED, Found.NOTHING.value))
    with pytest.raises(BarredByLaw):
        check_decision(Kind.ACCESS, nothing, Way.COPY)
    check_decision(Kind.ACCESS, nothing, Way.ANSWER)
    with pytest.raises(BarredByLaw):
        check_decision(Kind.OBJECTION, steps(Did.RECEIVED), Way.ANSWER)


def test_a_copy_leaves_only_covered_and_checked_by_a_second_person() -> None:
    covered = steps(*COPY, (Did.DRAWN, "c01", "a"), (Did.COVERED, "c01", "a"))
    with pytest.raises(BarredByLaw):
        check_second(covered, by="a")
    check_second(covered, by="b")
    with pytest.raises(BarredByLaw):
        check_hand_over(covered)
    checked = [*covered, *steps((Did.CHECKED, "", "b"))]
    check_hand_over(checked)
    again = [*checked, *steps((Did.DRAWN, "c01"), (Did.COVERED, "c01"))]
    assert next_of(Kind.ACCESS, again) is Next.CHECK
    with pytest.raises(BarredByLaw):
        check_hand_over(again)
    assert next_of(Kind.ACCESS, [*checked, *steps(Did.HANDED)]) is Next.CLOSE


@pytest.mark.parametrize(
    "mark",
    [
        {"left": -0.1},
        {"width": 0.0},
        {"left": 0.9, "width": 0.2},
        {"at_us": 1},
        {"height": float("nan")},
    ],
)
def test_a_rectangle_lies_in_the_picture_and_in_the_span(mark: dict[str, float]) -> None:
    whole = {"at_us": 50, "left": 0.1, "top": 0.1, "width": 0.1, "height": 0.1}
    checked_tracks([(Mark(**whole),)], 10, 100)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput) as refusal:
        checked_tracks([(Mark(**whole | mark),)], 10, 100)  # type: ignore[arg-type]
    assert refusal.value.field == "tracks"


def test_without_rectangles_only_when_nobody_else_is_there() -> None:
    with pytest.raises(InvalidInput):
        checked_tracks([], 10, 100)
    checked_tracks([], 10, 100, is_alone=True)
