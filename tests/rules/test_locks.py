"""How long each kind of lock may last, and what it must be tied to."""

from dataclasses import asdict, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.core.errors import BarredByLaw, InvalidInput
from beffroi.evidence import hold_rules
from beffroi.evidence.hold_rules import US_PER_DAY, HoldKind, Inquiry, Term

START = 1_790_000_000_000_000
TERM = Term(asked_until_at_us=0, limit_at_us=START + 15 * US_PER_DAY, called_at_us=START + US_PER_DAY)
WHOLE = Inquiry(officer="OPJ", unit="commissariat", frame="60-1", dated_on=date(2026, 11, 17))
instants = st.integers(START, START + 400 * US_PER_DAY)


@given(asked=instants)
def test_a_telephone_lock_never_outlasts_its_days_from_the_call(asked: int) -> None:
    term = replace(TERM, asked_until_at_us=asked)
    assert hold_rules.hold_ends_at(HoldKind.TELEPHONE, term) <= TERM.called_at_us + 8 * US_PER_DAY


def test_a_telephone_lock_outlives_the_order_when_the_call_came_on_its_last_day() -> None:
    late = replace(TERM, called_at_us=TERM.limit_at_us - 3_600_000_000)
    assert hold_rules.hold_ends_at(HoldKind.TELEPHONE, late) > TERM.limit_at_us


@given(asked=instants, kind=st.sampled_from([HoldKind.INCIDENT, HoldKind.ACCESS]))
def test_an_incident_and_an_access_request_never_outlive_the_order(asked: int, kind: HoldKind) -> None:
    assert hold_rules.hold_ends_at(kind, replace(TERM, asked_until_at_us=asked)) <= TERM.limit_at_us


def test_an_inquiry_keeps_to_its_date_beyond_the_order() -> None:
    asked = START + 60 * US_PER_DAY
    assert hold_rules.hold_ends_at(HoldKind.INQUIRY, replace(TERM, asked_until_at_us=asked)) == asked


REVIEW = replace(TERM, review_at_us=START + 180 * US_PER_DAY)


@given(asked=instants, kind=st.sampled_from([HoldKind.INQUIRY, HoldKind.LIMITATION]))
def test_no_lock_is_asked_for_beyond_its_review(asked: int, kind: HoldKind) -> None:
    term = replace(REVIEW, asked_until_at_us=asked)
    if asked <= REVIEW.review_at_us:
        assert hold_rules.hold_ends_at(kind, term) == asked
        return
    with pytest.raises(InvalidInput) as refusal:
        hold_rules.hold_ends_at(kind, term)
    assert refusal.value.field == "until_on"
    assert "6 months" in refusal.value.message and "6 mois" in refusal.value.message_fr


def test_an_inquirys_lock_is_told_a_fortnight_before_its_end_and_a_calls_two_days() -> None:
    for kind, days in ((HoldKind.INQUIRY, 14), (HoldKind.TELEPHONE, 2)):
        until_at_us = START + days * US_PER_DAY
        assert hold_rules.ends_soon(kind, until_at_us, START) and not hold_rules.ends_soon(kind, until_at_us + 1, START)
        assert not hold_rules.ends_soon(kind, until_at_us, until_at_us)
    assert not hold_rules.ends_soon(HoldKind.INCIDENT, START + 1, START)


def test_a_renewal_carries_the_inquiry_and_its_reference() -> None:
    hold_rules.check_renewal(WHOLE, "2026/004512")
    for inquiry, procedure, field in ((WHOLE, "", "procedure"), (replace(WHOLE, unit=""), "2026/1", "unit")):
        with pytest.raises(BarredByLaw) as refusal:
            hold_rules.check_renewal(inquiry, procedure)
        assert (refusal.value.field, refusal.value.article) == (field, "CSI L252-5")


@pytest.mark.parametrize("kind", [HoldKind.INQUIRY, HoldKind.LIMITATION])
def test_a_lock_that_may_outlive_the_order_has_an_end_date(kind: HoldKind) -> None:
    with pytest.raises(InvalidInput) as refusal:
        hold_rules.hold_ends_at(kind, TERM)
    assert refusal.value.field == "until_on"


@pytest.mark.parametrize("lacking", ["officer", "unit", "frame", "dated_on"])
def test_an_inquiry_lock_without_its_inquiry_is_barred_in_both_languages(lacking: str) -> None:
    known: dict[str, Any] = asdict(WHOLE) | {lacking: None if lacking == "dated_on" else ""}
    with pytest.raises(BarredByLaw) as refusal:
        hold_rules.check_tied(HoldKind.INQUIRY, Inquiry(**known))
    assert (refusal.value.field, refusal.value.article) == (lacking, "CSI L252-5")
    assert hold_rules.FIELDS_FR[lacking] in refusal.value.message_fr and lacking in refusal.value.message


def test_a_limitation_is_off_until_the_town_opens_it_and_then_signed_by_the_dpo() -> None:
    with pytest.raises(BarredByLaw):
        hold_rules.check_limitation(is_allowed=False, signed_by="dpo")
    with pytest.raises(InvalidInput) as refusal:
        hold_rules.check_limitation(is_allowed=True, signed_by="")
    assert refusal.value.field == "signed_by"
    hold_rules.check_limitation(is_allowed=True, signed_by="dpo")


def test_a_span_past_its_expiry_is_barred_and_the_answer_is_negative() -> None:
    with pytest.raises(BarredByLaw) as refusal:
        hold_rules.check_not_past(START, START + 1, destroyed_before_us=START + 1)
    assert refusal.value.article == "CSI R253-4" and "négative" in refusal.value.message_fr
    hold_rules.check_not_past(START, START + 2, destroyed_before_us=START + 1)
