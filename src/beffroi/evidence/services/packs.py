"""Writes of the pack: asked for, made or failed, its working copy destroyed in the end."""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.core.instants import US_PER_S
from beffroi.evidence.models import Pack, Recipient, Requisition
from beffroi.evidence.packs.contract import MadePack
from beffroi.evidence.queries import cases
from beffroi.evidence.rules import PackState, PieceKind, Result, StepKind
from beffroi.evidence.services.allowing import check_may_go, check_registered, check_within
from beffroi.evidence.services.steps import REASON, Told, clock, record
from beffroi.journal.services import Entry, Register, append, append_all
from beffroi.people.models import Agent
from beffroi.people.rules import Right

log = logging.getLogger(__name__)
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def ask_pack(
    requisition: Requisition, recipient: Recipient, *, by: Agent, with_working_copy: bool = False, at_us: int = 0
) -> Pack:
    """Asks the worker for the pack of the cameras kept, made out to a registered recipient.

    Errors: BarredByLaw when something is missing, Conflict when one is under way or the answer has no picture.
    """
    case = check_may_go(requisition)
    if case.result is Result.NEGATIVE:
        raise Conflict(
            "A negative answer has no pack; hand over the answer itself.",
            message_fr="Une réponse négative n'a pas de pack ; remettez la réponse elle-même.",
        )
    check_registered(recipient)
    check_within(requisition, Right.EXPORT, by)
    if case.pack in (PackState.ASKED, PackState.MADE):
        raise Conflict(
            "A pack is under way or made already.", message_fr="Un pack est déjà en cours ou fait.", field="pack"
        )
    at_us = at_us or clock.now_us()
    with transaction.atomic():
        pack = Pack.objects.create(
            requisition=requisition,
            recipient=recipient,
            with_working_copy=with_working_copy,
            asked_by=by,
            asked_at_us=at_us,
        )
        told = Told(kind=StepKind.PACK_ASKED, code=pack.pk, register=Register.EXPORT)
        record(requisition, told, by=by, at_us=at_us)
        append_all([_of_camera("pack.asked", pack, camera) for camera in sorted(cases.kept(requisition))])
    return pack


def _of_camera(action: str, pack: Pack, camera: str) -> Entry:
    """What the register of exports asks for: of when, of which camera, by whom. Source: arrêté 2007, art. 3."""
    requisition = pack.requisition
    return Entry(
        register=Register.EXPORT,
        action=action,
        author=pack.asked_by_id or "system",
        reason=REASON,
        camera=camera,
        subject=requisition.pk,
        detail={"pack": pack.pk, "from_at_us": requisition.from_at_us, "to_at_us": requisition.to_at_us},
    )


def check_may_be_made(pack: Pack) -> None:
    """Nothing, when what allowed a pack when it was asked for still does: time passed before the worker took it.

    Errors: as `ask_pack`.
    """
    case = check_may_go(pack.requisition)
    if cases.is_stale(pack, case.steps):
        raise Conflict(
            "Cameras or result changed since this pack was asked for; ask again.",
            message_fr="Les caméras ou le résultat ont changé depuis la demande de ce pack ; redemandez-le.",
            field="pack",
        )
    if pack.recipient is not None:
        check_registered(pack.recipient)


def pack_made(pack: Pack, made: MadePack) -> None:
    """The pack is whole on disk."""
    if not _FOLDER.fullmatch(made.folder.name):
        raise InvalidInput(
            "A pack's folder has a name of ours.",
            message_fr="Le dossier d'un pack porte un nom à nous.",
            field="folder",
        )
    with transaction.atomic():
        Pack.objects.filter(pk=pack.pk).update(
            folder=made.folder.name,
            files=made.originals,
            size_bytes=made.bytes,
            manifest_sha256=made.manifest_sha256,
            originals_sha256=made.originals_sha256,
            is_stamped=made.is_stamped,
            without_images=list(made.cameras_without_images),
            made_at_us=made.made_at_us,
        )
        append(_of_pack("pack.made", pack, Register.EXPORT, **made.journal_detail))


def pack_failed(pack: Pack, cause: str) -> None:
    """It could not be made; asked for again, another row says so."""
    with transaction.atomic():
        Pack.objects.filter(pk=pack.pk).update(failed_at_us=clock.now_us(), failure=cause[:40])
        append(_of_pack("pack.failed", pack, Register.EXPORT, cause=cause[:40]))


def _of_pack(action: str, pack: Pack, register: Register, **detail: int | str) -> Entry:
    author = pack.asked_by_id or "system"
    return Entry(
        register=register,
        action=action,
        author=author if register is Register.EXPORT else "system",
        reason=REASON,
        subject=pack.requisition_id,
        detail={"pack": pack.pk, **detail},
    )


def packs_folder() -> Path:
    """Where packs lie."""
    return settings.BEFFROI.data / "packs"


def purge_due(now_us: int) -> list[str]:
    """Destroys the working copies whose hand-over was confirmed, or whose locks ended, longer ago than the grace time.

    1. the row says that it is to go, 2. the files go, 3. the row says that they are gone, with a line. A kill
    between two of them is finished by the next pass. Returns the ids of their packs.
    """
    return [pack.pk for pack in _due(now_us) if _destroy(pack, now_us)]


def _due(now_us: int) -> list[Pack]:
    grace_us = settings.BEFFROI.evidence.grace_hours * 3600 * US_PER_S
    rows = Pack.objects.filter(destroyed_at_us__isnull=True, made_at_us__isnull=False)
    rows = rows.select_related("requisition").prefetch_related("hand_overs", "requisition__holds")
    at_us = now_us - grace_us
    return [
        pack for pack in rows if pack.destroy_asked_at_us or _confirmed_before(pack, at_us) or _outlived(pack, at_us)
    ]


def _outlived(pack: Pack, at_us: int) -> bool:
    """Nothing holds what it was made from any longer: a copy does not outlive its source."""
    holds = pack.requisition.holds.all()
    ends = [row.until_at_us if row.released_at_us is None else row.released_at_us for row in holds]
    return max([pack.made_at_us or 0, *(row.at_us for row in pack.hand_overs.all()), *ends]) <= at_us


def _confirmed_before(pack: Pack, at_us: int) -> bool:
    """A receipt came after the hand-over, and before `at_us`."""
    handed = max((row.at_us for row in pack.hand_overs.all()), default=None)
    if handed is None:
        return False
    receipts = pack.requisition.pieces.filter(kind=PieceKind.RECEIPT.value, at_us__gte=handed, at_us__lte=at_us)
    return receipts.exists()


def _destroy(pack: Pack, now_us: int) -> bool:
    if not _FOLDER.fullmatch(pack.folder):
        log.error("pack.purge_refused pack=%s", pack.pk)
        return False
    Pack.objects.filter(pk=pack.pk, destroy_asked_at_us__isnull=True).update(destroy_asked_at_us=now_us)
    shutil.rmtree(packs_folder() / pack.folder, ignore_errors=True)
    if (packs_folder() / pack.folder).exists():
        log.error("pack.purge_failed pack=%s", pack.pk)
        return False
    with transaction.atomic():
        Pack.objects.filter(pk=pack.pk).update(destroyed_at_us=now_us)
        append(_of_pack("pack.destroyed", pack, Register.ERASURE, files=pack.files, bytes=pack.size_bytes))
    return True
