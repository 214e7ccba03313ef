"""What a scenario asks of its network: its points, and the ways between them with their likely cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from beffroi.core.errors import InvalidInput
from beffroi.plan import tables
from beffroi.plan.calc import street_graph
from beffroi.plan.calc.cost import Kind
from beffroi.plan.calc.network import Points, Stretch
from beffroi.plan.scenario import document
from beffroi.plan.scenario.network import NetworkSection
from beffroi.plan.scenario.problems import Problem, ScenarioRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A network ready to be designed."""

    read: document.Read
    section: NetworkSection
    prices: tables.Prices
    stretches: tuple[Stretch, ...]
    surfaces: Mapping[str, str]
    points: Points
    seconds: float


def ask(read: document.Read, scenario: Path, seconds: float) -> Asked:
    """Errors: ScenarioRefused listing what must be mended; InvalidInput when the scenario has no network."""
    section = read.scenario.network
    if section is None:
        raise InvalidInput(
            "The scenario has no `network`; give its CSU, points and ways (ref/plan.md).",
            message_fr="Le scénario n'a pas de `network` ; donnez CSU, points et tronçons (ref/plan.md).",
            field="network",
        )
    prices = _prices(scenario, section)
    stretches, surfaces = _stretches(read, section, prices)
    return Asked(
        read=read,
        section=section,
        prices=prices,
        stretches=stretches,
        surfaces=surfaces,
        points=Points(
            csu=section.csu,
            aggregation=tuple(row.id for row in section.points if row.is_aggregation and row.id != section.csu),
            others=tuple(row.id for row in section.points if not row.is_aggregation and row.id != section.csu),
        ),
        seconds=seconds,
    )


def _prices(scenario: Path, section: NetworkSection) -> tables.Prices:
    return tables.prices(scenario.parent / Path(section.prices_file).name) if section.prices_file else tables.prices()


def _stretches(
    read: document.Read, section: NetworkSection, prices: tables.Prices
) -> tuple[tuple[Stretch, ...], dict[str, str]]:
    """Stretches with their likely cost, and the surface of each."""
    _check_surfaces(section, prices)
    cable = prices.prices["cable"].eur.likely
    found, surfaces = [], {}
    for row in section.stretches:
        surfaces[row.id] = row.surface
        likely = row.length_m * (prices.prices[row.surface].eur.likely + cable)
        found.append(
            Stretch(
                id=row.id, a=row.a, b=row.b, length_m=row.length_m, trench=row.trench,
                cost_eur=likely if row.cost_eur is None else row.cost_eur,
            )
        )  # fmt: skip
    if section.uses_streets and read.town.streets:
        places = _places(read, section)
        axes = [(street.id, street.axis) for street in read.town.streets]
        twice = {row.id for row in section.points if row.is_aggregation} | {section.csu}
        for way in street_graph.ways(axes, places, twice=twice):
            surfaces[way.id] = section.surfaces.get(way.street, section.surface)
            likely = way.length_m * (prices.prices[surfaces[way.id]].eur.likely + cable)
            found.append(Stretch(id=way.id, a=way.a, b=way.b, length_m=way.length_m, cost_eur=likely))
    return tuple(found), surfaces


def _places(read: document.Read, section: NetworkSection) -> dict[str, tuple[float, float]]:
    """Lambert-93 of the points that have a position; all of those outside France are refused."""
    places, problems = {}, []
    for number, row in enumerate(section.points):
        if row.position is not None:
            point = read.to_lambert.geometry({"type": "Point", "coordinates": row.position})
            places[row.id] = (float(point.x), float(point.y))
            if outside := read.to_lambert.problem(f"network.points[{number}].position ({row.id})", point):
                problems.append(outside)
    if problems:
        raise ScenarioRefused(problems)
    return places


def _check_surfaces(section: NetworkSection, prices: tables.Prices) -> None:
    known = [id_ for id_, price in prices.prices.items() if price.kind is Kind.TRENCH]
    named = [("network.surface", section.surface)]
    named += [(f"network.surfaces.{street}", surface) for street, surface in section.surfaces.items()]
    named += [(f"network.stretches[{n}].surface ({row.id})", row.surface) for n, row in enumerate(section.stretches)]
    problems = [
        Problem(
            field=field,
            message=f"{surface!r} has no price; write one of {', '.join(known)}, or give a price table",
            message_fr=f"{surface!r} n'a pas de prix ; écrivez l'un de {', '.join(known)}, ou donnez un bordereau",
        )
        for field, surface in named
        if surface not in known
    ]
    if problems:
        raise ScenarioRefused(problems)
