"""An evaluation is written before, says what it can show, and tells no percentage without control and interval."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import pytest

from beffroi.oversee.evaluation.rules import Counts, Design, Power, faults_of, power_of, result_of
from beffroi.territory.calc.figures import Change, NotComputed

TODAY = date(2026, 11, 30)
WORKS = date(2026, 12, 10)
DESIGN = Design(
    phase="px",
    outcomes=("theft-from-vehicle",),
    treated=("z04", "z08"),
    control=("z09", "z12"),
    displacement=("z03",),
    starts_on=date(2026, 12, 24),
    before_months=36,
    after_months=24,
)


def faults(design: Design, today: date = TODAY) -> list[str]:
    return [fault.field for fault in faults_of(design, works_begin_on=WORKS, today=today)]


def test_a_plan_written_before_its_phase_stands() -> None:
    assert faults(DESIGN) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"starts_on": date(2026, 12, 1)}, "starts_on"),
        ({"before_months": 24}, "before_months"),
        ({"after_months": 6}, "after_months"),
        ({"outcomes": ()}, "outcomes"),
        ({"control": ()}, "control"),
        ({"control": ("z04",)}, "control"),
        ({"displacement": ("z09",)}, "control"),
    ],
)
def test_what_would_deceive_is_refused_by_its_field(change: dict[str, object], field: str) -> None:
    assert field in faults(replace(DESIGN, **change))  # type: ignore[arg-type]  # fields of the plan


def test_a_plan_is_registered_before_the_works_and_no_later() -> None:
    assert faults(DESIGN, today=WORKS - timedelta(days=1)) == []
    assert faults(DESIGN, today=WORKS) == ["phase"]


def test_a_correction_may_come_later_says_why_and_never_after_its_result() -> None:
    correction = replace(DESIGN, corrects="0" * 64, reason="la zone Z09 reçoit une caméra de la gare")
    assert faults(correction, today=WORKS) == []
    assert faults(replace(correction, reason=" "), today=WORKS) == ["reason"]
    assert faults(correction, today=DESIGN.after[1]) == ["corrects"]


def test_any_change_is_another_hash() -> None:
    others = [replace(DESIGN, before_months=48), replace(DESIGN, control=("z12", "z09")), replace(DESIGN, corrects="x"),
              replace(DESIGN, test="res-95"), replace(DESIGN, power=Power(treated_a_year=20, control_a_year=100,
                                                                          smallest_fall=0.65))]  # fmt: skip
    assert len({DESIGN.sha256, *(other.sha256 for other in others)}) == 6
    assert DESIGN.sha256 == replace(DESIGN).sha256


def test_power_is_that_of_the_published_table() -> None:
    power = power_of(replace(DESIGN, after_months=12), treated=60, control=300)
    assert power.smallest_fall is not None
    assert (power.treated_a_year, power.control_a_year) == (20, 100)
    assert round(power.smallest_fall, 2) == 0.65
    assert power.least_percent == math.ceil(100 * power.smallest_fall)


def test_without_facts_nothing_can_be_shown() -> None:
    assert power_of(DESIGN, treated=0, control=300).smallest_fall is None


def test_a_result_prints_its_control_and_its_interval() -> None:
    found = result_of(DESIGN, Counts(treated=(300, 100), control=(600, 400)), control_name="Gare")
    assert isinstance(found.change, Change)
    assert "par rapport à Gare" in found.change.said_fr()
    assert found.change.ratio.low < 0.5 < found.change.ratio.high
    with pytest.raises(TypeError):
        float(found.change)


def test_a_count_of_zero_gives_no_percentage() -> None:
    found = result_of(DESIGN, Counts(treated=(3, 0), control=(600, 400)), control_name="Gare")
    assert isinstance(found.change, NotComputed)


def test_no_fact_at_all_is_told_and_breaks_nothing() -> None:
    found = result_of(DESIGN, Counts(treated=(0, 0), control=(0, 0)), control_name="Gare")
    assert isinstance(found.facts, NotComputed) and isinstance(found.change, NotComputed)
