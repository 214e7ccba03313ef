"""The impact assessment: whole before it is approved, high risks known, opened again when the system changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from beffroi.authorise.assessment.rules import (
    TEXTS,
    Due,
    Level,
    Plan,
    Rating,
    Reopening,
    Risk,
    Section,
    Threat,
    Version,
    barring,
    is_worse,
    lacking,
    reopenings,
)


def rating(severity: int, likelihood: int) -> Rating:
    return Rating(severity=Level(severity), likelihood=Level(likelihood))


KEPT_LOW = Risk(before=rating(3, 3), after=rating(3, 2))
WHOLE = Version(
    texts=frozenset(TEXTS),
    risks=dict.fromkeys(Threat, KEPT_LOW),
    actions=1,
    has_dpo_opinion=True,
    phases=frozenset({"p1"}),
    cameras={"c01": "p1", "c02": "p2"},
)
PLAN = Plan(cameras={"c01": "p1", "c02": "p2"}, begun=frozenset({"p1"}))


def test_a_whole_version_lacks_nothing_and_an_empty_one_lacks_every_section() -> None:
    assert lacking(WHOLE) == ()
    assert lacking(Version()) == tuple(Section)


@pytest.mark.parametrize(
    ("changed", "section"),
    [
        ({"texts": frozenset(TEXTS) - {Section.NECESSITY}}, Section.NECESSITY),
        ({"risks": {Threat.ACCESS: KEPT_LOW, Threat.LOSS: KEPT_LOW}}, Section.CHANGE),
        ({"actions": 0}, Section.ACTIONS),
        ({"has_dpo_opinion": False}, Section.DPO),
        ({"phases": frozenset()}, Section.CONTEXT),
    ],
)
def test_each_section_that_is_not_filled_is_named(changed: dict[str, object], section: Section) -> None:
    assert lacking(replace(WHOLE, **changed)) == (section,)  # type: ignore[arg-type]  # fields of the version


@pytest.mark.parametrize(
    ("after", "is_high"), [((3, 3), True), ((4, 3), True), ((4, 4), True), ((4, 2), False), ((2, 4), False)]
)
def test_a_risk_is_high_when_both_scales_are_important_or_more(after: tuple[int, int], is_high: bool) -> None:
    risk = Risk(before=rating(4, 4), after=rating(*after))
    version = replace(WHOLE, risks={**WHOLE.risks, Threat.LOSS: risk})
    assert bool(version.high) is version.must_consult is is_high
    assert not replace(version, is_consulted=True).must_consult


def test_measures_never_make_a_risk_worse() -> None:
    assert not is_worse(KEPT_LOW)
    assert is_worse(Risk(before=rating(2, 2), after=rating(2, 3)))
    assert is_worse(Risk(before=rating(2, 2), after=rating(3, 1)))


def test_while_nothing_changes_it_stands() -> None:
    assert list(reopenings(WHOLE, PLAN)) == []
    assert list(barring(WHOLE, PLAN, phases=["p1"])) == []


def test_a_phase_that_begins_without_having_been_examined_opens_it_again() -> None:
    found = Reopening(due=Due.PHASE, subject="p2")
    assert list(reopenings(WHOLE, replace(PLAN, begun=frozenset({"p1", "p2"})))) == [found]
    assert list(barring(WHOLE, PLAN, phases=["p2"])) == [found]


@pytest.mark.parametrize(
    "cameras", [{"c01": "p1", "c02": "p1"}, {"c02": "p2"}, {"c01": "p1", "c02": "p2", "c03": "p1"}]
)
def test_another_set_of_cameras_in_an_examined_phase_opens_it_again(cameras: dict[str, str]) -> None:
    assert list(reopenings(WHOLE, replace(PLAN, cameras=cameras))) == [Reopening(due=Due.CAMERAS, subject="p1")]


def test_a_camera_that_differs_from_its_order_opens_it_again() -> None:
    drifted = replace(PLAN, drifting=frozenset({"c01"}))
    assert list(reopenings(WHOLE, drifted)) == [Reopening(due=Due.DRIFT, subject="c01")]


def test_none_is_due_before_anything_is_asked_for() -> None:
    assert list(reopenings(None, replace(PLAN, begun=frozenset()))) == []
    assert (
        list(reopenings(None, PLAN)) == list(barring(None, PLAN, phases=["p1"])) == [Reopening(due=Due.NONE_APPROVED)]
    )
