"""Contacts, signs and the papers joined to a dossier."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from beffroi.authorise.dossier.services.filing import refuse_filed
from beffroi.authorise.models import Attachment, Contact, Dossier, Sign
from beffroi.authorise.models.dossiers import ContactRole, PieceChoice, SignFormat
from beffroi.authorise.registers import tell
from beffroi.core import scans
from beffroi.core.errors import Conflict, InvalidInput, NotFound
from beffroi.core.ids import new_id
from beffroi.plan.models import Site

MAX_ATTACHMENTS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    """Who answers for something, as signs and forms name them."""

    name: str
    address: str
    quality: str = ""
    phone: str = ""
    email: str = ""
    certificate: str = ""


def put_contact(role: ContactRole, new: NewContact, *, by: str) -> None:
    """One a role: the one before is replaced; the journal keeps that it changed, not what it said."""
    with transaction.atomic():
        Contact.objects.update_or_create(role=role.value, defaults=asdict(new))
        tell("contact.written", by=by, subject=role.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSign:
    """A notice at a site; its position is the site's until somebody says better."""

    site: Site
    place: str
    format: SignFormat
    is_fining: bool = False
    placed_on: date | None = None


def put_sign(new: NewSign, *, by: str) -> Sign:
    """A notice planned or placed."""
    used = set(Sign.objects.filter(site=new.site).values_list("pk", flat=True))
    named = [f"p-{new.site.pk}"[:60], *(f"p-{new.site.pk}"[:58] + f"-{number}" for number in range(2, 100))]
    key = next((name for name in named if name not in used), None)
    if key is None:
        raise Conflict(
            "This site has too many notices; remove some.",
            message_fr="Cet emplacement a trop d'affiches ; retirez-en.",
            field="site",
        )
    with transaction.atomic():
        sign = Sign.objects.create(pk=key, **asdict_of(new), lat=new.site.lat, lon=new.site.lon)
        tell("sign.placed" if new.placed_on else "sign.planned", by=by, subject=sign.pk)
    return sign


def asdict_of(new: NewSign) -> dict[str, object]:
    """Its fields as they are: `asdict` would copy the site."""
    return {name: getattr(new, name) for name in ("site", "place", "format", "is_fining", "placed_on")}


def check_sign(sign: Sign, *, on: date, by: str) -> None:
    """Somebody saw it in place that day: placed, if it was not yet."""
    if sign.checked_on is not None and on < sign.checked_on:
        raise InvalidInput(
            "This notice was seen later already.",
            message_fr="Cette affiche a déjà été vue plus tard.",
            field="checked_on",
        )
    with transaction.atomic():
        sign.placed_on, sign.checked_on = sign.placed_on or on, on
        sign.save(update_fields=["placed_on", "checked_on"])
        tell("sign.checked", by=by, subject=sign.pk)


def attach(dossier: Dossier, piece: PieceChoice, *, name: str, content: bytes, by: str) -> Attachment:
    """A paper made elsewhere, sealed.

    Errors: InvalidInput for what is neither PDF, JPEG nor PNG or is too large; Conflict once filed, or too many.
    """
    refuse_filed(dossier)
    media_type = scans.checked_type(content)
    if dossier.attachments.count() >= MAX_ATTACHMENTS:
        raise Conflict(
            f"A dossier has at most {MAX_ATTACHMENTS} papers joined; remove some.",
            message_fr=f"Un dossier a {MAX_ATTACHMENTS} pièces jointes au plus ; retirez-en.",
            field="scan",
        )
    scan = new_id()
    with transaction.atomic():
        row = Attachment.objects.create(
            dossier=dossier,
            piece=piece.value,
            name=name.strip()[:200] or str(piece.label),
            scan=scan,
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            media_type=media_type,
            sealed=scans.seal(content, scan=scan, key=_key()),
            by=by,
            at=timezone.now(),
        )
        tell("dossier.attached", by=by, subject=dossier.pk, detail={"piece": piece.value})
    return row


def detach(row: Attachment, *, by: str) -> None:
    """Takes a paper back, before the dossier is filed."""
    refuse_filed(row.dossier)
    with transaction.atomic():
        row.delete()
        tell("dossier.detached", by=by, subject=row.dossier_id, detail={"piece": row.piece})


def content_of(row: Attachment) -> bytes:
    """The paper itself. Errors: NotFound when only its name came with the town's folder; DataLoss."""
    if not row.sealed:
        raise NotFound("This paper has no scan here.", message_fr="Cette pièce n'a pas de numérisation ici.")
    return scans.unseal(bytes(row.sealed), scan=row.scan, key=_key())


def _key() -> bytes:
    key: bytes = settings.SITE_KEY.derived("dossier-scans")
    return key
