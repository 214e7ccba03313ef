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


class Command(BaseCommand):
    """Checks all of the folder, says all that must be mended, or writes it in one transaction."""

    help = "Import a town from a folder of text (TOML, CSV, GeoJSON)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check and count, write nothing")
        parser.add_argument(
            "--start", type=date.fromisoformat, help="the day that `start` means in dates (today; the first one stays)"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            report = import_town(options["folder"], start_on=options["start"], is_dry_run=options["dry_run"])
        except BeffroiError as error:
            is_french = (get_language() or "").startswith("fr")
            raise CommandError(error.message_fr if is_french else error.message, returncode=error.exit_code) from None
        for table in report.tables:
            line = f"{table.table:26} +{table.created} ~{table.updated} ={table.untouched}"
            self.stdout.write(line)
        if report.is_dry_run:
            self.stdout.write("dry run: nothing was written")
