"""Writes of papers: what was received, signed, scanned; whoever may be handed pictures."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from beffroi.core.errors import InvalidInput
from beffroi.core.ids import new_id
from beffroi.evidence import scans
from beffroi.evidence.models import Piece, Recipient, Requisition, Scan
from beffroi.evidence.rules import PieceKind
from beffroi.evidence.services.steps import REASON, clock
from beffroi.journal.services import Entry, Register, append
from beffroi.people.models import Agent


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPiece:
    """A paper as it is written down. `content`: its scan, empty of none."""

    kind: str
    reference: str = ""
    signed_by: str = ""
    dated_on: date | None = None
    content: bytes = b""


def add_piece(requisition: Requisition, new: NewPiece, *, by: Agent, at_us: int = 0) -> Piece:
    """Adds a paper, its scan sealed. Nothing is ever replaced: another row completes it.

    Errors: InvalidInput for an unknown kind, a scan too large or of another type.
    """
    if new.kind not in {kind.value for kind in PieceKind}:
        raise InvalidInput(
            "Choose the kind of piece from the list.",
            message_fr="Choisissez la pièce dans la liste.",
            field="kind",
        )
    scan = _scan(new.content) if new.content else None
    with transaction.atomic():
        if scan is not None:
            scan.save(force_insert=True)
        piece = Piece.objects.create(
            requisition=requisition,
            kind=new.kind,
            reference=new.reference,
            signed_by=new.signed_by,
            dated_on=new.dated_on,
            scan=scan,
            by=by,
            at_us=at_us or clock.now_us(),
        )
        sha256 = scan.sha256 if scan is not None else ""
        append(_entry("requisition.piece", by, requisition, piece=new.kind, sha256=sha256))
    return piece


def _scan(content: bytes) -> Scan:
    scan_id = new_id()
    return Scan(
        id=scan_id,
        media_type=scans.checked_type(content),
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        sealed=scans.seal(content, scan=scan_id),
    )


def read_scan(requisition: Requisition, scan_id: str, *, by: Agent) -> tuple[bytes, Scan] | None:
    """A scan of this requisition, opened; its reading is a line. None when there is none."""
    scan = Scan.objects.filter(pk=scan_id, piece__requisition=requisition).first()
    if scan is None:
        return None
    content = scans.unseal(bytes(scan.sealed), scan=scan.pk)
    with transaction.atomic():
        append(_entry("requisition.piece-read", by, requisition, scan=scan.pk))
    return content, scan


def _entry(action: str, by: Agent, requisition: Requisition, **detail: str) -> Entry:
    return Entry(
        register=Register.COMMUNICATION,
        action=action,
        author=by.pk,
        reason=REASON,
        subject=requisition.pk,
        detail=detail,
    )


# -- recipients ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecipient:
    """Whom pictures may be handed to, in which capacity. Source: CSI R. 253-3 III."""

    quality: str
    name: str
    unit: str
    reference: str = ""


def add_recipient(new: NewRecipient, *, by: Agent | None) -> Recipient:
    """Registers a recipient.

    Errors: InvalidInput naming the field.
    """
    if new.quality not in {code for code, _ in Recipient.QUALITIES}:
        raise InvalidInput(
            "Only those that R. 253-3 III lists may receive pictures; choose the capacity.",
            message_fr="Seuls ceux que cite l'article R. 253-3 III reçoivent des images ; choisissez la qualité.",
            field="quality",
        )
    for field in ("name", "unit"):
        if not getattr(new, field).strip():
            raise InvalidInput(
                "A recipient has a name and a service.",
                message_fr="Un destinataire a un nom et un service.",
                field=field,
            )
    with transaction.atomic():
        row = Recipient.objects.create(
            quality=new.quality,
            name=new.name,
            unit=new.unit,
            reference=new.reference,
            added_by=by,
            added_at_us=clock.now_us(),
        )
        _tell("recipient.added", row, by)
    return row


def end_recipient(row: Recipient, *, by: Agent) -> None:
    """Nothing more is handed to this recipient; what was, stands in the register."""
    with transaction.atomic():
        Recipient.objects.filter(pk=row.pk, ended_at_us__isnull=True).update(ended_at_us=clock.now_us())
        _tell("recipient.ended", row, by)


def _tell(action: str, row: Recipient, by: Agent | None) -> None:
    append(
        Entry(
            register=Register.COMMUNICATION,
            action=action,
            author=by.pk if by else "system",
            recipient=row.pk,
            subject=row.pk,
            detail={"quality": row.quality},
        )
    )
