"""Writes of the prefect's requests against terrorism: received, voted on, financed. Source: CSI L. 223-8, R. 223-2."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils.text import slugify

from beffroi.authorise import requests as rules
from beffroi.authorise.models import PrefectRequest
from beffroi.authorise.registers import tell
from beffroi.authorise.services.refusing import refuse
from beffroi.core.errors import Conflict, InvalidInput


def record(number: str, *, received_on: date, places: str, on: date, by: str) -> PrefectRequest:
    """A request that came. Errors: Conflict when its number is known, InvalidInput for a day not come."""
    pk = slugify(number)[:63].strip("-") or "demande"
    if received_on > on:
        raise InvalidInput(
            "is not come yet; write the request down once it is received",
            message_fr="n'est pas arrivé ; inscrivez la demande une fois reçue",
            field="received_on",
        )
    if PrefectRequest.objects.filter(pk=pk).exists():
        raise Conflict(
            f"Request {number} is already recorded.",
            message_fr=f"La demande {number} est déjà inscrite.",
            field="number",
        )
    with transaction.atomic():
        row = PrefectRequest.objects.create(pk=pk, number=number, received_on=received_on, places=places)
        tell("prefect-request.recorded", by=by, subject=pk)
    return row


def vote(row: PrefectRequest, *, number: str, is_accepted: bool, voted_on: date, on: date, by: str) -> None:
    """The council's vote. Errors: InvalidInput naming the field, Conflict when it voted before."""
    if row.voted_on is not None:
        raise Conflict(
            f"The council voted on {row.voted_on}.",
            message_fr=f"Le conseil a voté le {row.voted_on}.",
            field="voted_on",
        )
    refuse(rules.vote_faults(voted_on, received_on=row.received_on, on=on))
    with transaction.atomic():
        row.voted_on, row.vote_number, row.is_accepted = voted_on, number, is_accepted
        row.save(update_fields=["voted_on", "vote_number", "is_accepted"])
        tell("prefect-request.voted", by=by, subject=row.pk, detail={"accepted": is_accepted})


def agree(row: PrefectRequest, *, number: str, agreed_on: date, on: date, by: str) -> None:
    """The financing agreement; signed again when it ends. Errors: InvalidInput naming the field."""
    refuse(rules.agreement_faults(agreed_on, voted_on=row.voted_on, is_accepted=row.is_accepted, on=on))
    with transaction.atomic():
        row.agreed_on, row.agreement_number = agreed_on, number
        row.save(update_fields=["agreed_on", "agreement_number"])
        tell("prefect-request.agreed", by=by, subject=row.pk)
