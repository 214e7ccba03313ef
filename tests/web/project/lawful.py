"""What the law asks for before pictures leave, done through the same services as on the pages."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from beffroi.core.dates import day_of
from beffroi.evidence import services
from beffroi.evidence.models import Requisition
from beffroi.evidence.services import Call, NewPiece, Received
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.territory.queries import town_zone


def requisition_that_may_go(
    agent_with: Callable[..., Agent], camera: str, from_at_us: int, to_at_us: int
) -> Requisition:
    """One camera over a span: called, written, chosen and concluded by one person, validated by another."""
    first = agent_with(Role.OPERATOR, username="who-chose")
    second = agent_with(Role.CHIEF, username="who-validated")
    call = Call(facts="Faits", place="Place", from_at_us=from_at_us, to_at_us=to_at_us, officer="OPJ", unit="unité",
                cameras=(camera,))  # fmt: skip
    made = services.note_call(call, by=first)
    on = day_of(timezone.now(), town_zone())
    services.receive(made, Received(frame="60-1", procedure="2026/1", dated_on=on), by=first)
    paper = NewPiece(kind="requisition", signed_by="OPJ", dated_on=on, content=b"%PDF-1.7")
    services.add_piece(made, paper, by=first)
    services.choose(made, {camera: ""}, by=first)
    services.note_replay(made, by=first)
    services.conclude(made, "images", by=first)
    services.validate(made, by=second)
    return made
