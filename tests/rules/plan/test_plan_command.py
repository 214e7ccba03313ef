"""`beffroi plan`: answers as documented, refusals that name the field and the mend in both languages."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from beffroi.cli.main import main
from beffroi.plan.scenario import document, schemas
from beffroi.plan.scenario.cameras import convergence_deg
from beffroi.plan.scenario.problems import ScenarioRefused

ROOT = Path(__file__).parents[3]
EAST, NORTH = 706_000.0, 6_333_000.0


def square(west: float, south: float, side: float) -> dict[str, Any]:
    corners = [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side), (0.0, 0.0)]
    return {"type": "Polygon", "coordinates": [[[EAST + west + x, NORTH + south + y] for x, y in corners]]}


def scenario(**changes: Any) -> dict[str, Any]:
    return {
        "crs": "EPSG:2154",
        "perimeter": square(-100, -100, 400),
        "zones": [{"id": "z1", "shape": square(0, -60, 120)}],
        "streets": [{"id": "r1", "shape": {"type": "LineString", "coordinates": [[EAST, NORTH], [EAST + 120, NORTH]]}}],
        "buildings": [{"id": "b1", "shape": square(10, 6, 20), "floors": 3, "is_dwelling": True}],
        "cameras": [
            {"id": "c1", "position": [EAST, NORTH], "height_m": 6, "bearing_deg": 90, "tilt_deg": 10,
             "model": "fixed-2mp-28", "site": "s1"}
        ],
    } | changes  # fmt: skip


def written(folder: Path, given: object) -> Path:
    path = folder / "scenario.json"
    path.write_text(json.dumps(given))
    return path


def refused(folder: Path, given: object) -> ScenarioRefused:
    with pytest.raises(ScenarioRefused) as caught:
        document.read(written(folder, given))
    return caught.value


def test_coverage_answers_one_json_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "coverage", str(written(tmp_path, scenario())), "--json", "--shapes"]) == 0
    out, err = capsys.readouterr()
    answer = json.loads(out)
    assert answer["zones"][0]["classes"][0]["by_one"] > 0.3
    assert answer["cameras"][0]["bands"][0]["geometry"]["type"] in {"Polygon", "MultiPolygon"}
    assert "have no height" in err and answer["warnings"]


def test_coverage_is_told_as_a_table_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "coverage", str(written(tmp_path, scenario()))]) == 0
    assert "identify" in capsys.readouterr().out


def test_planned_masks_and_their_cost_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "coverage", str(written(tmp_path, scenario())), "--json", "--masks"]) == 0
    masks = json.loads(capsys.readouterr().out)["cameras"][0]["masks"]
    assert masks["is_complete"] and masks["views"][0]["dwellings"] == ["b1"] and masks["views"][0]["polygons"]
    assert 0 <= masks["lost"]["z1"] < 1


def test_a_dwelling_that_cannot_be_masked_is_an_alarm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = scenario()
    preset = {"bearing_deg": 60, "tilt_deg": 5, "hfov_deg": 2.3, "time_share": 0.5}
    given["cameras"][0] |= {"model": "ptz-2mp-30x", "presets": [preset]}
    assert main(["plan", "coverage", str(written(tmp_path, given)), "--json", "--masks"]) == 1
    out, err = capsys.readouterr()
    assert "b1: cannot be masked (CSI L. 251-3)" in err
    assert not json.loads(out)["cameras"][0]["masks"]["is_complete"]


def test_nearly_the_whole_town_is_an_alarm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = scenario(zones=[{"id": "z1", "shape": square(-100, -100, 390)}])
    assert main(["plan", "coverage", str(written(tmp_path, given)), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["proportion"]["excess"] == ["zones_of_area"]


def test_the_french_terminal_is_answered_in_french(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert main(["plan", "coverage", str(written(tmp_path, scenario(crs="EPSG:0")))]) == 2
    assert "n'est pas une projection ; écrivez EPSG:2154" in capsys.readouterr().err


def test_swapped_latitude_and_longitude_are_recognised(tmp_path: Path) -> None:
    swapped = {"type": "Polygon", "coordinates": [[[44.09, 3.07], [44.1, 3.07], [44.1, 3.08], [44.09, 3.07]]]}
    found = refused(tmp_path, {"crs": "EPSG:4326", "zones": [{"id": "z", "shape": swapped}]})
    assert "latitude and longitude swapped" in found.message and "échangées" in found.message_fr
    assert found.problems[0].field == "zones[0].shape (z)"


def test_degrees_given_as_metres_are_recognised(tmp_path: Path) -> None:
    degrees = {"type": "Polygon", "coordinates": [[[3.07, 44.09], [3.08, 44.09], [3.08, 44.1], [3.07, 44.09]]]}
    found = refused(tmp_path, scenario(zones=[{"id": "z", "shape": degrees}]))
    assert "is it degrees (EPSG:4326)" in found.message


def test_a_polygon_that_crosses_itself_is_refused_with_its_place(tmp_path: Path) -> None:
    corners = [(0, 0), (9, 9), (9, 0), (0, 9), (0, 0)]
    bow = {"type": "Polygon", "coordinates": [[[EAST + x, NORTH + y] for x, y in corners]]}
    found = refused(tmp_path, scenario(zones=[{"id": "bow", "shape": bow}]))
    assert found.problems[0].text() == "zones[0].shape (bow): crosses itself or is empty; redraw it"


def test_a_camera_outside_the_perimeter_is_told_how_far(tmp_path: Path) -> None:
    given = scenario()
    given["cameras"][0]["position"] = [EAST + 350, NORTH]
    assert "50 m outside the perimeter" in refused(tmp_path, given).message


def test_every_problem_is_listed_at_once(tmp_path: Path) -> None:
    given = scenario()
    given["cameras"] += [given["cameras"][0] | {"model": "no-such"}]
    given["scale"] = "oodpcvs-2025"
    fields = {problem.field for problem in refused(tmp_path, given).problems}
    assert fields == {"cameras[1].id (c1)", "cameras[1].model (c1)", "scale"}


def test_an_unknown_field_and_a_missing_lens_are_named(tmp_path: Path) -> None:
    given = scenario(cmaeras=[])
    del given["cameras"][0]["model"]
    messages = [problem.text() for problem in refused(tmp_path, given).problems]
    assert any(text.startswith("cmaeras: is not known here") for text in messages)
    assert "cameras[0] (c1): has no lens; give `model`, or width_px, height_px and hfov_deg" in messages


def test_a_camera_deep_in_a_building_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = scenario()
    given["cameras"][0]["position"] = [EAST + 20, NORTH + 16]
    assert main(["plan", "coverage", str(written(tmp_path, given))]) == 2
    assert "cameras[0].position (c1): stands 10.0 m inside building b1" in capsys.readouterr().err


SITES = [
    {"id": f"m{number}", "position": [EAST + 20 * number, NORTH - 3], "height_m": 6, "cost_eur": 4000}
    for number in range(6)
]


def placing(**changes: Any) -> dict[str, Any]:
    asked = {"sites": SITES, "models": ["fixed-2mp-6"], "headings": 8, "cameras": 2, "class_id": "detect"} | changes
    return scenario(placement=asked)


def answered(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main(["plan", words[0], str(folder / "scenario.json"), "--json", *words[1:]]) == 0
    return json.loads(capsys.readouterr().out)


def test_optimise_tells_what_is_chosen_and_the_gap(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, placing(model_costs_eur={"fixed-2mp-6": 3000}))
    found = answered(tmp_path, capsys, "optimise")
    assert found["is_optimum"] and found["gap"] == 0 and len(found["chosen"]) == 2
    assert found["greedy_worth"] <= found["worth"] and found["cost_eur"] == 14000
    assert {one["model"] for one in found["chosen"]} == {"fixed-2mp-6"}


def test_optimise_in_phases_tells_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two = [{"name": "P1", "cameras": 1, "sites": 1}, {"name": "P2", "cameras": 2, "sites": 2, "months": 24}]
    written(tmp_path, placing(cameras=None, phases=two))
    found = answered(tmp_path, capsys, "optimise", "--time-limit", "20")
    assert [(one["name"], one["cameras"]) for one in found["phases"]] == [("P1", 1), ("P2", 2)]
    assert found["phases"][0]["worth"] < found["phases"][1]["worth"] and found["gap"] is not None


def test_several_tilts_are_tried_and_the_one_chosen_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(tmp_path, placing())
    one = answered(tmp_path, capsys, "optimise")
    written(tmp_path, placing(tilts_deg=[2, 12, 30]))
    three = answered(tmp_path, capsys, "optimise")
    assert three["candidates"] == 3 * one["candidates"] and three["worth"] >= one["worth"]
    assert {camera["tilt_deg"] for camera in three["chosen"]} <= {2, 12, 30}


def test_a_forbidden_mast_is_listed_and_never_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    barred = [site | {"is_forbidden": site["id"] != "m5", "reason": "abords d'un monument"} for site in SITES]
    written(tmp_path, placing(sites=barred))
    assert {one["site"] for one in answered(tmp_path, capsys, "optimise")["chosen"]} == {"m5"}


def test_the_towns_own_plan_is_scored_beside_the_same_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = placing()
    one = given["cameras"][0] | {"phase": "P1"}
    given["cameras"] = [one, one | {"id": "c2", "phase": "P2", "bearing_deg": 270}]
    written(tmp_path, given)
    found = answered(tmp_path, capsys, "score", "--time-limit", "20")
    assert [(row["new_sites"], row["cameras"]) for row in found["plan"]] == [(1, 1), (0, 1)]
    assert found["best_together"] >= found["plan_together"] > 0 and found["gain"] >= 0
    assert found["bound"] >= found["best_together"]


@pytest.mark.parametrize("command", ["optimise", "score"])
def test_a_placement_that_names_what_does_not_exist_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    given = placing(models=["no-such"], class_id="guess", mandatory=[{"zone": "z9", "least_share": 0.5}])
    assert main(["plan", command, str(written(tmp_path, given))]) == 2
    err = capsys.readouterr().err
    assert "placement.models[0]" in err and "placement.class_id" in err and "placement.mandatory[0].zone" in err
    assert main(["plan", command, str(written(tmp_path, scenario()))]) == 2
    assert "placement: is missing" in capsys.readouterr().err


def test_json_on_stdout_is_alone_even_on_a_pipe(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "beffroi.cli.main",
        "plan",
        "optimise",
        str(written(tmp_path, placing())),
        "--json",
    ]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    assert json.loads(answer.stdout)["chosen"]


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe\x00", b"[]"])
def test_what_is_no_scenario_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "s.json").write_bytes(content)
    assert main(["plan", "coverage", str(tmp_path / "s.json")]) == 2
    assert main(["plan", "coverage", str(tmp_path / "absent.json")]) == 2


def test_degrees_and_metres_give_the_same_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from beffroi.territory.calc.lambert93 import to_lon_lat

    def in_degrees(given: Any) -> Any:
        if isinstance(given, list) and len(given) == 2 and all(isinstance(one, float) for one in given):
            return list(to_lon_lat(*given))
        if isinstance(given, dict):
            return {key: in_degrees(value) for key, value in given.items()}
        return [in_degrees(value) for value in given] if isinstance(given, list) else given

    answers = []
    for given in (scenario(), in_degrees(scenario()) | {"crs": "EPSG:4326"}):
        main(["plan", "coverage", str(written(tmp_path, given)), "--json"])
        answers.append(json.loads(capsys.readouterr().out)["zones"][0]["classes"][0]["by_one"])
    assert answers[0] == pytest.approx(answers[1], abs=0.01)


def test_grid_north_leaves_true_north_east_of_the_third_meridian() -> None:
    """sin 46.5° (about 0.7256) a degree of longitude. Source: IGN, Lambert-93's exponent."""
    from beffroi.territory.calc.lambert93 import to_en

    assert convergence_deg(*to_en(3.0, 46.5)) == pytest.approx(0.0, abs=1e-6)
    assert convergence_deg(*to_en(-4.486, 48.39)) == pytest.approx(0.7256 * -7.486, abs=0.01)


@pytest.mark.parametrize("name", sorted(schemas.MODELS))
def test_schemas_of_the_reference_are_those_of_the_code(name: str) -> None:
    """To mend: python -m beffroi.plan.scenario.schemas ref"""
    assert (ROOT / "ref" / f"{name}.schema.json").read_text("utf-8") == schemas.text(name)


@pytest.mark.parametrize(("language", "said"), [("fr_FR.UTF-8", "terrain en pente : altitudes de 370 à 378 m"),
                                                ("C", "sloping ground: altitudes from 370 to 378 m")])  # fmt: skip
def test_a_camera_over_a_slope_carries_its_altitudes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    monkeypatch.setenv("LANG", language)
    monkeypatch.setenv("LC_ALL", language)
    houses = [
        {"id": "b1", "shape": square(10, 6, 8), "height_m": 6, "ground_m": 370},
        {"id": "b2", "shape": square(40, 6, 8), "height_m": 6, "ground_m": 378.4},
    ]
    assert main(["plan", "coverage", str(written(tmp_path, scenario(buildings=houses))), "--json"]) == 0
    out, err = capsys.readouterr()
    assert "cameras[0] (c1)" in err and said in err
    assert [one["field"] for one in json.loads(out)["warnings"] if "slop" in one["message"]] == ["cameras[0] (c1)"]


@pytest.mark.parametrize("command", ["coverage", "optimise", "score"])
def test_figures_say_that_the_ground_is_taken_as_flat(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert main(["plan", command, str(written(tmp_path, placing()))]) == 0
    assert capsys.readouterr().out.rstrip().endswith("only where buildings carry their altitude.")


def test_the_library_is_used_without_django() -> None:
    asked = "import sys; from beffroi.plan import calc; print(calc.optics.hfov_deg(5.4, 2.8), 'django' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    assert (round(float(said[0]), 1), said[1]) == (87.9, "False")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"zones": []}, "zones: are missing; draw at least one"),
        (
            {"zones": [{"id": "z1", "shape": square(0, -60, 120), "weight": float("inf")}]},
            "weight (z1): inf is no quantity",
        ),
        (
            {"buildings": [{"id": "b1", "shape": square(10, 6, 20), "height_m": float("nan")}]},
            "height_m (b1): nan is no quantity",
        ),
    ],
)
def test_numbers_that_are_none_and_a_town_without_zones_are_refused_in_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], said: str
) -> None:
    assert main(["plan", "optimise", str(written(tmp_path, placing() | change)), "--json"]) == 2
    out, err = capsys.readouterr()
    assert not out and said in err and err.startswith("beffroi: Nothing was computed")
