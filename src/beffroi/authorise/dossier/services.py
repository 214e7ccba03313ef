"""Writes of dossiers: what a town's folder brings, texts, filing, receipt, decision, documents that were drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from beffroi.authorise.dossier import queries
from beffroi.authorise.dossier.townfile import KEYS, Files
from beffroi.authorise.models import BuiltDocument, Contact, Dossier, DossierText, Sign
from beffroi.authorise.registers import tell
from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput
from beffroi.plan.models import Camera
from beffroi.territory.services import Landed, put_all

MAX_TEXT = 20_000


def land(files: Files) -> list[Landed]:
    """Writes what a folder brings, inside the caller's transaction. A text that changed is a new row."""
    landed = [
        put_all(Contact, (Contact(**row.model_dump()) for row in files.contacts.values())),
        put_all(Sign, (_sign(row.model_dump()) for row in files.signs.values())),
        put_all(Dossier, (_dossier(row.model_dump(exclude={"cameras", "texts"})) for row in files.dossiers.values())),
    ]
    for row in files.dossiers.values():
        dossier = Dossier.objects.get(pk=row.id)
        dossier.cameras.set(Camera.objects.filter(pk__in=row.cameras))
        _write_texts(dossier, row.texts.items(), by="system")
    return landed


def _sign(fields: dict[str, Any]) -> Sign:
    return Sign(site_id=fields.pop("site"), **fields)


def _dossier(fields: dict[str, Any]) -> Dossier:
    purposes = [purpose.value for purpose in fields.pop("purposes")]
    replaces, decision = fields.pop("replaces"), fields.pop("decision") or ""
    return Dossier(replaces_id=replaces, purposes=purposes, decision=decision, **fields)


def write_text(dossier: Dossier, key: str, text: str, *, by: str) -> None:
    """A section of a piece; the one before stays in the file.

    Errors: InvalidInput for an unknown section or a text too long; Conflict once the dossier is filed.
    """
    if key not in KEYS:
        raise InvalidInput(f"{key[:40]!r} is no section of a dossier.",
                           message_fr=f"{key[:40]!r} n'est pas une section du dossier.", field="key")  # fmt: skip
    if len(text) > MAX_TEXT:
        raise InvalidInput(f"The text is over {MAX_TEXT} signs; shorten it.",
                           message_fr=f"Le texte dépasse {MAX_TEXT} signes ; raccourcissez-le.",
                           field="text")  # fmt: skip
    _refuse_filed(dossier)
    with transaction.atomic():
        _write_texts(dossier, [(key, text.strip())], by=by)
        tell("dossier.written", by=by, subject=dossier.pk, detail={"section": key})


def _write_texts(dossier: Dossier, texts: Iterable[tuple[str, str]], *, by: str) -> None:
    standing = queries.texts_of(dossier)
    now = timezone.now()
    DossierText.objects.bulk_create(
        DossierText(dossier=dossier, key=key, text=text, by=by, at=now)
        for key, text in texts
        if standing.get(key, "") != text
    )


def file(dossier: Dossier, *, on: date, by: str) -> None:
    """The dossier goes to the prefecture.

    Errors: BarredByLaw naming the first missing piece, Conflict when it was filed already.
    """
    _refuse_filed(dossier)
    lacking = queries.missing(dossier, on)
    if lacking:
        raise BarredByLaw(
            f"{len(lacking)} things are missing, the first: {lacking[0].lack} {lacking[0].subject}. Complete the "
            "dossier, then file it.",
            message_fr=f"Il manque {len(lacking)} éléments, dont {lacking[0].lack} {lacking[0].subject}. Complétez le "
            "dossier, puis déposez-le.",
            article=lacking[0].article,
            field="filed_on",
        )
    with transaction.atomic():
        dossier.filed_on = on
        dossier.save(update_fields=["filed_on"])
        tell("dossier.filed", by=by, subject=dossier.pk)


def record_receipt(dossier: Dossier, *, number: str, on: date, by: str) -> None:
    """The prefecture's receipt: the months run from it.

    Errors: InvalidInput when it comes before the filing.
    """
    if dossier.filed_on is None or on < dossier.filed_on:
        raise InvalidInput(
            "A receipt follows the filing; record the filing first.",
            message_fr="Un récépissé suit le dépôt ; inscrivez d'abord le dépôt.",
            field="receipt_on",
        )
    with transaction.atomic():
        dossier.receipt_on, dossier.receipt_number = on, number.strip()
        dossier.save(update_fields=["receipt_on", "receipt_number"])
        tell("dossier.receipt", by=by, subject=dossier.pk)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A document that was drawn."""

    name: str
    sha256: str
    pages: int


def record_built(dossier: Dossier, drawn: Iterable[Drawn], *, by: str) -> None:
    """What was drawn, by its hash; one line of the journal for all."""
    now = timezone.now()
    rows = [
        BuiltDocument(dossier=dossier, name=one.name, sha256=one.sha256, pages=one.pages, by=by, at=now)
        for one in drawn
    ]
    with transaction.atomic():
        BuiltDocument.objects.bulk_create(rows)
        tell("dossier.built", by=by, subject=dossier.pk, detail={"documents": len(rows)})


def _refuse_filed(dossier: Dossier) -> None:
    if dossier.filed_on is not None:
        raise Conflict(
            f"This dossier was filed on {dossier.filed_on}; open a modification.",
            message_fr=f"Ce dossier a été déposé le {dossier.filed_on} ; ouvrez une modification.",
            field="dossier",
        )
