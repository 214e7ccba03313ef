"""The network of a scenario: what to dig, its proof, what it survives, what it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from beffroi.core.errors import InvalidInput
from beffroi.plan import tables
from beffroi.plan.calc import availability, bandwidth, cost, light, network
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Design:
    tree: Tree
    protected: network.Protected | None
    laid: tuple[Stretch, ...]


def designed(read: document.Read, scenario: Path, seconds: float) -> tuple[said.NetworkAnswer, tuple[Problem, ...]]:
    """The network of a scenario and all its warnings, the scenario's own first. `seconds`: for each exact search.

    Errors: ScenarioRefused, InvalidInput when the scenario has no network or its points cannot be joined.
    """
    asked = ask(read, scenario, seconds)
    design = _designed(asked)
    arms = network.arms(design.laid, asked.points.csu, asked.points.all)
    rates = {rate.camera: rate.bit_s for rate in camera_rates(asked.read, scenario)}
    hung: dict[str, dict[str, Range]] = {}
    for row in asked.read.scenario.cameras:
        hung.setdefault(row.site, {})[row.id] = rates[row.id]
    loads = bandwidth.link_loads(arms.values(), hung, capacity_bit_s=asked.section.link_mbit_s * 1e6)
    warnings = (*asked.read.warnings, *_warnings(asked, design, loads))
    found = said.NetworkAnswer(
        tree=_tree(design.tree, asked.stretches),
        protected=_protected(design.protected, asked.stretches),
        phases=_phases(asked, design),
        weak=tuple(said.WeakAnswer.model_validate(one) for one in _weak(asked, design)),
        shared_trenches=network.shared_trenches(design.laid),
        arms=tuple(_arm(arm, asked.section, design.laid) for arm in arms.values()),
        loads=tuple(_load(load) for load in loads if load.cameras),
        bill=_bill(asked, design),
        warnings=tuple(answers.Warned.model_validate(one) for one in warnings),
    )
    return found, warnings


def items(read: document.Read, scenario: Path, seconds: float) -> list[cost.Item]:
    """Lines of the bill of a scenario's network, for the whole programme's cost; none without a network."""
    if read.scenario.network is None:
        return []
    asked = ask(read, scenario, seconds)
    return _items(asked, _designed(asked))


def _designed(asked: Asked) -> _Design:
    tree = network.cheapest_tree(asked.stretches, asked.points.all, seconds=asked.seconds)
    protected = (
        network.ring_and_spurs(asked.stretches, asked.points, seconds=asked.seconds)
        if asked.points.aggregation
        else None
    )
    kept = set(protected.stretches if protected else tree.edges)
    return _Design(tree=tree, protected=protected, laid=tuple(one for one in asked.stretches if one.id in kept))


def _tree(tree: Tree, stretches: Sequence[Stretch]) -> said.TreeAnswer:
    kept = set(tree.edges)
    return said.TreeAnswer(
        stretches=tree.edges,
        length_m=math.fsum(one.length_m for one in stretches if one.id in kept),
        cost_eur=tree.cost,
        bound_eur=tree.bound,
        gap=tree.gap,
        is_proved=tree.is_proved,
    )


def _protected(found: network.Protected | None, stretches: Sequence[Stretch]) -> said.ProtectedAnswer | None:
    if found is None:
        return None
    return said.ProtectedAnswer(
        core=_tree(found.core, stretches),
        spurs=_tree(found.spurs, stretches),
        ring=found.ring,
        unprotected=dict(found.unprotected),
    )


def _phases(asked: Asked, design: _Design) -> tuple[said.PhaseNetworkAnswer, ...]:
    phases: dict[str, list[str]] = {}
    for row in asked.section.points:
        if row.phase:
            phases.setdefault(row.phase, []).append(row.id)
    if not phases:
        return ()
    parts = network.on_final_tree(design.laid, asked.points.csu, phases)
    alone = network.short_sighted(asked.stretches, asked.points.csu, phases, seconds=asked.seconds)
    taken = {id_ for part in parts for id_ in part.stretches}
    rest = [one for one in design.laid if one.id not in taken]
    return (
        *(_phase(part, alone_eur) for part, alone_eur in zip(parts, alone, strict=True)),
        *([_phase(network.part("", rest), None)] if rest else []),
    )


def _phase(part: network.PhasePart, alone_eur: float | None) -> said.PhaseNetworkAnswer:
    return said.PhaseNetworkAnswer(
        phase=part.phase,
        stretches=part.stretches,
        length_m=part.length_m,
        cost_eur=part.cost_eur,
        alone_eur=alone_eur,
    )


def _weak(asked: Asked, design: _Design) -> tuple[network.WeakTrench, ...]:
    return network.weak_trenches(design.laid, asked.points.csu, asked.points.all)


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


def _bill(asked: Asked, design: _Design) -> said.BillAnswer:
    return bill_answer(cost.bill(_items(asked, design)), asked.prices)


def _items(asked: Asked, design: _Design) -> list[cost.Item]:
    ranges = {id_: price.eur for id_, price in asked.prices.prices.items()}
    lines = cost.trench_items(design.laid, asked.surfaces, ranges)
    length_m = math.fsum(one.length_m for one in design.laid)
    cable = cost.Item(name="cable", kind=Kind.CABLE, quantity=length_m, unit="m", unit_eur=ranges["cable"])
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


def _warnings(asked: Asked, design: _Design, loads: Sequence[bandwidth.LinkLoad]) -> list[Problem]:
    found = _far(design.laid)
    parts = [design.tree, *((design.protected.core, design.protected.spurs) if design.protected else ())]
    for name, tree in zip(("tree", "protected.core", "protected.spurs"), parts, strict=False):
        if not tree.is_proved:
            found.append(
                Problem(
                    field=name,
                    message=f"is {tree.said()}; raise --time-limit",
                    message_fr=f"n'est pas prouvé optimal : {tree.gap:.2%} de trop au plus ; augmentez --time-limit",
                )
            )
    for point, trenches in (design.protected.unprotected if design.protected else {}).items():
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
