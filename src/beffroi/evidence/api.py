"""Locks for the console: one call, one answer. Source: ref/wire.md §8."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST
from pydantic import ConfigDict
from typing_extensions import TypedDict

from beffroi.core.errors import InvalidInput, NotFound
from beffroi.core.ids import checked_slug, new_id
from beffroi.engine.contract import decode
from beffroi.evidence import services
from beffroi.evidence.forms import LOCKED_AT_ONCE_MAX
from beffroi.evidence.held import HeldForm, held_form
from beffroi.evidence.hold_rules import HoldKind
from beffroi.evidence.models import Hold
from beffroi.evidence.queries import cases
from beffroi.evidence.services import Call, HoldRequest
from beffroi.people.models import Agent
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right


@dataclass(frozen=True, slots=True, kw_only=True)
class LockAsked:
    """Body of `POST /api/locks`. `kind`: `telephone` (gives a number) or `incident`."""

    __pydantic_config__ = ConfigDict(extra="forbid")
    kind: HoldKind
    cameras: tuple[str, ...]
    from_at_us: int
    to_at_us: int
    facts: str
    place: str = ""
    officer: str = ""
    unit: str = ""
    phone: str = ""


class Locks(TypedDict):
    """Answer of `POST /api/locks`. `requisition`: the number given to a call; empty of an incident."""

    requisition: str
    holds: list[HeldForm]


@requires(Right.LOCK)
@require_POST
def locks(request: HttpRequest) -> HttpResponse:
    """Locks these cameras now: by telephone, under a new number, or as an operator's finding."""
    asked, me = decode(LockAsked, request.body), agent_of(request)
    _check_asked(asked, me)
    if asked.kind is HoldKind.TELEPHONE:
        noted = services.note_call(_call(asked), by=me)
        return _answer(noted.pk, cases.active_holds(noted))
    services.check_span(asked.from_at_us, asked.to_at_us)
    return _answer("", services.hold_all(_incident(asked), by=me.pk))


def _check_asked(asked: LockAsked, me: Agent) -> None:
    if asked.kind not in (HoldKind.TELEPHONE, HoldKind.INCIDENT):
        raise InvalidInput(
            "From the console a lock is by telephone or for an incident; the others are made on their pages.",
            message_fr="Depuis la console, un verrou est téléphonique ou pour un incident ; les autres se font sur "
            "leurs pages.",
            field="kind",
        )
    if not 0 < len(asked.cameras) <= LOCKED_AT_ONCE_MAX:
        raise InvalidInput(
            f"Name 1 to {LOCKED_AT_ONCE_MAX} cameras.",
            message_fr=f"Nommez de 1 à {LOCKED_AT_ONCE_MAX} caméras.",
            field="cameras",
        )
    for camera in asked.cameras:
        checked_slug(camera, field="cameras")
        if not me.permit.over(Right.LOCK, camera):
            raise NotFound("There is no such camera.", message_fr="Cette caméra n'existe pas.", field="cameras")
    cases.check_known(asked.cameras)


def _call(asked: LockAsked) -> Call:
    return Call(
        facts=asked.facts,
        place=asked.place or asked.facts,
        officer=asked.officer,
        unit=asked.unit,
        phone=asked.phone,
        cameras=tuple(sorted(set(asked.cameras))),
        from_at_us=asked.from_at_us,
        to_at_us=asked.to_at_us,
    )


def _incident(asked: LockAsked) -> list[HoldRequest]:
    services.check_texts(_call(asked))
    return [
        HoldRequest(
            id=f"incident-{new_id()}",
            camera=camera,
            from_at_us=asked.from_at_us,
            to_at_us=asked.to_at_us,
            until_at_us=0,
            subject=asked.facts,
        )
        for camera in sorted(set(asked.cameras))
    ]


def _answer(number: str, holds: Iterable[Hold]) -> HttpResponse:
    answer: Locks = {"requisition": number, "holds": [held_form(row) for row in holds]}
    return JsonResponse(answer)
