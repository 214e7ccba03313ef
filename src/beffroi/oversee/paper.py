"""Papers of oversight: sections of facts and tables on the common look, in French as the law's papers are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from beffroi.core.documents import document_pdf
from beffroi.core.instants import from_us
from beffroi.territory.queries import town, town_zone

TEMPLATE = Path(__file__).with_name("paper.typ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A title, then words, names with their values, a table. `widths`: shares of the columns; none: equal ones."""

    title: str
    text: str = ""
    facts: Sequence[tuple[str, str]] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    widths: Sequence[float] = ()
    empty: str = "Rien à signaler."


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A whole paper. `draft`: the words at the top of each page, none when it is final."""

    title: str
    reference: str
    made_at_us: int
    sections: Sequence[Section]
    service: str = "Protection des données"
    draft: str | None = None
    signatures: Sequence[Sequence[str]] = ()


def pdf(paper: Paper) -> bytes:
    """The PDF; the same paper gives the same bytes."""
    place = town()
    given = {
        "title": paper.title,
        "town": place.name if place else "",
        "service": paper.service,
        "reference": paper.reference,
        "made": f"établi le {said_at(paper.made_at_us)}",
        "fictional": "jeu fictif" if place and place.is_fictional else None,
        "draft": paper.draft,
        "sections": [_form(one) for one in paper.sections],
        "signatures": [list(one) for one in paper.signatures],
    }
    return document_pdf(TEMPLATE, given, made_at=from_us(paper.made_at_us))


def _form(section: Section) -> dict[str, object]:
    return asdict(section) | {"widths": list(section.widths) or [1] * len(section.head)}


def said_at(at_us: int) -> str:
    """06/11/2026 à 15:42, in the town's time."""
    at: datetime = from_us(at_us).astimezone(town_zone())
    return f"{at:%d/%m/%Y à %H:%M}"


def said_on(on: date | None) -> str:
    """06/11/2026; empty for none."""
    return f"{on:%d/%m/%Y}" if on else ""
