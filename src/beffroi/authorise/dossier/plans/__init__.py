"""The drawn plans of a dossier: detail and block plans of each site, perimeter, overview, signs. True scale, A4.

    made = sheets(dossier, on)                 # each with its map as SVG and its counts
    plans_pdf(made, title=…, made_at=now)      # one document, a page a sheet
    parts(made)                                # the same by piece of the dossier
    sheet_named(dossier, "plan-de-detail-s01", on)    # one, for a page

Source: CSI R. 252-3, 2° and 3°; design: `design/plans.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from beffroi.authorise.dossier.pieces import Piece
from beffroi.authorise.dossier.plans.block import block_sheet
from beffroi.authorise.dossier.plans.detail import detail_sheet
from beffroi.authorise.dossier.plans.gathered import Gathered, SitePlan, gather
from beffroi.authorise.dossier.plans.sheet import PlanSheet
from beffroi.authorise.dossier.plans.town import (
    centre_sheet,
    overview_sheet,
    perimeter_sheet,
    sign_sheets,
)
from beffroi.authorise.models import Dossier
from beffroi.core.documents import document_pdf

__all__ = ["TEMPLATE", "Part", "PlanSheet", "parts", "plans_pdf", "sheet_named", "sheets"]
TEMPLATE = Path(__file__).with_name("sheet.typ")
OF_SITE: Mapping[str, Callable[[Gathered, SitePlan, tuple[int, int]], PlanSheet]] = MappingProxyType(
    {"plan-de-masse-": block_sheet, "plan-de-detail-": detail_sheet}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The sheets of one paper of the dossier."""

    name: str
    title: str
    piece: Piece | None
    starts: str
    sheets: Sequence[PlanSheet] = ()

    def as_given(self, draft: str | None = None) -> Mapping[str, Any]:
        """What the template is given. `draft`: words at the top of every page."""
        return _given(self.sheets, self.title) | {"draft": draft}


PARTS = (
    Part(name="03-plans-de-masse", title="Plans de masse", piece=Piece.BLOCK_PLAN, starts="plan-de-masse"),
    Part(name="04-plans-de-detail", title="Plans de détail", piece=Piece.DETAIL_PLAN, starts="plan-de-detail"),
    Part(name="04-plan-d-ensemble", title="Plan d’ensemble", piece=None, starts="plan-d-ensemble"),
    Part(
        name="05-plan-de-perimetre", title="Plan de périmètre", piece=Piece.PERIMETER_PLAN, starts="plan-de-perimetre"
    ),
    Part(name="09-plan-des-affiches", title="Plan des affiches", piece=Piece.INFORMATION, starts="plan-des-affiches"),
)


def sheets(dossier: Dossier, on: date) -> list[PlanSheet]:
    """Every plan of the dossier on a day. Seconds: each camera's view is computed once."""
    given = gather(dossier, on)
    whole = [overview_sheet(given), *centre_sheet(given), *sign_sheets(given)]
    if dossier.perimeter is not None:
        return [perimeter_sheet(given), *whole]
    sites = [make(given, plan, _number(given, plan)) for make in OF_SITE.values() for plan in given.sites]
    return [*whole, *sites]


def sheet_named(dossier: Dossier, name: str, on: date) -> PlanSheet | None:
    """One plan by its name; a site's alone takes some tenths of a second. None when there is no such plan."""
    for starts, make in OF_SITE.items():
        if name.startswith(starts):
            given = gather(dossier, on, sites=frozenset({name.removeprefix(starts)}))
            return next((make(given, plan, _number(given, plan)) for plan in given.sites), None)
    return next((one for one in sheets(dossier, on) if one.name == name), None)


def _number(given: Gathered, plan: SitePlan) -> tuple[int, int]:
    names = [site.pk for site in given.all_sites]
    return names.index(plan.site.pk) + 1, len(names)


def parts(made: Sequence[PlanSheet]) -> Iterator[Part]:
    """The sheets by piece, as papers of the dossier; empty parts left out."""
    for part in PARTS:
        held = [sheet for sheet in made if sheet.name.startswith(part.starts)]
        if held:
            yield Part(name=part.name, title=part.title, piece=part.piece, starts=part.starts, sheets=held)


def plans_pdf(made: Sequence[PlanSheet], *, title: str, made_at: datetime) -> bytes:
    """The sheets as one PDF/A-2a and PDF/UA-1 document, a page each."""
    return document_pdf(TEMPLATE, _given(made, title), made_at=made_at)


def _given(made: Sequence[PlanSheet], title: str) -> dict[str, Any]:
    town = made[0].town if made else ""
    return {"title": title, "town": town, "draft": None, "sheets": [one.as_given() for one in made]}
