"""How a camera differs from what the prefect authorised. Pure. Source: CSI R. 254-1, R. 254-2 (conditions changed)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

MOVED_M = 5.0
TURNED_DEG = 10.0
FIELD_SHARE = 0.10
_M_PER_DEG = 111_195.0


class DriftKind(StrEnum):
    """What differs."""

    MOVED = "moved"
    TURNED = "turned"
    TILTED = "tilted"
    FIELD = "field"
    KIND = "kind"
    PURPOSE = "purpose"
    RETENTION = "retention"
    STREAMS_UNNAMED = "streams-unnamed"
    BEYOND_ORDER = "beyond-order"
    BELOW_STANDARD = "below-standard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """Where a camera stands and how it looks: bearing from north, tilt below the horizon, horizontal field."""

    lat: float
    lon: float
    bearing_deg: float
    tilt_deg: float
    hfov_deg: float
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference. `by`: how much, in the unit of its kind (metres, degrees, percent, days); 0 when it has none."""

    camera: str
    kind: DriftKind
    by: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorised:
    """What the order that holds fixes for a camera, and what is found of it now.

    Attributes:
        baseline: the camera's fields as they were when the order was recorded.
        poses: the camera as it is planned now, and as it was last surveyed when it was.
        purpose: what it is used for: its zone's.
        kept_days: the retention in use.
    """

    baseline: Pose
    poses: tuple[Pose, ...]
    purposes: frozenset[str]
    purpose: str
    kept_days: int
    retention_days: int
    minimum_retention_days: int = 0


def drift_of(
    cameras: Mapping[str, Authorised],
    *,
    named: Iterable[str],
    standing: Iterable[str],
    streaming: Iterable[str],
    below: Iterable[str] = (),
) -> list[Finding]:
    """Every difference between the orders and the town.

    Attributes:
        cameras: those that an order in force covers.
        named: cameras that any order, be it past, names.
        standing: cameras installed and not removed.
        streaming: cameras whose device sends pictures now.
        below: cameras whose stored footage was measured below what the arrêté of 3 August 2007 asks of them.
    """
    found = [finding for camera, authorised in cameras.items() for finding in _of_camera(camera, authorised)]
    beyond = sorted(set(standing) - set(named))
    found += [Finding(camera=camera, kind=DriftKind.BEYOND_ORDER) for camera in beyond]
    unnamed = sorted(set(streaming) - set(cameras))
    found += [Finding(camera=camera, kind=DriftKind.STREAMS_UNNAMED) for camera in unnamed]
    return found + [Finding(camera=camera, kind=DriftKind.BELOW_STANDARD) for camera in sorted(set(below))]


def _of_camera(camera: str, authorised: Authorised) -> Iterator[Finding]:
    worst: dict[DriftKind, float] = {}
    for pose in authorised.poses:
        for kind, by in _of_pose(authorised.baseline, pose):
            worst[kind] = max(by, worst.get(kind, 0.0))
    for kind, by in worst.items():
        yield Finding(camera=camera, kind=kind, by=round(by, 1))
    if authorised.purpose not in authorised.purposes:
        yield Finding(camera=camera, kind=DriftKind.PURPOSE)
    over = authorised.kept_days - authorised.retention_days
    under = authorised.minimum_retention_days - authorised.kept_days
    if over > 0 or under > 0:
        yield Finding(camera=camera, kind=DriftKind.RETENTION, by=max(over, under))


def _of_pose(baseline: Pose, pose: Pose) -> Iterator[tuple[DriftKind, float]]:
    moved_m = _apart_m(baseline, pose)
    if moved_m > MOVED_M:
        yield DriftKind.MOVED, moved_m
    turned_deg = abs((pose.bearing_deg - baseline.bearing_deg + 180.0) % 360.0 - 180.0)
    if turned_deg > TURNED_DEG:
        yield DriftKind.TURNED, turned_deg
    tilted_deg = abs(pose.tilt_deg - baseline.tilt_deg)
    if tilted_deg > TURNED_DEG:
        yield DriftKind.TILTED, tilted_deg
    wider = abs(pose.hfov_deg - baseline.hfov_deg) / baseline.hfov_deg
    if wider > FIELD_SHARE + 1e-9:
        yield DriftKind.FIELD, 100 * wider
    if pose.kind != baseline.kind:
        yield DriftKind.KIND, 0.0


def _apart_m(one: Pose, other: Pose) -> float:
    """Metres between two positions of one town; over its width the earth's curve is nothing."""
    north = (other.lat - one.lat) * _M_PER_DEG
    east = (other.lon - one.lon) * _M_PER_DEG * math.cos(math.radians(one.lat))
    return math.hypot(north, east)
