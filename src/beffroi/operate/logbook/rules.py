"""What a line of the logbook may say, whom it must be told to, how long that took. Pure.

Source: CPP 21-2 (an offence known is told at once to an OPJ), CSI L. 132-2, R. 253-1 (nobody is described by what
they are); practice of control rooms (codes, outcomes).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from beffroi.core.errors import InvalidInput

FACT_MAX = 120
AT_ONCE = timedelta(minutes=5)
"""What "at once" is shown as; the law gives no figure."""
BACK = timedelta(days=7)
"""How long after it was seen a line may still be written."""


class Source(StrEnum):
    """How the room came to know."""

    ROUND = "round"
    ALARM = "alarm"
    RADIO = "radio"
    CALL = "call"
    RESIDENT = "resident"
    REPLAY = "replay"


class Action(StrEnum):
    """What came of it."""

    WATCHED = "watched"
    NOTHING = "nothing"
    TOWN_POLICE = "town-police"
    STATE_POLICE = "state-police"
    RESCUE = "rescue"
    TECHNICAL = "technical"
    ARREST = "arrest"
    LOCKED = "locked"


class Service(StrEnum):
    """Whose OPJ was told."""

    POLICE = "police"
    GENDARMERIE = "gendarmerie"


class Means(StrEnum):
    """By which way."""

    RADIO = "radio"
    PHONE = "phone"
    IN_PERSON = "in-person"
    REPORT = "report"


_PLATE = re.compile(r"\b[A-Za-z]{2}[-. ]?\d{3}[-. ]?[A-Za-z]{2}\b")
_NAMED = re.compile(r"\b(M\.|MM\.|Mme|Mlle|Monsieur|Madame|Mademoiselle|nommé|nommée|dénommé|dénommée|alias)\b")
_DESCRIBED = re.compile(
    r"\b(?:de type|d'origine|peau|ethni\w*|races?|maghr[ée]b\w*|africain\w*|arabes?|asiatiques?|gitan\w*|roms?|"
    r"musulman\w*|juifs?|juives?|chr[ée]tien\w*|voil[ée]e?s?|barbus?|handicap[ée]e?s?|homosexuel\w*|trans)\b"
    r"|\b(?:hommes?|femmes?|individus?|personnes?|jeunes?|garçons?|filles?)\s+"
    r"(?:de couleur|noire?s?|blanc(?:he)?s?|blonde?s?|brune?s?|rousses?|roux)\b",
    re.IGNORECASE,
)


def named_in(text: str) -> str:
    """What in a text points at somebody: a title before a name, a number plate; empty when nothing does."""
    found = _PLATE.search(text) or _NAMED.search(text)
    return found[0] if found else ""


def check_fact(text: str) -> None:
    """Nothing, when a short sentence says what is seen and not who they are.

    Errors: InvalidInput saying what to leave out.
    """
    if len(text) > FACT_MAX or not text.isprintable():
        raise InvalidInput(
            f"Write at most {FACT_MAX} characters, on one line.",
            message_fr=f"Écrivez {FACT_MAX} caractères au plus, sur une ligne.",
            field="fact",
        )
    described = _DESCRIBED.search(text)
    found = named_in(text) or (described[0] if described else "")
    if found:
        raise InvalidInput(
            f"“{found}”: write what is seen, never a name, a plate or an appearance; the OPJ is told those aloud.",
            message_fr=f"« {found} » : écrivez ce qui se voit, jamais un nom, une plaque ni une apparence ; cela se "
            "dit de vive voix à l'OPJ.",
            field="fact",
        )


def check_instant(seen_at_us: int, now_us: int) -> None:
    """Nothing, when a line tells of the last days.

    Errors: InvalidInput.
    """
    if not now_us - BACK // timedelta(microseconds=1) <= seen_at_us <= now_us:
        raise InvalidInput(
            "Write when it was seen: within the last seven days, not to come.",
            message_fr="Écrivez quand cela a été vu : dans les sept derniers jours, pas à venir.",
            field="at",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """Whether and when the OPJ was told of what was seen."""

    is_offence: bool
    seen_at_us: int
    told_at_us: int | None

    @property
    def is_awaited(self) -> bool:
        """An offence that nobody told yet."""
        return self.is_offence and self.told_at_us is None

    def elapsed(self, now_us: int) -> timedelta:
        """From what was seen to the telling, or to now."""
        end_us = now_us if self.told_at_us is None else self.told_at_us
        return timedelta(microseconds=max(0, end_us - self.seen_at_us))

    def is_late(self, now_us: int) -> bool:
        """An offence told, or still to tell, later than at once."""
        return self.is_offence and self.elapsed(now_us) > AT_ONCE


def number_of(year: int, rank: int) -> str:
    """`MC-2026-0031`."""
    return f"MC-{year}-{rank:04}"
