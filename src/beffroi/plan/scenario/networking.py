"""The network of a scenario: what to dig, its proof, what it survives, what it costs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from beffroi.core.errors import InvalidInput
from beffroi.plan import tables
from beffroi.plan.calc import availability, bandwidth, cost, light, network
from beffroi.plan.calc.arms import waits
from beffroi.plan.calc.cost import Kind
from beffroi.plan.calc.network import Stretch
from beffroi.plan.calc.ranges import Range
from beffroi.plan.calc.steiner import Tree
from beffroi.plan.scenario import answers, document
from beffroi.plan.scenario import network_answers as said
from beffroi.plan.scenario.network import NetworkSection
from beffroi.plan.scenario.network_asked import Asked, ask
from beffroi.plan.scenario.problems import Problem
from beffroi.plan.scenario.rates import camera_rates

_SPLICE_EVERY_M = 2000.0
_FAR_M = 150.0


TREE, CORE, PHASES = 0.3, 0.7, 0.85
"""Share of the work once the tree, the protected core and the phases stand."""

Tell = Callable[[float], object]
"""Told how far the work is; what it raises ends the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """`kept`: stretches of the design, those of the protected one when there is one, else the tree."""

    tree: Tree
    protected: network.Protected | None
    kept: tuple[Stretch, ...]


def designed(read: document.Read, scenario: Path, seconds: float) -> tuple[said.NetworkAnswer, tuple[Problem, ...]]:
    """The network of a scenario and all its warnings, the scenario's own first. `seconds`: for each exact search.

    Errors: ScenarioRefused, InvalidInput when the scenario has no network or its points cannot be joined.
    """
    asked = ask(read, scenario, seconds)
    return answered(asked, design(asked), scenario)


def answered(
    asked: Asked, made: Design, scenario: Path = Path(), *, tell: Tell = lambda share: None
) -> tuple[said.NetworkAnswer, tuple[Problem, ...]]:
    """A design told with its proof, its phases, its weak points, its loads and its cost, and all its warnings."""
    arms = network.arms(made.kept, asked.points.csu, asked.points.all)
    rates = {rate.camera: rate.bit_s for rate in camera_rates(asked.read, scenario)}
    hung: dict[str, dict[str, Range]] = {}
    for row in asked.read.scenario.cameras:
        hung.setdefault(row.site, {})[row.id] = rates[row.id]
    loads = bandwidth.link_loads(arms.values(), hung, capacity_bit_s=asked.section.link_mbit_s * 1e6)
    warnings = (*asked.read.warnings, *_warnings(asked, made, loads))
    phases = _phases(asked, made)
    tell(PHASES)
    found = said.NetworkAnswer(
        tree=_tree(made.tree, asked),
        protected=_protected(made.protected, asked),
        laid=tuple(one.id for one in made.kept if one.id in asked.ways.laid),
        phases=phases,
        waits=_waits(asked, phases, arms),
        weak=tuple(said.WeakAnswer.model_validate(one) for one in _weak(asked, made)),
        shared_trenches=network.shared_trenches(made.kept),
        arms=tuple(_arm(arm, asked.section, made.kept) for arm in arms.values()),
        loads=tuple(_load(load) for load in loads if load.cameras),
        bill=bill_answer(cost.bill(bill_items(asked, made.kept)), asked.prices),
        warnings=tuple(answers.Warned.model_validate(one) for one in warnings),
    )
    return found, warnings


def items(read: document.Read, scenario: Path, seconds: float) -> list[cost.Item]:
    """Lines of the bill of a scenario's network, for the whole programme's cost; none without a network."""
    if read.scenario.network is None:
        return []
    asked = ask(read, scenario, seconds)
    return bill_items(asked, design(asked).kept)


def design(asked: Asked, *, tell: Tell = lambda share: None) -> Design:
    """The cheapest tree and, when there are aggregation buildings, the protected core with its spurs.

    Errors: InvalidInput when a point has no way to the CSU.
    """
    tree = network.cheapest_tree(asked.stretches, asked.points.all, seconds=asked.seconds)
    tell(TREE)
    protected = (
        network.ring_and_spurs(asked.stretches, asked.points, seconds=asked.seconds)
        if asked.points.aggregation
        else None
    )
    tell(CORE)
    kept = set(protected.stretches if protected else tree.edges)
    return Design(tree=tree, protected=protected, kept=tuple(one for one in asked.stretches if one.id in kept))


def _length_m(stretches: Iterable[Stretch]) -> float:
    return math.fsum(one.length_m for one in stretches)


def _tree(tree: Tree, asked: Asked) -> said.TreeAnswer:
    kept = set(tree.edges)
    own = [one for one in asked.stretches if one.id in kept]
    return said.TreeAnswer(
        stretches=tree.edges,
        length_m=_length_m(own),
        dug_m=_length_m(asked.dug(own)),
        cost_eur=tree.cost,
        bound_eur=tree.bound,
        gap=tree.gap,
        is_proved=tree.is_proved,
    )


def _protected(found: network.Protected | None, asked: Asked) -> said.ProtectedAnswer | None:
    if found is None:
        return None
    return said.ProtectedAnswer(
        core=_tree(found.core, asked),
        spurs=_tree(found.spurs, asked),
        ring=found.ring,
        unprotected=dict(found.unprotected),
    )


def _phases(asked: Asked, made: Design) -> tuple[said.PhaseNetworkAnswer, ...]:
    phases = _points_by_phase(asked)
    if not phases:
        return ()
    parts = network.on_final_tree(made.kept, asked.points.csu, phases)
    alone = network.short_sighted(asked.stretches, asked.points.csu, phases, seconds=asked.seconds)
    taken = {id_ for part in parts for id_ in part.stretches}
    rest = [one for one in made.kept if one.id not in taken]
    return (
        *(_phase(asked, part, alone_eur) for part, alone_eur in zip(parts, alone, strict=True)),
        *([_phase(asked, network.part("", rest), None)] if rest else []),
    )


def _points_by_phase(asked: Asked) -> dict[str, list[str]]:
    """In the order in which the points name them."""
    phases: dict[str, list[str]] = {}
    for row in asked.section.points:
        if row.phase:
            phases.setdefault(row.phase, []).append(row.id)
    return phases


def _phase(asked: Asked, part: network.PhasePart, alone_eur: float | None) -> said.PhaseNetworkAnswer:
    own = set(part.stretches)
    return said.PhaseNetworkAnswer(
        phase=part.phase,
        stretches=part.stretches,
        length_m=part.length_m,
        dug_m=_length_m(asked.dug(one for one in asked.stretches if one.id in own)),
        cost_eur=part.cost_eur,
        alone_eur=alone_eur,
    )


def _waits(
    asked: Asked, phases: Sequence[said.PhaseNetworkAnswer], arms: Mapping[str, network.Arm]
) -> tuple[said.WaitAnswer, ...]:
    """Of the phases whose arms are not all lit."""
    every = {one.id: one for one in asked.stretches}
    parts = [network.part(one.phase, [every[id_] for id_ in one.stretches]) for one in phases]
    by_phase = {phase: [arms[point] for point in points] for phase, points in _points_by_phase(asked).items()}
    return tuple(said.WaitAnswer.model_validate(one) for one in waits(parts, by_phase, asked.ways.lit))


def _weak(asked: Asked, made: Design) -> tuple[network.WeakTrench, ...]:
    return network.weak_trenches(made.kept, asked.points.csu, asked.points.all)


def _arm(arm: network.Arm, section: NetworkSection, laid: Sequence[Stretch]) -> said.ArmAnswer:
    cuts, repair_h = section.cuts_per_100_km_year, section.repair_h
    links = [
        (one.a, one.b, availability.fibre(one.length_m, cuts_per_100_km_year=cuts, repair_h=repair_h)) for one in laid
    ]
    try:
        whole = availability.two_terminal(links, section.csu, arm.point)
    except InvalidInput:  # too meshed to be exact: its own way alone is the least it has
        own = set(arm.stretches)
        whole = availability.series(link[2] for link, one in zip(links, laid, strict=True) if one.id in own)
    device = availability.availability(section.device_mtbf_h, section.device_repair_h)
    power = 1 - section.power_hours_lost / availability.YEAR_H
    works = availability.series((whole, device, device, power))
    splices = 2 + math.floor(arm.length_m / _SPLICE_EVERY_M)
    budget = light.optical_budget(arm.length_m, splices=splices, connectors=4)
    return said.ArmAnswer(
        point=arm.point,
        stretches=arm.stretches,
        length_m=arm.length_m,
        fibre_hours_lost=availability.hours_lost(whole),
        hours_lost=availability.hours_lost(works),
        optical_margin_db=budget.margin_db,
    )


def _load(load: bandwidth.LinkLoad) -> said.LoadAnswer:
    return said.LoadAnswer(
        stretch=load.stretch,
        cameras=len(load.cameras),
        needed_mbit_s=load.needed_bit_s / 1e6,
        share=load.share,
    )


def bill_items(asked: Asked, stretches: Sequence[Stretch]) -> list[cost.Item]:
    """Trench and cable of these stretches; what lies already costs nothing."""
    ranges = {id_: price.eur for id_, price in asked.prices.prices.items()}
    new = asked.new(stretches)
    lines = cost.trench_items(new, asked.ways.surfaces, ranges)
    cable = cost.Item(name="cable", kind=Kind.CABLE, quantity=_length_m(new), unit="m", unit_eur=ranges["cable"])
    return [*lines, cable]


def bill_answer(bill: cost.Bill, prices: tables.Prices) -> said.BillAnswer:
    """A bill with the source of each price."""
    return said.BillAnswer(
        lines=tuple(
            said.LineAnswer(
                name=item.name,
                kind=item.kind.value,
                quantity=item.quantity,
                unit=item.unit,
                unit_eur=said.RangeAnswer.model_validate(item.unit_eur),
                source=prices.prices[item.name].source,
                is_guess=prices.prices[item.name].is_guess,
            )
            for item in bill.items
        ),
        total_eur=said.SpreadAnswer.model_validate(bill.spread),
        read_on=prices.read_on,
        seed=bill.seed,
    )


def _far(laid: Sequence[Stretch]) -> list[Problem]:
    return [
        Problem(
            field=f"network.points ({one.a})",
            message=f"is {one.length_m:.0f} m from the nearest street; check its position, or draw its street",
            message_fr=f"est à {one.length_m:.0f} m de la rue la plus proche ; vérifiez sa position, ou "
            "dessinez sa rue",
        )
        for one in laid
        if one.id == f"{one.a} drop" and one.length_m > _FAR_M
    ]


def _loose(section: NetworkSection) -> list[Problem]:
    """Ends of stretches given by hand that meet nothing: a mistyped id."""
    points = {row.id for row in section.points}
    ends = Counter(end for row in section.stretches for end in (row.a, row.b))
    return [
        Problem(
            field=f"network.stretches[{number}].{name} ({row.id})",
            message=f"{end!r} is no point and no end of another stretch: it leads nowhere; mend the id",
            message_fr=f"{end!r} n'est ni un point ni le bout d'un autre tronçon : il ne mène nulle part ; corrigez "
            "l'identifiant",
        )
        for number, row in enumerate(section.stretches)
        for name, end in (("a", row.a), ("b", row.b))
        if end not in points and ends[end] == 1
    ]


def _warnings(asked: Asked, made: Design, loads: Sequence[bandwidth.LinkLoad]) -> list[Problem]:
    found = [*_far(made.kept), *_loose(asked.section)]
    parts = [made.tree, *((made.protected.core, made.protected.spurs) if made.protected else ())]
    for name, tree in zip(("tree", "protected.core", "protected.spurs"), parts, strict=False):
        if not tree.is_proved:
            found.append(
                Problem(
                    field=name,
                    message=f"is {tree.said()}; raise --time-limit",
                    message_fr=f"n'est pas prouvé optimal : {tree.gap:.2%} de trop au plus ; augmentez --time-limit",
                )
            )
    for point, trenches in (made.protected.unprotected if made.protected else {}).items():
        found.append(
            Problem(
                field=f"network.points ({point})",
                message=f"cannot be protected: {', '.join(trenches)} is its only way; dig another or accept it",
                message_fr=f"ne peut être protégé : {', '.join(trenches)} est son seul chemin ; creusez-en un autre ou "
                "acceptez-le",
            )
        )
    for load in loads:
        if not load.holds:
            found.append(
                Problem(
                    field=f"network.link_mbit_s ({load.stretch})",
                    message=f"is {load.share:.0%} full at its worst second, above {bandwidth.FILL:.0%}; "
                    "take a faster link",
                    message_fr=f"est pleine à {load.share:.0%} à la pire seconde, au-dessus de {bandwidth.FILL:.0%} ; "
                    "prenez une liaison plus rapide",
                )
            )
    hung = {row.id for row in asked.section.points}
    for number, row in enumerate(asked.read.scenario.cameras):
        if row.site not in hung:
            found.append(
                Problem(
                    field=f"cameras[{number}].site ({row.id})",
                    message=f"{row.site!r} is no point of the network: its rate is not counted; name its mast",
                    message_fr=f"{row.site!r} n'est pas un point du réseau : son débit n'est pas compté ; "
                    "nommez son mât",
                )
            )
    return found
