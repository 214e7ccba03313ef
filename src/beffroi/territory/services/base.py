"""Writes of the State's communal base of recorded crime: this town's cells, replaced by each new file."""

from __future__ import annotations

import csv
from pathlib import Path

from django.db import transaction

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.journal.services import Entry, Register, append
from beffroi.territory.calc import ssmsi
from beffroi.territory.models import TownFigure
from beffroi.territory.queries import town


def import_base(path: Path, *, by: str) -> int:
    """Reads the base (`;`, quotes, decimal commas) row by row and keeps this town's cells; returns how many.

    Errors: InvalidInput naming the row when it is not that base, or holds nothing of this town; Conflict before a town
    is there. Nothing is changed then.
    """
    known = town()
    if known is None:
        raise Conflict(
            "There is no town yet; import its folder first.",
            message_fr="Il n'y a pas encore de ville ; importez d'abord son dossier.",
            field="town",
        )
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            cells = list(ssmsi.cells(csv.DictReader(text, delimiter=";"), known.insee_code))
    except OSError as error:
        raise InvalidInput(
            f"{path.name} cannot be read: {error.strerror}.",
            message_fr=f"{path.name} ne se lit pas : {error.strerror}.",
            field="file",
        ) from None
    except (UnicodeDecodeError, csv.Error):
        raise InvalidInput(
            f"{path.name} is no CSV file in UTF-8; take the « base communale » in CSV (.csv.gz: unpack it first).",
            message_fr=f"{path.name} n'est pas un CSV en UTF-8 ; prenez la « base communale » au format CSV (.csv.gz : "
            "décompressez-la d'abord).",
            field="file",
        ) from None
    if not cells:
        raise InvalidInput(
            f"{path.name} holds nothing of {known.name} ({known.insee_code}); take the SSMSI's « base communale ».",
            message_fr=f"{path.name} ne contient rien de {known.name} ({known.insee_code}) ; prenez la « base "
            "communale » du SSMSI.",
            field="file",
        )
    rows = [
        TownFigure(
            year=cell.year,
            indicator=cell.indicator,
            unit=cell.unit,
            diffusion=cell.diffusion.value,
            count=cell.count,
            per_thousand=cell.per_thousand,
            base=cell.base.value,
            base_count=cell.base_count,
            withheld_mean=cell.withheld_mean,
        )
        for cell in cells
    ]
    with transaction.atomic():
        TownFigure.objects.all().delete()
        TownFigure.objects.bulk_create(rows)
        append(Entry(register=Register.CONFIGURATION, action="base.imported", author=by, subject=known.insee_code,
                     detail={"figures": len(rows)}))  # fmt: skip
    return len(rows)
