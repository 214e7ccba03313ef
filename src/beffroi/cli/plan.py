"""`beffroi plan`: the planning library on a scenario in JSON. Each subcommand is a module `plan_<name>` beside this.

Such a module has `add_arguments(parser)` and `answer(arguments) -> Answer`. `models` alone reads no scenario.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import math
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from beffroi.cli import plan_models
from beffroi.cli.main import print_json
from beffroi.core.errors import InvalidInput
from beffroi.core.terminal import is_french
from beffroi.plan.scenario.problems import Problem, ScenarioRefused

HELP = "compute a plan: coverage, placement, network, sizing; the library of camera models"
SUBCOMMANDS = {
    "coverage": "what the cameras of a scenario see: shares by zone and class, failures, ground in view",
    "optimise": "where cameras are best put, and how far from the best that can be",
    "score": "what the town's own plan is worth, and what the same money could do",
    "network": "what to dig for the fibre, with its proof, what it survives, what it costs",
    "size": "rates, disks, recorders, power, ten years of cost and who pays",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a subcommand found: the document of `--json`, its lines for people, what must be known.

    `is_whole` False: it ran, and found something that must not be passed over (exit code 1).
    """

    document: BaseModel
    lines: Sequence[str]
    warnings: Sequence[Problem] = ()
    is_whole: bool = True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One sub-command a question; each reads one scenario (`ref/plan.md`)."""
    parser.description = (
        "Computes a plan from a scenario. Exit code 0: done; 1: done, with something found that must be looked at; "
        "2: the scenario was refused, with each field and its mend."
    )
    subcommands = parser.add_subparsers(dest="subcommand", metavar="QUESTION", required=True)
    for name, help_text in SUBCOMMANDS.items():
        one = subcommands.add_parser(name, help=help_text, description=help_text.capitalize() + ".")
        one.add_argument("scenario", type=Path, metavar="SCENARIO.json", help="ref/plan-scenario.schema.json")
        one.add_argument("--json", action="store_true", help="print one JSON document")
        importlib.import_module(f"beffroi.cli.plan_{name}").add_arguments(one)
    plan_models.add_arguments(subcommands.add_parser("models", help=plan_models.HELP))


def run(arguments: argparse.Namespace) -> int:
    """Errors: InvalidInput before anything is computed."""
    if arguments.subcommand == "models":
        return plan_models.run(arguments)
    module = importlib.import_module(f"beffroi.cli.plan_{arguments.subcommand}")
    with solvers_banner_aside(), refusals_with_their_field():
        answer: Answer = module.answer(arguments)
    for warning in answer.warnings:
        print(f"beffroi: {warning.text_fr() if is_french() else warning.text()}", file=sys.stderr)
    if arguments.json:
        print_json(answer.document.model_dump(mode="json"))
    else:
        print("\n".join(answer.lines))
    return 0 if answer.is_whole else 1


def seconds(written: str) -> float:
    """A time limit. Errors: ArgumentTypeError when it is no number of seconds from 0 on."""
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(
            f"{written!r} : donnez un nombre de secondes, 0 ou plus"
            if is_french()
            else f"{written!r}: give a number of seconds, 0 or more"
        )
    return value


@contextlib.contextmanager
def refusals_with_their_field() -> Iterator[None]:
    """What the calculation refuses is told as the scenario's own problems are: the field, then what and the mend."""
    try:
        yield
    except ScenarioRefused:
        raise
    except InvalidInput as error:
        if error.field in ("", "scenario"):  # the file itself
            raise
        problem = Problem(field=error.field, message=error.message, message_fr=error.message_fr)
        raise ScenarioRefused([problem]) from error


@contextlib.contextmanager
def solvers_banner_aside() -> Iterator[None]:
    """HiGHS writes its name on file descriptor 1 when it is first built: stdout is the answer's alone, stderr ours."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
