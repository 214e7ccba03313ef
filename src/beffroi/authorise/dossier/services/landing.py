"""What a town's folder brings of its dossiers."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from beffroi.authorise.dossier.services.filing import add_texts
from beffroi.authorise.dossier.townfile import Files
from beffroi.authorise.models import Attachment, Contact, Dossier, Sign
from beffroi.plan.models import Camera
from beffroi.territory.services import Landed, put_all


def land(files: Files) -> list[Landed]:
    """Writes what a folder brings, inside the caller's transaction. A text that changed is a new row."""
    landed = [
        put_all(Contact, (Contact(**row.model_dump()) for row in files.contacts.values())),
        put_all(Sign, (_sign(row.model_dump()) for row in files.signs.values())),
        put_all(
            Dossier,
            (_dossier(row.model_dump(exclude={"cameras", "texts", "attached"})) for row in files.dossiers.values()),
        ),
    ]
    for row in files.dossiers.values():
        dossier = Dossier.objects.get(pk=row.id)
        dossier.cameras.set(Camera.objects.filter(pk__in=row.cameras))
        add_texts(dossier, row.texts.items(), by="system")
        for piece, name in row.attached.items():
            assert row.filed_on is not None, "only a filed request names its papers"
            at = datetime.combine(row.filed_on, time(12), UTC)
            named = {"sha256": "", "size_bytes": 0, "by": "system", "at": at}
            Attachment.objects.get_or_create(dossier=dossier, piece=piece.value, name=name, defaults=named)
    return landed


def _sign(fields: dict[str, Any]) -> Sign:
    return Sign(site_id=fields.pop("site"), **fields)


def _dossier(fields: dict[str, Any]) -> Dossier:
    purposes = [purpose.value for purpose in fields.pop("purposes")]
    replaces, decision = fields.pop("replaces"), fields.pop("decision") or ""
    return Dossier(replaces_id=replaces, purposes=purposes, decision=decision, **fields)
