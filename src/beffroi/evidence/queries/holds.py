"""Reads about locks: what the nodes keep, how far back pictures still exist."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from beffroi.authorise.queries import retention_on
from beffroi.authorise.rules import safe_retention_s
from beffroi.core.dates import day_of
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
    zone = town_zone()
    wanted = {(camera, at_us): day_of(from_us(at_us), zone) for camera, at_us in spots}
    days = retention_on((camera, on) for (camera, _), on in wanted.items())
    ours_us = settings.BEFFROI.retention.max_days * _DAY_US
    found = {}
    for (camera, at_us), on in wanted.items():
        limit_us = safe_retention_s(days[camera, on]) * US_PER_S
        found[camera, at_us] = Reach(limit_us=limit_us or ours_us, kept_us=min(limit_us or ours_us, ours_us))
    return found


def holds_of(cameras: Iterable[str], now_us: int) -> dict[str, tuple[contract.Hold, ...]]:
    """The holds still in force on each of these cameras, oldest span first."""
    found: dict[str, tuple[contract.Hold, ...]] = {}
    rows = Hold.objects.filter(camera_id__in=list(cameras), until_at_us__gt=now_us, released_at_us__isnull=True)
    for row in rows:
        kept = contract.Hold(id=row.pk, from_at_us=row.from_at_us, to_at_us=row.to_at_us, until_at_us=row.until_at_us)
        found[row.camera_id] = (*found.get(row.camera_id, ()), kept)
    return found
