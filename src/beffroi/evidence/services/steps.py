"""How a step is written: its row, and its line in the journal, together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from beffroi.core.clock import SystemClock
from beffroi.evidence.models import Requisition, Step
from beffroi.evidence.rules import StepKind
from beffroi.journal.services import Entry, Register, append
from beffroi.people.models import Agent

clock = SystemClock()
REASON = "requisition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A step to write: codes and numbers only, they go to the journal as they are."""

    kind: StepKind
    code: str = ""
    detail: Mapping[str, int | bool | str] = field(default_factory=dict)
    recipient: str = ""
    register: Register = Register.COMMUNICATION


def record(requisition: Requisition, told: Told, *, by: Agent | None, at_us: int = 0) -> Step:
    """Writes a step; call it last in the transaction of what it tells. `at_us`: 0 for now."""
    row = Step.objects.create(
        requisition=requisition,
        kind=told.kind.value,
        code=told.code,
        detail=dict(told.detail),
        by=by,
        at_us=at_us or clock.now_us(),
    )
    code = {"code": told.code} if told.code else {}
    append(
        Entry(
            register=told.register,
            action=f"requisition.{told.kind.value}",
            author=by.pk if by else "system",
            reason=REASON,
            recipient=told.recipient,
            subject=requisition.pk,
            detail={**told.detail, **code, "step_at_us": row.at_us},
        )
    )
    return row
