"""Reads the town for the eight checks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.conf import settings
from django.utils import timezone

from beffroi.authorise import queries as authorise
from beffroi.authorise.assessment.queries import standing
from beffroi.authorise.drift import DriftKind
from beffroi.authorise.models import Attachment, BuiltDocument, Contact, Drift, Sign
from beffroi.authorise.rules import safe_retention_s
from beffroi.authorise.signs import is_overdue
from beffroi.core.dates import day_of
from beffroi.core.instants import US_PER_S, from_us
from beffroi.engine.contract import CameraState, MaskState
from beffroi.evidence.models import Hold
from beffroi.journal import queries as journal
from beffroi.journal.models import Line
from beffroi.journal.rules import Register
from beffroi.operate import masks
from beffroi.operate import queries as operate
from beffroi.operate.models import Device, View
from beffroi.oversee.selfcheck.rules import CLOCK_MS, Town
from beffroi.plan import queries as plan
from beffroi.plan.models import Camera
from beffroi.plan.rules import StateName
from beffroi.territory.queries import town_zone

_MONTH_US = 30 * 86_400 * US_PER_S
_SLACK_S = 3600
"""Footage dies by whole hours."""
_PROVED = frozenset({MaskState.PROVED, MaskState.BURNT})
_LENGTH = "MinimumLengthValidator"


def town(now_us: int) -> Town:
    """All that the checks are made of, now."""
    today = day_of(from_us(now_us), town_zone())
    served = [view.id for view in plan.cameras_on(today) if view.state is StateName.IN_SERVICE]
    names = dict(Camera.objects.values_list("pk", "name"))
    wrong, unmeasured = _clocks(served, now_us)
    state, approved = journal.state(now_us), standing()
    return Town(
        unmasked=_named(_unmasked(served, now_us), names),
        overkept=_named(_overkept(), names),
        unsigned_sites=_unsigned(served),
        late_signs=_late_signs(today),
        lacking_contacts=_lacking_contacts(),
        assessed_on=approved.approved_on if approved else _newest("15-", piece="assessment"),
        wrong_clocks=_named(wrong, names),
        unmeasured_clocks=_named(unmeasured, names),
        password_least=_password_least(),
        has_second_factor=settings.BEFFROI.people.second_factor in {"required", "offered"},
        lost_looks=_lost_looks(now_us),
        head_age_us=now_us - state.head.at_us if state.head else None,
        recorded_on=_newest("16-"),
    )


def _named(cameras: Iterable[str], names: dict[str, str]) -> list[str]:
    return sorted(names.get(camera, camera) for camera in cameras)


def _devices(cameras: Iterable[str]) -> list[Device]:
    return list(Device.objects.filter(camera__in=list(cameras)).select_related("camera", "node"))


def _unmasked(served: list[str], now_us: int) -> set[str]:
    """Dwellings in view and no mask drawn, or masks that are not proved now."""
    conditions = operate.conditions(_devices(served), operate.nodes(now_us), now_us)
    unproved = {
        camera
        for camera, one in conditions.items()
        if one.state is CameraState.RECORDING and one.masks is not None and one.masks not in _PROVED
    }
    return set(masks.lacking(served)) | unproved


def _overkept() -> set[str]:
    """Destroyed too late, but for what a lock kept; or kept otherwise than ordered."""
    gates = authorise.gates(Camera.objects.values_list("pk", flat=True), at=timezone.now())
    held = list(Hold.objects.values_list("camera_id", "from_at_us", "to_at_us"))
    late = set(
        Drift.objects.filter(cleared_at__isnull=True, kind=DriftKind.RETENTION.value).values_list("camera", flat=True)
    )
    lines = Line.objects.filter(register=Register.ERASURE.value, action="footage.destroyed")
    for line in lines.iterator(2000):
        detail = json.loads(line.detail)
        start_us, end_us = int(detail.get("from_at_us", 0)), int(detail.get("to_at_us", 0))
        gate = gates.get(line.camera)
        if gate is None or not gate.retention_days or not start_us:
            continue
        age_us = int(detail.get("fact_at_us", line.at_us)) - start_us
        is_held = any(camera == line.camera and start < end_us and end > start_us for camera, start, end in held)
        if age_us > (safe_retention_s(gate.retention_days) + _SLACK_S) * US_PER_S and not is_held:
            late.add(line.camera)
    return late


def _unsigned(served: list[str]) -> list[str]:
    """Sites with a camera in service and no notice in place."""
    signed = set(Sign.objects.filter(placed_on__isnull=False).values_list("site_id", flat=True))
    sites = Camera.objects.filter(pk__in=served).exclude(site__in=signed)
    return sorted(set(sites.values_list("site__name", flat=True)))


def _late_signs(today: date) -> list[str]:
    """Sites with a notice that should have been looked at again."""
    placed = Sign.objects.filter(placed_on__isnull=False).select_related("site")
    return sorted({sign.site.name for sign in placed if is_overdue(sign, today)})


def _lacking_contacts() -> list[str]:
    held = set(Contact.objects.values_list("role", flat=True))
    return [role for role in ("controller", "dpo", "rights") if role not in held]


def _newest(prefix: str, *, piece: str = "") -> date | None:
    """The day of the newest paper whose name begins so, or attached as that piece."""
    built = BuiltDocument.objects.filter(name__startswith=prefix).order_by("-at").values_list("at", flat=True).first()
    papers = Attachment.objects.filter(piece=piece) if piece else Attachment.objects.none()
    attached = papers.order_by("-at").values_list("at", flat=True).first()
    days = [day_of(at, town_zone()) for at in (built, attached) if at is not None]
    return max(days, default=None)


def _clocks(served: list[str], now_us: int) -> tuple[list[str], list[str]]:
    """Cameras more than a second off their recorder, and recording ones never measured."""
    found = operate.conditions(_devices(served), operate.nodes(now_us), now_us)
    recording = {camera: one for camera, one in found.items() if one.state is CameraState.RECORDING}
    wrong = [name for name, one in recording.items() if abs(one.clock_offset_ms or 0) > CLOCK_MS]
    return wrong, [name for name, one in recording.items() if one.clock_offset_ms is None]


def _password_least() -> int:
    validators: Any = settings.AUTH_PASSWORD_VALIDATORS
    for one in validators:
        if one["NAME"].endswith(_LENGTH):
            return int(one.get("OPTIONS", {}).get("min_length", 0))
    return 0


def _lost_looks(now_us: int) -> int:
    """Rights to see given in the last thirty days that the journal does not tell of."""
    since_us = now_us - _MONTH_US
    told = set(
        Line.objects.filter(action="grant.given", at_us__gte=since_us - US_PER_S).values_list("subject", flat=True)
    )
    given = set(View.objects.filter(issued_at_us__gte=since_us).values_list("grant", flat=True))
    return len(given - told)
