"""The town's own fibre as a graph: who reaches the CSU over which links, what a cut loses, which phase waits for which.

A link's ends lie on its line; where two lines share a vertex, or one ends on the other, they are joined. Reads only.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from shapely import LineString, Point

from beffroi.plan import tables
from beffroi.plan.calc import availability, cost, network
from beffroi.plan.calc.arms import FibreState, Progress, Wait, arm_states, waits
from beffroi.plan.calc.corridor import STREET_M, Grounds, Lying
from beffroi.plan.calc.cost import Ground, Kind
from beffroi.plan.calc.network import Arm, PhasePart, Stretch
from beffroi.plan.links import ON_LINE_M
from beffroi.plan.models import Link, Phase, Site
from beffroi.plan.queries import link_ends
from beffroi.plan.scenario.network import CUTS_PER_100_KM_YEAR, REPAIR_H
from beffroi.territory.calc import lambert93
from beffroi.territory.models import PublicBuilding

_CHAMBER_M = 10.0
"""Links that run together no longer than this only leave the same chamber."""
_STATES = tuple(FibreState)
_DECIMALS = 7
Vertex = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """A link, its state on the day, and what its cut would leave without the CSU."""

    link: Link
    state: FibreState
    is_late: bool
    behind: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmRow:
    """The way from the CSU to a site or building. `hours_lost`: a year without fibre, over its own way alone."""

    id: str
    name: str
    phase: str
    links: tuple[str, ...]
    length_m: float
    state: FibreState
    hours_lost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fibre:
    """The network on a day. `csu` None: no building is said to be the centre, and nothing can be traced to it.

    `cut_off`: points that no link joins to the CSU. `bill`: trenches and cable, all planned links, euros before tax.
    """

    on: date
    csu: PublicBuilding | None
    links: tuple[LinkRow, ...]
    arms: tuple[ArmRow, ...]
    cut_off: tuple[str, ...]
    waits: tuple[Wait, ...]
    bill: cost.Bill
    read_on: date

    def total_m(self, state: FibreState) -> float:
        """Metres of the links in a state."""
        return math.fsum(row.link.length_m for row in self.links if row.state is state)


def fibre_on(on: date) -> Fibre:
    """The town's network as of a day."""
    links = list(Link.objects.select_related("phase").order_by("phase__programme__rank", "phase__rank", "id"))
    stretches, spots = _stretches(links)
    root = PublicBuilding.objects.filter(is_centre=True).first()
    names = _names()
    start = _nearest(spots, (root.lon, root.lat)) if root else None
    ends = {end for link in links for end in (link.from_end, link.to_end) if end in names}
    at = {end: spot for end in ends if (spot := _end_spot(links, end)) is not None}
    progress = {link.pk: progress_of(link) for link in links}
    reached: dict[str, Arm] = {}
    for rank in range(len(_STATES)):  # a point that is lit waits for no shorter way
        there = [one for one in stretches if progress[one.trench].on(on) in _STATES[rank:]]
        reached |= _reached(there, start, at) if start is not None else {}
    phases = phases_of(links)
    weak = network.weak_trenches(stretches, start, {at[end] for end in reached}) if start is not None else ()
    behind = {one.trench: tuple(sorted(names[end] for end, spot in at.items() if spot in one.behind)) for one in weak}
    states = arm_states(reached.values(), progress, on)
    return Fibre(
        on=on,
        csu=root,
        links=tuple(_link_row(link, on, progress[link.pk], behind=behind.get(link.pk, ())) for link in links),
        arms=tuple(
            _arm_row(arm, names[end], phase=phases.get(end, ""), state=states[end])
            for end, arm in sorted(reached.items())
        ),
        cut_off=tuple(sorted(names[end] for end in set(at) - set(reached))) if root else (),
        waits=_waits(links, reached, phases, lit=_lit(progress, on)) if root else (),
        bill=bill_of(links),
        read_on=tables.prices().read_on,
    )


def progress_of(link: Link) -> Progress:
    """When it was laid and lit."""
    return Progress(laid_on=link.laid_on, lit_on=link.lit_on)


def _names() -> dict[str, str]:
    """A site by its name; a building by what stands before its address."""
    return link_ends() | dict(Site.objects.values_list("pk", "name"))


def _spot(vertex: Sequence[float]) -> Vertex:
    return round(vertex[0], _DECIMALS), round(vertex[1], _DECIMALS)


def _key(spot: Vertex) -> str:
    return f"{spot[0]:.7f} {spot[1]:.7f}"


def _stretches(links: Sequence[Link]) -> tuple[list[Stretch], list[Vertex]]:
    """Each link cut at its vertices; a trench is a whole link, and its id says which."""
    found, spots = [], []
    tips = {_spot(link.shape["coordinates"][tip]) for link in links for tip in (0, -1)}
    ends = {tip: Point(lambert93.to_en(*tip)) for tip in sorted(tips)}
    for link in links:
        line = _met([_spot(vertex) for vertex in link.shape["coordinates"]], ends)
        metres = [lambert93.distance_m(a, b) for a, b in itertools.pairwise(line)]
        scale = link.length_m / total if (total := math.fsum(metres)) else 1.0
        spots += line
        for number, (a, b, length_m) in enumerate(zip(line, line[1:], metres, strict=False)):
            if a != b:
                found.append(
                    Stretch(id=f"{link.pk}/{number}", a=_key(a), b=_key(b), length_m=max(length_m * scale, 0.01),
                            trench=link.pk, cost_eur=0.0)
                )  # fmt: skip
    return found, spots


def _met(line: list[Vertex], ends: Mapping[Vertex, Point]) -> list[Vertex]:
    """The line with the ends of others that lie on it: they are drawn by hand, or leave it between two vertices."""
    metres = [lambert93.to_en(*vertex) for vertex in line]
    drawn, known = LineString(metres), set(line)
    along = [0.0, *itertools.accumulate(math.dist(a, b) for a, b in itertools.pairwise(metres))]
    met = [
        (float(drawn.project(at)), end)
        for end, at in ends.items()
        if end not in known and drawn.distance(at) <= ON_LINE_M
    ]
    return [vertex for _, vertex in sorted([*zip(along, line, strict=True), *met], key=lambda one: one[0])]


def _nearest(spots: Iterable[Vertex], at: Vertex) -> str | None:
    found = min(spots, key=lambda spot: lambert93.near_m(spot, at), default=None)
    return _key(found) if found else None


def _end_spot(links: Sequence[Link], end: str) -> str | None:
    """Where a site or building hangs: the end of a link that names it."""
    for link in links:
        line = link.shape["coordinates"]
        if link.to_end == end:
            return _key(_spot(line[-1]))
        if link.from_end == end:
            return _key(_spot(line[0]))
    return None


def _reached(stretches: Sequence[Stretch], start: str, at: dict[str, str]) -> dict[str, Arm]:
    """The arm of each point that links join to the CSU; its stretches are links."""
    joined = network.joined(stretches, start)
    arms = network.arms(stretches, start, {spot for spot in at.values() if spot in joined})
    return {
        end: Arm(point=end, stretches=_links_of(arms[spot]), length_m=arms[spot].length_m)
        for end, spot in at.items()
        if spot in arms
    }


def _links_of(arm: Arm) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.rpartition("/")[0] for one in arm.stretches))


def phases_of(links: Iterable[Link]) -> dict[str, str]:
    """The phase that joins each point: its site's, else that of its link."""
    by_link = {link.to_end: link.phase_id for link in reversed(list(links))}
    return by_link | dict(Site.objects.values_list("pk", "phase_id"))


def _link_row(link: Link, on: date, progress: Progress, *, behind: tuple[str, ...]) -> LinkRow:
    state = progress.on(on)
    return LinkRow(link=link, state=state, is_late=state is FibreState.PLANNED and link.planned_on < on, behind=behind)


def _arm_row(arm: Arm, name: str, *, phase: str, state: FibreState) -> ArmRow:
    works = availability.fibre(arm.length_m, cuts_per_100_km_year=CUTS_PER_100_KM_YEAR, repair_h=REPAIR_H)
    return ArmRow(
        id=arm.point, name=name, phase=phase, links=arm.stretches, length_m=arm.length_m, state=state,
        hours_lost=availability.hours_lost(works),
    )  # fmt: skip


def _lit(progress: dict[str, Progress], on: date) -> list[str]:
    return [link for link, one in progress.items() if one.on(on) is FibreState.LIT]


def _waits(
    links: Sequence[Link], reached: dict[str, Arm], phases: dict[str, str], *, lit: list[str]
) -> tuple[Wait, ...]:
    laid_by = defaultdict(list)
    for link in links:
        laid_by[link.phase_id].append(link.pk)
    parts = [PhasePart(phase=phase, stretches=tuple(ids), length_m=0.0, cost_eur=0.0) for phase, ids in laid_by.items()]
    arms = defaultdict(list)
    for end, arm in reached.items():
        arms[phases.get(end, "")].append(arm)
    order = Phase.objects.order_by("programme__rank", "rank").values_list("pk", flat=True)
    return waits(parts, {phase: arms[phase] for phase in order if arms[phase]}, lit)


def bill_of(links: Iterable[Link], table: tables.Prices | None = None) -> cost.Bill:
    """The bill of `items_of`."""
    return cost.bill(items_of(links, table))


def items_of(links: Iterable[Link], table: tables.Prices | None = None) -> list[cost.Item]:
    """Trench, duct or poles, and cable, of links of fibre, all of them anew; a radio hop has no price here."""
    prices = (table or tables.prices()).prices
    length_m: dict[str, float] = dict.fromkeys(Ground, 0.0)
    for link in links:
        length_m[link.ground] += link.length_m if link.is_fibre else 0.0
    rows = [(ground, Kind.TRENCH, metres) for ground, metres in length_m.items() if metres]
    rows.append(("cable", Kind.CABLE, math.fsum(length_m.values())))
    return [
        cost.Item(name=str(name), kind=kind, quantity=metres, unit="m", unit_eur=prices[name].eur)
        for name, kind, metres in rows
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corridor:
    """Links of fibre that run beside one another, for how long; whom a cut there leaves without the CSU.

    `more`: True when it isolates points that the cut of none of them alone does.
    """

    names: tuple[str, ...]
    length_m: float
    behind: tuple[str, ...]
    more: bool


def corridors(found: Fibre) -> list[Corridor]:
    """Where several links run together, the longest first."""
    rows = {row.link.pk: row for row in found.links}
    links = [row.link for row in found.links]
    stretches, spots = _stretches(links)
    start = _nearest(spots, (found.csu.lon, found.csu.lat)) if found.csu else None
    at = {row.name: _end_spot(links, row.id) for row in found.arms}
    made = []
    for ids, length_m in _together([link for link in links if link.is_fibre]):
        left = network.joined([one for one in stretches if one.trench not in ids], start) if start else frozenset(at)
        behind = tuple(sorted(name for name, spot in at.items() if start and spot not in left))
        alone = {name for id_ in ids for name in rows[id_].behind}
        names = tuple(sorted(rows[id_].link.name for id_ in ids))
        made.append(Corridor(names=names, length_m=length_m, behind=behind, more=not alone.issuperset(behind)))
    return made


def _together(links: Sequence[Link]) -> list[tuple[frozenset[str], float]]:
    """Sets of links that run beside one another, and for how many metres, the longest first."""
    lines = {link.pk: _metres(link) for link in links}
    grounds = Grounds(Lying(name=id_, line=line, reach_m=STREET_M) for id_, line in lines.items())
    held: dict[frozenset[str], float] = defaultdict(float)
    for id_, line in lines.items():
        for beside, length_m in grounds.held(line):
            if len(together := beside | {id_}) > 1 and id_ == min(together):
                held[together] += length_m
    long = [(ids, length_m) for ids, length_m in held.items() if length_m >= _CHAMBER_M]
    return sorted(long, key=lambda one: (-one[1], sorted(one[0])))


def _metres(link: Link) -> LineString:
    return LineString([lambert93.to_en(*vertex) for vertex in link.shape["coordinates"]])
