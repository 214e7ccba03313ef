"""What the monthly review of the journal counts, until when it is signed, what its remarks may be. Pure.

Counts are by reason and role: nobody is named and nobody is ranked. Source: CNIL délibération 2021-122 (documented
reviews), LIL 101 (the journal serves checks of lawfulness, not the measure of anybody's work).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from beffroi.core.dates import add_months
from beffroi.core.errors import InvalidInput

SIGNED_WITHIN_DAYS = 15
"""Of the end of the month."""
NIGHT_FROM_HOUR, NIGHT_TO_HOUR = 22, 6


class Remark(StrEnum):
    """What the review may conclude: codes, for the journal holds no words."""

    NOTHING = "nothing"
    FOLLOW_UP = "follow-up"
    REFUSALS = "refusals"
    NIGHT = "night"
    GAPS = "gaps"
    PROOF = "proof"
    REMINDER = "reminder"
    EXPLANATION = "explanation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A right to see that was given. `role`: codes of the author's roles, joined; `hour` of the town's day."""

    register: str
    role: str
    reason: str
    hour: int
    was_opened: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a review says of one month. Keys of tables are codes.

    Attributes:
        accesses: (register, role, reason, count).
        night: register → accesses given between 22 h and 6 h.
        unopened: rights given and never used.
        unknown_numbers: accesses for a requisition or a request that the registers do not know.
        unhanded: packs made and not handed over.
        refusals: cause → refused views; lock-outs of accounts under `locked-out`.
        gaps: cause → (count, seconds).
        proof: what the verification of the whole journal said.
    """

    accesses: tuple[tuple[str, str, str, int], ...] = ()
    night: Mapping[str, int] = field(default_factory=dict)
    unopened: int = 0
    unknown_numbers: int = 0
    unhanded: int = 0
    refusals: Mapping[str, int] = field(default_factory=dict)
    gaps: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    proof: Mapping[str, int] = field(default_factory=dict)

    @property
    def form(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    @staticmethod
    def of(form: Mapping[str, Any]) -> Figures:
        """What was kept."""
        accesses = tuple((row[0], row[1], row[2], int(row[3])) for row in form["accesses"])
        gaps = {cause: (int(pair[0]), int(pair[1])) for cause, pair in form["gaps"].items()}
        return Figures(**{**form, "accesses": accesses, "gaps": gaps})

    @property
    def is_whole(self) -> bool:
        """The verification found nothing, or was not made yet."""
        return not self.proof.get("found", 0)


def counted(accesses: Iterable[Access]) -> tuple[tuple[tuple[str, str, str, int], ...], dict[str, int], int]:
    """Accesses by register, role and reason, in the order of their codes; those of the night; those never opened."""
    known = list(accesses)
    table = Counter((one.register, one.role, one.reason) for one in known)
    night = Counter(one.register for one in known if is_night(one.hour))
    rows = tuple((*key, count) for key, count in sorted(table.items()))
    return rows, dict(sorted(night.items())), sum(not one.was_opened for one in known)


def is_night(hour: int) -> bool:
    """Between 22 h and 6 h."""
    return hour >= NIGHT_FROM_HOUR or hour < NIGHT_TO_HOUR


# -- months ---------------------------------------------------------------------------------------------------


def month_of(on: date) -> date:
    """The first day of its month."""
    return on.replace(day=1)


def due_on(month: date) -> date:
    """Last day to sign the review of a month."""
    return add_months(month, 1) + timedelta(days=SIGNED_WITHIN_DAYS - 1)


def months_over(first_on: date, today: date) -> Iterator[date]:
    """Every month since the one of `first_on` that is over today, in order."""
    month = month_of(first_on)
    while add_months(month, 1) <= today:
        yield month
        month = add_months(month, 1)


# -- remarks --------------------------------------------------------------------------------------------------


def check_remarks(remarks: Iterable[Remark], *, is_whole: bool) -> None:
    """Nothing, when a review may be signed with these.

    Errors: InvalidInput without any, when "nothing" stands beside another, or when the proof failed and they do not
    say so.
    """
    found = set(remarks)
    if not found or (Remark.NOTHING in found and len(found) > 1):
        raise InvalidInput(
            "Choose the remarks of the review, or “nothing to say” alone.",
            message_fr="Choisissez les remarques de la revue, ou « rien à signaler » seul.",
            field="remarks",
        )
    if not is_whole and Remark.PROOF not in found:
        raise InvalidInput(
            "The verification found that the journal is not whole: the remarks have to say so.",
            message_fr="La vérification a trouvé que le journal n'est pas entier : les remarques doivent le dire.",
            field="remarks",
        )
