"""Stretches joined into what is dug in one go."""

from __future__ import annotations

from beffroi.plan.calc.network import Stretch
from beffroi.plan.calc.runs import runs


def stretch(id_: str, a: str, b: str) -> Stretch:
    return Stretch(id=id_, a=a, b=b, length_m=10.0, cost_eur=1.0)


LINE = [stretch("1", "csu", "x"), stretch("2", "y", "x"), stretch("3", "y", "mast")]
SAME = dict.fromkeys("12345678", "p1")


def test_stretches_end_to_end_are_one_run_whatever_way_each_is_written() -> None:
    (run,) = runs(LINE, {"csu", "mast"}, SAME)
    assert {run.a, run.b} == {"csu", "mast"} and run.length_m == 30 and run.cost_eur == 3
    ids = [one.id for one in run.stretches]
    assert ids in (["1", "2", "3"], ["3", "2", "1"])
    assert run.forth == ((True, False, True) if ids[0] == "1" else (False, True, False))


def test_a_run_ends_at_a_point_at_a_fork_and_where_the_phase_changes() -> None:
    assert len(runs(LINE, {"csu", "y", "mast"}, SAME)) == 2
    forked = [*LINE, stretch("4", "x", "school")]
    assert sorted(tuple(sorted((run.a, run.b))) for run in runs(forked, {"csu", "mast", "school"}, SAME)) == [
        ("csu", "x"), ("mast", "x"), ("school", "x"),
    ]  # fmt: skip
    assert len(runs(LINE, {"csu", "mast"}, SAME | {"3": "p2"})) == 2


def test_every_stretch_of_a_ring_and_of_a_double_drop_is_in_one_run() -> None:
    ring = [stretch("1", "csu", "x"), stretch("2", "x", "y"), stretch("3", "y", "csu")]
    (run,) = runs(ring, {"csu"}, SAME)
    assert (run.a, run.b, run.length_m) == ("csu", "csu", 30)
    lone = runs(ring, set(), SAME)
    assert sorted(one.id for run in lone for one in run.stretches) == ["1", "2", "3"]
    twice = [stretch("1", "school", "x"), stretch("2", "school", "x"), stretch("3", "x", "csu")]
    assert sorted(len(run.stretches) for run in runs(twice, {"csu", "school"}, SAME)) == [1, 1, 1]
