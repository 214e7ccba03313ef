"""`beffroi plan optimise SCENARIO.json`: the best placement found, and how far from the best it can be."""

from __future__ import annotations

import argparse

from beffroi.cli import plan_placing
from beffroi.cli.plan import Answer
from beffroi.cli.plan_words import word
from beffroi.core.terminal import figure, is_french
from beffroi.plan.calc import exact, phases
from beffroi.plan.calc.placement import greedy
from beffroi.plan.scenario import answers, told

add_arguments = plan_placing.add_arguments


def answer(arguments: argparse.Namespace) -> Answer:
    """Exit code 0 even when the optimum is not proven: the gap says it.

    Errors: ScenarioRefused, InvalidInput when no placement can satisfy what is asked.
    """
    asked = plan_placing.ask(arguments)
    found = _in_phases(asked, arguments.time_limit) if asked.section.phases else _at_once(asked, arguments.time_limit)
    return Answer(document=found, lines=_lines(found), warnings=asked.read.warnings)


def _at_once(asked: plan_placing.Asked, time_limit_s: float) -> answers.OptimiseAnswer:
    quick = greedy(asked.choices, asked.limits)
    found = exact.best(asked.choices, asked.limits, time_limit_s=time_limit_s)
    whole = list(found.chosen)
    return answers.OptimiseAnswer(
        class_id=asked.section.class_id,
        candidates=len(asked.choices.candidates),
        cells=len(asked.choices.weights),
        chosen=tuple(asked.chosen(index) for index in whole),
        worth=found.worth,
        of_all=_share(found.worth, float(asked.choices.weights.sum())),
        greedy_worth=quick.worth,
        bound=found.bound,
        gap=found.gap,
        is_optimum=found.is_optimum,
        cost_eur=asked.choices.cost(whole, asked.limits),
        zone_shares=asked.zone_shares(whole),
        phases=(),
        warnings=tuple(answers.Warned.model_validate(one) for one in asked.read.warnings),
    )


def _in_phases(asked: plan_placing.Asked, time_limit_s: float) -> answers.OptimiseAnswer:
    wanted = [phases.Phase(name=row.name, cameras=row.cameras, sites=row.sites, months=row.months)
              for row in asked.section.phases]  # fmt: skip
    found = phases.best(asked.choices, wanted, asked.limits, time_limit_s=time_limit_s)
    whole = [index for chosen in found.chosen for index in chosen]
    pairs = zip(wanted, found.chosen, strict=True)
    told = [asked.chosen(index, phase.name) for phase, chosen in pairs for index in chosen]
    return answers.OptimiseAnswer(
        class_id=asked.section.class_id,
        candidates=len(asked.choices.candidates),
        cells=len(asked.choices.weights),
        chosen=tuple(told),
        worth=found.worths[-1],
        of_all=_share(found.worths[-1], float(asked.choices.weights.sum())),
        greedy_worth=None,
        bound=found.bound,
        gap=found.gap,
        is_optimum=found.gap is not None and found.gap <= 1e-6,
        cost_eur=asked.choices.cost(whole, asked.limits),
        zone_shares=asked.zone_shares(whole),
        phases=plan_phases(asked, found, wanted),
        warnings=tuple(answers.Warned.model_validate(one) for one in asked.read.warnings),
    )


def plan_phases(
    asked: plan_placing.Asked, found: phases.Phased, wanted: list[phases.Phase]
) -> tuple[answers.PhaseAnswer, ...]:
    """Each phase: new sites, cameras, what is seen once it is in service."""
    counted = phases.counts(asked.choices, found.chosen)
    return tuple(
        answers.PhaseAnswer(name=phase.name, new_sites=sites, cameras=cameras, worth=worth)
        for phase, (sites, cameras), worth in zip(wanted, counted, found.worths, strict=True)
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


def _lines(found: answers.OptimiseAnswer) -> list[str]:
    french = is_french()
    percent = plan_placing.percent
    head = (
        f"{len(found.chosen)} caméras sur {found.candidates} candidates : {percent(found.of_all)} du sol pondéré à la "
        f"classe {word(found.class_id)} ; écart à l'optimum au plus {percent(found.gap)}"
        if french
        else f"{len(found.chosen)} cameras of {found.candidates} candidates: {percent(found.of_all)} of the weighted "
        f"ground at class {found.class_id}; gap to the optimum at most {percent(found.gap)}"
    )
    rows = [f"  {one.phase:8} {one.site:12} {one.model:16} {figure(one.bearing_deg, 1):>5}°" for one in found.chosen]
    steps = [f"  {one.name}: {one.new_sites} sites, {one.cameras} cam., {figure(one.worth)}" for one in found.phases]
    return [head, *rows, *steps, told.FLAT[french]]
