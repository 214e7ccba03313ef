"""`beffroi phase`: what a phase still lacks before its cameras may enter service."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from beffroi.cli import civil
from beffroi.cli.main import print_json
from beffroi.core.errors import NotFound
from beffroi.core.terminal import is_french


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

    from beffroi.cli.answers import PhaseChecked, Wanting
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
        on = day_of(timezone.now(), town_zone())
        found = phase_check(phase, on)
        wanting = tuple(Wanting(**asdict(want), text=sentence(want)) for want in found.wanting)
    if arguments.json:
        answer = PhaseChecked(phase=phase.pk, name=phase.name, on=on, ready=found.is_ready, wanting=wanting)
        print_json(answer.model_dump(mode="json"))
    else:
        print(_headline(phase.name, len(wanting)))
        for one in wanting:
            print(f"  - {one.text}")
    return 0 if found.is_ready else 1


def _headline(name: str, count: int) -> str:
    if is_french():
        return f"{name} : manque {count}" if count else f"{name} : rien ne manque"
    return f"{name}: {count} missing" if count else f"{name}: nothing is missing"
