"""Entry point of `beffroi`: finds the command's module, runs it, turns errors into one line and an exit code.

A command module has `HELP: str`, `add_arguments(parser)` and `run(arguments) -> int`.
Exit codes: 0 done; 1 ran, and found or lost something; 2 refused before starting.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from beffroi import __version__
from beffroi.cli import french
from beffroi.core.errors import BeffroiError
from beffroi.core.terminal import is_french

COMMANDS = {
    "demo": "the town of Millau, invented, on this machine: cameras, recording, console",
    "serve": "run web, one node and the worker on this machine",
    "web": "run the web server alone",
    "node": "run one recording node alone",
    "worker": "run the background jobs alone",
    "init": "prepare a data folder: first administrator, site key, certificates",
    "status": "say what records and what does not",
    "backup": "save the civil database and the settings",
    "restore": "put a backup back",
    "layer": "read a map layer (GeoPackage, GeoJSON, BD TOPO, OpenStreetMap) into the town's ground",
    "facts": "read dated facts, show where they gather",
    "reader": "write the offline reader and the verifier apart from the pictures",
    "verify": "say whether an evidence pack is whole, and where it is not",
    "dossier": "say what a dossier lacks, make its papers",
    "phase": "say what a phase lacks before its cameras may enter service",
    "inspection": "make the pack of a visit by the departmental commission",
    "journal": "verify, export or date the journal of who did what",
    "law": "each obligation: the code that enforces it, its tests, whether they pass",
    "record": "record cameras into a folder, engine alone",
    "footage": "list, check or export a footage folder",
    "simulate": "run simulated cameras",
    "plan": "compute a plan: coverage, placement, network, sizing; the library of camera models",
    "bench": "measure ingest, live, replay and export beside other programs",
}


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line and where to read more; argparse would print its whole usage."""

    def error(self, message: str) -> NoReturn:
        see = "voir" if is_french() else "see"
        self.exit(2, f"{self.prog}: {message} ({see} {self.prog} --help)\n")


def build_parser(command: str | None) -> argparse.ArgumentParser:
    """The parser; only `command`'s module is imported, so that `beffroi record` never loads Django."""
    parser = OneLineParser(prog="beffroi", description="Vidéoprotection for a French town.")
    parser.add_argument("--version", action="version", version=f"beffroi {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, help_text in COMMANDS.items():
        sub = commands.add_parser(name, help=help_text, description=help_text.capitalize() + ".")
        if name == command:
            importlib.import_module(f"beffroi.cli.{name}").add_arguments(sub)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    argv = sys.argv[1:] if argv is None else list(argv)
    command = next((word for word in argv if word in COMMANDS), None)
    if is_french():
        french.speak()
    try:
        arguments = build_parser(command).parse_args(argv)
        code: int = importlib.import_module(f"beffroi.cli.{arguments.command}").run(arguments)
    except BeffroiError as error:
        print(f"beffroi: {said(error)}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except _database_errors() as error:
        from beffroi.cli import civil

        unusable = civil.unusable(error)
        if unusable is None:
            raise
        print(f"beffroi: {said(unusable)}", file=sys.stderr)
        return unusable.exit_code
    return code


def _database_errors() -> tuple[type[Exception], ...]:
    """Of Django, when the command has loaded it."""
    civil = sys.modules.get("beffroi.cli.civil")
    return civil.database_errors() if civil else ()


def said(error: BeffroiError) -> str:
    """Its sentence in the language of the terminal."""
    return error.message_fr if is_french() else error.message


def print_json(report: object) -> None:
    """The one JSON document of a `--json` command, on stdout."""
    print(json.dumps(report, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    sys.exit(main())
