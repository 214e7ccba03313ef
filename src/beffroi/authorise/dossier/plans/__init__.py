"""The drawn plans of a dossier: detail and block plans of each site, perimeter, overview, signs. True scale, A4.

    made = sheets(dossier, on)                 # each with its map as SVG and its counts
    plans_pdf(made, title=…, made_at=now)      # one document, a page a sheet

Source: CSI R. 252-3, 2° and 3°; design: `design/plans.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from beffroi.authorise.dossier.plans.block import block_sheet
from beffroi.authorise.dossier.plans.detail import detail_sheet
from beffroi.authorise.dossier.plans.gathered import Gathered, gather
from beffroi.authorise.dossier.plans.sheet import PlanSheet
from beffroi.authorise.dossier.plans.town import overview_sheet, perimeter_sheet, sign_sheet
from beffroi.authorise.models import Dossier
from beffroi.core.documents import document_pdf

__all__ = ["PlanSheet", "plans_pdf", "sheets"]
TEMPLATE = Path(__file__).with_name("sheet.typ")


def sheets(dossier: Dossier, on: date) -> list[PlanSheet]:
    """Every plan of the dossier on a day. Seconds: each camera's view is computed once."""
    given = gather(dossier, on)
    return _sheets(given)


def _sheets(given: Gathered) -> list[PlanSheet]:
    count = len(given.sites)
    numbered = list(enumerate(given.sites, 1))
    blocks = [block_sheet(given, site, (number, count)) for number, site in numbered]
    details = [detail_sheet(given, site, (number, count)) for number, site in numbered]
    whole = [overview_sheet(given), sign_sheet(given)]
    if given.dossier.perimeter is not None:
        return [perimeter_sheet(given), *whole]
    return [*whole, *blocks, *details]


def plans_pdf(made: Sequence[PlanSheet], *, title: str, made_at: datetime) -> bytes:
    """The sheets as one PDF/A-2a and PDF/UA-1 document, a page each."""
    town = made[0].town if made else ""
    return document_pdf(
        TEMPLATE, {"title": title, "town": town, "sheets": [one.as_given() for one in made]}, made_at=made_at
    )
