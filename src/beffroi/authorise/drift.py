"""How a camera differs from what the prefect authorised. Pure. Source: CSI R. 254-1, R. 254-2 (conditions changed)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

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
    PRESETS_ADDED = "presets-added"
    PRESETS_REMOVED = "presets-removed"
    PRESETS_CHANGED = "presets-changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A position that a PTZ returns to: bearing from true north, tilt below the horizon, horizontal field, degrees."""

    name: str
    bearing_deg: float
    tilt_deg: float
    hfov_deg: float

    def looks_as(self, other: Preset) -> bool:
        """Within the tolerances of a pose."""
        return not any(_of_look(self, other))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """Where a camera stands and how it looks: bearing from north, tilt below the horizon, horizontal field.

    `presets`: of a PTZ. None: its order was written down before they were kept, so nothing is held against it.
    """

    lat: float
    lon: float
    bearing_deg: float
    tilt_deg: float
    hfov_deg: float
    kind: str
    presets: tuple[Preset, ...] | None = None

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """A pose as an order keeps it (`asdict`)."""
        presets = kept.get("presets")
        read = None if presets is None else tuple(Preset(**one) for one in presets)
        return cls(**(dict(kept) | {"presets": read}))


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetChange:
    """A preset that is not as authorised. `before` None: added; `after` None: removed."""

    before: Preset | None
    after: Preset | None

    @property
    def kind(self) -> DriftKind | None:
        """What it is a drift by; None within the tolerances, as a preset that has another name alone."""
        if self.before is None:
            return DriftKind.PRESETS_ADDED
        if self.after is None:
            return DriftKind.PRESETS_REMOVED
        return None if self.before.looks_as(self.after) else DriftKind.PRESETS_CHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference.

    Attributes:
        by: how much, in the unit of its kind (metres, degrees, percent, days, presets); 0 when it has none.
        which: of presets, which ones.
    """

    camera: str
    kind: DriftKind
    by: float = 0.0
    which: tuple[Preset, ...] = ()


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
    yield from _of_presets(camera, authorised)
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
    yield from _of_look(baseline, pose)
    if pose.kind != baseline.kind:
        yield DriftKind.KIND, 0.0


def _of_look(baseline: Pose | Preset, now: Pose | Preset) -> Iterator[tuple[DriftKind, float]]:
    turned_deg = _turned_deg(baseline, now)
    if turned_deg > TURNED_DEG:
        yield DriftKind.TURNED, turned_deg
    tilted_deg = abs(now.tilt_deg - baseline.tilt_deg)
    if tilted_deg > TURNED_DEG:
        yield DriftKind.TILTED, tilted_deg
    wider = abs(now.hfov_deg - baseline.hfov_deg) / baseline.hfov_deg
    if wider > FIELD_SHARE + 1e-9:
        yield DriftKind.FIELD, 100 * wider


def _turned_deg(one: Pose | Preset, other: Pose | Preset) -> float:
    return abs((other.bearing_deg - one.bearing_deg + 180.0) % 360.0 - 180.0)


def _of_presets(camera: str, authorised: Authorised) -> Iterator[Finding]:
    """Presets of the plan against those of the order; a survey of the pose says nothing of them."""
    found: dict[DriftKind, list[Preset]] = {}
    for change in preset_changes(authorised.baseline.presets, authorised.poses[0].presets):
        told = change.after or change.before
        if change.kind is not None and told is not None:
            found.setdefault(change.kind, []).append(told)
    for kind, presets in found.items():
        yield Finding(camera=camera, kind=kind, by=float(len(presets)), which=tuple(presets))


def preset_changes(authorised: Iterable[Preset] | None, now: Iterable[Preset] | None) -> list[PresetChange]:
    """Every preset that is not exactly as authorised; none where either is not known.

    Two presets are one when they bear the same name, else when they look the same way: the nearest first.
    """
    if authorised is None or now is None:
        return []
    left, found = list(now), []
    for is_same in (_is_same, _has_the_name, Preset.looks_as):
        paired, authorised = _paired(authorised, left, is_same)
        found += [PresetChange(before=before, after=after) for before, after in paired if before != after]
    found += [PresetChange(before=before, after=None) for before in authorised]
    return found + [PresetChange(before=None, after=after) for after in left]


def _paired(
    authorised: Iterable[Preset], left: list[Preset], is_same: Callable[[Preset, Preset], bool]
) -> tuple[list[tuple[Preset, Preset]], list[Preset]]:
    """Pairs, and the authorised ones without one; what is paired leaves `left`."""
    pairs, alone = [], []
    for before in authorised:
        alike = [after for after in left if is_same(before, after)]
        if not alike:
            alone.append(before)
            continue
        nearest = min(alike, key=lambda after: _turned_deg(before, after))
        left.remove(nearest)
        pairs.append((before, nearest))
    return pairs, alone


def _is_same(before: Preset, after: Preset) -> bool:
    return before == after


def _has_the_name(before: Preset, after: Preset) -> bool:
    return before.name != "" and before.name == after.name


def _apart_m(one: Pose, other: Pose) -> float:
    """Metres between two positions of one town; over its width the earth's curve is nothing."""
    north = (other.lat - one.lat) * _M_PER_DEG
    east = (other.lon - one.lon) * _M_PER_DEG * math.cos(math.radians(one.lat))
    return math.hypot(north, east)
