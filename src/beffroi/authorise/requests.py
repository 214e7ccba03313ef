"""What the prefect asks of the town against terrorism: when the council must vote, until when the agreement runs. Pure.

Source: CSI L. 223-8, R. 223-2.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from beffroi.authorise.rules import Fault
from beffroi.core.dates import add_months

VOTE_MONTHS = 3
VOTE_WARNED_MONTHS = 2
AGREEMENT_MONTHS = 60
AGREEMENT_WARNED_MONTHS = 6


def vote_by_on(received_on: date) -> date:
    """The day by which the council has voted: three months after the request came."""
    return add_months(received_on, VOTE_MONTHS)


def agreement_until_on(agreed_on: date) -> date:
    """The first day without the financing agreement: five years."""
    return add_months(agreed_on, AGREEMENT_MONTHS)


def vote_faults(voted_on: date, *, received_on: date, on: date) -> Iterator[Fault]:
    """What a vote on a request that came that day, written down on `on`, cannot say. A late vote is written down."""
    if voted_on < received_on:
        yield Fault(
            field="voted_on",
            message=f"comes before the request, received on {received_on}",
            message_fr=f"précède la demande, reçue le {received_on}",
        )
    elif voted_on > on:
        yield _not_come("voted_on")


def agreement_faults(agreed_on: date, *, voted_on: date | None, is_accepted: bool | None, on: date) -> Iterator[Fault]:
    """What a financing agreement cannot say."""
    if voted_on is None or not is_accepted:
        yield Fault(
            field="agreed_on",
            message="follows a vote that accepts; write the vote down first",
            message_fr="suit une délibération qui accepte ; inscrivez d'abord la délibération",
        )
    elif agreed_on < voted_on:
        yield Fault(
            field="agreed_on",
            message=f"comes before the vote of {voted_on}",
            message_fr=f"précède la délibération du {voted_on}",
        )
    elif agreed_on > on:
        yield _not_come("agreed_on")


def _not_come(field: str) -> Fault:
    return Fault(
        field=field,
        message="is not come yet; write it down once it is signed",
        message_fr="n'est pas arrivé ; inscrivez l'acte une fois signé",
    )
