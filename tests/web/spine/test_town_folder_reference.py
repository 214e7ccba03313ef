"""`ref/town-folder.md` names every file, field and code of a town's folder, and which may be left out."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path

import pytest

from beffroi.authorise.townfile import DeclarationRow, OrderRow, UndertakingRow
from beffroi.core.reading import TextRow
from beffroi.plan import townfile as plan
from beffroi.plan.models import CameraKind, Codec, TargetClass
from beffroi.plan.rules import StateName
from beffroi.territory import townfile as territory
from beffroi.territory.models import Confidence, Purpose

PAGE = (Path(__file__).parents[3] / "ref" / "town-folder.md").read_text(encoding="utf-8")
ROWS: list[tuple[str, type[TextRow]]] = [
    ("`town.toml`", territory.TownRow),
    ("`zones.geojson`", territory.ZoneRow),
    ("`streets.geojson`", territory.StreetRow),
    ("`water.geojson`", territory.WaterRow),
    ("`buildings.csv`", territory.BuildingRow),
    ("`public_buildings.csv`", territory.PublicBuildingRow),
    ("`places.csv`", territory.PlaceRow),
    ("`accesses.csv`", territory.AccessRow),
    ("`[[programme]]`", plan.ProgrammeRow),
    ("`[[phase]]`", plan.PhaseRow),
    ("`sites.csv`", plan.SiteRow),
    ("`cameras.csv`", plan.CameraRow),
    ("`states.csv`", plan.StateRow),
    ("`surveys.csv`", plan.SurveyRow),
    ("`presets.csv`", plan.PresetLine),
    ("`links.geojson`", plan.LinkRow),
    ("`orders.toml`", OrderRow),
    ("`[[undertaking]]`", UndertakingRow),
    ("`[[declaration]]`", DeclarationRow),
]


@pytest.mark.parametrize(("name", "row_type"), ROWS)
def test_the_fields_of_each_file_are_told(name: str, row_type: type[TextRow]) -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith("|") and name in line)
    told = line.rsplit("|", 2)[1]
    optional = set(re.findall(r"\[`(\w+)`\]", told))
    needed = set(re.findall(r"`(\w+)`", re.sub(r"\[`\w+`\]", "", told)))
    fields = {field: known.is_required() for field, known in row_type.model_fields.items() if field != "geometry"}
    assert needed == {field for field, is_required in fields.items() if is_required}
    assert optional == {field for field, is_required in fields.items() if not is_required}


@pytest.mark.parametrize("codes", [Purpose, Confidence, StateName, CameraKind, Codec, TargetClass])
def test_the_codes_of_each_list_are_told(codes: type[Enum]) -> None:
    closed = PAGE[PAGE.index("Closed lists") :]
    assert all(f"`{code.value}`" in closed for code in codes)
