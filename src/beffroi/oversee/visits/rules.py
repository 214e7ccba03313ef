"""Why somebody may come into the control room. Pure. Source: precautions of prefects' orders (CSI L. 252-2)."""

from __future__ import annotations

from enum import StrEnum

from beffroi.core.errors import InvalidInput

MOST = 30
"""People of one visit."""


class VisitPurpose(StrEnum):
    """A closed list: nobody comes in without one."""

    INSPECTION = "inspection"  # commission, CNIL, prefecture
    JUDICIAL = "judicial"  # an OPJ, a magistrate
    AUTHORITY = "authority"  # mayor, elected people, services of the State
    WORKS = "works"  # maintenance, works, cleaning
    TRAINING = "training"
    PRESENTATION = "presentation"  # a group that is shown the room, its pictures hidden


def check(*, names: str, body: str, count: int) -> None:
    """Nothing, when a visit says who comes.

    Errors: InvalidInput naming the field.
    """
    for name, text in (("names", names), ("body", body)):
        if not text.strip():
            raise InvalidInput(
                "A visit says who comes and from where.",
                message_fr="Une visite dit qui vient et d'où.",
                field=name,
            )
    if not 1 <= count <= MOST:
        raise InvalidInput(
            f"A visit counts 1 to {MOST} people.",
            message_fr=f"Une visite compte de 1 à {MOST} personnes.",
            field="count",
        )
