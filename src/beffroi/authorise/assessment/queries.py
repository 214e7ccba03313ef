"""Reads of the impact assessment: the version that stands, the draft, why it must be opened again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from beffroi.authorise.assessment.rules import (
    Level,
    Plan,
    Rating,
    Reopening,
    Risk,
    Threat,
    Version,
    barring,
    reopenings,
)
from beffroi.authorise.models import Assessment, Drift, Framework
from beffroi.plan import queries as plan
from beffroi.plan.rules import StateName

_NOT_BEGUN = frozenset({StateName.PLANNED, StateName.REMOVED})


def standing() -> Assessment | None:
    """The last version approved."""
    return (
        Assessment.objects.filter(approved_on__isnull=False)
        .select_related("framework")
        .defer("framework__sealed")
        .first()
    )


def draft() -> Assessment | None:
    """The version being written."""
    return (
        Assessment.objects.filter(approved_on__isnull=True)
        .select_related("framework")
        .defer("framework__sealed")
        .first()
    )


def framework() -> Framework | None:
    """The ministry's framework that came last."""
    return Framework.objects.defer("sealed").first()


def version_of(row: Assessment) -> Version:
    """What decisions look at."""
    return Version(
        texts=frozenset(key for key, text in row.texts.items() if text),
        risks=_risks(row),
        actions=len(row.actions),
        has_dpo_opinion=bool(row.dpo_stance and row.dpo_on),
        phases=frozenset(row.phases.values_list("pk", flat=True)),
        cameras=row.cameras,
        is_consulted=row.cnil_answered_on is not None,
    )


def _risks(row: Assessment) -> dict[Threat, Risk]:
    return {Threat(name): risk_of(rated) for name, rated in row.risks.items()}


def risk_of(rated: Mapping[str, Any]) -> Risk:
    """A risk as it is kept."""
    before, after = (
        Rating(severity=Level(rated[f"severity_{when}"]), likelihood=Level(rated[f"likelihood_{when}"]))
        for when in ("before", "after")
    )
    return Risk(before=before, after=after)


def plan_on(on: date) -> Plan:
    """The plan of a day, and what differs from the orders since the version that stands was approved."""
    states = [camera for camera in plan.cameras_on(on) if camera.state is not StateName.REMOVED]
    approved = standing()
    since = approved.approved_at if approved else None
    drifting = Drift.objects.filter(cleared_at__isnull=True, raised_at__gt=since) if since else Drift.objects.none()
    return Plan(
        cameras={camera.id: camera.phase for camera in states},
        begun=frozenset(camera.phase for camera in states if camera.state not in _NOT_BEGUN),
        drifting=frozenset(drifting.values_list("camera", flat=True)),
    )


def due(on: date) -> tuple[Reopening, ...]:
    """Why the assessment must be made or opened again, as of a day."""
    row = standing()
    return tuple(reopenings(version_of(row) if row else None, plan_on(on)))


def barring_phases(phases: Iterable[str], on: date) -> tuple[Reopening, ...]:
    """Why cameras of these phases cannot be asked for or commissioned on the version that stands."""
    row = standing()
    return tuple(barring(version_of(row) if row else None, plan_on(on), phases=phases))


def must_consult() -> bool:
    """The version that stands has a high residual risk, and the CNIL has not answered."""
    return unconsulted_since() is not None


def unconsulted_since() -> date | None:
    """The day from which no further camera may enter service for want of the CNIL's answer; None when none is due.

    One question to the database: every look at the gates asks it.
    """
    row = standing()
    if row is None or not Version(risks=_risks(row), is_consulted=row.cnil_answered_on is not None).must_consult:
        return None
    return row.approved_on
