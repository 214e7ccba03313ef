"""`beffroi plan network` and `plan size`: answers as documented, refusals that name the field and the mend."""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from shapely import LineString

from beffroi.cli.main import main
from beffroi.core.errors import InvalidInput
from beffroi.plan.calc import cost, street_graph
from beffroi.plan.calc.network import Stretch
from beffroi.plan.calc.ranges import Range

EAST, NORTH = 706_000.0, 6_333_000.0
"""A square of four streets of 200 m, a dead end of 100 m to the east of it."""
CORNERS = {"a": (0, 0), "b": (200, 0), "c": (200, 200), "d": (0, 200), "e": (300, 0)}
STREETS = ("ab", "bc", "cd", "da", "be")


def place(x: float, y: float) -> list[float]:
    return [EAST + x, NORTH + y]


def scenario(**changes: Any) -> dict[str, Any]:
    camera = {"height_m": 6, "bearing_deg": 90, "tilt_deg": 10, "model": "fixed-2mp-28"}
    return {
        "crs": "EPSG:2154",
        "streets": [
            {"id": s, "shape": {"type": "LineString", "coordinates": [place(*CORNERS[s[0]]), place(*CORNERS[s[1]])]}}
            for s in STREETS
        ],
        "cameras": [
            {"id": "c1", "position": place(200, 205), "site": "m1"} | camera,
            {"id": "c2", "position": place(300, 5), "site": "m2"} | camera,
        ],
        "network": {
            "csu": "csu",
            "points": [
                {"id": "csu", "position": place(0, 0)},
                {"id": "ecole", "position": place(200, 202), "is_aggregation": True, "phase": "p1"},
                {"id": "m1", "position": place(200, 205), "phase": "p1"},
                {"id": "m2", "position": place(300, 5), "phase": "p2"},
            ],
        },
    } | changes


def asked(folder: Path, question: str, given: dict[str, Any]) -> tuple[int, Any]:
    path = folder / "scenario.json"
    path.write_text(json.dumps(given))
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = main(["plan", question, str(path), "--json"])
    return code, json.loads(out.getvalue()) if out.getvalue() else err.getvalue()


def test_standard_output_holds_the_document_alone_though_the_solver_tells_its_name(tmp_path: Path) -> None:
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps(scenario()))
    done = subprocess.run(
        [sys.executable, "-m", "beffroi.cli.main", "plan", "network", str(path), "--json"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["tree"]["is_proved"]


def test_the_network_is_one_document_with_its_proof_its_ring_and_its_spurs(tmp_path: Path) -> None:
    code, answer = asked(tmp_path, "network", scenario())
    assert code == 0 and answer["tree"]["is_proved"] and answer["tree"]["gap"] == 0
    # 200 m to the crossing b, then 200 m up and 100 m on, and the drops of 2, 5 and 5 m
    assert answer["tree"]["length_m"] == pytest.approx(512)
    protected = answer["protected"]
    # the square is the ring: four corners, the feet of school and mast; the school has its double drop
    assert len(protected["ring"]) in {4, 5} and not protected["unprotected"] and protected["core"]["is_proved"]
    assert {weak["behind"] == ["m2"] for weak in answer["weak"]} >= {True}
    assert "ecole" not in {point for weak in answer["weak"] for point in weak["behind"]}
    assert [phase["phase"] for phase in answer["phases"]] == ["p1", "p2", ""]
    designed = {*protected["core"]["stretches"], *protected["spurs"]["stretches"]}
    assert {id_ for phase in answer["phases"] for id_ in phase["stretches"]} == designed
    arm = next(one for one in answer["arms"] if one["point"] == "m2")
    assert arm["length_m"] == pytest.approx(305) and 0 < arm["fibre_hours_lost"] < 0.1 < arm["optical_margin_db"]
    school = next(one for one in answer["arms"] if one["point"] == "ecole")
    assert school["fibre_hours_lost"] < arm["fibre_hours_lost"] / 100  # two ways against one
    assert 22 < arm["hours_lost"] < 25  # two devices of 99.88 %, two hours of power
    assert answer["loads"][0]["cameras"] == 2
    assert {line["name"] for line in answer["bill"]["lines"]} == {"street", "cable"}
    assert all(line["source"] for line in answer["bill"]["lines"])
    total = answer["bill"]["total_eur"]
    assert total["p10"] < total["p50"] < total["p90"]


def test_a_building_on_a_dead_end_cannot_be_protected_and_the_exit_code_says_to_look(tmp_path: Path) -> None:
    given = scenario()
    given["network"]["points"][3]["is_aggregation"] = True
    code, answer = asked(tmp_path, "network", given)
    assert code == 1 and "be/" in answer["protected"]["unprotected"]["m2"][0]
    assert any("cannot be protected" in one["message"] and one["message_fr"] for one in answer["warnings"])


def test_a_mast_far_from_every_street_is_told_as_such(tmp_path: Path) -> None:
    given = scenario()
    given["network"]["points"][3]["position"] = place(300, 900)
    code, answer = asked(tmp_path, "network", given)
    assert code == 1 and any("is 707 m from the nearest street" in one["message"] for one in answer["warnings"])


def test_ducts_given_by_hand_are_ways_too_and_cheaper_where_they_are(tmp_path: Path) -> None:
    given = scenario()
    given["network"]["stretches"] = [{"id": "duct", "a": "csu", "b": "m1", "length_m": 300, "surface": "duct"}]
    _, answer = asked(tmp_path, "network", given)
    assert "duct" in answer["tree"]["stretches"]
    assert {line["name"] for line in answer["bill"]["lines"]} >= {"duct", "cable"}


def duct(*spots: tuple[float, float]) -> dict[str, Any]:
    return {"id": "g1", "shape": {"type": "LineString", "coordinates": [place(*spot) for spot in spots]}}


def test_a_duct_drawn_beside_the_streets_is_entered_by_its_ends_and_makes_the_tree_cheaper(tmp_path: Path) -> None:
    given = scenario()
    bare = asked(tmp_path, "network", given)[1]
    given["network"]["ducts"] = [duct((3, -3), (150, -20), (297, -3))]
    _, answer = asked(tmp_path, "network", given)
    tree, lines = answer["tree"], {line["name"]: line["quantity"] for line in answer["bill"]["lines"]}
    assert {"duct g1/1", "duct g1 end 1", "duct g1 end 2"} <= set(tree["stretches"])
    assert tree["cost_eur"] < bare["tree"]["cost_eur"] and tree["dug_m"] < bare["tree"]["dug_m"] - 90
    along_m = 2 * math.hypot(147, 17)
    assert tree["length_m"] - tree["dug_m"] == pytest.approx(along_m)
    assert lines["duct"] == pytest.approx(along_m) and lines["cable"] > lines["duct"] + lines["street"] - 1


def test_a_duct_that_ends_at_a_building_needs_no_trench_there(tmp_path: Path) -> None:
    given = scenario()
    given["network"]["ducts"] = [duct((0, -1), (300, 6))]
    tree = asked(tmp_path, "network", given)[1]["tree"]
    assert "duct g1/1" in tree["stretches"]
    assert not {"csu drop", "m2 drop"} <= set(tree["stretches"])
    assert not any(" end " in id_ for id_ in tree["stretches"])


@pytest.mark.parametrize(("away_m", "is_apart"), [(-5.9, False), (-6.1, True), (-60, True)])
def test_a_duct_beside_a_street_is_cut_with_it_and_one_further_off_protects(
    tmp_path: Path, away_m: float, is_apart: bool
) -> None:
    """One street of 200 m (4.5 m to each side, 1.5 m beside), a duct from the CSU to the school."""
    given = scenario(streets=scenario()["streets"][:1], cameras=[])
    given["network"]["points"] = [
        {"id": "csu", "position": place(0, 0)},
        {"id": "ecole", "position": place(200, 0), "is_aggregation": True},
    ]
    given["network"]["ducts"] = [duct((0, -1), (0, away_m), (200, away_m), (200, -1))]
    _, answer = asked(tmp_path, "network", given)
    assert bool(answer["protected"]["unprotected"]) is not is_apart
    if not is_apart:
        assert "ab/1" in answer["protected"]["unprotected"]["ecole"]


def test_cables_of_two_ducts_in_one_corridor_are_both_counted(tmp_path: Path) -> None:
    given = scenario()
    beside = [duct((0, 2), (200, 2)), duct((200, 3), (0, 3)) | {"id": "g2"}]
    given["network"]["ducts"] = beside
    surfaces = {f"duct {one['id']}/1": "duct" for one in beside}
    stretches = [Stretch(id=id_, a="a", b="b", length_m=200, cost_eur=1, trench="ab/1") for id_ in surfaces]
    (line,) = cost.trench_items(stretches, surfaces, {"duct": Range.exactly(1)})
    assert line.quantity == 400


def test_a_duct_given_twice_is_refused(tmp_path: Path) -> None:
    given = scenario()
    given["network"]["ducts"] = [duct((0, 0), (200, 0)), duct((0, 0), (0, 200))]
    code, told = asked(tmp_path, "network", given)
    assert code == 2 and "has a stretch twice" in told


def laid(*corners: str, **row: Any) -> dict[str, Any]:
    return {"id": "f1", "shape": {"type": "LineString", "coordinates": [place(*CORNERS[c]) for c in corners]}} | row


def test_what_lies_already_costs_nothing_and_is_the_same_ground_as_its_street(tmp_path: Path) -> None:
    given = scenario()
    bare = asked(tmp_path, "network", given)[1]
    given["network"]["laid"] = [laid("a", "b", is_lit=True)]
    _, answer = asked(tmp_path, "network", given)
    tree = answer["tree"]
    assert tree["length_m"] == pytest.approx(512) and tree["dug_m"] == pytest.approx(312)
    assert tree["cost_eur"] < bare["tree"]["cost_eur"] and "laid f1/1" in tree["stretches"]
    street = next(line for line in answer["bill"]["lines"] if line["name"] == "street")
    designed = {*answer["protected"]["core"]["stretches"], *answer["protected"]["spurs"]["stretches"]}
    assert "laid f1/1" in answer["laid"] and set(answer["laid"]) <= designed
    dug = answer["protected"]["core"]["dug_m"] + answer["protected"]["spurs"]["dug_m"]
    assert street["quantity"] == pytest.approx(dug)
    # a ring may not close through the street above the cable: one excavator cuts both
    assert "ab/1" not in designed


def test_the_phases_wait_for_what_is_not_lit(tmp_path: Path) -> None:
    given = scenario()
    given["network"]["points"][1]["is_aggregation"] = False
    given["network"]["laid"] = [laid("a", "b")]
    waits = asked(tmp_path, "network", given)[1]["waits"]
    assert {(one["phase"], one["on_phase"]) for one in waits} == {("p1", "p1"), ("p2", "p1"), ("p2", "p2")}
    given["network"]["laid"] = [laid("a", "b", is_lit=True)]
    lit = asked(tmp_path, "network", given)[1]["waits"]
    needed = {id_ for one in lit if one["phase"] == "p2" for id_ in one["stretches"]}
    assert needed and not any(id_.startswith("laid ") for id_ in needed)


def test_prices_of_the_town_stand_in_the_place_of_the_tables(tmp_path: Path) -> None:
    given = scenario()
    given["network"]["prices"] = {"street": [100, 110, 120]}
    _, answer = asked(tmp_path, "network", given)
    street = next(line for line in answer["bill"]["lines"] if line["name"] == "street")
    assert street["unit_eur"] == {"low": 100, "likely": 110, "high": 120} and not street["is_guess"]
    assert street["source"] == "the town's own"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"prices": {"marble": [1, 2, 3]}}, "network.prices.marble"),
        ({"prices": {"street": [3, 2, 1]}}, "network.prices.street"),
        ({"csu": "mairie"}, "network"),
        ({"surface": "marbre"}, "network.surface"),
        ({"stretches": [{"id": "x", "a": "csu", "b": "m1", "length_m": -3}]}, "network.stretches[0].length_m (x)"),
        ({"uses_streets": False}, "csu"),
        ({"stretches": [{"id": "x", "a": "csu", "b": "m1", "length_m": 3}] * 2}, "network"),
        ({"points": [{"id": "csu", "position": [44.1, 3.07]}]}, "network.points[0].position (csu)"),
    ],
)
def test_a_network_that_cannot_be_computed_is_refused_by_field(
    tmp_path: Path, change: dict[str, Any], field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = scenario()
    given["network"] |= change
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps(given))
    assert main(["plan", "network", str(path), "--json"]) == 2
    out, err = capsys.readouterr()
    assert not out and field in err


def test_a_scenario_without_its_section_is_told_so_in_french_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps({"crs": "EPSG:2154"}))
    assert main(["plan", "network", str(path)]) == 2
    assert "pas de `network`" in capsys.readouterr().err
    assert main(["plan", "size", str(path)]) == 2
    assert "Aucune caméra" in capsys.readouterr().err


def test_sizes_are_ranges_with_their_source_and_a_measured_week_comes_first(tmp_path: Path) -> None:
    given = scenario(sizing={"measured_mbit_s": {"c1": [2.0] * 95 + [6.0] * 5}, "rates_mbit_s": {"c2": [4, 4, 4]}})
    code, answer = asked(tmp_path, "size", given)
    assert code == 0 and answer["cameras"] == 2
    by_camera = {one["camera"]: one for one in answer["rates"]}
    assert by_camera["c1"]["source"] == "measured, 100 samples" and by_camera["c2"]["source"] == "given"
    assert [one["days"] for one in answer["storage"]] == [15, 30]
    month = answer["storage"][1]
    assert month["net_tb"]["high"] == pytest.approx(answer["video_mbit_s"]["high"] * 10.8 * 30 / 1000)
    assert (month["data_disks"], month["parity_disks"], month["spare_disks"]) == (1, 2, 1)
    assert answer["nodes"]["recording"] == 1 and answer["nodes"]["source"].startswith("ref/benchmarks.md")
    assert {one["poe"][0] for one in answer["power"]} == {"802.3af"}


def test_ten_years_put_staff_first_and_grants_name_their_rules(tmp_path: Path) -> None:
    given = scenario(sizing={"money": {"year": 2026, "agents": 4, "schemes": ["fipd", "detr"]}})
    _, answer = asked(tmp_path, "size", given)
    money = answer["money"]
    assert next(iter(money["by_kind_eur"])) == "staff" and len(money["by_year_p50_eur"]) == 11
    assert [grant["year"] for grant in money["grants"]] == [2024, 2024] and money["grants"][0]["source"]
    assert set(money["outdated"]) == {"fipd", "detr", "limits"}
    assert {"trench", "camera", "mast"} <= set(money["by_kind_eur"])
    assert money["own_eur"] >= 0.2 * (money["own_eur"] + money["granted_eur"]) - 1e-6
    given["sizing"]["money"]["schemes"] = ["plan-marshall"]
    code, said = asked(tmp_path, "size", given)
    assert code == 2 and "plan-marshall" in said


def test_a_mast_on_the_lighting_circuit_is_found_out(tmp_path: Path) -> None:
    given = scenario()
    given["network"]["points"][3]["is_on_lighting"] = True
    code, answer = asked(tmp_path, "size", given)
    assert code == 1
    mast = next(one for one in answer["power"] if one["point"] == "m2")
    assert not mast["holds"] and mast["lighting_battery_wh"] > 500


def test_a_rate_for_a_camera_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    code, said = asked(tmp_path, "size", scenario(sizing={"rates_mbit_s": {"c9": [1, 2, 3]}}))
    assert code == 2 and "sizing.rates_mbit_s.c9" in said


def test_streets_meet_where_they_share_a_vertex_and_not_under_a_bridge() -> None:
    axes = [("under", LineString([(0, 0), (100, 0)])), ("over", LineString([(50, -50), (50, 50)]))]
    assert len(street_graph.ways(axes, {})) == 2
    axes[0] = ("under", LineString([(0, 0), (50, 0), (100, 0)]))
    axes[1] = ("over", LineString([(50, -50), (50, 0), (50, 50)]))
    assert len(street_graph.ways(axes, {})) == 4
    found = street_graph.ways(axes, {"mast": (80.0, 7.0)}, twice=["mast"])
    assert sorted(way.id for way in found if way.a == "mast") == ["mast drop", "mast drop 2"]
    assert next(way for way in found if way.b == "80.00 0.00" or way.a == "80.00 0.00")
    assert next(way.length_m for way in found if way.id == "mast drop") == 7.0
    with pytest.raises(InvalidInput, match="No street or duct"):
        street_graph.ways([], {"mast": (0.0, 0.0)})


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr_FR.UTF-8", {"size": ("28\u202f500 €", "agents", "Tio", "(2024, Isère ; ", "part à vérifier"),
                         "network": ("31\u202f621 €",), "coverage": ("88,2\u00a0%", "reconnaître", "de la commune")}),
        ("C", {"size": ("28,500 €", "staff", "TiB", "(2024, Isère ; ", "share to be verified"),
               "network": ("31,621 €",), "coverage": ("88.2%", "recognise", "of area")}),
    ],
)  # fmt: skip
def test_a_terminal_reads_figures_and_words_of_its_language_and_where_aids_come_from(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, language: str, said: dict[str, tuple[str, ...]]
) -> None:
    monkeypatch.setenv("LANG", language)
    monkeypatch.setenv("LC_ALL", language)
    for question, wanted in said.items():
        main(["plan", question, str(Path(__file__).parents[3] / "ref" / "example-scenario.json")])
        out = capsys.readouterr().out
        assert all(one in out for one in wanted), (question, out)
