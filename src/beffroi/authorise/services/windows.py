"""Writes of test windows: at most 48 hours in which cameras *in test* stream, then nothing of them is left."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from beffroi.authorise import queries, rules
from beffroi.authorise.models import TestedCamera, TestWindow
from beffroi.authorise.registers import tell
from beffroi.authorise.services import aftermath
from beffroi.authorise.words import SHUT, SHUT_MENDS, both
from beffroi.core.dates import day_of
from beffroi.core.errors import BarredByLaw, InvalidInput, NotPermitted
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.plan import services as plan
from beffroi.plan.queries import histories
from beffroi.plan.rules import StateName, state_on
from beffroi.territory.queries import town_zone

TESTABLE = frozenset({StateName.DECLARED, StateName.IN_TEST, StateName.ACCEPTED})
"""A camera in one of these states may be put in test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWindow:
    """A test asked for. `agents`: who may look at the cameras besides whoever opens it."""

    cameras: tuple[str, ...]
    hours: float
    reason: str
    agents: tuple[Agent, ...] = ()


def open_window(new: NewWindow, *, by: Agent, at: datetime) -> TestWindow:
    """Opens the gates of cameras in test until the end of the window; declared or accepted ones are put in test.

    Errors: BarredByLaw with the article of the first missing paper, NotPermitted for an agent who may see no picture,
    InvalidInput naming the field.
    """
    ends_at = at + timedelta(hours=new.hours)
    _check_asked(new, by)
    on = day_of(at, town_zone())
    with transaction.atomic():
        _put_in_test(new.cameras, on)
        window = TestWindow.objects.create(opened_by=by, opened_at=at, ends_at=ends_at)
        window.agents.set({by, *new.agents})
        TestedCamera.objects.bulk_create(TestedCamera(window=window, camera_id=camera) for camera in new.cameras)
        _check_gates(new.cameras, at)
        for camera in new.cameras:
            tell(
                "window.opened",
                by=by.pk,
                camera=camera,
                reason=new.reason,
                subject=str(window.pk),
                detail={"minutes": round(new.hours * 60)},
            )
        aftermath.follow(new.cameras, at=at)
    return window


def _check_asked(new: NewWindow, by: Agent) -> None:
    if not new.cameras:
        raise InvalidInput("Choose the cameras to test.", message_fr="Choisissez les caméras.", field="cameras")
    if not all(agent.permit.over(Right.LIVE, camera) for agent in (by, *new.agents) for camera in new.cameras):
        raise NotPermitted(
            "A test shows pictures: it is opened by, and for, agents who may see them (CSI R. 253-3).",
            message_fr="Un essai montre des images : il est ouvert par des agents qui peuvent en voir, et pour eux "
            "(CSI R. 253-3).",
            field="agents",
        )
    if new.reason != rules.TEST_REASON:
        raise InvalidInput(
            f"The reason of a test window is “{rules.TEST_REASON}”, and no other.",
            message_fr=f"Le motif d'une fenêtre d'essai est « {rules.TEST_REASON} », et aucun autre.",
            field="reason",
        )
    if not timedelta() < timedelta(hours=new.hours) <= rules.TEST_MAX:
        raise InvalidInput(
            "lasts 48 hours at most; open another one afterwards if you must",
            message_fr="dure 48 heures au plus ; rouvrez-en une ensuite s'il le faut",
            field="hours",
        )


def _put_in_test(cameras: Collection[str], on: date) -> None:
    known = histories(cameras)
    for camera in cameras:
        state = state_on(known.get(camera, []), on)
        if state not in TESTABLE:
            raise BarredByLaw(
                f"Camera {camera} is “{state or 'unknown'}”: only a declared camera is tested (CSI R. 252-17); record "
                "its declaration first.",
                message_fr=f"La caméra {camera} est « {state or 'inconnue'} » : on n'essaie qu'une caméra déclarée "
                "(CSI R. 252-17) ; inscrivez d'abord sa déclaration.",
                article="CSI R252-17",
                field="cameras",
            )
        if state is not StateName.IN_TEST:
            plan.record_state(camera, StateName.IN_TEST, on=on)


def _check_gates(cameras: Collection[str], at: datetime) -> None:
    """Nothing, when the window just written opens every gate: the gate itself is asked, not a copy of it."""
    for camera, gate in queries.gates(cameras, at=at).items():
        if gate.shut is not None:
            (what, what_fr), (mend, mend_fr) = both(SHUT[gate.shut]), both(SHUT_MENDS[gate.shut])
            article = rules.ARTICLES[gate.shut]
            raise BarredByLaw(
                f"{camera}: {what} {mend} ({article})",
                message_fr=f"{camera} : {what_fr} {mend_fr} ({article})",
                article=article,
                field="cameras",
            )


def close_window(window: TestWindow, *, by: str, at: datetime) -> None:
    """Shuts the gates now; the footage of the test is destroyed. Nothing when it is over already."""
    _close(window.tested.filter(closed_at__isnull=True, window__ends_at__gt=at), by=by, at=at)


def close_left(*, at: datetime, cameras: Iterable[str] | None = None) -> None:
    """Closes the tests of cameras that are not in test any more."""
    tested = TestedCamera.objects.filter(closed_at__isnull=True, window__ends_at__gt=at)
    if cameras is not None:
        tested = tested.filter(camera__in=list(cameras))
    under_way = list(tested)
    known, on = histories([one.camera_id for one in under_way]), day_of(at, town_zone())
    left = [one.pk for one in under_way if state_on(known.get(one.camera_id, []), on) is not StateName.IN_TEST]
    if left:
        _close(TestedCamera.objects.filter(pk__in=left), by="system", at=at)


def _close(tested: QuerySet[TestedCamera], *, by: str, at: datetime) -> None:
    with transaction.atomic():
        rows = list(tested.select_for_update())
        TestedCamera.objects.filter(pk__in=[row.pk for row in rows]).update(closed_at=at)
        for row in rows:
            tell("window.closed", by=by, camera=row.camera_id, subject=str(row.window_id))
        aftermath.follow([row.camera_id for row in rows], at=at)
