"""The table of the law is whole, and no row of it points at nothing."""

import ast
from functools import cache
from pathlib import Path

import pytest

from beffroi.authorise.dossier.documents.system import known_controls
from beffroi.authorise.offences import Offence, offences
from beffroi.cli.law import CHECKOUT, Obligation, judge, obligations

ROWS = obligations(CHECKOUT)
COUNTS = {
    "PUR": 8,
    "AUT": 19,
    "RET": 6,
    "LOG": 8,
    "ACC": 9,
    "INF": 4,
    "RIG": 7,
    "DPD": 8,
    "TEC": 21,
    "JUD": 8,
    "ANA": 7,
    "VVB": 6,
    "GOV": 9,
}
SECURITY = {"S": 20, "E": 10, "R": 8}
KNOWN = [f"{name}-{number}" for name, count in COUNTS.items() for number in range(1, count + 1)]
KNOWN += [f"{name}{number:02}" for name, count in SECURITY.items() for number in range(1, count + 1)]
BUILT = [row for row in ROWS if row.built]


@cache
def functions(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_obligation_has_its_row_once() -> None:
    assert sorted(row.id for row in ROWS) == sorted(KNOWN)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_row_says_its_text_in_two_languages(row: Obligation) -> None:
    assert row.article and row.fr and row.en and row.fr != row.en


@pytest.mark.parametrize("row", BUILT, ids=lambda row: row.id)
def test_a_row_that_is_built_points_at_code_and_tests_that_exist(row: Obligation) -> None:
    assert row.code and row.tests
    assert not [path for path in row.code if not (CHECKOUT / path).exists()]
    for test in row.tests:
        path, _, name = test.partition("::")
        assert (CHECKOUT / path).is_file() and name in functions(CHECKOUT / path), test


def test_a_row_that_is_not_built_names_no_proof() -> None:
    assert not [row.id for row in ROWS if not row.built and row.tests]


def test_a_row_passes_when_all_its_tests_pass_fails_when_one_does_not_and_says_when_there_is_nothing() -> None:
    row = Obligation(id="LOG-1", article="a", fr="b", en="c", tests=("x", "y"))
    unbuilt = Obligation(id="LOG-2", article="a", fr="b", en="c", built=False)
    states = [
        judge([row], {"x": True, "y": True})[0].state,
        judge([row], {"x": True, "y": False})[0].state,
        judge([row], {"x": True})[0].state,
        judge([unbuilt], {})[0].state,
    ]
    assert states == ["pass", "fail", "fail", "not built"]


PENAL = {
    *("226-1", "226-16", "226-17", "226-17-1", "226-20", "226-21", "226-22", "226-22-1", "226-22-2"),
    "L254-1",
}
"""What a town is exposed to. Source: Code pénal, CSI L. 254-1."""


def test_every_penal_exposure_is_in_the_table_once() -> None:
    assert sorted(one.code for one in offences()) == sorted(PENAL)


@pytest.mark.parametrize("offence", offences(), ids=lambda one: one.code)
def test_an_offence_is_held_off_by_rows_that_exist_and_one_at_least_is_built(offence: Offence) -> None:
    built = {row.id: row.built for row in ROWS}
    assert set(offence.obligations) <= set(built)
    assert any(built[row] for row in offence.obligations)
    assert offence.fr != offence.en and offence.held_fr != offence.held_en


def test_each_measure_of_the_papers_answers_an_offence_and_each_offence_has_its_measure() -> None:
    assert {one["offence"] for one in known_controls()["control"]} == PENAL
