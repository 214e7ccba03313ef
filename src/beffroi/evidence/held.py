"""What is locked around an instant, for the console's timeline. Source: ref/wire.md §8."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET
from typing_extensions import TypedDict

from beffroi.core.clock import SystemClock
from beffroi.core.errors import InvalidInput, NotFound
from beffroi.evidence.models import Hold
from beffroi.people.models import Agent
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.plan.models import Camera

HELD_MAX = 500
"""More than a window of the timeline can show; the oldest spans come first."""
_US_MAX = 1 << 62
clock = SystemClock()


class HeldForm(TypedDict):
    """A lock in force. `number`: of its requisition, empty without one."""

    id: str
    camera: str
    kind: str
    number: str
    from_at_us: int
    to_at_us: int
    until_at_us: int


class Held(TypedDict):
    """The locks of a camera in a span."""

    holds: list[HeldForm]


@requires(Right.REPLAY, Right.LOCK)
@require_GET
def holds(request: HttpRequest) -> HttpResponse:
    """The locks in force that touch a span of one camera."""
    camera = _seen(agent_of(request), request.GET.get("camera", ""))
    from_at_us, to_at_us = _instant(request, "from_at_us"), _instant(request, "to_at_us")
    rows = Hold.objects.filter(
        camera_id=camera,
        from_at_us__lt=to_at_us,
        to_at_us__gt=from_at_us,
        until_at_us__gt=clock.now_us(),
        released_at_us__isnull=True,
    )
    return JsonResponse({"holds": [held_form(row) for row in rows[:HELD_MAX]]})


def held_form(row: Hold) -> HeldForm:
    """A lock as the console reads it."""
    return {
        "id": row.pk,
        "camera": row.camera_id,
        "kind": row.kind,
        "number": row.requisition_id or "",
        "from_at_us": row.from_at_us,
        "to_at_us": row.to_at_us,
        "until_at_us": row.until_at_us,
    }


def _seen(agent: Agent, camera: str) -> str:
    """The camera, when this agent may look back at it or lock it; what is beyond them is as if it were not there."""
    is_seen = any(agent.permit.over(right, camera) for right in (Right.REPLAY, Right.LOCK))
    if not (is_seen and Camera.objects.filter(pk=camera).exists()):
        raise NotFound("There is no such camera.", message_fr="Cette caméra n'existe pas.", field="camera")
    return camera


def _instant(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    if not (text.isascii() and text.isdigit() and int(text[:20]) < _US_MAX):
        raise InvalidInput(
            f"{name} is an instant in microseconds since 1970.",
            message_fr=f"{name} est un instant, en microsecondes depuis 1970.",
            field=name,
        )
    return int(text)
