"""How the town differs from its orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.conf import settings

from beffroi.authorise import precautions
from beffroi.authorise.drift import Authorised, Finding, Pose, Preset, drift_of
from beffroi.authorise.models import (
    Drift,
    OrderCamera,
)
from beffroi.authorise.queries.camera_gates import laid_down_in, precautions_of
from beffroi.plan import queries as plan
from beffroi.plan.models import Camera, PoseSurvey
from beffroi.plan.rules import StateName

_STANDING = frozenset(
    {StateName.INSTALLED, StateName.DECLARED, StateName.IN_TEST, StateName.ACCEPTED, StateName.IN_SERVICE}
)


def findings(on: date, *, streaming: Iterable[str], below: Iterable[str] = ()) -> list[Finding]:
    """How the town differs from its orders on a day. `streaming`: cameras whose pictures come now.

    `below`: cameras whose stored footage was measured below the technical standards.
    """
    states = {camera.id: camera.state for camera in plan.cameras_on(on)}
    named = set(OrderCamera.objects.values_list("camera_id", flat=True))
    return drift_of(
        _authorised(on),
        named=named,
        standing=[camera for camera, state in states.items() if state in _STANDING],
        streaming=streaming,
        below=below,
    )


def _authorised(on: date) -> dict[str, Authorised]:
    """What the order that holds on a day fixes for each camera it covers, and what is found of it."""
    surveys = {survey.camera_id: survey for survey in PoseSurvey.objects.filter(on__lte=on).order_by("on")}
    found: dict[str, Authorised] = {}
    rows = OrderCamera.objects.filter(order__signed_on__lte=on, order__ends_on__gt=on)
    laid_down = laid_down_in(set(rows.values_list("order_id", flat=True)))
    for covered in rows.select_related("order", "camera__site__zone").order_by("order__signed_on", "order__number"):
        camera, order = covered.camera, covered.order
        planned = pose_of(camera)
        given = precautions_of(laid_down.get(order.pk, ()), camera.pk)
        days = precautions.retention_days(order.retention_days, given, on)
        least_days = precautions.minimum_retention_days(order.minimum_retention_days or 0, given, on)
        found[camera.pk] = Authorised(
            baseline=Pose.of(covered.baseline) if covered.baseline else planned,
            poses=(planned, *_seen(planned, surveys.get(camera.pk))),
            purposes=frozenset(covered.purposes),
            purpose=camera.site.zone.purpose,
            kept_days=min(days, max(settings.BEFFROI.retention.max_days, least_days)),
            retention_days=days,
            minimum_retention_days=least_days,
        )
    return found


def pose_of(camera: Camera) -> Pose:
    """A camera as it is planned."""
    return Pose(
        lat=camera.lat,
        lon=camera.lon,
        bearing_deg=camera.bearing_deg,
        tilt_deg=camera.tilt_deg,
        hfov_deg=camera.hfov_deg,
        kind=camera.kind,
        presets=tuple(_preset(row) for row in camera.presets),
    )


def _preset(row: Mapping[str, Any]) -> Preset:
    """Without its share of the time: that is a use, not a state that is authorised."""
    return Preset(
        name=row.get("name", ""), bearing_deg=row["bearing_deg"], tilt_deg=row["tilt_deg"], hfov_deg=row["hfov_deg"]
    )


def _seen(planned: Pose, survey: PoseSurvey | None) -> tuple[Pose, ...]:
    """The camera as it was last seen to look; a survey measures its bearing and its tilt."""
    return (replace(planned, bearing_deg=survey.bearing_deg, tilt_deg=survey.tilt_deg),) if survey else ()


def open_drift(camera: str = "") -> list[Drift]:
    """Differences not yet mended, of one camera or of all."""
    rows = Drift.objects.filter(cleared_at__isnull=True)
    return list(rows.filter(camera=camera) if camera else rows)
