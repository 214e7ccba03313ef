"""Which regime a request falls under, when it is due, on what grounds it may be refused, what comes next. Pure.

Source: CSI R. 253-6 II to V; RGPD 12, 77; LIL 104 to 108, 118; décret 2019-536 art. 135; design/evidence.md.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from beffroi.core.dates import add_months
from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput

COMMISSION = "CSI L253-5"
EXTENSION_MONTHS = 2
KEPT_MONTHS = 12
"""A name and an address are kept this long after the request is closed: the time of a complaint about it."""


class Regime(StrEnum):
    """Which law answers. It follows the purposes of the cameras asked about."""

    GDPR = "gdpr"  # RGPD and title II
    POLICE_JUSTICE = "police-justice"  # LIL title III
    SECURITY = "security"  # LIL title IV: exercised through the CNIL


_GDPR_PURPOSES = frozenset({3, 7, 8, 9})
_SECURITY_PURPOSES = frozenset({2, 6})
"""As L. 251-2 numbers them. Our proposal, which the DPO confirms: the text names no split, the CNIL has its own."""


def proposed_regime(purposes: Collection[int]) -> Regime:
    """The regime of cameras with these purposes (numbers of L. 251-2); of several, the kindest to who asks."""
    if set(purposes) & _GDPR_PURPOSES:
        return Regime.GDPR
    return Regime.SECURITY if purposes and set(purposes) <= _SECURITY_PURPOSES else Regime.POLICE_JUSTICE


def due_on(regime: Regime, received_on: date, *, is_extended: bool) -> date:
    """The last day to answer: one month (three when extended) under the RGPD, two months otherwise."""
    if regime is Regime.GDPR:
        return add_months(received_on, 1 + (EXTENSION_MONTHS if is_extended else 0))
    return add_months(received_on, 2)


def check_extension(regime: Regime, received_on: date, on: date, *, is_extended: bool) -> None:
    """Nothing, when the time limit may be extended on this day.

    Errors: BarredByLaw when the regime knows no extension, or it is too late to tell of one.
    """
    if regime is not Regime.GDPR or is_extended or on > add_months(received_on, 1):
        raise BarredByLaw(
            "The time limit is extended once, under the RGPD, within its first month.",
            message_fr="Le délai se prolonge une fois, sous le RGPD, et dans son premier mois.",
            article="RGPD 12(3)",
            field="extend",
        )


class Kind(StrEnum):
    """What a person asks for."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    LIMITATION = "limitation"
    ERASURE = "erasure"
    OBJECTION = "objection"


class Way(StrEnum):
    """How access is given."""

    WATCHED = "watched"  # on an appointment, at the town hall
    COPY = "copy"  # with every other person covered by hand
    ANSWER = "answer"  # in writing: nothing was found, or what was done


class Found(StrEnum):
    """What the replay gave."""

    ALONE = "alone"  # nobody else is to be recognised
    WITH_OTHERS = "with-others"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One ground of refusal. `regimes`, `kinds`: where it exists; empty for everywhere."""

    code: str
    article: str
    fr: str
    en: str
    regimes: frozenset[Regime] = frozenset()
    kinds: frozenset[Kind] = frozenset()


_ACCESS = frozenset({Kind.ACCESS, Kind.RECTIFICATION, Kind.LIMITATION, Kind.ERASURE})
_R253_6 = "CSI R253-6 IV"
GROUNDS = (
    Ground(code="state-security", article=_R253_6, fr="la sûreté de l'État", en="State security", kinds=_ACCESS),
    Ground(code="defence", article=_R253_6, fr="la défense", en="defence", kinds=_ACCESS),
    Ground(code="public-safety", article=_R253_6, fr="la sécurité publique", en="public safety", kinds=_ACCESS),
    Ground(
        code="proceedings",
        article=_R253_6,
        fr="le déroulement de procédures engagées devant les juridictions, ou d'opérations préliminaires à celles-ci",
        en="proceedings before the courts, or steps preliminary to them",
        kinds=_ACCESS,
    ),
    Ground(
        code="third-parties",
        article=_R253_6,
        fr="le droit des tiers",
        en="the rights of third parties",
        kinds=_ACCESS,
    ),
    Ground(
        code="unfounded",
        article="RGPD 12(5)",
        fr="une demande manifestement infondée ou excessive",
        en="a manifestly unfounded or excessive request",
        regimes=frozenset({Regime.GDPR}),
        kinds=_ACCESS,
    ),
    Ground(
        code="through-cnil",
        article="LIL 118",
        fr="un traitement qui intéresse la sûreté de l'État : le droit s'exerce par la CNIL",
        en="processing that concerns State security: the right is exercised through the CNIL",
        regimes=frozenset({Regime.SECURITY}),
        kinds=_ACCESS,
    ),
    Ground(
        code="no-objection",
        article="CSI R253-6 V",
        fr="le droit d'opposition, que la loi exclut pour la vidéoprotection",
        en="the right to object, which the law excludes for vidéoprotection",
        kinds=frozenset({Kind.OBJECTION}),
    ),
)
"""The closed list."""
CNIL_ROUTE = {Regime.GDPR: "RGPD 77", Regime.POLICE_JUSTICE: "LIL 108", Regime.SECURITY: "LIL 118"}


def grounds_for(regime: Regime, kind: Kind) -> tuple[Ground, ...]:
    """The grounds that exist for a request."""
    return tuple(
        one for one in GROUNDS if (not one.regimes or regime in one.regimes) and (not one.kinds or kind in one.kinds)
    )


def checked_ground(code: str, regime: Regime, kind: Kind) -> Ground:
    """The ground of a refusal.

    Errors: BarredByLaw when it is none of the closed list, or not one of this regime or request.
    """
    found = next((one for one in grounds_for(regime, kind) if one.code == code), None)
    if found is None:
        raise BarredByLaw(
            "A refusal stands on one of the grounds of the law; choose it from the list, or grant the request.",
            message_fr="Un refus repose sur un des motifs de la loi ; choisissez-le dans la liste, ou accordez la "
            "demande.",
            article="CSI R253-6 IV",
            field="ground",
        )
    return found


# -- steps ------------------------------------------------------------------------------------------------


class Did(StrEnum):
    """What somebody did for a request; rows, never a status."""

    RECEIVED = "received"
    RECEIPT = "receipt"
    IDENTIFIED = "identified"  # yes, by whom, when; no copy of a paper is kept
    EXTENDED = "extended"
    LOCKED = "locked"
    LIMITED = "limited"  # the DPO signed a limitation
    LOOKED = "looked"  # code: a `Found`
    GRANTED = "granted"  # code: a `Way`
    REFUSED = "refused"  # code: a `Ground`
    APPOINTED = "appointed"
    WATCHED = "watched"
    DRAWN = "drawn"  # rectangles, by a hand
    COVERED = "covered"  # a copy was made with them
    FAILED = "failed"  # it could not be made
    CHECKED = "checked"  # somebody looked at the whole copy: nobody else is to be recognised
    HANDED = "handed"
    CLOSED = "closed"
    FORGOTTEN = "forgotten"  # name and address are gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A step as the rules see it."""

    did: Did
    code: str = ""
    by: str = ""
    on: date | None = None


class Next(StrEnum):
    """What is waited for."""

    RECEIPT = "receipt"
    IDENTIFY = "identify"
    LOOK = "look"
    DECIDE = "decide"
    APPOINT = "appoint"
    WATCH = "watch"
    COVER = "cover"
    CHECK = "check"
    HAND = "hand"
    CLOSE = "close"
    NOTHING = "nothing"


def last(steps: Sequence[Done], *did: Did) -> Done | None:
    """The newest of these steps."""
    return next((one for one in reversed(steps) if one.did in did), None)


def next_of(kind: Kind, steps: Sequence[Done]) -> Next:
    """What comes next."""
    done = {one.did for one in steps}
    decided = last(steps, Did.GRANTED, Did.REFUSED)
    if Did.CLOSED in done:
        return Next.NOTHING
    if Did.RECEIPT not in done:
        return Next.RECEIPT
    if decided is None:
        if kind is Kind.OBJECTION:
            return Next.DECIDE
        if Did.IDENTIFIED not in done:
            return Next.IDENTIFY
        return Next.DECIDE if Did.LOOKED in done else Next.LOOK
    if decided.did is Did.REFUSED or decided.code == Way.ANSWER:
        return Next.CLOSE
    if decided.code == Way.WATCHED:
        return Next.APPOINT if Did.APPOINTED not in done else Next.CLOSE if Did.WATCHED in done else Next.WATCH
    return _next_of_copy(steps)


def _next_of_copy(steps: Sequence[Done]) -> Next:
    """What is drawn again is made and checked again."""
    drawn, covered, checked = (_place(steps, did) for did in (Did.DRAWN, Did.COVERED, Did.CHECKED))
    if covered <= drawn:
        return Next.COVER
    if checked < covered:
        return Next.CHECK
    return Next.CLOSE if _place(steps, Did.HANDED) > checked else Next.HAND


def _place(steps: Sequence[Done], did: Did) -> int:
    return max((place for place, one in enumerate(steps) if one.did is did), default=-1)


def check_decision(kind: Kind, steps: Sequence[Done], way: Way) -> None:
    """Nothing, when a request may be granted this way.

    Errors: Conflict when it was decided already, InvalidInput when the person is not identified or nobody looked,
    BarredByLaw when there is nothing to show, or the law excludes what is asked.
    """
    check_open(steps)
    if kind is Kind.OBJECTION:
        checked_ground("", Regime.GDPR, kind)
    if last(steps, Did.IDENTIFIED) is None:
        raise InvalidInput(
            "Nobody has confirmed who asks; confirm it first (no copy of a paper is kept).",
            message_fr="Personne n'a confirmé l'identité du demandeur ; confirmez-la d'abord (aucune copie de pièce "
            "n'est gardée).",
            field="identity",
        )
    looked = last(steps, Did.LOOKED)
    if looked is None:
        raise InvalidInput(
            "Nobody has looked yet; note what the replay gave.",
            message_fr="Personne n'a encore regardé ; notez ce que la relecture a donné.",
            field="found",
        )
    if looked.code == Found.NOTHING and way is not Way.ANSWER:
        raise BarredByLaw(
            "There is nothing to show: answer in writing.",
            message_fr="Il n'y a rien à montrer : répondez par écrit.",
            article="CSI R253-6 IV",
            field="way",
        )


def check_open(steps: Sequence[Done]) -> None:
    """Nothing, when a request awaits its decision. Errors: Conflict."""
    if last(steps, Did.GRANTED, Did.REFUSED, Did.CLOSED) is not None:
        raise Conflict(
            "This request was answered already.", message_fr="Cette demande a déjà reçu sa réponse.", field="way"
        )


def check_not_closed(steps: Sequence[Done]) -> None:
    """Nothing, while a request is open: what is kept or made after its end would never go. Errors: Conflict."""
    if last(steps, Did.CLOSED) is not None:
        raise Conflict(
            "This request is closed; write down a new one.",
            message_fr="Cette demande est close ; inscrivez-en une nouvelle.",
            field="close",
        )


def check_hand_over(steps: Sequence[Done]) -> None:
    """Nothing, when a covered copy may be handed over.

    Errors: BarredByLaw when no copy was covered, or nobody but its maker has looked at all of it.
    """
    if _next_of_copy(steps) is not Next.HAND:
        raise BarredByLaw(
            "A copy leaves with every other person covered, and looked at from end to end by a second person.",
            message_fr="Une copie sort avec toute autre personne couverte, et regardée d'un bout à l'autre par une "
            "seconde personne.",
            article="CSI R253-6 IV",
            field="copy",
        )


def check_second(steps: Sequence[Done], *, by: str) -> None:
    """Nothing, when `by` may say that the copy covers everybody else.

    Errors: BarredByLaw for whoever drew one of its cameras.
    """
    makers = {one.code: one.by for one in steps if one.did is Did.COVERED}  # the last of each camera
    if not makers or by in makers.values():
        raise BarredByLaw(
            "A second person looks at the copy: whoever drew the rectangles does not check them.",
            message_fr="Une seconde personne regarde la copie : qui a tracé les rectangles ne les vérifie pas.",
            article="CSI R253-6 IV",
            field="copy",
        )


# -- rectangles ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where a rectangle stands at an instant, in shares of the picture's width and height."""

    at_us: int
    left: float
    top: float
    width: float
    height: float


Track = tuple[Mark, ...]
"""One person: marks in the order of time; in between, straight lines."""
TRACKS_MAX = 40
MARKS_MAX = 400


def checked_tracks(tracks: Sequence[Track], from_at_us: int, to_at_us: int, *, is_alone: bool = False) -> None:
    """Nothing, when these tracks can be burnt. `is_alone`: nobody else is there, nothing needs to be covered.

    Errors: InvalidInput naming what does not fit.
    """
    if not (0 if is_alone else 1) <= len(tracks) <= TRACKS_MAX:
        raise _bad_tracks()
    for track in tracks:
        instants = [mark.at_us for mark in track]
        inside = all(from_at_us <= one <= to_at_us for one in instants)
        if not 0 < len(track) <= MARKS_MAX or instants != sorted(set(instants)) or not inside:
            raise _bad_tracks()
        for mark in track:
            sound = 0 <= mark.left < 1 and 0 <= mark.top < 1 and mark.width > 0.002 and mark.height > 0.002
            if not sound or mark.left + mark.width > 1.0001 or mark.top + mark.height > 1.0001:
                raise _bad_tracks()


def _bad_tracks() -> InvalidInput:
    return InvalidInput(
        "Draw at least one rectangle inside the picture, at instants of the span in order; forty people at most.",
        message_fr="Tracez au moins un rectangle dans l'image, à des instants de la période et dans l'ordre ; quarante "
        "personnes au plus.",
        field="tracks",
    )
