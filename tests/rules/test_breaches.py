"""A breach: 72 hours from when it was found, what a notice lacks, when people are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.oversee.breaches.rules import (
    HOUR_US,
    NOTIFIED_WITHIN_US,
    BreachFacts,
    PeopleTold,
    Risk,
    check_notice,
    check_people,
)

FOUND_US = 1_790_000_000_000_000
WHOLE = BreachFacts(found_at_us=FOUND_US, risk=Risk.RISK)


def test_seventy_two_hours_run_from_the_finding_to_the_microsecond() -> None:
    assert WHOLE.notify_by_us == FOUND_US + 72 * HOUR_US
    assert not WHOLE.is_late(WHOLE.notify_by_us) and WHOLE.is_late(WHOLE.notify_by_us + 1)


def test_a_notice_in_time_stays_in_time() -> None:
    told = replace(WHOLE, notified_at_us=FOUND_US + HOUR_US)
    assert not told.is_late(FOUND_US + 10 * NOTIFIED_WITHIN_US) and not told.is_open


def test_what_nobody_weighed_is_to_be_notified() -> None:
    assert BreachFacts(found_at_us=FOUND_US).is_to_notify
    assert not replace(WHOLE, risk=Risk.NONE).is_to_notify


def test_a_late_notice_needs_its_reasons() -> None:
    late_us = WHOLE.notify_by_us + 1
    with pytest.raises(InvalidInput) as refusal:
        check_notice(WHOLE, late_us, "  ")
    assert refusal.value.field == "delay_reason"
    check_notice(WHOLE, late_us, "Le prestataire n'a prévenu que le quatrième jour.")
    check_notice(WHOLE, WHOLE.notify_by_us, "")


def test_a_notice_without_a_field_of_the_article_is_refused_by_its_name() -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_notice(replace(WHOLE, lacks=("consequences", "measures")), FOUND_US, "")
    assert refusal.value.field == "consequences" and "conséquences" in refusal.value.message_fr


def test_nothing_is_notified_twice_before_it_was_found_or_without_a_risk() -> None:
    with pytest.raises(Conflict):
        check_notice(replace(WHOLE, notified_at_us=FOUND_US), FOUND_US, "")
    with pytest.raises(Conflict):
        check_notice(replace(WHOLE, risk=Risk.NONE), FOUND_US, "")
    with pytest.raises(InvalidInput):
        check_notice(WHOLE, FOUND_US - 1, "")


def test_people_are_told_when_the_risk_is_high_and_a_delay_ends() -> None:
    high = replace(WHOLE, risk=Risk.HIGH, notified_at_us=FOUND_US)
    assert high.waits_for_people and high.is_open
    assert not replace(high, people=PeopleTold.TOLD).waits_for_people
    delayed = replace(high, people=PeopleTold.DELAYED)
    assert not delayed.waits_for_people
    assert replace(delayed, is_people_delay_over=True).waits_for_people


@pytest.mark.parametrize(
    ("how", "reason", "has_day", "field"),
    [
        (PeopleTold.PROTECTED, "", False, "reason"),
        (PeopleTold.DELAYED, "", True, "reason"),
        (PeopleTold.DELAYED, "enquête en cours", False, "until_on"),
    ],
)
def test_not_telling_people_has_its_reason_and_a_delay_its_end(
    how: PeopleTold, reason: str, has_day: bool, field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_people(replace(WHOLE, risk=Risk.HIGH), how, reason=reason, has_day=has_day)
    assert refusal.value.field == field


def test_people_are_not_told_of_a_risk_that_is_not_high() -> None:
    with pytest.raises(Conflict):
        check_people(WHOLE, PeopleTold.TOLD, reason="", has_day=False)
