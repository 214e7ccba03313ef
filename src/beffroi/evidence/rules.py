"""How long a lock may last, what a requisition lacks, in which lane it stands, what comes next. Pure.

Source: CSI L. 252-5, R. 253-3 III, R. 253-4, R. 253-5; CPP 60-1, 77-1-1, 99-3; design/evidence.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from beffroi.core.dates import add_months
from beffroi.core.errors import BarredByLaw, InvalidInput

US_PER_DAY = 86_400_000_000
TELEPHONE_DAYS = 8
"""A call keeps pictures this long until its requisition comes (setting `evidence.telephone_days`)."""
INQUIRY_MONTHS = 6
"""A lock beyond the order's limit is asked for again at least this often (setting `evidence.inquiry_months`)."""
RECIPIENT_MONTHS = 1
"""A recipient named by the order keeps at most one month from transmission. Source: CSI L. 252-3."""


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


# -- number and deadline ------------------------------------------------------------------------------------


def number_of(year: int, rank: int) -> str:
    """Register number: `R-2026-039`."""
    return f"R-{year}-{rank:03}"


def due_at_us(asked_at_us: int | None, overwritten_at_us: Iterable[int]) -> int | None:
    """The deadline: the first of the date asked and the overwriting of anything not yet held; None of neither."""
    return min([*([asked_at_us] if asked_at_us else []), *overwritten_at_us], default=None)


def recipient_keeps_until_on(handed_on: date) -> date:
    """Last day on which a recipient named by the order may keep pictures. Source: CSI L. 252-3."""
    return add_months(handed_on, RECIPIENT_MONTHS)


def second_look_due_on(alone_on: date) -> date:
    """Last day for a second person to look at what somebody answered alone: the next one."""
    return alone_on + timedelta(days=1)


# -- pieces -------------------------------------------------------------------------------------------------


class PieceKind(StrEnum):
    """A piece of a requisition."""

    REQUISITION = "requisition"
    AUTHORISATION = "authorisation"  # the prosecutor's, individual
    INSTRUCTIONS = "instructions"  # the prosecutor's, general
    COMMISSION = "commission"  # commission rogatoire
    RECEIPT = "receipt"  # signed at the hand-over
    ORIGINAL = "original"  # on paper
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing a frame asks for: any of these; general instructions are `max_age_months` old at most."""

    any_of: tuple[PieceKind, ...]
    max_age_months: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A piece that is here."""

    kind: PieceKind
    dated_on: date | None = None
    reference: str = ""
    signed_by: str = ""

    @property
    def is_whole(self) -> bool:
        """It says when it was signed and by whom."""
        return bool(self.dated_on and self.signed_by)


def missing_pieces(asked: Sequence[Asked], held: Iterable[Held], signed_on: date | None) -> tuple[Asked, ...]:
    """What a frame asks for and is not here, in the frame's order."""
    known = [piece for piece in held if piece.is_whole]
    return tuple(one for one in asked if not any(_answers(one, piece, signed_on) for piece in known))


def _answers(asked: Asked, piece: Held, signed_on: date | None) -> bool:
    if piece.kind not in asked.any_of:
        return False
    if asked.max_age_months is None or piece.kind is not PieceKind.INSTRUCTIONS or signed_on is None:
        return True
    return piece.dated_on is not None and piece.dated_on <= signed_on <= add_months(
        piece.dated_on, asked.max_age_months
    )


# -- steps --------------------------------------------------------------------------------------------------


class StepKind(StrEnum):
    """What somebody did for a requisition; rows, never a status."""

    CALLED = "called"
    LOCKED = "locked"
    EXTENDED = "extended"
    RELEASED = "released"
    CALLED_BACK = "called-back"
    RECEIVED = "received"
    CHOSEN = "chosen"
    REPLAYED = "replayed"
    ATTENDED = "attended"  # an OPJ begins to look, under the session of whoever writes it
    ATTENDED_END = "attended-end"
    RESULT = "result"
    VALIDATED = "validated"
    ALONE = "alone"  # nobody else on shift: validated the next day
    LATE = "validation-late"  # the next day went by: the system says so, once
    DISPENSED = "dispensed"  # a second person decides to export without a missing piece
    PACK_ASKED = "pack-asked"
    HANDED_OVER = "handed-over"
    CLOSED = "closed"
    FEEDBACK = "feedback"


class Result(StrEnum):
    """What the replay gave; a negative is an answer."""

    IMAGES = "images"
    PARTIAL = "partial"
    NEGATIVE = "negative"


class Negative(StrEnum):
    """Why there is no picture."""

    OUT_OF_FIELD = "out-of-field"
    FAILURE = "failure"
    OVERWRITTEN = "overwritten"
    DARK = "dark"
    MASKED = "masked"
    NOTHING_SEEN = "nothing-seen"


class Useful(StrEnum):
    """What the inquiry said of it."""

    USEFUL = "useful"
    NOT_USEFUL = "not-useful"
    UNKNOWN = "unknown"


class Aside(StrEnum):
    """Why a camera is set aside."""

    OUT_OF_FIELD = "out-of-field"
    BEHIND_FACADE = "behind-facade"
    TOO_FAR = "too-far"
    DEAD = "dead"
    MASKED = "masked"
    NO_FOOTAGE = "no-footage"
    NOT_ASKED = "not-asked"
    NOTHING_SEEN = "nothing-seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A step as the rules see it: what, by whom (empty: the system), when, with which code."""

    kind: StepKind
    by: str = ""
    at_us: int = 0
    code: str = ""


class PackState(StrEnum):
    """Derived from a pack's row."""

    ASKED = "asked"
    MADE = "made"
    FAILED = "failed"
    HANDED_OVER = "handed-over"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """All that lane and next act depend on.

    Attributes:
        is_at_risk: some pictures of the scope still exist and nothing holds them.
        missing: a piece that the frame asks for is not here (or there is no frame yet).
        pack: state of the newest pack.
    """

    steps: tuple[Done, ...]
    is_at_risk: bool = False
    missing: bool = False
    pack: PackState | None = None

    def last(self, *kinds: StepKind) -> Done | None:
        """The newest step of these kinds."""
        return next((step for step in reversed(self.steps) if step.kind in kinds), None)

    def has(self, kind: StepKind) -> bool:
        return self.last(kind) is not None

    @property
    def result(self) -> Result | None:
        found = self.last(StepKind.RESULT)
        return Result(found.code) if found else None

    @property
    def is_validated(self) -> bool:
        """A second person agreed with the cameras and the result as they are now."""
        return _after(self.last(StepKind.VALIDATED), self.chosen)

    @property
    def is_alone(self) -> bool:
        """Goes out before the second person's agreement."""
        return _after(self.last(StepKind.ALONE), self.chosen)

    @property
    def unseen(self) -> Done | None:
        """The last time that somebody answered alone, until a second person has looked at it; None then."""
        alone = self.last(StepKind.ALONE)
        return None if _after(self.last(StepKind.VALIDATED), alone) else alone

    @property
    def chosen(self) -> Done | None:
        """The last word on cameras and result; None without a result."""
        return self.last(StepKind.CHOSEN, StepKind.RESULT) if self.has(StepKind.RESULT) else None

    @property
    def may_export(self) -> bool:
        """No piece is missing, or somebody who chose nothing decided so, of the requisition as it was received last."""
        decided, received = self.last(StepKind.DISPENSED), self.last(StepKind.RECEIVED)
        if not self.missing or decided is None:
            return not self.missing
        chose = {step.by for step in self.steps if step.kind in (StepKind.CHOSEN, StepKind.RESULT)}
        return decided.by not in chose and (received is None or _after(decided, received))


def _after(step: Done | None, other: Done | None) -> bool:
    return step is not None and other is not None and step.at_us >= other.at_us


class Lane(StrEnum):
    """The five lanes of the board."""

    TO_SAVE = "to-save"
    TO_TREAT = "to-treat"
    TO_VALIDATE = "to-validate"
    TO_DELIVER = "to-deliver"
    CLOSED = "closed"


class Act(StrEnum):
    """What comes next."""

    LOCK = "lock"
    RECEIVE = "receive"
    CHOOSE = "choose"
    REPLAY = "replay"
    CONCLUDE = "conclude"
    VALIDATE = "validate"
    COMPLETE = "complete"
    PACK = "pack"
    WAIT = "wait"
    HAND_OVER = "hand-over"
    CLOSE = "close"
    FEEDBACK = "feedback"


def lane(case: CaseFacts) -> Lane:
    """Where a requisition stands."""
    if case.has(StepKind.CLOSED):
        return Lane.CLOSED
    if case.is_at_risk:
        return Lane.TO_SAVE
    if case.result is None:
        return Lane.TO_TREAT
    if case.is_validated:
        return Lane.TO_DELIVER
    if case.is_alone and not case.has(StepKind.HANDED_OVER):
        return Lane.TO_DELIVER
    return Lane.TO_VALIDATE


def next_act(case: CaseFacts) -> Act | None:
    """The next thing to do; None once the inquiry has said what it thought."""
    if case.has(StepKind.CLOSED):
        return None if case.has(StepKind.FEEDBACK) else Act.FEEDBACK
    if case.is_at_risk:
        return Act.LOCK
    if not case.has(StepKind.RECEIVED):
        return Act.RECEIVE
    if case.result is None:
        return _before_result(case)
    if not (case.is_validated or case.is_alone):
        return Act.VALIDATE
    if not case.has(StepKind.HANDED_OVER):
        return _before_hand_over(case)
    return Act.CLOSE if case.is_validated else Act.VALIDATE


def _before_result(case: CaseFacts) -> Act:
    if not case.has(StepKind.CHOSEN):
        return Act.CHOOSE
    return Act.CONCLUDE if case.has(StepKind.REPLAYED) else Act.REPLAY


def _before_hand_over(case: CaseFacts) -> Act:
    if not case.may_export:
        return Act.COMPLETE
    if case.result is Result.NEGATIVE or case.pack in (PackState.MADE, PackState.HANDED_OVER):
        return Act.HAND_OVER
    return Act.WAIT if case.pack is PackState.ASKED else Act.PACK


ELEVEN = (
    StepKind.CALLED,
    StepKind.RECEIVED,
    None,  # the number is given with the first step
    StepKind.CHOSEN,
    StepKind.REPLAYED,
    StepKind.RESULT,
    StepKind.VALIDATED,
    StepKind.PACK_ASKED,
    StepKind.HANDED_OVER,
    StepKind.CLOSED,
    StepKind.FEEDBACK,
)
"""The eleven steps as the board shows them."""


# -- four eyes ----------------------------------------------------------------------------------------------


def check_second_person(case: CaseFacts, by: str, *, acts: Collection[StepKind]) -> None:
    """Nothing, when `by` did none of `acts`.

    Errors: NotPermitted would be a matter of rights; this is one of persons: BarredByLaw.
    """
    if any(step.by == by for step in case.steps if step.kind in acts):
        raise BarredByLaw(
            "Two different people choose and validate; ask a colleague, or say that you are alone on shift: it is "
            "then validated the next day.",
            message_fr="Deux personnes différentes choisissent et valident ; demandez à un collègue, ou indiquez que "
            "vous êtes seul en poste : la validation se fait alors le lendemain.",
            article="CSI R253-3",
            field="validator",
        )


CHOOSING = frozenset({StepKind.CHOSEN, StepKind.RESULT, StepKind.ALONE})
"""Acts of the first person."""


def days_left(overwritten_at: datetime, now: datetime) -> float:
    """Days before pictures go, zero when they are gone."""
    return max(timedelta(), overwritten_at - now) / timedelta(days=1)
