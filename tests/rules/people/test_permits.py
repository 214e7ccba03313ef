"""Role, habilitation, assignment: what results, over days and cameras drawn at random."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.people.rules import (
    CATEGORIES,
    IMAGE_RIGHTS,
    INCOMPATIBLE,
    RIGHTS,
    SEEING,
    Act,
    Category,
    Held,
    Right,
    Role,
    Standing,
    clashes,
    permit,
)

HERE = "12145"
DAY = date(2026, 6, 15)
days = st.dates(DAY - timedelta(days=400), DAY + timedelta(days=400))
cameras = st.sampled_from(["c01", "c02", "c03"])
held_ones = st.builds(
    Held,
    role=st.sampled_from(Role),
    cameras=st.none() | st.frozensets(cameras),
    replay_days=st.none() | st.integers(0, 30),
    last_on=st.none() | days,
)
acts = st.builds(
    Act,
    category=st.sampled_from(Category),
    territory=st.sampled_from([HERE, "34172"]),
    first_on=days,
    last_on=days,
    is_approved=st.booleans(),
    approval_last_on=st.none() | days,
    suspended_on=st.none() | days,
    withdrawn_on=st.none() | days,
)
several_held, several_acts = st.lists(held_ones, max_size=4), st.lists(acts, max_size=4)


def act(category: Category = Category.APPROVED, **changed: Any) -> Act:
    stated: dict[str, Any] = {
        "territory": HERE,
        "first_on": DAY - timedelta(days=100),
        "last_on": DAY + timedelta(days=100),
    }
    return Act(category=category, **{**stated, **changed})


def in_force(one: Act, on: date) -> bool:
    """The law's words, written out apart from the rule."""
    return (
        one.territory == HERE
        and one.first_on <= on <= one.last_on
        and one.is_approved
        and (one.approval_last_on is None or on <= one.approval_last_on)
        and (one.suspended_on is None or on < one.suspended_on)
        and (one.withdrawn_on is None or on < one.withdrawn_on)
    )


@given(several_held, several_acts, days)
def test_no_picture_without_an_act_in_force_of_a_category_that_fits_the_role(
    held: list[Held], given_acts: list[Act], on: date
) -> None:
    result = permit(held, given_acts, on, here=HERE)
    for right in result.rights & IMAGE_RIGHTS:
        giving = [one.role for one in held if right in RIGHTS[one.role] and (not one.last_on or on <= one.last_on)]
        assert any(in_force(a, on) and a.category in CATEGORIES[role] for role in giving for a in given_acts)


@given(several_held, several_acts, days, cameras, st.sampled_from(sorted(IMAGE_RIGHTS)))
def test_a_grant_that_ends_with_the_permit_never_outlives_act_or_assignment(
    held: list[Held], given_acts: list[Act], on: date, camera: str, right: Right
) -> None:
    until_on = permit(held, given_acts, on, here=HERE).until_on(right, camera)
    if until_on is not None:
        assert on < until_on
        last = until_on - timedelta(days=1)
        assert permit(held, given_acts, last, here=HERE).over(right, camera)


@given(several_held, several_acts, days, cameras)
def test_outside_its_groups_an_agent_sees_nothing(
    held: list[Held], given_acts: list[Act], on: date, camera: str
) -> None:
    elsewhere = [one for one in held if one.cameras is not None and camera not in one.cameras]
    result = permit(elsewhere, given_acts, on, here=HERE)
    assert not any(result.over(right, camera) for right in Right)


@given(several_held, several_acts, days, held_ones)
def test_one_more_assignment_never_takes_a_right_away(
    held: list[Held], given_acts: list[Act], on: date, more: Held
) -> None:
    before = permit(held, given_acts, on, here=HERE)
    after = permit([*held, more], given_acts, on, here=HERE)
    assert before.rights <= after.rights


@given(several_held, several_acts, days)
def test_a_role_that_sees_nothing_today_says_why(held: list[Held], given_acts: list[Act], on: date) -> None:
    result = permit(held, given_acts, on, here=HERE)
    standing = {one.role for one in held if one.role in SEEING and (not one.last_on or on <= one.last_on)}
    lacking = {lack.role for lack in result.lacks}
    for role in standing:
        fits = any(in_force(a, on) and a.category in CATEGORIES[role] for a in given_acts)
        assert (role in lacking) != fits


@pytest.mark.parametrize(
    ("changed", "standing"),
    [
        ({}, Standing.VALID),
        ({"last_on": DAY}, Standing.ENDING),
        ({"last_on": DAY - timedelta(days=1)}, Standing.EXPIRED),
        ({"first_on": DAY + timedelta(days=1)}, Standing.FUTURE),
        ({"suspended_on": DAY}, Standing.SUSPENDED),
        ({"suspended_on": DAY + timedelta(days=1)}, Standing.ENDING),
        ({"withdrawn_on": DAY}, Standing.WITHDRAWN),
        ({"is_approved": False}, Standing.UNAPPROVED),
        ({"approval_last_on": DAY - timedelta(days=1)}, Standing.EXPIRED),
        ({"territory": "34172"}, Standing.ELSEWHERE),
    ],
)
def test_each_flaw_of_an_act_is_told_apart(changed: dict[str, Any], standing: Standing) -> None:
    assert act(**changed).standing(DAY, here=HERE) is standing


def test_an_act_of_another_category_does_not_make_a_role_see() -> None:
    result = permit([Held(role=Role.MAYOR_WITH_PICTURES)], [act(Category.APPROVED)], DAY, here=HERE)
    assert result.rights == frozenset()
    assert result.lacks[0].standing is Standing.MISSING


def test_the_mayor_sees_figures_until_an_act_and_a_role_turn_pictures_on() -> None:
    mayor = act(Category.MAYOR)
    assert permit([Held(role=Role.MAYOR)], [mayor], DAY, here=HERE).rights == {
        Right.PROGRAMME,
        Right.ETHICS,
        Right.CONVENE,
    }
    both = [Held(role=Role.MAYOR), Held(role=Role.MAYOR_WITH_PICTURES)]
    assert Right.LIVE in permit(both, [mayor], DAY, here=HERE).rights


def test_depths_of_several_assignments_add_up_camera_by_camera() -> None:
    near = Held(role=Role.OPERATOR, replay_days=2)
    far = Held(role=Role.OPERATOR, cameras=frozenset({"c01"}), replay_days=10)
    result = permit([near, far], [act()], DAY, here=HERE)
    assert result.replay_days(Right.REPLAY, "c01") == 10
    assert result.replay_days(Right.REPLAY, "c02") == 2
    whole = permit([near, Held(role=Role.OPERATOR)], [act()], DAY, here=HERE)
    assert whole.replay_days(Right.REPLAY, "c02") is None


@pytest.mark.parametrize("role", sorted(set(Role) - SEEING))
def test_no_act_gives_pictures_to_those_whose_function_has_none(role: Role) -> None:
    all_acts = [act(category) for category in Category]
    assert not permit([Held(role=role)], all_acts, DAY, here=HERE).rights & IMAGE_RIGHTS


def test_duties_are_apart_until_an_act_waives_the_pair() -> None:
    roles = [Role.ADMIN, Role.CHIEF]
    assert [pair.code for pair in clashes(roles)] == ["admin-pictures"]
    assert clashes(roles, waived=["admin-pictures"]) == []
    assert [pair.code for pair in clashes([Role.DPO, Role.ADMIN])] == ["dpo-people"]
    assert all(not pair.one & pair.other for pair in INCOMPATIBLE)


def test_every_role_has_its_rights_and_every_seeing_role_its_categories() -> None:
    assert set(RIGHTS) == set(Role)
    assert set(CATEGORIES) == SEEING
