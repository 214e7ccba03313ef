"""Who sits on the ethics committee, what a referral may say, in which order. Pure.

Source: good practice and no text (Efus, *Charter for a democratic use of video-surveillance*, 2010).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from beffroi.core.errors import InvalidInput
from beffroi.operate.logbook.rules import named_in

WORDS_MAX = 2000


class Quality(StrEnum):
    """As what somebody sits or asks: never who."""

    MAJORITY = "majority"
    OPPOSITION = "opposition"
    RESIDENT = "resident"
    ASSOCIATION = "association"
    TRADE = "trade"
    LAWYER = "lawyer"
    SCHOLAR = "scholar"
    AGENT = "agent"
    TOWN = "town"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A referral as it stands: a question, then an opinion with its day, then what the town made of it."""

    received_on: date
    question: str
    opinion: str = ""
    opinion_on: date | None = None
    follow_up: str = ""
    follow_up_on: date | None = None


def check(asked: Asked, today: date) -> None:
    """Nothing, when a referral can be written so.

    Errors: InvalidInput naming the field: a text without its day, a day before the one it follows, somebody named.
    """
    if not asked.question.strip():
        raise InvalidInput("Write the question.", message_fr="Écrivez la question.", field="question")
    for name in ("question", "opinion", "follow_up"):
        check_words(getattr(asked, name), field=name)
    for name in ("opinion", "follow_up"):
        if bool(getattr(asked, name).strip()) != (getattr(asked, f"{name}_on") is not None):
            raise InvalidInput(
                "The text and its day go together.", message_fr="Le texte et sa date vont ensemble.", field=name
            )
    if asked.follow_up_on is not None and asked.opinion_on is None:
        raise InvalidInput(
            "What the town makes of it follows the opinion.",
            message_fr="La suite donnée vient après l'avis.",
            field="follow_up",
        )
    days = [("received_on", asked.received_on), ("opinion_on", asked.opinion_on), ("follow_up_on", asked.follow_up_on)]
    _check_order([(name, on) for name, on in days if on is not None], today)


def _check_order(days: list[tuple[str, date]], today: date) -> None:
    for (_, before), (name, after) in pairwise(days):
        if after < before:
            raise InvalidInput(
                f"It cannot come before {before}.", message_fr=f"La date ne peut précéder le {before}.", field=name
            )
    name, last = days[-1]
    if last > today:
        raise InvalidInput("This day is not come yet.", message_fr="Ce jour n'est pas arrivé.", field=name)


def check_words(text: str, *, field: str) -> None:
    """Nothing, when a text is of the system and of places, not of somebody.

    Errors: InvalidInput saying what to leave out.
    """
    found = named_in(text)
    if found:
        raise InvalidInput(
            f"“{found}”: this register names nobody; write a quality, a place, a rule.",
            message_fr=f"« {found} » : ce registre ne nomme personne ; écrivez une qualité, un lieu, une règle.",
            field=field,
        )


def number_of(year: int, rank: int) -> str:
    """`S-2026-001`."""
    return f"S-{year}-{rank:03}"
