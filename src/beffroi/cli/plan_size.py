"""`beffroi plan size SCENARIO.json`: rates, disks, recorders, power, ten years of money."""

from __future__ import annotations

import argparse

from beffroi.cli.plan import Answer, seconds
from beffroi.core.terminal import is_french
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
    video = found.video_mbit_s
    lines = [f"{found.cameras} cam. : {video.low:,.0f} – {video.likely:,.0f} – {video.high:,.0f} Mbit/s"]
    for one in found.storage:
        days, disks = ("jours", "disques") if french else ("days", "disks")
        lines.append(
            f"{one.days} {days} : {one.net_tb.low:,.1f} – {one.net_tb.likely:,.1f} – {one.net_tb.high:,.1f} TB net, "
            f"{one.data_disks} + {one.parity_disks} + {one.spare_disks} {disks}, {one.usable_tib:,.1f} TiB"
        )
    nodes = found.nodes
    machines = "enregistreurs" if french else "recorders"
    lines.append(f"{machines} : {nodes.recording} + {nodes.standby} ({nodes.bound_by}; {nodes.machine})")
    if found.money:
        total, years = found.money.total_eur, "ans" if french else "years"
        lines.append(f"{found.money.years} {years} : {total.p10:,.0f} – {total.p50:,.0f} – {total.p90:,.0f} €")
        for name, spread in found.money.by_kind_eur.items():
            lines.append(f"  {name:<12} {spread.p50:>14,.0f} €")
        grants = "aides au plus" if french else "grants at most"
        lines.append(f"{grants} : {found.money.granted_eur:,.0f} €")
    return lines
