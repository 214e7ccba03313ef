"""`import_town FOLDER`: a town's text into the civil database."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import get_language

from beffroi.authorise.services import import_town
from beffroi.core.errors import BeffroiError

_LEFT = "Retained from a scenario, and left so; mend the folder, or give --over-retained:"
_LEFT_FR = "Retenus d'un scénario, et laissés ainsi ; corrigez le dossier, ou donnez --over-retained :"


class Command(BaseCommand):
    """Checks all of the folder, says all that must be mended, or writes it in one transaction."""

    help = "Import a town from a folder of text (TOML, CSV, GeoJSON)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
        parser.add_argument(
            "--over-retained", action="store_true", help="also write over what was retained from a scenario"
        )
        parser.add_argument(
            "--start", type=date.fromisoformat, help="the day that `start` means in dates (today; the first one stays)"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        is_french = (get_language() or "").startswith("fr")
        try:
            report = import_town(
                options["folder"], start_on=options["start"], is_dry_run=options["dry_run"],
                over_retained=options["over_retained"],
            )  # fmt: skip
        except BeffroiError as error:
            raise CommandError(error.message_fr if is_french else error.message, returncode=error.exit_code) from None
        for table in report.tables:
            line = f"{table.table:26} +{table.created} ~{table.updated} ={table.untouched}"
            self.stdout.write(line)
        if report.is_dry_run:
            self.stdout.write("dry run: nothing was written")
        if report.left:
            self.stderr.write(_LEFT_FR if is_french else _LEFT)
            for one in report.left:
                self.stderr.write("  " + (one.text_fr() if is_french else one.text()))
            raise SystemExit(1)
