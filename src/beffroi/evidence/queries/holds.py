"""Reads about locks: what the nodes keep, how far back pictures still exist."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from beffroi.authorise.models import OrderCamera
from beffroi.authorise.queries import CameraGate
from beffroi.core.dates import DateSpan, day_of
from beffroi.core.instants import US_PER_S, from_us
from beffroi.engine import contract
from beffroi.evidence.models import Hold
from beffroi.territory.queries import town_zone

_DAY_US = 86_400 * US_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How long pictures of a camera at an instant live. `limit_us`: by the order; `kept_us`: by our own setting."""

    limit_us: int
    kept_us: int

    def destroyed_before_us(self, now_us: int) -> int:
        """What ends by then exists no more, unless it is held."""
        return now_us - self.limit_us


def reaches(spots: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Reach]:
    """How long pictures taken by a camera at an instant live, by the last order signed of those in force then.

    Without an order nothing says how long: our own setting does.
    """
    wanted = list(spots)
    terms = _terms({camera for camera, _ in wanted})
    ours_us = settings.BEFFROI.retention.max_days * _DAY_US
    zone = town_zone()
    found = {}
    for camera, at_us in wanted:
        on = day_of(from_us(at_us), zone)
        days = next((days for span, days in terms.get(camera, ()) if on in span), 0)
        limit_us = CameraGate(camera=camera, is_open=False, retention_days=days).retention_s * US_PER_S
        found[camera, at_us] = Reach(limit_us=limit_us or ours_us, kept_us=min(limit_us or ours_us, ours_us))
    return found


def _terms(cameras: set[str]) -> dict[str, list[tuple[DateSpan, int]]]:
    """When each order of a camera is in force, and its retention, the last signed first."""
    found: dict[str, list[tuple[DateSpan, int]]] = {}
    rows = OrderCamera.objects.filter(camera__in=cameras).select_related("order").order_by("-order__signed_on")
    for covered in rows:
        order = covered.order
        span = DateSpan(from_on=order.signed_on, until_on=min(order.ends_on, order.withdrawn_on or order.ends_on))
        found.setdefault(covered.camera_id, []).append((span, order.retention_days))
    return found


def holds_of(cameras: Iterable[str], now_us: int) -> dict[str, tuple[contract.Hold, ...]]:
    """The holds still in force on each of these cameras, oldest span first."""
    found: dict[str, tuple[contract.Hold, ...]] = {}
    rows = Hold.objects.filter(camera_id__in=list(cameras), until_at_us__gt=now_us, released_at_us__isnull=True)
    for row in rows:
        kept = contract.Hold(id=row.pk, from_at_us=row.from_at_us, to_at_us=row.to_at_us, until_at_us=row.until_at_us)
        found[row.camera_id] = (*found.get(row.camera_id, ()), kept)
    return found
