"""Each length carries its cameras' worst second within its rate; a radio hop is the last one, and encrypted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from beffroi.plan.calc.ranges import Range
from beffroi.plan.link_rules import Budget, Length, LinkFault, Medium, budgets, unreached

TRUNK = Length(id="trunk", from_end="csu", to_end="j-1", length_m=400)
LEFT = Length(id="left", from_end="j-1", to_end="s1", length_m=100)
RIGHT = Length(id="right", from_end="j-1", to_end="s2", length_m=100)


def rate(mbit_s: float) -> Range:
    return Range(low=mbit_s * 5e5, likely=mbit_s * 8e5, high=mbit_s * 1e6)


CAMERAS = {"s1": {"c1": rate(8), "c2": rate(8)}, "s2": {"c3": rate(8)}}


def found(*lengths: Length) -> dict[str, Budget]:
    return {one.length.id: one for one in budgets(lengths, "csu", CAMERAS)}


def test_a_length_carries_every_camera_whose_way_goes_over_it_at_its_worst_second() -> None:
    carried = found(TRUNK, LEFT, RIGHT)
    assert {id_: one.cameras for id_, one in carried.items()} == {
        "trunk": ("c1", "c2", "c3"), "left": ("c1", "c2"), "right": ("c3",)
    }  # fmt: skip
    assert carried["trunk"].needed_bit_s == pytest.approx(3 * 8e6 * 2 * 1.05)
    assert carried["trunk"].faults == ()


def test_the_old_figure_of_the_arrete_eight_streams_of_two_megabits_are_sixteen() -> None:
    cameras = {"s1": {f"c{number}": Range(low=2e6, likely=2e6, high=2e6) for number in range(8)}}
    (only,) = budgets([replace(LEFT, from_end="csu")], "csu", cameras)
    assert only.needed_bit_s / (2 * 1.05) == pytest.approx(16e6)


@pytest.mark.parametrize(("capacity_mbit_s", "faults"), [(72, ()), (71.9, (LinkFault.TOO_FULL,))])
def test_a_length_is_filled_to_seven_tenths_of_its_rate_and_no_more(
    capacity_mbit_s: float, faults: tuple[LinkFault, ...]
) -> None:
    tight = replace(TRUNK, capacity_bit_s=capacity_mbit_s * 1e6)
    assert found(tight, LEFT, RIGHT)["trunk"].faults == faults


def test_a_radio_hop_is_the_last_length_and_encrypted() -> None:
    radio = replace(LEFT, medium=Medium.RADIO, capacity_bit_s=1e8)
    assert found(TRUNK, radio, RIGHT)["left"].faults == (LinkFault.RADIO_CLEAR,)
    assert found(TRUNK, replace(radio, is_encrypted=True), RIGHT)["left"].faults == ()
    trunk = replace(TRUNK, medium=Medium.RADIO, is_encrypted=True)
    assert found(trunk, LEFT, RIGHT)["trunk"].faults == (LinkFault.RADIO_NOT_LAST,)


def test_an_arm_that_leaves_a_line_in_its_middle_loads_that_line() -> None:
    line = Length(id="line", from_end="csu", to_end="s2", length_m=300, via=(("j-1", 120.0),))
    carried = found(line, LEFT)
    assert carried["line"].cameras == ("c1", "c2", "c3")
    assert carried["left"].cameras == ("c1", "c2") and carried["left"].is_last and not carried["line"].is_last


def test_of_two_ways_the_shorter_carries_and_a_site_without_a_way_is_named() -> None:
    longer = Length(id="detour", from_end="csu", to_end="s1", length_m=900)
    assert found(TRUNK, LEFT, RIGHT, longer)["detour"].cameras == ()
    assert unreached([TRUNK, LEFT], "csu", ["s1", "s2"]) == ("s2",)
