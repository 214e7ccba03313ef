"""`beffroi plan size SCENARIO.json`: rates, disks, recorders, power, ten years of money."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from beffroi.cli.plan import Answer, seconds
from beffroi.cli.plan_words import word
from beffroi.core.terminal import figure, is_french
from beffroi.plan.scenario import document, networking, sizing
from beffroi.plan.scenario import network_answers as said
from beffroi.plan.scenario.network import SizingSection


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--time-limit", type=seconds, default=60.0, metavar="S", help="for each exact search (60)")


def answer(arguments: argparse.Namespace) -> Answer:
    """Errors: ScenarioRefused, InvalidInput when the scenario has no camera."""
    read = document.read(arguments.scenario)
    has_money = (read.scenario.sizing or SizingSection()).money is not None and read.cameras
    fibre = networking.items(read, arguments.scenario, arguments.time_limit) if has_money else []
    found, warnings = sizing.sized(read, arguments.scenario, fibre)
    is_whole = all(one.holds for one in found.power)
    return Answer(document=found, lines=_lines(found), warnings=warnings, is_whole=is_whole)


def _lines(found: said.SizeAnswer) -> list[str]:
    french = is_french()
    lines = [f"{found.cameras} cam. : {_between(found.video_mbit_s)} Mbit/s"]
    days, disks, tb, tib = ("jours", "disques", "To nets", "Tio") if french else ("days", "disks", "TB net", "TiB")
    for one in found.storage:
        lines.append(
            f"{one.days} {days} : {_between(one.net_tb, 1)} {tb}, "
            f"{one.data_disks} + {one.parity_disks} + {one.spare_disks} {disks}, {figure(one.usable_tib, 1)} {tib}"
        )
    nodes = found.nodes
    machines = "enregistreurs" if french else "recorders"
    lines.append(f"{machines} : {nodes.recording} + {nodes.standby} ({word(nodes.bound_by)}, {nodes.machine})")
    return [*lines, *_money(found.money)] if found.money else lines


def _between(found: said.RangeAnswer, digits: int = 0) -> str:
    return " – ".join(figure(one, digits) for one in (found.low, found.likely, found.high))


def _money(found: said.MoneyAnswer) -> Iterator[str]:
    """Years of cost, then the most that grants give, each with its rules' year and source."""
    french, total = is_french(), found.total_eur
    years, grants = ("ans", "aides au plus") if french else ("years", "grants at most")
    yield f"{found.years} {years} : {figure(total.p10)} – {figure(total.p50)} – {figure(total.p90)} €"
    for name, spread in found.by_kind_eur.items():
        yield f"  {word(name):<14} {figure(spread.p50):>14} €"
    yield f"{grants} : {figure(found.granted_eur)} €"
    for grant in found.grants:
        yield f"  {grant.name} : {figure(grant.grant_eur)} € ({grant.year}, {grant.place} ; {grant.source})"
        yield from (f"    {note}" for note in (grant.notes_fr if french else grant.notes))
