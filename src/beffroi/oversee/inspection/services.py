"""Writes of inspection packs: asked for, made by the worker, fetched, destroyed when its days are over."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from django.conf import settings
from django.db import transaction

from beffroi.core.clock import SystemClock
from beffroi.core.errors import NotFound
from beffroi.core.instants import US_PER_S
from beffroi.journal.services import Entry, Register, append
from beffroi.oversee.inspection import making
from beffroi.oversee.models import InspectionPack
from beffroi.people.models import Agent

log = logging.getLogger(__name__)
clock = SystemClock()
KEPT_DAYS = 30
"""It holds names: the town's copy lives no longer."""
_KEPT_US = KEPT_DAYS * 86_400 * US_PER_S


def folder() -> Path:
    """Where packs lie."""
    return settings.BEFFROI.data / "inspections"


def file_of(pack: InspectionPack) -> Path:
    """The zip of a pack."""
    return folder() / f"controle-{pack.pk}.zip"


def ask(by: Agent, *, now_us: int = 0) -> InspectionPack:
    """Asks the worker for a pack; the one under way stands for another asked meanwhile."""
    waiting = InspectionPack.objects.filter(made_at_us__isnull=True, failed_at_us__isnull=True).first()
    if waiting is not None:
        return waiting
    with transaction.atomic():
        pack = InspectionPack.objects.create(asked_by=by, asked_at_us=now_us or clock.now_us())
        _tell("inspection.asked", pack, by.pk)
    return pack


def make(pack: InspectionPack) -> None:
    """Makes it. Errors: OSError, BeffroiError; the row says that it failed."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    path = file_of(pack)
    path.with_suffix(".part").unlink(missing_ok=True)
    sums = making.write(path, clock.now_us())
    with transaction.atomic():
        pack.sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        pack.files, pack.size_bytes, pack.made_at_us = len(sums), path.stat().st_size, clock.now_us()
        pack.save(update_fields=["sha256", "files", "size_bytes", "made_at_us"])
        _tell("inspection.made", pack, "system", sha256=pack.sha256, files=pack.files, bytes=pack.size_bytes)


def fail(pack: InspectionPack, cause: str) -> None:
    """It could not be made."""
    with transaction.atomic():
        InspectionPack.objects.filter(pk=pack.pk).update(failed_at_us=clock.now_us())
        _tell("inspection.failed", pack, "system", cause=cause)


def fetch(pack_id: str, *, by: Agent) -> tuple[InspectionPack, Path]:
    """The zip, taken away by somebody: a line. Errors: NotFound when there is none, or not any more."""
    pack = InspectionPack.objects.filter(pk=pack_id, made_at_us__isnull=False, destroyed_at_us__isnull=True).first()
    if pack is None or not file_of(pack).exists():
        raise NotFound(
            "There is no such pack, or not any more; ask for a new one.",
            message_fr="Ce dossier n'existe pas, ou plus ; demandez-en un nouveau.",
        )
    with transaction.atomic():
        _tell("inspection.fetched", pack, by.pk, sha256=pack.sha256)
    return pack, file_of(pack)


def tell_written(path: Path, sums: dict[str, str]) -> str:
    """A pack that a command wrote: its hash, told to the journal."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    detail: dict[str, int | str] = {"sha256": digest, "files": len(sums), "bytes": path.stat().st_size}
    append(Entry(register=Register.COMMUNICATION, action="inspection.made", author="system", detail=detail))
    return digest


def purge_due(now_us: int) -> None:
    """Destroys packs whose days are over."""
    due = InspectionPack.objects.filter(made_at_us__lte=now_us - _KEPT_US, destroyed_at_us__isnull=True)
    for pack in due:
        file_of(pack).unlink(missing_ok=True)
        with transaction.atomic():
            InspectionPack.objects.filter(pk=pack.pk).update(destroyed_at_us=now_us)
            _tell("inspection.destroyed", pack, "system")


def _tell(action: str, pack: InspectionPack, by: str, **detail: int | str) -> None:
    append(Entry(register=Register.COMMUNICATION, action=action, author=by, subject=pack.pk, detail=detail))
