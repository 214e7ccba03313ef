"""What moves, by the second of the minute: traffic, passers-by, the red van, a fire. Every minute is the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from beffroi.simulator import things
from beffroi.simulator.paint import Fire, Item, Rgb, View
from beffroi.simulator.sky import Sky
from beffroi.simulator.street import Ground, Street, load_ground

MINUTE_S = 60.0
_STEP_S = 0.5
_TOO_NEAR_M = 3.0
_DRIVE_M_S, _WALK_M_S, _VAN_M_S = 9.0, 1.3, 10.5
_SEEN_CAR_M, _SEEN_PERSON_M = 140.0, 75.0
_BUSY = ("bonald", "capelle", "jaures", "republique", "merle", "ayrolle", "sadi", "gambetta", "quai", "larzac", "gare")
Pose = tuple[float, float, float]
Depth = NDArray[np.float32]
Places = NDArray[np.float64]
"""(travellers, half seconds, 2): metres east and north."""


class Mover(Protocol):
    """Something that is somewhere at each second of the minute."""

    def pace(self, view: View, at_s: float) -> int:
        """It is enough to draw it every so many frames: near traffic 1, the rest more."""

    def is_present(self, at_s: float) -> bool: ...

    def pose(self, at_s: float) -> tuple[object, ...]: ...

    def item(self, brush: things.Brush, at_s: float) -> Item | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Traveller:
    """Moves along a path; `where(seconds)` gives x, y, heading, `seen` the spans of the minute it is in view."""

    where: Callable[[float], Pose]
    look: Callable[[things.Brush, Pose, float], Item | None]
    seen: tuple[tuple[float, float], ...]
    speed_m_s: float

    def pace(self, view: View, at_s: float) -> int:
        pixels_s = self.speed_m_s * view.focal_px / max(1.0, view.distance_m(*self.where(at_s)[:2]))
        return 1 if pixels_s > 240 else 2 if pixels_s > 60 else 4

    def is_present(self, at_s: float) -> bool:
        return any(start <= at_s <= end for start, end in self.seen)

    def pose(self, at_s: float) -> tuple[object, ...]:
        return self.where(at_s)

    def item(self, brush: things.Brush, at_s: float) -> Item | None:
        return self.look(brush, self.where(at_s), at_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class FireShow:
    """The bin fire of the Capelle; `strength` 0..1."""

    strength: float

    def pace(self, view: View, at_s: float) -> int:
        return 2

    def light(self) -> Fire:
        return Fire(203.5, -45.3, self.strength)

    def is_present(self, at_s: float) -> bool:
        return True

    def pose(self, at_s: float) -> tuple[object, ...]:
        return (at_s,)

    def item(self, brush: things.Brush, at_s: float) -> Item | None:
        return things.flames(brush, (203.5, -45.3, 0.9), 0.35 + 0.85 * self.strength, flicker=at_s * 0.7 % 1)


def movers_seen(view: View, depth_m: Depth, sky: Sky, *, town: str) -> list[Mover]:
    """Those that come into this view at some second of the minute, not hidden by houses."""
    seen: list[Mover] = []
    everybody, places_m = _everybody(town, sky), _whereabouts(town, sky)
    maybe = view.sees_each(places_m, np.array([[reach_m] for _, reach_m in everybody]))
    maybe &= np.hypot(*np.moveaxis(places_m - np.array(view.eye[:2]), -1, 0)) > _TOO_NEAR_M
    for number in np.flatnonzero(maybe.any(axis=1)):
        steps = [int(step) for step in np.flatnonzero(maybe[number])]
        spans = _spans([step for step in steps if _is_open(view, depth_m, places_m[number, step])])
        if spans:
            seen.append(replace(everybody[number][0], seen=spans))
    return seen


def _spans(steps: list[int]) -> tuple[tuple[float, float], ...]:
    """Seconds around these half seconds, joined where they touch."""
    spans: list[tuple[float, float]] = []
    for step in steps:
        at_s = step * _STEP_S
        if spans and spans[-1][1] >= at_s - 0.75:
            spans[-1] = (spans[-1][0], at_s + 0.75)
        else:
            spans.append((at_s - 0.75, at_s + 0.75))
    return tuple(spans)


@cache
def _whereabouts(town: str, sky: Sky) -> Places:
    """Where everybody is at each half second of the minute; the same for every camera."""
    seconds = [step * _STEP_S for step in range(int(MINUTE_S / _STEP_S))]
    return np.array([[traveller.where(at_s)[:2] for at_s in seconds] for traveller, _ in _everybody(town, sky)])


def _is_open(view: View, depth_m: Depth, place: NDArray[np.float64]) -> bool:
    """Whether nothing stands before the foot or the head of somebody there; beyond the edges counts a little."""
    height_px, width_px = depth_m.shape
    for z in (0.2, 1.7):
        c = view.camera((float(place[0]), float(place[1]), z))
        if c[2] < 1:
            continue
        x, y = view.pixel(c)
        margin_px = 2.5 * view.focal_px / c[2]
        inside = min(max(int(x), 0), width_px - 1), min(max(int(y), 0), height_px - 1)
        is_near = -margin_px < x < width_px + margin_px and -margin_px < y < height_px + margin_px
        if is_near and depth_m[inside[1], inside[0]] > c[2] - 0.5:
            return True
    return False


@cache
def _everybody(town: str, sky: Sky) -> list[tuple[_Traveller, float]]:
    ground = load_ground(town)
    everybody = [(_red_van(ground), _SEEN_CAR_M)] if ground.street("bonald") else []
    for number, street in enumerate(ground.streets):
        if street.id in _BUSY and (sky is not Sky.NIGHT or number % 2 == 0):
            everybody += [(traveller, _SEEN_CAR_M) for traveller in _traffic(street, number)]
        if sky is not Sky.NIGHT or number % 3 == 0:
            everybody += [(traveller, _SEEN_PERSON_M) for traveller in _walkers(street, number, sky)]
    everybody += [(traveller, _SEEN_PERSON_M) for traveller in _strollers(ground, sky)]
    return everybody


def _traffic(street: Street, number: int) -> Iterator[_Traveller]:
    """One car a minute each way: evenly spaced, so that the last second meets the first."""
    spacing_m = _DRIVE_M_S * MINUTE_S
    for way in (1, -1):
        base = things.CAR_COLOURS[(number * 3 + way) % len(things.CAR_COLOURS)]
        start_s = (number * 17 + (1 + way) * 11) % 60
        for lap in range(int(street.length_m // spacing_m) + 1):
            where = _driving(street, start_s, lap * spacing_m, way=way)
            yield _Traveller(where=where, look=_car_look(base), seen=(), speed_m_s=_DRIVE_M_S)


def _driving(street: Street, start_s: float, from_m: float, *, way: int) -> Callable[[float], Pose]:
    length_m, side_m = street.length_m, street.half_width_m * 0.5
    starts_m = 30.0 if math.hypot(*street.points[0]) < 40 else 0.0

    def where(at_s: float) -> Pose:
        along_m = starts_m + from_m + (at_s - start_s) % MINUTE_S * _DRIVE_M_S
        if along_m > length_m:
            return _NOWHERE
        x, y, heading = street.at(along_m if way > 0 else length_m + starts_m - along_m, -side_m * way)
        return x, y, heading if way > 0 else heading + math.pi

    return where


_NOWHERE = (1e6, 1e6, 0.0)


def _car_look(base: Rgb) -> Callable[[things.Brush, Pose, float], Item | None]:
    return lambda brush, pose, _: things.car(brush, pose, base) if pose is not _NOWHERE else None


def _person_look(coat: Rgb, *, umbrella: bool) -> Callable[[things.Brush, Pose, float], Item | None]:
    def look(brush: things.Brush, pose: Pose, at_s: float) -> Item | None:
        if pose is _NOWHERE:
            return None
        stride = math.sin(at_s * 2 * math.pi * 0.9)
        return things.person(
            brush, things.Person(x_m=pose[0], y_m=pose[1], coat=coat, stride=stride, umbrella=umbrella)
        )

    return look


def _walkers(street: Street, number: int, sky: Sky) -> Iterator[_Traveller]:
    """People on the pavements, 78 m apart on each side: in a minute each takes the place of the next."""
    spacing_m = _WALK_M_S * MINUTE_S
    for side in (1, -1):
        coat = things.COATS[(number * 5 + side) % len(things.COATS)]
        start_s = (number * 23 + side * 7) % 60
        left_m = side * (street.half_width_m + street.pavement_m * 0.5)
        for lap in range(int(street.length_m // spacing_m) + 1):
            where = _walking(street, (start_s, lap * spacing_m), left_m, way=side if number % 2 else -side)
            look = _person_look(coat, umbrella=sky is Sky.RAIN)
            yield _Traveller(where=where, look=look, seen=(), speed_m_s=_WALK_M_S)


def _walking(street: Street, start: tuple[float, float], left_m: float, *, way: int) -> Callable[[float], Pose]:
    length_m = street.length_m
    first_m = 38.0 if math.hypot(*street.points[0]) < 40 else 0.0

    def where(at_s: float) -> Pose:
        along_m = first_m + start[1] + (at_s - start[0]) % MINUTE_S * _WALK_M_S
        if along_m > length_m:
            return _NOWHERE
        return street.at(along_m if way > 0 else length_m + first_m - along_m, left_m)

    return where


def _strollers(ground: Ground, sky: Sky) -> Iterator[_Traveller]:
    """People who walk round the squares, one lap a minute or part of one and back."""
    for number, square in enumerate(ground.squares):
        for one in range(3 if sky is not Sky.NIGHT else 1):
            radius_m = 11.8 if square.kind == "fountain" else square.radius_m * (0.45 + 0.12 * one)
            where = _circling(square.centre, radius_m, one * 2.1 + number)
            coat = things.COATS[(number + one * 3) % len(things.COATS)]
            yield _Traveller(
                where=where, look=_person_look(coat, umbrella=sky is Sky.RAIN), seen=(), speed_m_s=_WALK_M_S
            )


def _circling(centre: tuple[float, float], radius_m: float, start: float) -> Callable[[float], Pose]:
    arc = min(2 * math.pi, 2 * math.pi * 12.4 / radius_m)
    is_lap = radius_m <= 12.5

    def where(at_s: float) -> Pose:
        share = at_s % MINUTE_S / MINUTE_S
        turn = start + (2 * math.pi * share if is_lap else arc * (1 - abs(2 * share - 1)) / 2)
        return centre[0] + radius_m * math.cos(turn), centre[1] + radius_m * math.sin(turn), turn + math.pi / 2

    return where


def _red_van(ground: Ground) -> _Traveller:
    """Mandarous from second 1, Bonald from 13, out of sight from 38, Capelle from 41 to 59, every minute."""
    legs = [_polyline(0.0, _mandarous_to_bonald(ground)), _polyline(41.0, _through_capelle(ground))]

    def where(at_s: float) -> Pose:
        for leg in reversed(legs):
            if at_s % MINUTE_S >= leg[0][0]:
                return _on_leg(leg, at_s % MINUTE_S)
        return _NOWHERE

    def look(brush: things.Brush, pose: Pose, _: float) -> Item | None:
        return things.van(brush, pose) if pose is not _NOWHERE else None

    return _Traveller(where=where, look=look, seen=(), speed_m_s=_DRIVE_M_S)


def _mandarous_to_bonald(ground: Ground) -> list[tuple[float, float]]:
    arrival, departure = ground.street("republique"), ground.street("bonald")
    assert departure is not None
    ring = [(21 * math.cos(t), 21 * math.sin(t)) for t in (2.1, 2.6, 3.1, 3.7, 4.3, 4.9, 5.3, 5.55)]
    before = [arrival.at(along, 2.4)[:2] for along in (70, 50, 32)] if arrival is not None else []
    after = [departure.at(along, -2.6)[:2] for along in range(30, int(departure.length_m), 12)]
    return [*before, *ring, *after]


def _through_capelle(ground: Ground) -> list[tuple[float, float]]:
    arrival, departure = ground.street("gambetta"), ground.street("capelle")
    before = [arrival.at(along, 2.2)[:2] for along in (100, 80, 60, 40, 27)] if arrival is not None else []
    ring = [(208 + 19 * math.cos(t), -33 + 19 * math.sin(t)) for t in (-0.2, 0.5, 1.1, 1.7, 2.3, 2.8)]
    after = []
    if departure is not None:
        end_m = int(departure.length_m)
        after = [departure.at(along, 2.0)[:2] for along in range(end_m - 26, end_m - 110, -12)]
    return [*before, *ring, *after]


def _polyline(start_s: float, points: list[tuple[float, float]]) -> list[tuple[float, float, float]]:
    """(second, x, y) along points at the van's speed."""
    timed = [(start_s, *points[0])]
    for a, b in pairwise(points):
        timed.append((timed[-1][0] + math.dist(a, b) / _VAN_M_S, *b))
    return timed


def _on_leg(leg: list[tuple[float, float, float]], at_s: float) -> Pose:
    for index, (a, b) in enumerate(pairwise(leg)):
        if a[0] <= at_s < b[0]:
            share = (at_s - a[0]) / (b[0] - a[0])
            here = math.atan2(b[2] - a[2], b[1] - a[1])
            after = leg[min(index + 2, len(leg) - 1)]
            there = math.atan2(after[2] - b[2], after[1] - b[1]) if after != b else here
            turn = (there - here + math.pi) % (2 * math.pi) - math.pi
            return a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share, here + turn * (share - 0.5) * 0.5
    return _NOWHERE
