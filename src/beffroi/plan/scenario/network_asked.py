"""What a scenario asks of its network: its points, and the ways between them with their likely cost."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from shapely import LineString

from beffroi.core.errors import InvalidInput
from beffroi.plan import tables
from beffroi.plan.calc import corridor, street_graph
from beffroi.plan.calc.cost import NOT_DUG, Ground, Kind
from beffroi.plan.calc.network import Points, Stretch
from beffroi.plan.calc.ranges import Range
from beffroi.plan.calc.street_graph import Way
from beffroi.plan.scenario import document
from beffroi.plan.scenario.network import NetworkSection
from beffroi.plan.scenario.problems import Problem, ScenarioRefused

LAID = "laid "
"""What the ids of lengths begin with that are cut from what lies already."""
DUCT = "duct "
"""And of those cut from existing ducts, and of the trenches to their ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Where a cable may lie: stretches with their likely cost, the surface of each by id.

    `laid`: ids of those that lie already; `lit`: of those that carry light. `lines`: Lambert-93, by id, from `a` to
    `b`; none of those given by hand.
    """

    stretches: tuple[Stretch, ...]
    surfaces: Mapping[str, str]
    laid: frozenset[str] = frozenset()
    lit: frozenset[str] = frozenset()
    lines: Mapping[str, LineString] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A network ready to be designed."""

    read: document.Read
    section: NetworkSection
    prices: tables.Prices
    ways: Ways
    points: Points
    seconds: float

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        return self.ways.stretches

    def new(self, stretches: Iterable[Stretch]) -> list[Stretch]:
        """Those of some stretches that do not lie already."""
        return [one for one in stretches if one.id not in self.ways.laid]

    def dug(self, stretches: Iterable[Stretch]) -> list[Stretch]:
        """Those of them that are dug: no duct holds them, no pole."""
        return [one for one in self.new(stretches) if self.ways.surfaces[one.id] not in NOT_DUG]


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
    return Asked(
        read=read,
        section=section,
        prices=prices,
        ways=_ways(read, section, prices),
        points=Points(
            csu=section.csu,
            aggregation=tuple(row.id for row in section.points if row.is_aggregation and row.id != section.csu),
            others=tuple(row.id for row in section.points if not row.is_aggregation and row.id != section.csu),
        ),
        seconds=seconds,
    )


def _prices(scenario: Path, section: NetworkSection) -> tables.Prices:
    """The table's, with the scenario's own in their place."""
    own = scenario.parent / Path(section.prices_file).name if section.prices_file else None
    table = tables.prices(own) if own else tables.prices()
    problems, found = [], dict(table.prices)
    for id_, (low, likely, high) in section.prices.items():
        field_name = f"network.prices.{id_}"
        try:
            found[id_] = replace(
                found[id_], eur=Range(low=low, likely=likely, high=high), source="the town's own", is_guess=False
            )
        except KeyError:
            known = ", ".join(found)
            problems.append(
                Problem(
                    field=field_name,
                    message=f"is no price of the table; known: {known}",
                    message_fr=f"n'est pas un prix du bordereau ; connus : {known}",
                )
            )
        except InvalidInput as error:
            problems.append(Problem(field=field_name, message=error.message, message_fr=error.message_fr))
    if problems:
        raise ScenarioRefused(problems)
    return replace(table, prices=found)


def _ways(read: document.Read, section: NetworkSection, prices: tables.Prices) -> Ways:
    """Those given by hand, then those of the streets, of what lies already and of ducts."""
    _check_surfaces(section, prices)
    _check_lines(read, section)
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
    streets, laid, ducts = _axes(read, section)
    if not streets and not laid and not ducts:
        return Ways(stretches=tuple(found), surfaces=surfaces)
    twice = {row.id for row in section.points if row.is_aggregation} | {section.csu}
    reach_m = {street.id: street.half_width_m + street.pavement_m for street in read.town.streets}
    drawn = street_graph.ways(streets, _places(read, section), twice=twice, laid=laid, ducts=ducts)
    cut, trenches = corridor.corridors(drawn, reach_m)
    there = _there(cut, {f"{LAID}{row.id}" for row in section.laid})
    own = section.surfaces | {duct: Ground.DUCT.value for duct, _ in ducts}
    for way in cut:
        surfaces[way.id] = own.get(way.street, section.surface)
        likely = way.length_m * (prices.prices[surfaces[way.id]].eur.likely + cable)
        found.append(
            Stretch(
                id=way.id, a=way.a, b=way.b, length_m=way.length_m, cost_eur=0.0 if way.id in there else likely,
                trench=trenches.get(way.id, ""),
            )
        )  # fmt: skip
    return Ways(
        stretches=tuple(found),
        surfaces=surfaces,
        laid=there,
        lit=_there(cut, {f"{LAID}{row.id}" for row in section.laid if row.is_lit}),
        lines={way.id: way.line for way in cut},
    )


def _axes(read: document.Read, section: NetworkSection) -> tuple[list[street_graph.Axis], ...]:
    """Streets, when they are ways, what lies already, ducts."""
    streets = [(street.id, street.axis) for street in read.town.streets] if section.uses_streets else []
    laid = [(f"{LAID}{row.id}", read.to_lambert.geometry(row.shape)) for row in section.laid]
    return streets, laid, [(f"{DUCT}{row.id}", read.to_lambert.geometry(row.shape)) for row in section.ducts]


def _there(ways: Iterable[Way], cables: Collection[str]) -> frozenset[str]:
    """Ids of the ways that are these cables, and of the drops of points that stand on them."""
    listed = list(ways)
    nodes = {node for way in listed if way.street in cables for node in (way.a, way.b)}
    return frozenset(
        way.id
        for way in listed
        if way.street in cables
        or (way.id == f"{way.a} drop" and way.b in nodes and way.length_m <= street_graph.ON_CABLE_M)
    )


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


def _check_lines(read: document.Read, section: NetworkSection) -> None:
    """What lies already and ducts are in France, like the streets."""
    named = [(f"network.laid[{n}].shape ({row.id})", row.shape) for n, row in enumerate(section.laid)]
    named += [(f"network.ducts[{n}].shape ({row.id})", row.shape) for n, row in enumerate(section.ducts)]
    problems = [
        outside
        for field, shape in named
        if (outside := read.to_lambert.problem(field, read.to_lambert.geometry(shape)))
    ]
    if problems:
        raise ScenarioRefused(problems)


def _check_surfaces(section: NetworkSection, prices: tables.Prices) -> None:
    known = [id_ for id_, price in prices.prices.items() if price.kind is Kind.TRENCH]
    named = [("network.surface", section.surface)]
    named += [(f"network.surfaces.{street}", surface) for street, surface in section.surfaces.items()]
    named += [(f"network.ducts[{n}] ({row.id})", Ground.DUCT.value) for n, row in enumerate(section.ducts)]
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
