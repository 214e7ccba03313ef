"""`beffroi plan network SCENARIO.json`: what to dig, its proof, what it survives, what it costs."""

from __future__ import annotations

import argparse

from beffroi.cli.plan import Answer, seconds
from beffroi.core.terminal import figure, is_french, share
from beffroi.plan.scenario import document, networking
from beffroi.plan.scenario import network_answers as said


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--time-limit", type=seconds, default=60.0, metavar="S", help="for each exact search (60)")


def answer(arguments: argparse.Namespace) -> Answer:
    """Errors: ScenarioRefused, InvalidInput when the scenario has no network or its points cannot be joined."""
    read = document.read(arguments.scenario)
    found, warnings = networking.designed(read, arguments.scenario, arguments.time_limit)
    is_whole = len(warnings) == len(read.warnings)
    return Answer(document=found, lines=_lines(found), warnings=warnings, is_whole=is_whole)


def _lines(found: said.NetworkAnswer) -> list[str]:
    french = is_french()
    parts = [("arbre" if french else "tree", found.tree)]
    if found.protected:
        parts += [("cœur" if french else "core", found.protected.core)]
        parts += [("antennes" if french else "spurs", found.protected.spurs)]
    proved, at_most = ("optimum prouvé", "au plus") if french else ("optimum proved", "at most")
    lines = [
        f"{name:<10} {figure(one.length_m):>10} m {figure(one.cost_eur):>12} €  "
        + (proved if one.is_proved else f"{at_most} {share(one.gap, 2)}")
        for name, one in parts
    ]
    for phase in found.phases:
        word, name = ("seule", phase.phase or "reste") if french else ("alone", phase.phase or "rest")
        alone = "" if phase.alone_eur is None else f"  {word} {figure(phase.alone_eur)} €"
        lines.append(f"{name:<10} {figure(phase.length_m):>10} m {figure(phase.cost_eur):>12} €{alone}")
    total = found.bill.total_eur
    lines.append(f"total      {figure(total.p10)} – {figure(total.p50)} – {figure(total.p90)} € (P10, P50, P90)")
    weak = "tranchées fragiles" if french else "weak trenches"
    return [*lines, f"{weak} : {len(found.weak)}"]
