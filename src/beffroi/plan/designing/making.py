"""A design made: the command's own answer, its runs to draw, the forms side by side, what no design protects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from beffroi.plan.calc import cost, network
from beffroi.plan.calc.arms import FibreState
from beffroi.plan.calc.network import Stretch, WeakTrench
from beffroi.plan.calc.runs import Run, runs
from beffroi.plan.designing.answers import ComparedAnswer, DesignAnswer, RunAnswer
from beffroi.plan.fibre import Fibre, bill_of, corridors, fibre_on
from beffroi.plan.scenario import networking, sizing
from beffroi.plan.scenario.network_answers import NetworkAnswer, SpreadAnswer
from beffroi.plan.scenario.network_asked import DUCT, LAID, Asked, ask
from beffroi.plan.scenario.networking import Design, Tell
from beffroi.territory.calc import lambert93

_DECIMALS = 7


def made(asked: Asked, on: date, tell: Tell = lambda share: None) -> DesignAnswer:
    """The network asked for, beside the tree and what is laid on a day. `tell` is told the share done.

    Errors: ScenarioRefused, InvalidInput.
    """
    design = networking.design(asked, tell=tell)
    found, _ = networking.answered(asked, design, tell=tell)
    return DesignAnswer(
        network=found,
        runs=tuple(_runs(asked, design, found)),
        compared=tuple(_compared(asked, design, fibre_on(on))),
        blocked=_blocked(asked),
        power=tuple(sizing.masts_power(asked.read)) if asked.read.cameras else (),
    )


def _blocked(asked: Asked) -> dict[str, tuple[str, ...]]:
    """By the streets alone, whatever lies in them already."""
    read, points = asked.read, asked.points
    if not read.town.streets:
        return {}
    bare = read.scenario.model_copy(update={"network": asked.section.model_copy(update={"laid": (), "ducts": ()})})
    streets = ask(replace(read, scenario=bare), Path(), asked.seconds).stretches
    found = network.unprotectable(streets, points.csu, points.all)
    return {point: ways for point, all_ in found.items() if (ways := _but_drops(all_, point))}


def _but_drops(trenches: Iterable[str], point: str) -> tuple[str, ...]:
    own = {f"{point} drop", f"{point} drop 2"}
    return tuple(one for one in trenches if one not in own)


# -- runs -------------------------------------------------------------------------------------------------


def _runs(asked: Asked, design: Design, found: NetworkAnswer) -> list[RunAnswer]:
    phase = {id_: part.phase for part in found.phases for id_ in part.stretches}
    ring = set(design.protected.core.edges) if design.protected else set()
    surfaces = asked.ways.surfaces
    kinds = {
        one.id: (phase.get(one.id, ""), one.id in asked.ways.laid, one.id in ring, surfaces[one.id] == cost.Ground.DUCT)
        for one in design.kept
    }
    return [_run(asked, run, kinds[run.stretches[0].id]) for run in runs(design.kept, asked.points.all, kinds)]


def _run(asked: Asked, run: Run, kind: tuple[str, bool, bool, bool]) -> RunAnswer:
    phase, is_laid, is_ring, is_duct = kind
    along: Counter[str] = Counter()
    for one in run.stretches:
        street, _, number = one.id.rpartition("/")
        if number.isdecimal():
            along[street.removeprefix(LAID).removeprefix(DUCT)] += round(one.length_m)
    return RunAnswer(
        phase=phase,
        a=run.a,
        b=run.b,
        streets=tuple(street for street, _ in along.most_common()),
        stretches=tuple(one.id for one in run.stretches),
        length_m=run.length_m,
        cost_eur=run.cost_eur,
        is_laid=is_laid,
        is_ring=is_ring,
        is_duct=is_duct,
        line=_line(asked, run),
    )


def _line(asked: Asked, run: Run) -> tuple[tuple[float, float], ...]:
    """Degrees; where two stretches meet, the vertex stands once. Two vertices at least: a drop may have no length."""
    spots: list[tuple[float, float]] = []
    for one, is_forth in zip(run.stretches, run.forth, strict=True):
        coords = list(asked.ways.lines[one.id].coords)
        for east_m, north_m in coords if is_forth else reversed(coords):
            lon, lat = lambert93.to_lon_lat(east_m, north_m)
            spot = round(lon, _DECIMALS), round(lat, _DECIMALS)
            if not spots or spots[-1] != spot:
                spots.append(spot)
    return tuple(spots if len(spots) > 1 else spots * 2)


# -- side by side -----------------------------------------------------------------------------------------


def _compared(asked: Asked, design: Design, laid: Fibre) -> list[ComparedAnswer]:
    of_tree = set(design.tree.edges)
    found = [_form(asked, [one for one in asked.stretches if one.id in of_tree], design.tree.gap)]
    if design.protected is not None:
        parts = (design.protected.core, design.protected.spurs)
        gap = max(part.gap for part in parts)
        found.append(_form(asked, list(design.kept), gap).model_copy(update={"form": "ring"}))
    if laid.arms:
        found.append(_as_laid(asked, laid))
    return found


def _form(asked: Asked, stretches: list[Stretch], gap: float) -> ComparedAnswer:
    csu, points = asked.points.csu, asked.points.all
    weak = _behind(network.weak_trenches(stretches, csu, points))
    others = [point for point in points if point != csu]
    return ComparedAnswer(
        form="tree",
        length_m=sum(one.length_m for one in stretches),
        dug_m=sum(one.length_m for one in asked.dug(stretches)),
        eur=SpreadAnswer.model_validate(cost.bill(networking.bill_items(asked, stretches)).spread),
        gap=gap,
        points=len(others),
        safe=sum(point not in weak for point in others),
        safe_but_own=sum(not _but_drops(weak.get(point, ()), point) for point in others),
    )


def _behind(weak: Iterable[WeakTrench]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in weak:
        for point in one.behind:
            found.setdefault(point, []).append(one.trench)
    return found


def _as_laid(asked: Asked, laid: Fibre) -> ComparedAnswer:
    """The programme's links; to dig are those not laid, or all of them when nothing laid is reused."""
    isolated = {name for row in laid.links for name in row.behind}
    isolated |= {name for one in corridors(laid) for name in one.behind}
    links = [row.link for row in laid.links]
    dug = [row.link for row in laid.links if row.state is FibreState.PLANNED] if asked.section.laid else links
    others = [row for row in laid.arms if laid.csu is None or row.id != laid.csu.pk]
    return ComparedAnswer(
        form="laid",
        length_m=sum(link.length_m for link in links),
        dug_m=sum(link.length_m for link in dug if link.is_dug),
        eur=SpreadAnswer.model_validate(bill_of(dug, asked.prices).spread),
        gap=None,
        points=len(others),
        safe=sum(row.name not in isolated for row in others),
        safe_but_own=None,
    )
