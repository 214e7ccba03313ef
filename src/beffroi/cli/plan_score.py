"""`beffroi plan score SCENARIO.json`: what the town's own plan is worth, and what the same money could do."""

from __future__ import annotations

import argparse
from dataclasses import replace

from beffroi.cli import plan_placing
from beffroi.cli.plan import Answer
from beffroi.cli.plan_coverage import seen
from beffroi.cli.plan_optimise import plan_phases
from beffroi.core.terminal import figure, is_french
from beffroi.plan.calc import candidates, phases
from beffroi.plan.calc.coverage import Sight
from beffroi.plan.scenario import answers, told
from beffroi.plan.scenario.problems import Problem

add_arguments = plan_placing.add_arguments


def answer(arguments: argparse.Namespace) -> Answer:
    """The plan's phases are those its cameras name, in their order; each keeps its counts of sites and cameras.

    Errors: ScenarioRefused, InvalidInput when there is no plan.
    """
    asked = plan_placing.ask(arguments, lenses_of_plan=True)
    if not asked.read.cameras:
        raise plan_placing.no_plan()
    sights = seen(asked.read, asked.skyline)
    choices, places = candidates.with_plan(asked.choices, sights, asked.grid, level=asked.level)
    names = list(dict.fromkeys(camera.phase for camera in asked.read.cameras))
    placed = list(zip(places, asked.read.cameras, strict=True))
    plan = [[place for place, one in placed if one.phase == name] for name in names]
    wanted = _phases(asked, names, phases.counts(choices, plan))
    per_site = max(_most_at_one_site(asked), asked.limits.per_site)
    warnings = (*asked.read.warnings, *_slopes(asked, sights))
    own = phases.score(choices, plan, wanted)
    best = phases.best(choices, wanted, replace(asked.limits, per_site=per_site, budget=None),
                       time_limit_s=arguments.time_limit)  # fmt: skip
    with_own = replace(asked, choices=choices)
    chosen = zip(names, best.chosen, strict=True)
    found = answers.ScoreAnswer(
        class_id=asked.section.class_id,
        plan=plan_phases(with_own, own, wanted),
        best=plan_phases(with_own, best, wanted),
        plan_together=own.together,
        best_together=best.together,
        bound=best.bound,
        gap=best.gap,
        gain=best.together / own.together - 1.0 if own.together > 0 else None,
        plan_zone_shares=asked.zone_shares([index for one in plan for index in one], choices),
        best_zone_shares=asked.zone_shares([index for one in best.chosen for index in one], choices),
        chosen=tuple(_chosen(with_own, index, name) for name, one in chosen for index in one),
        warnings=tuple(answers.Warned.model_validate(one) for one in warnings),
    )  # fmt: skip
    return Answer(document=found, lines=_lines(found), warnings=warnings)


def _slopes(asked: plan_placing.Asked, sights: list[Sight]) -> list[Problem]:
    return [
        warned
        for number, one in enumerate(sights)
        for warned in told.slope(one, asked.skyline, f"cameras[{number}] ({one.camera.id})")
    ]


def _phases(asked: plan_placing.Asked, names: list[str], counted: list[tuple[int, int]]) -> list[phases.Phase]:
    months = {row.name: row.months for row in asked.section.phases}
    return [
        phases.Phase(name=name, cameras=cameras, sites=sites, months=months.get(name, 12.0))
        for name, (sites, cameras) in zip(names, counted, strict=True)
    ]


def _most_at_one_site(asked: plan_placing.Asked) -> int:
    sites = [camera.site or camera.id for camera in asked.read.cameras]
    return max(sites.count(site) for site in set(sites))


def _chosen(asked: plan_placing.Asked, index: int, phase: str) -> answers.ChosenAnswer:
    own = {camera.id: row for camera, row in zip(asked.read.cameras, asked.read.scenario.cameras, strict=True)}
    name = asked.choices.candidates[index].id
    if name not in own:
        return asked.chosen(index, phase)
    row = own[name]
    return answers.ChosenAnswer(
        id=row.id, site=row.site, model=row.model or "", phase=phase, position=row.position,
        bearing_deg=row.bearing_deg, tilt_deg=row.tilt_deg, height_m=row.height_m,
    )  # fmt: skip


def _lines(found: answers.ScoreAnswer) -> list[str]:
    french = is_french()
    rows = [
        f"  {own.name:8} {own.new_sites:3} sites {own.cameras:3} cam.  {figure(own.worth):>12}  →  "
        f"{figure(best.worth):>12}"
        for own, best in zip(found.plan, found.best, strict=True)
    ]
    gain = plan_placing.percent(found.gain)
    summary = (
        f"Avec les mêmes nombres : {gain} de plus ; écart à l'optimum au plus {plan_placing.percent(found.gap)}"
        if french
        else f"With the same counts: {gain} more; gap to the optimum at most {plan_placing.percent(found.gap)}"
    )
    return [*rows, summary, told.FLAT[french]]
