"""The demo's four requisitions, jeu fictif: read from text, done through the same services as on the pages."""

from __future__ import annotations

import logging
import threading
import time
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from beffroi.core.dates import parse_date
from beffroi.core.instants import to_us

if TYPE_CHECKING:
    from beffroi.evidence.models import Recipient, Requisition
    from beffroi.people.models import Agent

log = logging.getLogger(__name__)
FILE = "requisitions.toml"
_KINDS = {"pack": "pack-asked", "hand-over": "handed-over"}
"""Acts that wait for the pack, and the step that says they are done."""
_PACK_S = 900.0
_LOOK_S = 2.0


class _Text(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StepRow(_Text):
    """One act. `day` and `at` empty: now, once the pack is made."""

    do: str
    by: str
    day: str = ""
    at: str = ""
    frame: str = ""
    procedure: str = ""
    dated: str = ""
    until: str = ""
    kind: str = ""
    signed_by: str = ""
    keep: tuple[str, ...] = ()
    aside: Mapping[str, str] = {}
    result: str = ""
    why: tuple[str, ...] = ()
    recipient: str = ""
    medium: str = ""
    medium_reference: str = ""
    reader_medium: str = ""
    reader_reference: str = ""
    useful: str = ""


class RequisitionRow(_Text):
    """One requisition and what was done for it."""

    facts: str
    place: str
    day: str
    from_hour: str
    to_hour: str
    officer: str
    unit: str
    steps: tuple[StepRow, ...]
    cameras: tuple[str, ...] = ()
    phone: str = ""
    is_the_evening: bool = False


class RecipientRow(_Text):
    """Whom the demo hands pictures to."""

    id: str
    quality: str
    name: str
    unit: str
    reference: str = ""


class RequisitionFile(_Text):
    """`requisitions.toml`."""

    recipient: tuple[RecipientRow, ...]
    requisition: tuple[RequisitionRow, ...]


def read(town: Path) -> RequisitionFile:
    """The file of a town's folder."""
    return RequisitionFile.model_validate(tomllib.loads((town / FILE).read_text()))


class Requisitions:
    """Written once; what waits for the pack goes on in a thread of its own."""

    def __init__(self, town: Path) -> None:
        self._town = town
        self._later: list[tuple[Requisition, StepRow]] = []
        self._recipients: dict[str, Recipient] = {}
        self._thread = threading.Thread(target=self._deliver, name="requisitions", daemon=True)

    def load(self) -> None:
        """All of them but what waits for a pack; at a later start, only that. Django must be ready."""
        from beffroi.evidence.models import Requisition
        from beffroi.territory.queries import town, town_zone

        here = town()
        if here is None:
            return
        given = read(self._town)
        self._recipients = {row.id: _recipient(row) for row in given.recipient}
        days = _Days(here.started_on, town_zone())
        is_first = not Requisition.objects.exists()
        for one in given.requisition:
            if is_first:
                self._open(one, days)
            elif made := Requisition.objects.filter(facts=one.facts, place=one.place, steps__kind="validated").first():
                done = set(made.steps.values_list("kind", flat=True))
                self._later += [(made, step) for step in one.steps if _KINDS.get(step.do, "") not in {"", *done}]

    def start(self) -> None:
        """Hands over what the worker has made, when it has."""
        if self._later:
            self._thread.start()

    def _open(self, row: RequisitionRow, days: _Days) -> None:
        from beffroi.evidence.services import Call, note_call
        from beffroi.territory.queries import search_places

        found = search_places(row.place, limit=1)
        first = row.steps[0]
        call = Call(
            facts=row.facts,
            place=row.place,
            from_at_us=days.at_us(row.day, row.from_hour),
            to_at_us=days.at_us(row.day, row.to_hour),
            lat=found[0].lat if found else None,
            lon=found[0].lon if found else None,
            officer=row.officer,
            unit=row.unit,
            phone=row.phone,
            cameras=row.cameras,
        )
        made = note_call(call, by=_agent(first.by), at_us=days.at_us(first.day, first.at))
        for step in row.steps[1:]:
            if step.day:
                self._do(made, step, days.at_us(step.day, step.at), days=days)
            else:
                self._later.append((made, step))

    def _do(self, row: Requisition, step: StepRow, at_us: int, *, days: _Days | None) -> None:
        acts: dict[str, Callable[[Requisition, StepRow, dict[str, Any]], object]] = {
            "call-back": lambda row, step, told: _services().call_back(row, **told),
            "receive": lambda row, step, told: _services().receive(row, _received(step, row, days), **told),
            "piece": lambda row, step, told: _services().add_piece(row, _piece(step, days), **told),
            "choose": lambda row, step, told: _services().choose(row, _picks(step), **told),
            "replay": lambda row, step, told: _services().note_replay(row, **told),
            "conclude": lambda row, step, told: _services().conclude(row, step.result, step.why, **told),
            "validate": lambda row, step, told: _services().validate(row, **told),
            "hand-over": lambda row, step, told: _services().hand_over(row, self._handing(step), **told),
            "close": lambda row, step, told: _services().close(row, **told),
            "feedback": lambda row, step, told: _services().note_feedback(row, step.useful, **told),
            "pack": self._ask_pack,
        }
        acts[step.do](row, step, {"by": _agent(step.by), "at_us": at_us})

    def _handing(self, step: StepRow) -> Any:
        return _services().Handing(
            recipient=self._recipients[step.recipient],
            medium=step.medium,
            medium_reference=step.medium_reference,
            reader_medium=step.reader_medium,
            reader_reference=step.reader_reference,
        )

    def _ask_pack(self, row: Requisition, step: StepRow, told: dict[str, Any]) -> None:
        from beffroi.evidence.tasks import make_pack

        make_pack.enqueue(_services().ask_pack(row, self._recipients[step.recipient], **told).pk)

    def _deliver(self) -> None:
        from django.db import connection

        from beffroi.core.errors import BeffroiError

        deadline_s = time.monotonic() + _PACK_S
        try:
            for row, step in self._later:
                while step.do == "hand-over" and not _is_made(row):
                    if time.monotonic() > deadline_s:
                        return
                    time.sleep(_LOOK_S)
                self._do(row, step, 0, days=None)
        except BeffroiError as error:
            log.warning("demo.requisition_waits cause=%s", error)
        finally:
            connection.close()


class _Days:
    """Instants of the demo, told from its first start in the town's time."""

    def __init__(self, start_on: date, zone: Any) -> None:
        self._start_on, self._zone = start_on, zone

    def on(self, text: str) -> date | None:
        return parse_date(text, start_on=self._start_on) if text else None

    def at_us(self, day: str, hour: str) -> int:
        on = parse_date(day, start_on=self._start_on)
        return to_us(datetime.combine(on, datetime.strptime(hour, "%H:%M").time(), tzinfo=self._zone))


def _services() -> Any:
    from beffroi.evidence import services

    return services


def _agent(username: str) -> Agent:
    from beffroi.people.models import Agent

    return Agent.objects.get(username=username)


def _recipient(row: RecipientRow) -> Recipient:
    from beffroi.evidence.models import Recipient

    new = _services().NewRecipient(quality=row.quality, name=row.name, unit=row.unit, reference=row.reference)
    known = Recipient.objects.filter(name=row.name, unit=row.unit).first()
    return known or _services().add_recipient(new, by=None)


def _is_made(row: Requisition) -> bool:
    from beffroi.evidence.rules import PackState

    return any(pack.state in (PackState.MADE, PackState.HANDED_OVER) for pack in row.packs.all())


def _received(step: StepRow, row: Requisition, days: _Days | None) -> Any:
    assert days is not None
    return _services().Received(
        officer=row.officer,
        unit=row.unit,
        frame=step.frame,
        procedure=step.procedure,
        dated_on=days.on(step.dated),
        until_on=days.on(step.until),
    )


def _piece(step: StepRow, days: _Days | None) -> Any:
    assert days is not None
    return _services().NewPiece(kind=step.kind, signed_by=step.signed_by, dated_on=days.on(step.dated))


def _picks(step: StepRow) -> dict[str, str]:
    return {**dict.fromkeys(step.keep, ""), **step.aside}
