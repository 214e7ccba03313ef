"""A camera that sees the square, who serves requisitions, and a call of this morning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone

from beffroi.core.dates import day_of
from beffroi.evidence import services
from beffroi.evidence.models import Recipient, Requisition
from beffroi.evidence.packs.contract import MadePack
from beffroi.evidence.services import Call, Handing, NewPiece, NewRecipient, Received
from beffroi.evidence.services.steps import clock
from beffroi.operate.models import Device
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.territory.queries import town_zone

HOUR_US = 3_600_000_000
PDF = b"%PDF-1.7\nune requisition"


@dataclass(frozen=True)
class Team:
    """Who takes calls, who validates, who does both."""

    operator: Agent
    chief: Agent
    deputy: Agent


@pytest.fixture
def team(agent_with: Callable[..., Agent]) -> Team:
    return Team(
        operator=agent_with(Role.OPERATOR),
        chief=agent_with(Role.CHIEF),
        deputy=agent_with(Role.CHIEF, username="deputy"),
    )


@pytest.fixture
def call(device: Device) -> Call:
    evening = clock.now_us() - 5 * HOUR_US
    return Call(
        facts="Incendie de conteneurs",
        place="place de la Capelle",
        from_at_us=evening,
        to_at_us=evening + HOUR_US,
        lat=44.1004,
        lon=3.0701,
        officer="Mme Carrière",
        unit="commissariat",
    )


@pytest.fixture
def called(call: Call, team: Team) -> Requisition:
    return services.note_call(call, by=team.operator)


@pytest.fixture
def opj(db: None, team: Team) -> Recipient:
    return services.add_recipient(NewRecipient(quality="opj", name="Mme Carrière", unit="commissariat"), by=team.chief)


def written(frame: str = "60-1") -> Received:
    """A whole requisition of today."""
    return Received(frame=frame, procedure="2026/004512", dated_on=day_of(timezone.now(), town_zone()))


def piece(kind: str, *, months_old: int = 0) -> NewPiece:
    """A signed paper with its scan."""
    on = day_of(timezone.now(), town_zone()) - timedelta(days=31 * months_old)
    return NewPiece(kind=kind, signed_by="M. le procureur", dated_on=on, content=PDF)


def treat(requisition: Requisition, team: Team, *, result: str = "images", reasons: tuple[str, ...] = ()) -> None:
    """From the paper to the result, by the operator."""
    services.receive(requisition, written(), by=team.operator)
    services.add_piece(requisition, piece("requisition"), by=team.operator)
    services.choose(requisition, {"c01": ""}, by=team.operator)
    services.note_replay(requisition, by=team.operator)
    services.conclude(requisition, result, reasons, by=team.operator)


def deliver(requisition: Requisition, team: Team, opj: Recipient) -> None:
    """From the second person to the hand-over, by the chief; the worker made the pack meanwhile."""
    services.validate(requisition, by=team.chief)
    pack = services.ask_pack(requisition, opj, by=team.chief)
    folder = services.packs_folder() / f"R-test-{pack.pk[:8]}"
    (folder / "original").mkdir(parents=True)
    (folder / "original" / "c01.mp4").write_bytes(b"0" * 100)
    made = MadePack(
        folder=folder,
        made_at_us=clock.now_us(),
        bytes=100,
        originals=1,
        manifest_sha256="0" * 64,
        originals_sha256="1" * 64,
        is_stamped=False,
    )
    services.pack_made(pack, made)
    handing = Handing(
        recipient=opj, medium="disc", medium_reference="BD-1", reader_medium="disc", reader_reference="CD-2"
    )
    services.hand_over(requisition, handing, by=team.chief)
