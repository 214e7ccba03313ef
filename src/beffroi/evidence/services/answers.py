"""Writes from the second person to the feedback: validation, pack, hand-over, purge of the working copy, close."""

from __future__ import annotations

import logging
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from beffroi.core.dates import day_of
from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput, NotPermitted
from beffroi.core.instants import US_PER_S, from_us
from beffroi.evidence import hold_rules, media, rules
from beffroi.evidence.models import HandOver, Pack, Recipient, Requisition
from beffroi.evidence.packs.contract import MadePack
from beffroi.evidence.queries import after, cases
from beffroi.evidence.rules import Act, PackState, PieceKind, Result, StepKind, Useful
from beffroi.evidence.services.requisitions import lift
from beffroi.evidence.services.steps import REASON, Told, clock, record
from beffroi.journal.services import Entry, Register, append, append_all
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone

log = logging.getLogger(__name__)
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
DISPENSATIONS = ("verbal-order", "piece-follows", "other-text")
"""Why a second person lets an export go without a piece: a closed list."""


# -- four eyes ----------------------------------------------------------------------------------------------


def validate(requisition: Requisition, *, by: Agent, at_us: int = 0) -> None:
    """A second person agrees with the scope and the result; what was set aside is not held any longer.

    Errors: BarredByLaw when it is the person who chose, Conflict when there is nothing to validate, NotPermitted for a
    camera beyond their right.
    """
    case = cases.facts_of(requisition)
    _check_has_result(case)
    rules.check_second_person(case, by.pk, acts=rules.CHOOSING)
    _check_within(requisition, Right.VALIDATE, by)
    aside = [camera for camera, choice in cases.choices_of(requisition).items() if not choice.is_kept]
    result = case.result.value if case.result else ""
    with transaction.atomic():
        lift(requisition, aside, by=by, at_us=at_us)
        detail = {"afterwards": True} if case.unseen else {}
        record(requisition, Told(kind=StepKind.VALIDATED, code=result, detail=detail), by=by, at_us=at_us)


def _check_within(requisition: Requisition, right: Right, by: Agent) -> None:
    if not all(by.permit.over(right, camera) for camera in cases.kept(requisition)):
        raise NotPermitted(
            "Some of these cameras are beyond your right; ask a colleague whose right covers them all.",
            message_fr="Certaines de ces caméras dépassent votre droit ; demandez à un collègue dont le droit les "
            "couvre toutes.",
            field="cameras",
        )


def go_alone(requisition: Requisition, *, by: Agent, at_us: int = 0) -> None:
    """Nobody else is on shift: the answer goes out flagged, and is validated the next day.

    Errors: Conflict when there is nothing to answer yet, or it is validated.
    """
    case = cases.facts_of(requisition)
    _check_has_result(case)
    if case.is_validated:
        raise Conflict("It is validated already.", message_fr="Elle est déjà validée.")
    at_us = at_us or clock.now_us()
    due_on = rules.second_look_due_on(day_of(from_us(at_us), town_zone()))
    told = Told(kind=StepKind.ALONE, detail={"due_on": due_on.isoformat()})
    record(requisition, told, by=by, at_us=at_us)


def tell_late(now_us: int) -> list[str]:
    """Says once, in the case and in the journal, that a second person has not looked in time; the numbers told."""
    late = [one for one in after.awaited(now_us) if one.is_late]
    told = []
    for one in late:
        if not one.requisition.steps.filter(kind=StepKind.LATE.value, at_us__gt=one.alone_at_us).exists():
            detail = {"due_on": one.due_on.isoformat()}
            record(one.requisition, Told(kind=StepKind.LATE, detail=detail), by=None, at_us=now_us)
            log.error("requisition.validation_late number=%s due_on=%s", one.requisition.pk, one.due_on)
            told.append(one.requisition.pk)
    return told


def dispense(requisition: Requisition, reason: str, *, by: Agent, at_us: int = 0) -> None:
    """A second person decides that the export does not wait for a missing piece.

    Errors: InvalidInput for another reason, BarredByLaw when it is the person who chose, Conflict when none is missing.
    """
    if reason not in DISPENSATIONS:
        raise InvalidInput(
            "Choose the reason of this decision from the list.",
            message_fr="Choisissez le motif de cette décision dans la liste.",
            field="reason",
        )
    case = cases.facts_of(requisition)
    rules.check_second_person(case, by.pk, acts=rules.CHOOSING)
    if cases.missing_fields(requisition):
        raise _lacks_fields(requisition)
    if not case.missing:
        raise Conflict("No piece is missing.", message_fr="Aucune pièce ne manque.")
    record(requisition, Told(kind=StepKind.DISPENSED, code=reason), by=by, at_us=at_us)


def _check_has_result(case: rules.CaseFacts) -> None:
    if case.result is None:
        raise Conflict(
            "There is no result yet: say first what the replay gave.",
            message_fr="Il n'y a pas encore de résultat : dites d'abord ce qu'a donné la relecture.",
            field="result",
        )


# -- pack ---------------------------------------------------------------------------------------------------


def check_may_go(requisition: Requisition) -> rules.CaseFacts:
    """Nothing is missing for pictures or an answer to leave the town.

    Errors: BarredByLaw with the article of what is missing; the lock stays.
    """
    if cases.missing_fields(requisition):
        raise _lacks_fields(requisition)
    case = cases.facts_of(requisition)
    _check_has_result(case)
    if not case.may_export:
        raise _lacks_piece(requisition)
    if not (case.is_validated or case.is_alone):
        raise BarredByLaw(
            "A second person has not validated yet. The export waits; the lock stays.",
            message_fr="Une deuxième personne n'a pas encore validé. L'export attend ; le verrou reste.",
            article="CSI R253-3",
            field="validator",
        )
    return case


def _lacks_fields(requisition: Requisition) -> BarredByLaw:
    lacks = cases.missing_fields(requisition)
    frame = cases.frame_on(requisition)
    return BarredByLaw(
        f"The requisition lacks: {', '.join(lacks)}. Complete it; the lock stays.",
        message_fr=f"Il manque à la réquisition : {', '.join(hold_rules.FIELDS_FR[name] for name in lacks)}. "
        "Complétez-la ; le verrou reste.",
        article=frame.article if frame else "CPP 60-1",
        field=lacks[0],
    )


def _lacks_piece(requisition: Requisition) -> BarredByLaw:
    frame = cases.frame_on(requisition)
    lacks = cases.missing(requisition)
    names_fr = " ; ".join(" ou ".join(PIECES_FR[kind] for kind in one.any_of) for one in lacks)
    names = "; ".join(" or ".join(PIECES_EN[kind] for kind in one.any_of) for one in lacks)
    return BarredByLaw(
        f"Missing: {names}. The export waits for it, or for a second person's decision. The lock stays.",
        message_fr=f"Il manque : {names_fr}. L'export attend cette pièce, ou la décision d'une deuxième personne. "
        "Le verrou reste.",
        article=frame.article if frame else "CPP 60-1",
        field="pieces",
    )


PIECES_FR = {
    PieceKind.REQUISITION: "la réquisition signée",
    PieceKind.AUTHORISATION: "l'autorisation du procureur",
    PieceKind.INSTRUCTIONS: "ses instructions générales, de six mois au plus",
    PieceKind.COMMISSION: "la commission rogatoire",
    PieceKind.RECEIPT: "le récépissé signé",
    PieceKind.ORIGINAL: "l'original papier",
    PieceKind.OTHER: "la pièce qui dit le texte",
}
PIECES_EN = {
    PieceKind.REQUISITION: "the signed requisition",
    PieceKind.AUTHORISATION: "the prosecutor's authorisation",
    PieceKind.INSTRUCTIONS: "general instructions, of six months at most",
    PieceKind.COMMISSION: "the judicial commission",
    PieceKind.RECEIPT: "the signed receipt",
    PieceKind.ORIGINAL: "the paper original",
    PieceKind.OTHER: "the piece that states its text",
}


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
    _check_registered(recipient)
    _check_within(requisition, Right.EXPORT, by)
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
        _check_registered(pack.recipient)


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


# -- hand-over ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Handing:
    """To whom, on what."""

    recipient: Recipient
    medium: str
    medium_reference: str = ""
    medium_exemption: str = ""
    """Why a rewritable medium carries what a write-once disc could."""
    reader_medium: str = ""
    reader_reference: str = ""


def hand_over(requisition: Requisition, handing: Handing, *, by: Agent, at_us: int = 0) -> HandOver:
    """The answer goes to a registered recipient: its pack, or a negative answer without one.

    Errors: BarredByLaw when something is missing or the recipient is not registered any more, Conflict without a pack.
    """
    case = check_may_go(requisition)
    _check_registered(handing.recipient)
    pack = _pack_to_hand(requisition, case)
    media.check(_carried(handing, pack))
    if pack is not None:
        _check_within(requisition, Right.EXPORT, by)
    if pack is not None and pack.recipient_id != handing.recipient.pk:
        raise Conflict(
            f"The slip of this pack names {pack.recipient}; hand it to them, or ask for a pack made out to another.",
            message_fr=f"Le bordereau de ce pack nomme {pack.recipient} ; remettez-le-lui, ou demandez un pack établi "
            "pour un autre.",
            field="recipient",
        )
    at_us = at_us or clock.now_us()
    handed_on = day_of(from_us(at_us), town_zone())
    is_of_order = handing.recipient.quality == "l252-3"
    with transaction.atomic():
        row = HandOver.objects.create(
            requisition=requisition,
            pack=pack,
            recipient=handing.recipient,
            medium=handing.medium,
            medium_reference=handing.medium_reference,
            medium_exemption=handing.medium_exemption if pack else "",
            reader_medium=handing.reader_medium if pack else "",
            reader_reference=handing.reader_reference if pack else "",
            keeps_until_on=rules.recipient_keeps_until_on(handed_on) if pack and is_of_order else None,
            by=by,
            at_us=at_us,
        )
        detail: dict[str, int | bool | str] = {"medium": handing.medium, "is_validated": case.is_validated}
        if pack is not None:
            detail |= {"pack": pack.pk, "sha256": pack.manifest_sha256, "reader": handing.reader_medium}
        if pack is not None and handing.medium_exemption:
            detail |= {"exemption": handing.medium_exemption}
        code = case.result.value if case.result else ""
        told = Told(kind=StepKind.HANDED_OVER, code=code, detail=detail, recipient=handing.recipient.pk)
        record(requisition, told, by=by, at_us=at_us)
    return row


def _check_registered(recipient: Recipient) -> None:
    if recipient.ended_at_us is not None:
        raise BarredByLaw(
            "This recipient is not registered any more; register them again, or choose another.",
            message_fr="Ce destinataire n'est plus inscrit ; inscrivez-le à nouveau, ou choisissez-en un autre.",
            article="CSI R253-3",
            field="recipient",
        )


def _carried(handing: Handing, pack: Pack | None) -> media.Carried:
    return media.Carried(
        size_bytes=max(1, pack.size_bytes) if pack else 0,
        medium=handing.medium,
        serial=handing.medium_reference,
        exemption=handing.medium_exemption,
        reader_medium=handing.reader_medium,
        reader_serial=handing.reader_reference,
    )


def _pack_to_hand(requisition: Requisition, case: rules.CaseFacts) -> Pack | None:
    if case.result is Result.NEGATIVE:
        return None
    pack = cases.newest_pack(requisition)
    if pack is None or case.pack not in (PackState.MADE, PackState.HANDED_OVER):
        raise Conflict(
            "There is no pack of this choice to hand over: ask for it, or wait until it is made.",
            message_fr="Il n'y a pas de pack de ce choix à remettre : demandez-le, ou attendez qu'il soit fait.",
            field="pack",
        )
    return pack


# -- end ----------------------------------------------------------------------------------------------------


def close(requisition: Requisition, *, by: Agent, at_us: int = 0) -> None:
    """Locks are lifted; the working copy dies after its grace time.

    Errors: Conflict when it is not handed over, not validated, or the receipt of a pack is not here.
    """
    case = cases.facts_of(requisition)
    if case.has(StepKind.CLOSED):
        raise Conflict("It is closed already.", message_fr="Elle est déjà close.")
    if rules.next_act(case) is not Act.CLOSE:
        raise Conflict(
            "It is not handed over and validated yet.",
            message_fr="Elle n'est pas encore remise et validée.",
            field="close",
        )
    was_handed = requisition.hand_overs.filter(pack__isnull=False).exists()
    if was_handed and not requisition.pieces.filter(kind=PieceKind.RECEIPT.value).exists():
        raise Conflict(
            "The signed receipt is missing: add it to the pieces, then close.",
            message_fr="Il manque le récépissé signé : ajoutez-le aux pièces, puis fermez.",
            field="pieces",
        )
    with transaction.atomic():
        lift(requisition, by=by, at_us=at_us)
        record(requisition, Told(kind=StepKind.CLOSED), by=by, at_us=at_us)


def note_feedback(requisition: Requisition, useful: str, *, by: Agent, at_us: int = 0) -> None:
    """What the inquiry made of it: useful, not useful, unknown. Optional.

    Errors: InvalidInput for another word.
    """
    if useful not in {one.value for one in Useful}:
        raise InvalidInput(
            "Choose: useful, not useful, unknown.", message_fr="Choisissez : utile, inutile, inconnu.", field="useful"
        )
    record(requisition, Told(kind=StepKind.FEEDBACK, code=useful), by=by, at_us=at_us)


# -- purge of working copies ----------------------------------------------------------------------------------


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
