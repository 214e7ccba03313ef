"""The eight checks: each fault turns its own check red and no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from beffroi.oversee.selfcheck.rules import HEAD_LATE_US, CheckCode, Town, verdicts

TODAY = date(2026, 11, 30)
GOOD = Town(
    assessed_on=date(2025, 1, 1), password_least=12, has_second_factor=True, head_age_us=1, recorded_on=date(2026, 1, 1)
)


def test_a_town_without_a_fault_is_green_eight_times() -> None:
    assert list(verdicts(GOOD, TODAY).values()) == [True] * 8


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"unmasked": ["c01"]}, CheckCode.DWELLINGS),
        ({"overkept": ["c01"]}, CheckCode.RETENTION),
        ({"unsigned_sites": ["Capelle"]}, CheckCode.SIGNS),
        ({"late_signs": ["p1"]}, CheckCode.SIGNS),
        ({"lacking_contacts": ["dpo"]}, CheckCode.SIGNS),
        ({"assessed_on": None}, CheckCode.ASSESSMENT),
        ({"assessed_on": date(2023, 11, 30)}, CheckCode.ASSESSMENT),
        ({"wrong_clocks": ["c01"]}, CheckCode.CLOCKS),
        ({"unmeasured_clocks": ["c01"]}, CheckCode.CLOCKS),
        ({"password_least": 11}, CheckCode.PASSWORDS),
        ({"has_second_factor": False}, CheckCode.PASSWORDS),
        ({"lost_looks": 1}, CheckCode.TRACES),
        ({"head_age_us": None}, CheckCode.TRACES),
        ({"head_age_us": HEAD_LATE_US + 1}, CheckCode.TRACES),
        ({"recorded_on": None}, CheckCode.RECORD),
    ],
)
def test_each_fault_turns_its_own_check_red(fault: dict[str, Any], code: CheckCode) -> None:
    found = verdicts(replace(GOOD, **fault), TODAY)
    assert [name for name, is_good in found.items() if not is_good] == [code]
