"""`beffroi phase`: what a phase still lacks before its cameras may enter service."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from beffroi.cli import civil
from beffroi.cli.main import print_json
from beffroi.core.errors import NotFound


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi phase`."""
    parser.description = (
        "Tasks, links, acceptance sheets and papers of a phase. Exit code 0: nothing is missing; 1: something is; "
        "2: refused before starting."
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser("check", help="say all that is missing")
    check.add_argument("phase", metavar="N", help="a phase: its id, or its rank in the first programme")
    check.add_argument("--json", action="store_true", help="report in JSON")
    civil.add_data_argument(check)


def run(arguments: argparse.Namespace) -> int:
    """Checks; returns the exit code."""
    civil.check_database(civil.configured(arguments.data))
    civil.open_civil()
    from django.utils import timezone

    from beffroi.core.dates import day_of
    from beffroi.plan.queries import phase_named
    from beffroi.plan.works.queries import phase_check
    from beffroi.plan.works.words import sentence
    from beffroi.territory.queries import town_zone

    with civil.reaching():
        phase = phase_named(arguments.phase)
        if phase is None:
            raise NotFound(
                f"There is no phase {arguments.phase!r}; give its id or its rank.",
                message_fr=f"Il n'y a pas de phase {arguments.phase!r} ; donnez son identifiant ou son rang.",
                field="phase",
            )
        found = phase_check(phase, day_of(timezone.now(), town_zone()))
        lines = [sentence(want) for want in found.wanting]
    if arguments.json:
        wanting = [asdict(want) | {"text": text} for want, text in zip(found.wanting, lines, strict=True)]
        print_json({"phase": phase.pk, "name": phase.name, "ready": found.is_ready, "wanting": wanting})
    else:
        print(f"{phase.name}: {len(lines)} missing" if lines else f"{phase.name}: nothing is missing")
        for text in lines:
            print(f"  - {text}")
    return 0 if found.is_ready else 1
