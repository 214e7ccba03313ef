"""Reads about holds."""

from __future__ import annotations

from collections.abc import Iterable

from beffroi.engine import contract
from beffroi.evidence.models import Hold


def holds_of(cameras: Iterable[str], now_us: int) -> dict[str, tuple[contract.Hold, ...]]:
    """The holds still in force on each of these cameras, oldest span first."""
    found: dict[str, tuple[contract.Hold, ...]] = {}
    for row in Hold.objects.filter(camera_id__in=list(cameras), until_at_us__gt=now_us):
        kept = contract.Hold(id=row.pk, from_at_us=row.from_at_us, to_at_us=row.to_at_us, until_at_us=row.until_at_us)
        found[row.camera_id] = (*found.get(row.camera_id, ()), kept)
    return found
