"""What a requisition lacks, in which lane it stands, what comes next. Pure.

Source: CSI L. 252-5, R. 253-3 III, R. 253-4, R. 253-5; CPP 60-1, 77-1-1, 99-3; design/evidence.md.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from beffroi.core.dates import add_months
from beffroi.core.errors import BarredByLaw

RECIPIENT_MONTHS = 1
"""A recipient named by the order keeps at most one month from transmission. Source: CSI L. 252-3."""


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
