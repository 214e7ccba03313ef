"""How long a lock may last, and what ties it to an inquiry. Pure.

Source: CSI L. 252-5, R. 253-4, R. 253-6; CPP 60-1, 77-1-1, 99-3; design/evidence.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from beffroi.core.errors import BarredByLaw, InvalidInput

US_PER_DAY = 86_400_000_000
TELEPHONE_DAYS = 8
"""A call keeps pictures this long until its requisition comes (setting `evidence.telephone_days`)."""
INQUIRY_MONTHS = 6
"""A lock beyond the order's limit is asked for again at least this often (setting `evidence.inquiry_months`)."""


class HoldKind(StrEnum):
    """Why a span is kept; it fixes how long it may be."""

    TELEPHONE = "telephone"  # an OPJ called, the requisition follows
    INQUIRY = "inquiry"  # a requisition with its OPJ, unit, frame and date
    INCIDENT = "incident"  # an operator's finding
    ACCESS = "access"  # a person asked to see themselves
    LIMITATION = "limitation"  # the same, signed by the DPO; off by default


SOON_DAYS: Mapping[HoldKind, int] = MappingProxyType({HoldKind.TELEPHONE: 2, HoldKind.INQUIRY: 14})
"""How long before its end a lock is told to whoever may renew it."""
BEYOND_ORDER = frozenset({HoldKind.TELEPHONE, HoldKind.INQUIRY, HoldKind.LIMITATION})
"""Kinds that may outlive the order's limit: a judicial procedure asks for it, or the DPO signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """What bounds a lock. Instants in microseconds.

    Attributes:
        asked_until_at_us: the end asked for; 0 for the longest there is.
        limit_at_us: when the order has the first picture of the span destroyed.
        called_at_us: of a telephone lock.
        review_at_us: the last end of a lock that outlives the order, `inquiry_months` from now; 0: none is set.
    """

    asked_until_at_us: int
    limit_at_us: int
    called_at_us: int = 0
    telephone_days: int = TELEPHONE_DAYS
    review_at_us: int = 0
    inquiry_months: int = INQUIRY_MONTHS


def hold_ends_at(kind: HoldKind, term: Term) -> int:
    """The end of a lock, microseconds: what was asked for, never beyond what its kind may.

    Errors: InvalidInput when an inquiry's or a limitation's lock has no end date, or one beyond its review.
    """
    asked = term.asked_until_at_us
    if kind is HoldKind.TELEPHONE:
        longest = term.called_at_us + term.telephone_days * US_PER_DAY
        return min(asked, longest) if asked else longest
    if kind in BEYOND_ORDER:
        if not asked:
            raise InvalidInput(
                "A lock has an end date; write the one that the inquiry asks for.",
                message_fr="Un verrou a une date de fin ; écrivez celle que demande l'enquête.",
                field="until_on",
            )
        if term.review_at_us and asked > term.review_at_us:
            raise _beyond_review(term.inquiry_months)
        return asked
    return min(asked, term.limit_at_us) if asked else term.limit_at_us


def _beyond_review(months: int) -> InvalidInput:
    return InvalidInput(
        f"A lock beyond the order's limit lasts {months} months at most; write an earlier date, and renew it before "
        "its end under the inquiry's reference.",
        message_fr=f"Un verrou au-delà de la durée de l'arrêté dure {months} mois au plus ; écrivez une date plus "
        "proche, et renouvelez-le avant sa fin sous la référence de l'enquête.",
        field="until_on",
    )


def ends_soon(kind: HoldKind, until_at_us: int, now_us: int) -> bool:
    """A lock in force that somebody should renew, or let go, within days."""
    return now_us < until_at_us <= now_us + SOON_DAYS.get(kind, 0) * US_PER_DAY


def check_renewal(inquiry: Inquiry, procedure: str) -> None:
    """Nothing, when a renewal carries the inquiry it is for and its reference.

    Errors: BarredByLaw naming what is missing.
    """
    check_tied(HoldKind.INQUIRY, inquiry)
    if not procedure:
        raise BarredByLaw(
            "A lock is renewed under the inquiry's reference; write the procedure's number, then renew.",
            message_fr="Un verrou se renouvelle sous la référence de l'enquête ; écrivez le numéro de procédure, puis "
            "prolongez.",
            article="CSI L252-5",
            field="procedure",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What ties a lock to a named inquiry."""

    officer: str
    unit: str
    frame: str
    dated_on: date | None

    @property
    def lacks(self) -> tuple[str, ...]:
        """Names of the fields that are missing."""
        found = {"officer": self.officer, "unit": self.unit, "frame": self.frame, "dated_on": self.dated_on}
        return tuple(name for name, value in found.items() if not value)


def check_tied(kind: HoldKind, inquiry: Inquiry | None) -> None:
    """Nothing, when a lock of this kind has the inquiry it needs.

    Errors: BarredByLaw naming the first field that is missing.
    """
    if kind is not HoldKind.INQUIRY:
        return
    lacks = inquiry.lacks if inquiry else ("officer", "unit", "frame", "dated_on")
    if lacks:
        raise BarredByLaw(
            f"A lock beyond the order's limit is tied to a named inquiry; missing: {', '.join(lacks)}. "
            "Complete the requisition; until then a telephone lock keeps the pictures.",
            message_fr="Un verrou au-delà de la durée de l'arrêté se rattache à une enquête nommée ; il manque : "
            f"{', '.join(FIELDS_FR[name] for name in lacks)}. Complétez la réquisition ; d'ici là, un verrou "
            "téléphonique garde les images.",
            article="CSI L252-5",
            field=lacks[0],
        )


FIELDS_FR = {
    "officer": "l'OPJ",
    "unit": "l'unité",
    "frame": "le cadre",
    "dated_on": "la date",
    "procedure": "le numéro de procédure",
}


def check_limitation(*, is_allowed: bool, signed_by: str) -> None:
    """Nothing, when a limitation may be locked: the town turned it on and the DPO signed.

    Errors: BarredByLaw, InvalidInput.
    """
    if not is_allowed:
        raise BarredByLaw(
            "Limitations are off here: an access request is kept within the order's limit. Turn "
            "evidence.limitation on after the DPO's advice.",
            message_fr="Les limitations ne sont pas ouvertes ici : une demande d'accès se garde dans la durée de "
            "l'arrêté. Ouvrez evidence.limitation après l'avis du DPO.",
            article="CSI L252-5",
            field="kind",
        )
    if not signed_by:
        raise InvalidInput(
            "A limitation is signed by the DPO; name who signed.",
            message_fr="Une limitation est signée par le DPO ; indiquez qui a signé.",
            field="signed_by",
        )


def check_not_past(from_at_us: int, to_at_us: int, *, destroyed_before_us: int) -> None:
    """Nothing, when some of a span may still exist.

    Errors: BarredByLaw when all of it was destroyed already.
    """
    if to_at_us <= destroyed_before_us:
        raise BarredByLaw(
            "All of this span is past its retention: its pictures were destroyed. Note the request; its answer is "
            "negative.",
            message_fr="Toute cette période a dépassé sa durée de conservation : ses images sont détruites. Notez la "
            "demande ; sa réponse est négative.",
            article="CSI R253-4",
            field="to_at",
        )
