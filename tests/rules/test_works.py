"""Works: what waits for what, by how much it is late, what an acceptance sheet asks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.core.errors import InvalidInput
from beffroi.plan.rules import NEXT, DatedState, StateName
from beffroi.plan.works.rules import (
    OF_CAMERA,
    OF_SITE,
    Item,
    Measured,
    Progress,
    SiteFile,
    TaskKind,
    Want,
    Work,
    check_verdict,
    clock_passes,
    measured_value,
    reopened_on,
    site_wants,
    standings,
    steps_of_works,
    too_early,
)

DAY = date(2026, 11, 24)


Days = tuple[int, int | None]


def work(name: str, planned: tuple[int, int], real: Days | None = None, *, after: tuple[str, ...] = ()) -> Work:
    """Days are told from `DAY`; `real`: begun, and ended or not."""
    began, ended = real if real is not None else (None, None)
    return Work(
        id=name,
        planned_from_on=DAY + timedelta(days=planned[0]),
        planned_to_on=DAY + timedelta(days=planned[1]),
        actual_from_on=None if began is None else DAY + timedelta(days=began),
        actual_to_on=None if ended is None else DAY + timedelta(days=ended),
        after=after,
    )


def test_a_late_trench_blocks_the_fibre_and_the_fibre_the_camera() -> None:
    works = [
        work("trench", (-40, -21), (-26, None)),
        work("fibre", (-20, -9), after=("trench",)),
        work("camera", (10, 12), after=("fibre",)),
    ]
    found = standings(works, DAY)
    assert (found["trench"].progress, found["trench"].late_days) == (Progress.LATE, 21)
    assert (found["fibre"].progress, found["fibre"].waits_for) == (Progress.BLOCKED, ("trench",))
    assert found["camera"].progress is Progress.BLOCKED


@pytest.mark.parametrize(
    ("task", "progress", "late_days"),
    [
        (work("t", (-10, -5), (-10, -3)), Progress.DONE, 2),
        (work("t", (-10, -5), (-10, -8)), Progress.DONE, -3),
        (work("t", (-10, 5), (-10, None)), Progress.UNDER_WAY, 0),
        (work("t", (1, 5)), Progress.TO_COME, 0),
        (work("t", (0, 5)), Progress.LATE, 0),
        (work("t", (-9, -5)), Progress.LATE, 5),
    ],
)
def test_a_task_is_where_its_days_say(task: Work, progress: Progress, late_days: int) -> None:
    found = standings([task], DAY)["t"]
    assert (found.progress, found.late_days) == (progress, late_days)


def test_a_task_that_waits_for_itself_through_others_is_refused() -> None:
    circle = [work("a", (0, 1), after=("c",)), work("b", (0, 1), after=("a",)), work("c", (0, 1), after=("b",))]
    with pytest.raises(ValueError, match="waits for itself"):
        standings(circle, DAY)


def test_what_is_over_before_what_it_waits_for_is_found() -> None:
    trench = work("trench", (-40, -21), (-40, -20))
    fibre = work("fibre", (-20, -9), (-20, -9), after=("trench", "elsewhere"))
    assert list(too_early([trench, fibre])) == []
    assert list(too_early([trench, replace(fibre, actual_to_on=trench.actual_to_on)])) == [], "the same day is in order"
    assert list(too_early([replace(trench, actual_to_on=None), fibre])) == [("fibre", "trench")]
    assert list(too_early([replace(trench, actual_to_on=DAY), fibre])) == [("fibre", "trench")]


def test_a_camera_over_before_the_fibre_of_its_site_is_found_though_nobody_wrote_it() -> None:
    at = frozenset({"s1"})
    fibre = replace(work("fibre", (-9, -5), (-9, -5)), kind=TaskKind.FIBRE, sites=at)
    camera = replace(work("camera", (-9, -6), (-9, -6)), kind=TaskKind.CAMERA, sites=at)
    assert list(too_early([camera, fibre])) == [("camera", "fibre")]


@given(st.lists(st.sets(st.integers(0, 11)), min_size=12, max_size=12))
def test_tasks_that_only_wait_for_earlier_ones_are_never_a_circle(waits: list[set[int]]) -> None:
    works = [
        work(str(rank), (0, 1), after=tuple(str(before) for before in before_them if before < rank))
        for rank, before_them in enumerate(waits)
    ]
    assert len(standings(works, DAY)) == 12


WHOLE = SiteFile(
    site="s1",
    cameras=("c1",),
    masked=frozenset({"c1"}),
    has_sheet=True,
    measures=(
        *(Measured(item=item, is_passed=True) for item in OF_SITE),
        *(Measured(item=item, is_passed=True, camera="c1") for item in OF_CAMERA),
    ),
    open_reserves=(),
)


def test_a_sheet_with_every_measure_passed_wants_nothing() -> None:
    assert site_wants(WHOLE) == ()


def test_what_a_sheet_wants_is_named() -> None:
    assert [want.want for want in site_wants(replace(WHOLE, has_sheet=False))] == [Want.NO_SHEET]
    for dropped in WHOLE.measures:
        rest = tuple(measure for measure in WHOLE.measures if measure is not dropped)
        assert [(want.want, want.subject) for want in site_wants(replace(WHOLE, measures=rest))] == [
            (Want.NOT_MEASURED, dropped.item.value)
        ]
        failed = replace(WHOLE, measures=(*rest, replace(dropped, is_passed=False)))
        assert [(want.want, want.subject) for want in site_wants(failed)] == [(Want.FAILED, dropped.item.value)]
    assert [want.subject for want in site_wants(replace(WHOLE, open_reserves=("enrobé",)))] == ["enrobé"]


def test_a_camera_with_nothing_to_mask_needs_no_proof() -> None:
    rest = tuple(measure for measure in WHOLE.measures if measure.item is not Item.MASK_PROOF)
    assert site_wants(replace(WHOLE, measures=rest, masked=frozenset())) == ()


def test_a_camera_waits_for_the_fibre_of_its_site_though_nobody_wrote_it() -> None:
    at = frozenset({"s1"})
    fibre = replace(work("fibre", (-9, -5), (-9, None)), kind=TaskKind.FIBRE, sites=at | {"j-1"})
    camera = replace(work("camera", (-2, 0)), kind=TaskKind.CAMERA, sites=at)
    elsewhere = replace(work("other", (-2, 0)), kind=TaskKind.CAMERA, sites=frozenset({"s2"}))
    found = standings([camera, fibre, elsewhere], DAY)
    assert (found["camera"].progress, found["camera"].waits_for) == (Progress.BLOCKED, ("fibre",))
    assert found["other"].progress is Progress.LATE
    with pytest.raises(ValueError, match="waits for itself"):
        standings([camera, replace(fibre, after=("camera",))], DAY)


def test_clocks_pass_within_a_second() -> None:
    assert clock_passes(-1.0)
    assert not clock_passes(1.01)


@pytest.mark.parametrize(
    ("item", "typed", "value"),
    [
        (Item.POSE, "−1,2°", -1.2),
        (Item.POSE, "3", 3.0),
        (Item.OPTICAL_LOSS, " 1,9 dB ", 1.9),
        (Item.POE, "19.2 W", 19.2),
        (Item.CLOCK_OFFSET, "0,04 s", 0.04),
    ],
)
def test_a_measure_is_read_as_people_write_it(item: Item, typed: str, value: float) -> None:
    assert measured_value(item, typed) == pytest.approx(value)


@pytest.mark.parametrize(
    ("item", "typed", "said"),
    [
        (Item.OPTICAL_LOSS, "bonne", "n'est pas un nombre de dB"),
        (Item.OPTICAL_LOSS, "1,9 km", "n'est pas un nombre de dB"),
        (Item.OPTICAL_LOSS, "-3 dB", "n'est pas possible"),
        (Item.POSE, "400°", "n'est pas possible"),
        (Item.POE, "19200 W", "n'est pas possible"),
        (Item.POSE, "5,1°", "Conforme entre -5 et 5"),
        (Item.POE, "0 W", "Conforme entre 1 et 90"),
        (Item.OPTICAL_LOSS, "7,6", "Conforme entre 0 et 7,5"),
        (Item.CLOCK_OFFSET, "2 s", "Conforme entre -1 et 1"),
    ],
)
def test_a_measure_that_cannot_be_or_does_not_pass_is_not_called_conforming(item: Item, typed: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_verdict(item, typed, is_passed=True)
    assert said in caught.value.message_fr


def test_a_person_may_be_stricter_than_the_limit_and_words_have_none() -> None:
    check_verdict(Item.POSE, "1,2°", is_passed=False)
    check_verdict(Item.POSE, "12°", is_passed=False)
    check_verdict(Item.SIGN, "à l'entrée du parking", is_passed=True)


def test_steps_of_the_works_follow_a_camera_s_life() -> None:
    assert steps_of_works(None) == ()
    for state in StateName:
        assert set(steps_of_works(state)) <= NEXT[state]
    assert steps_of_works(StateName.AUTHORISED) == (StateName.INSTALLED, StateName.REMOVED)
    assert steps_of_works(StateName.IN_TEST)[0] is StateName.ACCEPTED, "the way on is offered first"
    assert steps_of_works(StateName.FILED) == ()
    assert StateName.DECLARED not in steps_of_works(StateName.INSTALLED)


def test_only_a_repair_asks_for_another_sheet() -> None:
    def life(*steps: tuple[StateName, int]) -> list[DatedState]:
        return [DatedState(state=state, on=DAY + timedelta(days=days)) for state, days in steps]

    first = life((StateName.DECLARED, -9), (StateName.IN_TEST, -8), (StateName.ACCEPTED, -2), (StateName.IN_SERVICE, 0))
    assert reopened_on(first) is None
    assert reopened_on([*first, *life((StateName.IN_TEST, 5))]) == DAY + timedelta(days=5)
