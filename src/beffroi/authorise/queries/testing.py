"""Tests under way, and what of the footage is theirs."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from beffroi.authorise.models import (
    TestedCamera,
    TestWindow,
)


def _open_tests(at: datetime) -> models.QuerySet[TestedCamera]:
    under_way = TestedCamera.objects.filter(window__opened_at__lte=at, window__ends_at__gt=at)
    return under_way.filter(models.Q(closed_at__isnull=True) | models.Q(closed_at__gt=at)).select_related("window")


def tests_closed_to(agent: str, *, at: datetime) -> frozenset[str]:
    """Cameras under test at an instant whose pictures are not for this agent."""
    not_theirs = _open_tests(at).exclude(window__agents=agent)
    return frozenset(not_theirs.values_list("camera_id", flat=True))


def is_test_footage(camera: str, from_at: datetime, to_at: datetime) -> bool:
    """Whether a span touches a test of a camera: its footage dies with the test, and cannot be held."""
    tests = TestedCamera.objects.filter(camera=camera, window__opened_at__lt=to_at, window__ends_at__gt=from_at)
    return tests.filter(models.Q(closed_at__isnull=True) | models.Q(closed_at__gt=from_at)).exists()


def windows(*, at: datetime) -> list[TestWindow]:
    """Test windows with a camera still under test, the last opened first."""
    open_ones = set(_open_tests(at).values_list("window_id", flat=True))
    found = TestWindow.objects.filter(pk__in=open_ones).select_related("opened_by")
    return list(found.prefetch_related("tested__camera", "agents"))
