"""Placement: published instances, what must hold for any instance, phases."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc import exact, phases
from beffroi.plan.calc.phases import Phase
from beffroi.plan.calc.placement import Candidate, Choices, Limits, Mandatory, ceiling, greedy

BILLSTON = (
    "1-2 1-3 2-39 2-41 3-4 3-11 3-12 3-16 4-5 4-6 4-9 6-7 6-8 9-10 11-21 12-13 12-15 13-14 14-15 14-18 15-16 15-19 "
    "16-20 17-18 18-19 19-20 20-21 21-22 22-23 22-25 23-32 24-25 25-26 25-30 26-27 26-28 28-29 30-31 31-32 31-33 "
    "32-38 32-39 33-34 33-37 34-35 35-36 37-38 37-43 38-40 39-40 40-41 41-42 43-44 44-49 44-45 45-46 45-47 47-48"
)
"""Streets between the 49 crossings of an industrial zone. Source: Guéret, Prins, Sevaux, *Applications of optimization
with Xpress-MP*, § 15.5, as listed by TOMLAB's `cctvsurveillanceEx`."""


def choices(rows: Sequence[Sequence[int]], cells: int, *, sites: Sequence[str] | None = None) -> Choices:
    sees = sparse.lil_array((len(rows), cells))
    for row, seen in enumerate(rows):
        sees[row, list(seen)] = 1
    names = sites or [f"s{row}" for row in range(len(rows))]
    made = tuple(Candidate(id=f"c{row}", site=names[row], cost=1.0) for row in range(len(rows)))
    return Choices(candidates=made, sees=sparse.csr_array(sees), weights=np.ones(cells))


def incidence(pairs: Sequence[Sequence[int]], candidates: int) -> sparse.csr_array:
    """(candidates, pairs): each pair is seen by its members."""
    sees = sparse.lil_array((candidates, len(pairs)))
    for column, members in enumerate(pairs):
        sees[list(members), column] = 1
    return sparse.csr_array(sees)


def test_billston_needs_24_cameras() -> None:
    streets = [[int(end) - 1 for end in street.split("-")] for street in BILLSTON.split()]
    found = exact.fewest(incidence(streets, 49), np.ones(49))
    assert (found.cost, found.is_optimum) == (24, True)


def hypercube_cycles(dimension: int) -> tuple[list[list[int]], int]:
    """Every 4-cycle of the hypercube and its edges: `cyc06` of the OR-Library is dimension 6."""
    numbers: dict[tuple[int, int], int] = {}
    for vertex, bit in itertools.product(range(1 << dimension), range(dimension)):
        if not vertex >> bit & 1:
            numbers[vertex, bit] = len(numbers)
    cycles = []
    for one, other in itertools.combinations(range(dimension), 2):
        for vertex in range(1 << dimension):
            if not vertex >> one & 1 and not vertex >> other & 1:
                edges = [(vertex, one), (vertex, other), (vertex | 1 << other, one), (vertex | 1 << one, other)]
                cycles.append([numbers[edge] for edge in edges])
    return cycles, len(numbers)


@pytest.mark.parametrize(("dimension", "least"), [(3, 3), (4, 8), (5, 24)])
def test_edges_that_meet_every_square_of_a_hypercube(dimension: int, least: int) -> None:
    """The family of `cyc06` to `cyc11` in the OR-Library. Source: Grossman, Wool 1997; Erdős's problem on C4-free
    subgraphs: n = 3, 4, 5 keep 9 of 12, 24 of 32 and 56 of 80 edges at most (OEIS A245762)."""
    cycles, edges = hypercube_cycles(dimension)
    found = exact.fewest(incidence(cycles, edges), np.ones(edges))
    assert (found.cost, found.is_optimum) == (least, True)


def steiner_triples(order: int) -> list[list[int]]:
    """A Steiner triple system: of 9 points by lines of the plane over F3, of 27 by lines of the space."""
    dimension = {9: 2, 27: 3}[order]
    points = list(itertools.product(range(3), repeat=dimension))
    number = {point: index for index, point in enumerate(points)}
    lines = set()
    for one, other in itertools.combinations(points, 2):
        third = tuple((-a - b) % 3 for a, b in zip(one, other, strict=True))
        lines.add(tuple(sorted((number[one], number[other], number[third]))))
    return [list(line) for line in sorted(lines)]


@pytest.mark.parametrize(("order", "least"), [(9, 5), (27, 18)])
def test_covers_of_steiner_triples_are_the_published_ones(order: int, least: int) -> None:
    """`A9` and `A27`: 5 and 18. Source: Fulkerson, Nemhauser, Trotter 1974; OR-Library and MIPLIB stein9, stein27."""
    found = exact.fewest(incidence(steiner_triples(order), order), np.ones(order))
    assert (found.cost, found.is_optimum) == (least, True)


def test_what_no_candidate_sees_is_refused() -> None:
    with pytest.raises(InvalidInput, match="seen by no candidate"):
        exact.fewest(sparse.csr_array((2, 1)), np.ones(2))


ROWS = st.lists(st.lists(st.integers(0, 11), min_size=1, max_size=5, unique=True), min_size=3, max_size=8)


def brute(made: Choices, limits: Limits) -> float:
    worth = 0.0
    for count in range(limits.cameras + 1):
        for chosen in itertools.combinations(range(len(made.candidates)), count):
            sites = [made.candidates[index].site for index in chosen]
            fits = all(sites.count(site) <= limits.per_site for site in sites)
            fits &= limits.sites is None or len(set(sites)) <= limits.sites
            fits &= limits.budget is None or made.cost(chosen, limits) <= limits.budget
            worth = max(worth, made.worth(chosen)) if fits else worth
    return worth


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, cameras=st.integers(1, 4), sites=st.integers(1, 3), is_paid=st.booleans())
def test_the_exact_answer_is_the_best_of_all_and_greedy_is_not_above(
    rows: list[list[int]], cameras: int, sites: int, is_paid: bool
) -> None:
    made = choices(rows, 12, sites=[f"s{row // 2}" for row in range(len(rows))])
    limits = Limits(cameras=cameras, sites=sites, budget=7.0 if is_paid else None, site_costs={"s0": 3.0, "s1": 2.0})
    found, quick = exact.best(made, limits), greedy(made, limits)
    assert found.worth == pytest.approx(brute(made, limits))
    assert found.is_optimum and quick.worth <= found.worth + 1e-9
    assert quick.bound is None and quick.gap is None


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, cameras=st.integers(1, 4))
def test_greedy_keeps_its_guarantee(rows: list[list[int]], cameras: int) -> None:
    made = choices(rows, 12)
    best = exact.best(made, Limits(cameras=cameras)).worth
    assert greedy(made, Limits(cameras=cameras)).worth >= (1 - 1 / np.e) * best - 1e-9


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, cameras=st.integers(1, 4), first=st.lists(st.integers(0, 2), max_size=3, unique=True))
def test_no_choice_is_above_the_ceiling_seen_from_any_other(
    rows: list[list[int]], cameras: int, first: list[int]
) -> None:
    made = choices(rows, 12)
    assert brute(made, Limits(cameras=cameras)) <= ceiling(made, first, cameras) + 1e-9


@settings(max_examples=15, deadline=None)
@given(rows=ROWS)
def test_the_quick_plan_is_there_at_once_with_a_gap_that_holds(rows: list[list[int]]) -> None:
    made = choices(rows, 12)
    asked = [Phase(name="1", cameras=1, months=3.0), Phase(name="2", cameras=2, months=9.0)]
    quick = phases.quick(made, asked, Limits(cameras=0))
    best = phases.best(made, asked, Limits(cameras=0), time_limit_s=20.0)
    assert quick.gap is not None and quick.bound is not None
    assert quick.together <= best.together + 1e-9 <= quick.bound + 1e-6


def test_the_best_plan_says_how_far_it_is_and_stops_when_it_is_told() -> None:
    shares: list[float] = []
    phases.best(choices(TRAP, 9), [Phase(name="", cameras=2)], Limits(cameras=2), tell=shares.append)
    assert shares == sorted(shares) and 0 < shares[0] < shares[-1] <= 1

    def stop(_: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        phases.best(choices(TRAP, 9), [Phase(name="", cameras=2)], Limits(cameras=2), tell=stop)


def test_a_mandatory_zone_is_served_though_it_is_worth_less() -> None:
    made = choices([[0, 1, 2, 3], [4, 5, 6], [7]], 8)
    mandatory = Mandatory(name="school", cells=np.array([7]), least_share=1.0)
    for solve in (greedy, exact.best):
        assert 2 in solve(made, Limits(cameras=2, mandatory=(mandatory,))).chosen
    assert exact.best(made, Limits(cameras=2)).chosen == (0, 1)


def test_a_mandatory_zone_out_of_reach_is_refused_with_what_is_reached() -> None:
    made = choices([[0, 1]], 4)
    zone = Mandatory(name="school", cells=np.array([1, 2]), least_share=0.8)
    with pytest.raises(InvalidInput, match=r"Zone school: 80% is asked, all candidates together see 50%"):
        exact.best(made, Limits(cameras=1, mandatory=(zone,)))


def test_mandatory_zones_that_do_not_fit_together_are_refused() -> None:
    made = choices([[0], [1]], 2)
    zones = tuple(Mandatory(name=f"z{cell}", cells=np.array([cell]), least_share=1.0) for cell in (0, 1))
    with pytest.raises(InvalidInput, match=r"mandatory zones \(z0, z1\)"):
        exact.best(made, Limits(cameras=1, mandatory=zones))
    assert greedy(made, Limits(cameras=1, mandatory=zones)).unmet == ("z1",)


def test_a_forbidden_mast_is_never_chosen() -> None:
    made = choices([[0, 1, 2], [0], [1]], 3).without(["s0"])
    assert [one.id for one in made.candidates] == ["c1", "c2"]


def test_cameras_already_there_count_for_nothing_and_open_their_site() -> None:
    made = choices([[0, 1], [2], [3, 4, 5]], 6, sites=["a", "a", "b"])
    found = exact.best(made, Limits(cameras=1, sites=0), kept=[0])
    assert found.chosen == (1,) and found.worth == 3
    assert exact.best(made, Limits(cameras=1, sites=1), kept=[0]).chosen == (2,)


TRAP = [[0, 1, 2, 3, 8], [0, 1, 4, 5], [2, 3, 6, 7]]
"""The best first camera is not of the best pair."""


def test_phases_are_refined_together_and_their_gap_is_told() -> None:
    made = choices(TRAP, 9)
    two = [Phase(name="1", cameras=1, months=1.0), Phase(name="2", cameras=1, months=10.0)]
    found = phases.best(made, two, Limits(cameras=0), time_limit_s=20.0)
    assert set(itertools.chain(*found.chosen)) == {1, 2}
    assert (found.together, found.bound) == (4 + 80, 5 + 80)
    assert found.sequential is not None and found.sequential < found.together


def test_a_solver_stopped_before_its_first_relaxation_proves_nothing() -> None:
    dice = np.random.default_rng(5)
    rows = [dice.choice(3000, 60, replace=False).tolist() for _ in range(600)]
    made = choices(rows, 3000)
    found = exact.best(made, Limits(cameras=20), time_limit_s=1e-3)
    assert found.bound is not None and np.isfinite(found.bound)
    assert found.worth < found.bound <= 1200 and not found.is_optimum


def test_a_plan_is_scored_as_it_stands_and_its_counts_are_its_money() -> None:
    made = choices(TRAP, 9, sites=["a", "a", "b"])
    two = [Phase(name="1", cameras=1), Phase(name="2", cameras=2)]
    found = phases.score(made, [[0], [1, 2]], two)
    assert found.worths == (5.0, 9.0)
    assert phases.counts(made, [[0], [1, 2]]) == [(1, 1), (1, 2)]


@settings(max_examples=15, deadline=None)
@given(rows=ROWS)
def test_no_plan_is_above_the_bound_and_refining_never_loses(rows: list[list[int]]) -> None:
    made = choices(rows, 12)
    asked = [Phase(name="1", cameras=1, months=3.0), Phase(name="2", cameras=2, months=9.0)]
    found = phases.best(made, asked, Limits(cameras=0), time_limit_s=20.0)
    assert found.bound is not None and found.sequential is not None
    assert found.sequential - 1e-9 <= found.together <= found.bound + 1e-9
    everything = range(len(rows))
    best = max(
        (3 * made.worth([a]) + 9 * made.worth([a, b, c]) for a in everything for b in everything for c in everything),
        default=0.0,
    )
    assert best <= found.bound + 1e-6
