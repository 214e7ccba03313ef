"""What retaining a scenario would do to the programme, camera by camera, and what bars it. Pure.

Only cameras still *planned* may be added, moved or dropped: what was filed is a modification of the authorisation
(CSI R. 252-3), what stands on a mast is works.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from beffroi.plan.rules import StateName
from beffroi.plan.scenario.cameras import PresetRow

SITE_REACH_M = 30.0
"""Farther from its site, a camera stands on another mast."""
POSE_TOLERANCE = 1e-6


class Act(StrEnum):
    """What becomes of a camera."""

    ADD = "add"
    MOVE = "move"
    DROP = "drop"


class Bar(StrEnum):
    """Why it may not be done."""

    NOT_PLANNED = "not-planned"
    """It was filed, authorised or installed."""
    NO_PHASE = "no-phase"
    PHASE_DONE = "phase-done"
    """The phase it would join is in service."""
    NO_ZONE = "no-zone"
    """Its new site stands in no zone of the town."""
    OFF_SITE = "off-site"
    """Too far from its site, which cannot move with it."""
    OUTSIDE = "outside"
    """Out of the perimeter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """A camera as it is planned, or as a scenario draws it. Degrees; bearing from true north."""

    id: str
    site: str
    phase: str
    lon: float
    lat: float
    bearing_deg: float
    tilt_deg: float
    height_m: float
    hfov_deg: float
    width_px: int
    height_px: int
    kind: str
    model: str = ""
    """Of the library, empty for figures of its own."""
    presets: tuple[PresetRow, ...] = ()

    def is_as(self, other: Stood) -> bool:
        """True when nothing of them differs but the id."""
        measured = ("lon", "lat", "bearing_deg", "tilt_deg", "height_m", "hfov_deg")
        named = ("site", "phase", "width_px", "height_px", "kind", "model", "presets")
        return all(abs(getattr(self, name) - getattr(other, name)) <= POSE_TOLERANCE for name in measured) and all(
            getattr(self, name) == getattr(other, name) for name in named
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site of the programme; `cameras`: those that hang there."""

    lon: float
    lat: float
    cameras: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """What the programme is now. `done`: phases in service; `states` of every camera, None before its first day."""

    cameras: Mapping[str, Stood]
    states: Mapping[str, StateName | None]
    sites: Mapping[str, Site]
    phases: frozenset[str]
    done: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a drawn camera stands: `zone` of the town, empty for none; metres from its site, 0 for a new one."""

    zone: str
    is_outside: bool
    from_site_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One camera of the difference; `bars` empty: it may be done."""

    camera: str
    act: Act
    bars: tuple[Bar, ...]
    before: Stood | None
    after: Stood | None


def changes(drawn: Sequence[Stood], now: Programme, places: Mapping[str, Placed]) -> list[Change]:
    """Every camera that a scenario has otherwise than the programme, in the scenario's order, dropped ones last."""
    given = {one.id for one in drawn}
    found = []
    for after in drawn:
        before = now.cameras.get(after.id)
        if before is None or not after.is_as(before):
            bars = (*_state_bars(after.id, now), *_place_bars((before, after), now, drawn, place=places[after.id]))
            act = Act.ADD if before is None else Act.MOVE
            found.append(Change(camera=after.id, act=act, bars=bars, before=before, after=after))
    for camera, before in now.cameras.items():
        if camera not in given:
            bars = _state_bars(camera, now)
            found.append(Change(camera=camera, act=Act.DROP, bars=bars, before=before, after=None))
    return found


def _state_bars(camera: str, now: Programme) -> tuple[Bar, ...]:
    state = now.states.get(camera)
    return () if state in (None, StateName.PLANNED) else (Bar.NOT_PLANNED,)


def _place_bars(
    pair: tuple[Stood | None, Stood], now: Programme, drawn: Sequence[Stood], *, place: Placed
) -> list[Bar]:
    before, after = pair
    bars = []
    if after.phase not in now.phases:
        bars.append(Bar.NO_PHASE)
    elif after.phase in now.done and (before is None or before.phase != after.phase):
        bars.append(Bar.PHASE_DONE)
    if place.is_outside:
        bars.append(Bar.OUTSIDE)
    if after.site not in now.sites:
        bars += [] if place.zone else [Bar.NO_ZONE]
    elif _leaves(before, after) and place.from_site_m > SITE_REACH_M and not moves_whole(after.site, now, drawn):
        bars.append(Bar.OFF_SITE)
    return bars


def _leaves(before: Stood | None, after: Stood) -> bool:
    return before is None or (before.lon, before.lat, before.site) != (after.lon, after.lat, after.site)


def moves_whole(site: str, now: Programme, drawn: Sequence[Stood]) -> bool:
    """True when a site may follow its cameras: all of them are planned and drawn on it still."""
    kept = {one.id for one in drawn if one.site == site}
    return bool(kept) and all(camera in kept and not _state_bars(camera, now) for camera in now.sites[site].cameras)


def shift_of(site: str, found: Sequence[Change]) -> tuple[float, float]:
    """Degrees east and north by which a site follows its cameras: the mean of their moves."""
    pairs = [(one.before, one.after) for one in found if one.act is Act.MOVE]
    moves = [
        (after.lon - before.lon, after.lat - before.lat)
        for before, after in pairs
        if before and after and before.site == after.site == site
    ]
    if not moves:
        return 0.0, 0.0
    return sum(east for east, _ in moves) / len(moves), sum(north for _, north in moves) / len(moves)
