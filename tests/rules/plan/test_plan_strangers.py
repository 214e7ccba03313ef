"""`beffroi plan` asked by a stranger: whatever a scenario holds, one answer true to its schema or one clear refusal."""

from __future__ import annotations

import copy
import io
import json
import math
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from beffroi.cli.main import main

ROOT = Path(__file__).parents[3]
REF = ROOT / "ref"
SCHEMAS = {
    question: jsonschema_rs.validator_for(json.loads((REF / f"plan-{question}.schema.json").read_text("utf-8")))
    for question in ("coverage", "optimise", "score", "network", "size")
}
READ_BY = {"placement": "optimise", "network": "network", "sizing": "size"}
"""Which question reads a section; coverage reads the rest."""
WRONG: dict[str, Any] = {
    "null": None, "a word": "abc", "nothing": "", "below zero": -1, "zero": 0, "not a number": math.nan,
    "without end": math.inf, "huge": 1e308, "more than a float": 10**400, "an empty list": [], "an object": {},
    "a long word": "x" * 5000, "a sign": "a\u0000b",
}  # fmt: skip


def line(*spots: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [[706_000 + x, 6_333_000 + y] for x, y in spots]}


def scenario() -> dict[str, Any]:
    """The example of the reference, with what it leaves out."""
    given: dict[str, Any] = json.loads((REF / "example-scenario.json").read_text("utf-8"))
    given["network"] |= {
        "ducts": [{"id": "g1", "shape": line((0, 3), (200, 3))}],
        "laid": [{"id": "f1", "shape": line((0, 0), (0, 200)), "is_lit": True}],
        "stretches": [{"id": "x", "a": "csu", "b": "m1", "length_m": 300}],
        "prices": {"duct": [0, 1, 3]},
    }
    given["sizing"] |= {"rates_mbit_s": {"c1": [1, 2, 3]}, "storage": {"disk_tb": 20, "parity": 2}}
    return given


def places(node: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every field, of a list its first row's."""
    if at:
        yield at
    rows = node.items() if isinstance(node, dict) else enumerate(node[:1]) if isinstance(node, list) else ()
    for key, inside in rows:
        yield from places(inside, (*at, key))


def spoilt(given: dict[str, Any], place: tuple[str | int, ...], value: object) -> dict[str, Any]:
    found = copy.deepcopy(given)
    here: Any = found
    for part in place[:-1]:
        here = here[part]
    here[place[-1]] = value
    return found


def asked(question: str, given: object, folder: Path, *more: str) -> tuple[int, str, str]:
    path = folder / "scenario.json"
    path.write_text(json.dumps(given))
    limit = () if question == "coverage" else ("--time-limit", "1")
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = main(["plan", question, str(path), "--json", *limit, *more])
    return code, out.getvalue(), err.getvalue()


def no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


@pytest.mark.parametrize("question", sorted(SCHEMAS))
def test_the_answer_to_the_example_is_true_to_its_schema(question: str, tmp_path: Path) -> None:
    code, out, _ = asked(question, scenario(), tmp_path)
    assert code in (0, 1)
    SCHEMAS[question].validate(json.loads(out, parse_constant=no_constant))


@pytest.mark.parametrize("how", sorted(WRONG))
def test_whatever_a_field_holds_it_is_computed_or_refused_by_its_name(how: str, tmp_path: Path) -> None:
    for place in places(scenario()):
        question = READ_BY.get(str(place[0]), "coverage")
        code, out, err = asked(question, spoilt(scenario(), place, WRONG[how]), tmp_path)
        if code in (0, 1):
            SCHEMAS[question].validate(json.loads(out, parse_constant=no_constant))
            continue
        told = [text.removeprefix("beffroi: ") for text in err.splitlines() if "Nothing was computed" not in text]
        assert code == 2 and not out and told, (place, err)
        assert all(": " in text and len(text) < 500 for text in told), (place, told)
        assert "should have" not in err and "Input should" not in err and "Warning" not in err, (place, err)


@pytest.mark.parametrize(
    ("question", "place", "value", "field"),
    [
        ("coverage", ("cameras", 0, "height_m"), -2, "cameras[0].height_m (c1): -2 must be > 0"),
        ("coverage", ("cameras", 0, "height_m"), math.nan, "cameras[0].height_m (c1): nan is no quantity"),
        ("coverage", ("cameras", 0, "position", 0), 707_500, "cameras[0].position (c1): stands 950 m outside"),
        ("coverage", ("cameras", 0, "model"), "domino", "cameras[0].model (c1): there is no camera model 'domino'"),
        ("coverage", ("zones", 0), [], "zones[0]: [] is not an object"),
        ("optimise", ("placement", "models"), [], "placement.models: [] is too short: 1 at least"),
        ("optimise", ("placement", "sites", 0, "position", 0), 700_000, "placement.sites[0].position (m1): stands"),
        ("optimise", ("placement", "mandatory", 0, "least_share"), 1, "mandatory: Zone place: 100% is asked"),
        ("score", ("cameras",), [], "cameras: There is no plan to score"),
        ("network", ("network", "ducts", 0, "shape", "coordinates", 0, 0), 1e12, "ducts[0].shape (g1): does not lie"),
        ("network", ("network", "laid", 0, "shape", "coordinates", 0, 0), -9, "laid[0].shape (f1): does not lie"),
        ("network", ("network",), None, "network: The scenario has no `network`"),
        ("size", ("sizing", "money", "schemes"), ["loto"], "sizing.money.schemes: No rules of 2026 or before for loto"),
        ("size", ("cameras",), [], "cameras: There is no camera to size for"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_field_and_the_mend(
    question: str, place: tuple[str | int, ...], value: object, field: str, tmp_path: Path
) -> None:
    code, out, err = asked(question, spoilt(scenario() | {"sizing": scenario()["sizing"]}, place, value), tmp_path)
    assert code == 2 and not out and field in err, err


def test_an_unknown_field_inside_an_object_is_told_with_the_fields_of_that_object(tmp_path: Path) -> None:
    given = scenario()
    given["placement"]["mandatory"] = [{"zone": given["zones"][0]["id"], "least_share": 0.5, "share": 1}]
    code, _, told = asked("optimise", given, tmp_path)
    assert code == 2 and "known: zone, least_share" in told and "known: version" not in told


def test_a_perimeter_nearly_all_filmed_is_told_and_the_exit_code_says_to_look(tmp_path: Path) -> None:
    code, out, err = asked("coverage", scenario() | {"streets": []}, tmp_path)
    assert code == 1 and "proportion.of_public_ground" in err and json.loads(out)["warnings"]


def test_a_stretch_to_nowhere_is_told(tmp_path: Path) -> None:
    given = spoilt(scenario(), ("network", "stretches", 0, "b"), "mat-1")
    code, _, err = asked("network", given, tmp_path)
    assert code == 1 and "network.stretches[0].b (x): 'mat-1' is no point" in err


@pytest.mark.parametrize("limit", ["nan", "-3", "bientôt", "inf"])
def test_a_time_limit_that_is_none_is_refused(limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["plan", "network", str(REF / "example-scenario.json"), f"--time-limit={limit}"])
    assert left.value.code == 2 and "give a number of seconds, 0 or more" in capsys.readouterr().err
