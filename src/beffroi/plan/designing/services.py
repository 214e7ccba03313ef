"""Writes of the designs: a network asked for, given up, ended."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from beffroi.core.errors import BeffroiError
from beffroi.journal.services import Entry, Register, append
from beffroi.plan.designing import asking
from beffroi.plan.designing.rows import DesignAsked
from beffroi.plan.models import NetworkDesign


def ask_design(asked: DesignAsked, *, on: date, by: str) -> NetworkDesign:
    """A network to be made by the worker, of the town as it is on a day; one that waits already is given up.

    Errors: ScenarioRefused, InvalidInput when it cannot be designed: who is in the way, and the mend.
    """
    scenario = asking.town_scenario(asked, on)
    asking.ready(scenario)
    with transaction.atomic():
        _waiting().update(ended_at=timezone.now(), is_cancelled=True)
        made = NetworkDesign.objects.create(
            asked=asked.model_dump(mode="json", exclude_defaults=True),
            scenario=scenario.model_dump(mode="json", exclude_defaults=True),
            asked_by=by,
            asked_at=timezone.now(),
        )
        detail = {"points": len(asked.points), "ring": len(asked.ring)}
        append(Entry(register=Register.CONFIGURATION, action="network.designed", author=by, subject=str(made.pk),
                     detail=detail))  # fmt: skip
    return made


def _waiting() -> Any:
    return NetworkDesign.objects.filter(ended_at__isnull=True)


def cancel_design(design_id: int) -> None:
    """Gives up what is being made; one that is made already stays."""
    _waiting().filter(pk=design_id).update(ended_at=timezone.now(), is_cancelled=True)


def keep_progress(design: NetworkDesign, share: float) -> bool:
    """How far the worker is; False when the design was given up."""
    return bool(_waiting().filter(pk=design.pk).update(progress=share))


def end_design(
    design: NetworkDesign, *, answer: dict[str, Any] | None = None, refused: BeffroiError | None = None
) -> None:
    """Keeps what was made, or why it could not be, unless it was given up; no line: the question has one."""
    told: dict[str, Any] = {"answer": answer, "progress": 1.0, "ended_at": timezone.now()}
    if refused is not None:
        told |= {"refusal": refused.message[:400], "refusal_fr": refused.message_fr[:400]}
    _waiting().filter(pk=design.pk).update(**told)
