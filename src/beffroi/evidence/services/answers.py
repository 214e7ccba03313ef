"""Writes of the answer: hand-over, close, feedback."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.core.instants import from_us
from beffroi.evidence import media, rules
from beffroi.evidence.models import HandOver, Pack, Recipient, Requisition
from beffroi.evidence.queries import cases
from beffroi.evidence.rules import Act, PackState, PieceKind, Result, StepKind, Useful
from beffroi.evidence.services.allowing import check_may_go, check_registered, check_within
from beffroi.evidence.services.requisitions import lift
from beffroi.evidence.services.steps import Told, clock, record
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone


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
    check_registered(handing.recipient)
    pack = _pack_to_hand(requisition, case)
    media.check(_carried(handing, pack))
    if pack is not None:
        check_within(requisition, Right.EXPORT, by)
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
