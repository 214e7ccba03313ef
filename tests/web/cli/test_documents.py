"""Every command of the preparation answers one JSON document, as its schema in `ref/` says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

import beffroi
from beffroi.authorise.services import import_town
from beffroi.cli import answers, civil
from beffroi.cli.main import main
from beffroi.plan.scenario import schemas

ROOT = Path(__file__).parents[3]
DEMO_TOWN = Path(beffroi.__file__).parent / "demo_town"
FACTS = DEMO_TOWN / "facts.csv"


@pytest.fixture(scope="module")
def landed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo town, once for this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        import_town(DEMO_TOWN, start_on=date(2026, 11, 23))
        yield
        transaction.set_rollback(True)


@pytest.fixture
def civil_open(landed: None, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command finds the database of the test."""
    monkeypatch.setattr(civil, "configured", lambda data: None)
    monkeypatch.setattr(civil, "check_database", lambda config: None)
    monkeypatch.setattr(civil, "open_civil", lambda: None)


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "ref" / f"{name}.schema.json").read_text("utf-8"))
    return found


def answered(capsys: pytest.CaptureFixture[str], name: str, *words: str) -> Any:
    """The one document on stdout, true to its schema."""
    assert main(list(words)) in (0, 1)
    document = json.loads(capsys.readouterr().out)
    jsonschema_rs.validate(schema(name), document)
    return document


@pytest.mark.parametrize("name", sorted(answers.MODELS))
def test_schemas_of_the_reference_are_those_of_the_code(name: str) -> None:
    """To mend: python -m beffroi.cli.answers ref"""
    assert (ROOT / "ref" / f"{name}.schema.json").read_text("utf-8") == answers.text(name)


@pytest.mark.usefixtures("civil_open")
def test_facts_dossiers_layers_and_phases_answer_as_documented(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    brought = ("facts", "import", str(FACTS), "--source", "jeu fictif", "--json")
    tried = answered(capsys, "facts-import", *brought, "--dry-run")
    assert answered(capsys, "facts-import", *brought) == tried | {"is_dry_run": False}
    hot = answered(capsys, "facts-hotspots", "facts", "hotspots", "--json")
    assert hot["hot_cells"] and len(hot["zones"]) == 16
    assert 0 < sum(zone["near_repeats"]["inside"] for zone in hot["zones"]) <= hot["near_repeats"]["town"]["inside"]
    jsonschema_rs.validate(schema("facts-row"), {"kind": "tag", "from": "03/06/2025 14h05", "zone": "Z01"})
    layer = tmp_path / "b.geojson"
    ring = [[3.07, 44.1], [3.0701, 44.1], [3.0701, 44.1001], [3.07, 44.1]]
    house = {"type": "Feature", "properties": {"id": "b-neuf"}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    layer.write_text(json.dumps({"type": "FeatureCollection", "features": [house]}))
    told = answered(capsys, "layer-import", "layer", "import", str(layer), "--as", "buildings", "--json")
    assert told["assumed_ids"] == ["b-neuf"]
    assert not answered(capsys, "phase-check", "phase", "check", "px", "--json")["ready"]
    checked = answered(capsys, "dossier-check", "dossier", "check", "--json")
    assert checked["complete"] is not bool(checked["missing"])


@pytest.mark.usefixtures("civil_open")
def test_a_dry_run_of_facts_shows_no_cell_that_is_not_read_and_says_what_the_import_would_say(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "f.csv"
    path.write_text("nature,date,zone,nom victime\n" + "tag,2025-03-12,z01,DUPONT Jean\n" * 2)
    words = ("facts", "import", str(path), "--source", "ville")
    assert main([*words, "--dry-run"]) == 2
    tried = capsys.readouterr()
    assert "nom victime" in tried.out and "DUPONT" not in tried.out
    assert main(list(words)) == 2
    assert capsys.readouterr().err == tried.err


@pytest.mark.usefixtures("civil_open")
@pytest.mark.parametrize(("language", "said"), [("fr_FR.UTF-8", ", par hasard "), ("en_GB.UTF-8", ", by chance ")])
def test_hot_spots_are_told_zone_by_zone_in_the_language_of_the_terminal(
    language: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    assert main(["facts", "import", str(FACTS), "--source", "jeu fictif"]) == 0
    assert main(["facts", "hotspots"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("Z") for line in lines) == 16 and sum(said in line for line in lines) > 10


@pytest.mark.usefixtures("civil_open")
@pytest.mark.parametrize(("language", "said"), [("fr_FR.UTF-8", " : manque "), ("en_GB.UTF-8", " missing\n")])
def test_a_dossier_is_checked_in_the_language_of_the_terminal(
    language: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    assert main(["dossier", "check"]) == 1
    assert said in capsys.readouterr().out


@pytest.mark.usefixtures("civil_open")
def test_camera_models_answer_as_documented_and_a_dry_run_writes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file, out = tmp_path / "modeles.csv", tmp_path / "modeles.toml"
    file.write_text("id;name;width_px;height_px;hfov_deg;source\ndome-1;Dôme;2560;1440;103.5;fiche\n")
    listed = ("plan-models-list", "plan", "models", "list", "--json")
    before = answered(capsys, *listed)
    brought = ("plan-models-import", "plan", "models", "import", str(file), "--json")
    assert answered(capsys, *brought, "--dry-run")["models"] == [{"id": "dome-1", "act": "add", "changed": []}]
    assert answered(capsys, *listed) == before
    answered(capsys, *brought)
    assert answered(capsys, *listed)["models"][0]["is_own"]
    answered(capsys, "plan-models-export", "plan", "models", "export", str(out), "--json")
    file.write_text(out.read_text().replace("103.5", "99.0"))
    assert main(["plan", "models", "import", str(file)]) == 2
    file.rename(out)
    changed = answered(capsys, "plan-models-import", "plan", "models", "import", str(out), "--json")["models"][0]
    assert changed["changed"] == [{"field": "hfov_deg", "before": 103.5, "after": 99.0}]


@pytest.mark.parametrize("name", ["coverage", "network", "size", "optimise", "score"])
def test_plan_answers_as_documented(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    scenario = ROOT / "ref" / "example-scenario.json"
    jsonschema_rs.validate(schema("plan-scenario"), json.loads(scenario.read_text("utf-8")))
    answered(capsys, f"plan-{name}", "plan", name, str(scenario), "--json")
    assert schemas.MODELS[f"plan-{name}"]
