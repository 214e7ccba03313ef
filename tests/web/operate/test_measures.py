"""A camera in service whose stored footage falls below its class raises an alert, cleared when it is mended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from beffroi.authorise.models import Drift
from beffroi.authorise.services import drifting
from beffroi.core.instants import to_us
from beffroi.journal.models import Line
from beffroi.operate import measures
from beffroi.operate.models import Device, NodeFact
from beffroi.plan.models import Camera, CameraState

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def told(device: Device, *, hours_ago: float, fps: float = 12, true_fps: float = 12, width_px: int = 1280) -> None:
    detail = {"stream": "main", "width_px": width_px, "height_px": 720, "frames": 72, "repeated": 0,
              "fps_thousandths": round(fps * 1000), "true_fps_thousandths": round(true_fps * 1000)}  # fmt: skip
    at_us = to_us(NOW - timedelta(hours=hours_ago))
    NodeFact.objects.create(node=device.node, seq=at_us, kind="stream-measured", at_us=at_us, camera="c01",
                            detail=detail)  # fmt: skip


def test_falling_below_the_class_is_a_difference_until_it_is_mended(device: Device) -> None:
    Camera.objects.update(target_class="identify")
    told(device, hours_ago=3, fps=8)
    drifting.check(at=NOW)
    row = Drift.objects.get(kind="below-standard")
    assert (row.camera, row.cleared_at) == ("c01", None)
    assert Line.objects.filter(action="drift.raised", camera="c01").exists()
    told(device, hours_ago=1)
    drifting.check(at=NOW)
    row.refresh_from_db()
    assert row.cleared_at == NOW


def test_a_still_night_is_no_fault_but_a_day_of_repeated_pictures_is(device: Device) -> None:
    camera = Camera.objects.select_related("site__zone").get()
    for hour in (20, 16, 12, 8):
        told(device, hours_ago=hour, true_fps=0.5)
    told(device, hours_ago=4, true_fps=12)
    assert measures.standing(camera, NOW).faults == ()
    NodeFact.objects.filter(detail__true_fps_thousandths=12_000).delete()
    told(device, hours_ago=2, true_fps=3)
    assert measures.standing(camera, NOW).faults == ("TEC-13",)


def test_only_cameras_in_service_raise_it(device: Device) -> None:
    told(device, hours_ago=1, fps=2)
    assert measures.below_standard(NOW) == {"c01"}
    CameraState.objects.update(state="in-test")
    assert measures.below_standard(NOW) == frozenset()
