"""The town's own programme sized: rates, disks, recorders, ten years of money and who may pay. Reads only."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from beffroi.plan import fibre, links, tables
from beffroi.plan.calc import town as values
from beffroi.plan.calc.funding import of_year
from beffroi.plan.editor.ground import DEGREES, degrees
from beffroi.plan.editor.queries import town_rows
from beffroi.plan.library.queries import camera_models
from beffroi.plan.models import Camera
from beffroi.plan.rules import StateName
from beffroi.plan.scenario import document, sizing
from beffroi.plan.scenario.network import MoneyRow, SizingSection
from beffroi.plan.scenario.network_answers import SizeAnswer

MAX_AGENTS = 200.0


def sized(on: date, *, agents: float = 0.0) -> SizeAnswer | None:
    """All cameras of the programme as new, none given up; None before there is one.

    `agents`: full-time people who watch and answer, the largest part of the cost, which no plan can guess.
    """
    rows = town_rows()
    if not rows:
        return None
    known, _ = tables.schemes()
    schemes = tuple(scheme.id for scheme in of_year(known, on.year))
    section = SizingSection(rates_mbit_s=_rates(), money=MoneyRow(year=on.year, agents=agents, schemes=schemes))
    scenario = document.Scenario(crs=DEGREES, cameras=rows, sizing=section)
    models = camera_models()
    cameras, _ = document.read_cameras(rows, degrees(), models)
    read = document.Read(
        scenario=scenario, to_lambert=degrees(), town=values.Town(), cameras=tuple(cameras), models=models, warnings=()
    )
    found, _ = sizing.sized(read, Path(), fibre.fibre_on(on).bill.items)
    return found


def _rates() -> dict[str, tuple[float, float, float]]:
    """Mbit/s of each camera, as its links are said to carry it."""
    known = links.rates(Camera.objects.exclude(states__state=StateName.REMOVED))
    return {camera: (one.low / 1e6, one.likely / 1e6, one.high / 1e6) for camera, one in known.items()}
