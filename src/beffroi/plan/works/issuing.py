"""The papers that end a phase's works, issued and kept: a number, a day, the file as it was, the copy that was signed.

Source: CCAG-Travaux 2021, art. 40, 41.3 and 41.6.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction

from beffroi.core import scans
from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.core.ids import new_id
from beffroi.journal.services import Entry, Register, append
from beffroi.plan.models import IssuedPaper, Phase, SignedCopy
from beffroi.plan.works import documents
from beffroi.plan.works.rules import PaperName
from beffroi.plan.works.services import date_phase
from beffroi.territory.queries import town_zone

MARKS = {PaperName.REPORT: "PV", PaperName.AS_BUILT: "DOE"}
MAX_COPIES = 20
"""Each contractor of a phase may send back its own."""


def papers_of(phase: Phase, name: PaperName) -> list[IssuedPaper]:
    """Every version that was issued, the last first, without their files."""
    found = IssuedPaper.objects.filter(phase=phase, name=name).prefetch_related("copies")
    return list(found.order_by("-version").defer("sealed"))


def issue(name: PaperName, phase: Phase, *, at: datetime, by: str) -> IssuedPaper:
    """Draws a paper, keeps it as drawn, tells its hash. Some tenths of a second.

    Errors: Conflict while the acceptance lacks something, or when nothing changed since the last version.
    """
    on = day_of(at, town_zone())
    basis = documents.basis(name, phase, on)
    with transaction.atomic():
        Phase.objects.select_for_update().get(pk=phase.pk)
        last = next(iter(papers_of(phase, name)), None)
        if last is not None and last.basis == basis:
            raise Conflict(
                f"{last.number} says all of this already; it is issued again only once something changed.",
                message_fr=f"{last.number} dit déjà tout ceci ; une autre version suit un changement.",
            )
        version = last.version + 1 if last else 1
        number = f"{MARKS[name]}-{phase.pk}-{version}"
        content = documents.paper_pdf(name, phase, made_at=at, number=number)
        scan = new_id()
        paper = IssuedPaper.objects.create(
            phase=phase, name=name.value, version=version, number=number, on=on, basis=basis, scan=scan,
            cameras=documents.cameras_of(phase, on), sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content), sealed=scans.seal(content, scan=scan, key=_key()), by=by, at=at,
        )  # fmt: skip
        detail: dict[str, int | bool | str] = {"number": number, "on": on.isoformat(), "sha256": paper.sha256}
        _tell("paper.issued", by=by, phase=phase.pk, detail=detail)
        date_phase(phase)
    return paper


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCopy:
    """A signed copy as it came back: its scan, the day it was signed, who signed it."""

    content: bytes
    signed_on: date
    note: str = ""


def join_signed(paper: IssuedPaper, new: NewCopy, *, at: datetime, by: str) -> SignedCopy:
    """Keeps a signed copy, sealed.

    Errors: InvalidInput for what is neither PDF, JPEG nor PNG, is too large, or is the issued file itself, for a day
    before the paper or to come;
    Conflict when this very file is there, or too many are.
    """
    media_type = scans.checked_type(new.content)
    if not paper.on <= new.signed_on <= day_of(at, town_zone()):
        raise InvalidInput(
            f"{paper.number} was issued on {paper.on}: it was signed that day or later, and not in the future.",
            message_fr=f"{paper.number} est établi le {paper.on:%d/%m/%Y} : sa signature est de ce jour ou d'après, "
            "pas dans le futur.",
            field="signed_on",
        )
    sha256 = hashlib.sha256(new.content).hexdigest()
    if sha256 == paper.sha256:
        raise InvalidInput(
            f"This is {paper.number} as it was issued, without a signature; choose the copy that came back signed.",
            message_fr=f"C'est {paper.number} tel qu'établi, sans signature ; choisissez l'exemplaire revenu signé.",
            field="scan",
        )
    if paper.copies.filter(sha256=sha256).exists() or paper.copies.count() >= MAX_COPIES:
        raise Conflict(
            f"This file is there already, or {MAX_COPIES} copies are; choose another file, or scan them together.",
            message_fr=f"Ce fichier est déjà là, ou {MAX_COPIES} exemplaires le sont ; choisissez-en un autre, ou "
            "numérisez-les ensemble.",
            field="scan",
        )
    scan = new_id()
    with transaction.atomic():
        copy = SignedCopy.objects.create(
            paper=paper, signed_on=new.signed_on, note=new.note, scan=scan, sha256=sha256, media_type=media_type,
            size_bytes=len(new.content), sealed=scans.seal(new.content, scan=scan, key=_key()), by=by, at=at,
        )  # fmt: skip
        detail: dict[str, int | bool | str] = {"number": paper.number, "on": new.signed_on.isoformat(),
                                               "sha256": sha256}  # fmt: skip
        _tell("paper.signed", by=by, phase=paper.phase_id, detail=detail)
    return copy


def content_of(row: IssuedPaper | SignedCopy) -> bytes:
    """The file itself, as issued or as scanned. Errors: DataLoss."""
    return scans.unseal(bytes(row.sealed), scan=row.scan, key=_key())


def _tell(action: str, *, by: str, phase: str, detail: dict[str, int | bool | str]) -> None:
    append(Entry(register=Register.CONFIGURATION, action=action, author=by, subject=phase, detail=detail))


def _key() -> bytes:
    key: bytes = settings.SITE_KEY.derived("works-scans")
    return key
