"""Three thousand dated facts over five years before the first start. Jeu fictif, drawn from a seed.

What is true of them, so that a method can be held against it: counts are Poisson by zone, kind and month, with no
trend; thefts from vehicles draw others within 80 m and 5 days one time in seven; and in zones Z04 and Z08 they fall to
`INJECTED_RATIO` of their rate in the last two years ("rondes et éclairage", invented). Nothing else changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random

from shapely.geometry import Point as Spot
from shapely.geometry import Polygon

from tools.demo_town.ground import wgs84
from tools.demo_town.streets import Point
from tools.demo_town.zones import ZONES, outline

SEED = 12145
DAYS = 1826
INJECTED_RATIO = 0.70
INJECTED_KIND = "theft-from-vehicle"
INJECTED_ZONES = (4, 8)
INJECTED_DAYS = 730
"""The effect is there in the last so many days."""
NEAR_SHARE, NEAR_M, NEAR_DAYS = 1 / 7, 80.0, 5
OUTSIDE_SHARE = 0.16
"""Facts out of every zone, for a control."""

PER_YEAR = {
    "theft-from-vehicle": 128, "damage": 132, "vehicle-theft": 42, "theft-person": 58, "robbery": 10, "nuisance": 96,
    "violence": 44, "burglary-other": 22, "arson": 12, "drugs": 18, "dumping": 32,
}  # fmt: skip
WEIGHTS = {1: 1.7, 2: 1.5, 3: 1.2, 4: 2.2, 5: 1.0, 6: 0.9, 7: 0.8, 8: 1.8, 9: 1.6, 10: 0.6, 11: 0.7, 12: 1.3, 13: 0.9,
           14: 0.6, 15: 0.7, 16: 0.5}  # fmt: skip
PARKED = {4: 2.0, 8: 1.8, 12: 1.5, 9: 1.3}
"""Car parks: more thefts from vehicles."""


def facts() -> Iterator[tuple[object, ...]]:
    """Reference, kind, from, to, latitude, longitude; dates told from the first start."""
    random = Random(SEED)
    drawn = sorted(_drawn(random), reverse=True)
    for number, (days_before, kind, at, is_span) in enumerate(drawn, 1):
        lon, lat = wgs84(at)
        until = f"start - {days_before - 1} days" if is_span and days_before > 1 else ""
        yield f"JF-{number:04}", kind, f"start - {days_before} days", until, lat, lon


def _drawn(random: Random) -> Iterator[tuple[int, str, Point, bool]]:
    total = sum(WEIGHTS.values())
    for plan in ZONES:
        ring = Polygon(outline(plan))
        for kind, per_year in PER_YEAR.items():
            share = WEIGHTS[plan.number] / total * (PARKED.get(plan.number, 0.8) if kind == INJECTED_KIND else 1.0)
            rate = per_year * (1 - OUTSIDE_SHARE) * share / 365.25
            for day in range(1, DAYS + 1):
                for _ in range(_poisson(random, rate * _ratio(plan.number, kind, day))):
                    at = _inside(random, ring)
                    yield day, kind, at, _is_span(random, kind)
                    yield from _near(random, day, kind, at)
    for kind, per_year in PER_YEAR.items():
        for day in range(1, DAYS + 1):
            for _ in range(_poisson(random, per_year * OUTSIDE_SHARE / 365.25)):
                spot = (random.uniform(-900, 900), random.uniform(-800, 900))
                yield day, kind, (round(spot[0], 1), round(spot[1], 1)), _is_span(random, kind)


def _ratio(zone: int, kind: str, day: int) -> float:
    is_changed = kind == INJECTED_KIND and zone in INJECTED_ZONES and day <= INJECTED_DAYS
    return INJECTED_RATIO if is_changed else 1.0


def _near(random: Random, day: int, kind: str, at: Point) -> Iterator[tuple[int, str, Point, bool]]:
    """Another fact close by, some days later: once, not in chains."""
    if kind != INJECTED_KIND or random.random() > NEAR_SHARE:
        return
    angle, away = random.uniform(0, math.tau), random.uniform(5, NEAR_M)
    later = max(1, day - random.randint(1, NEAR_DAYS))
    yield later, kind, (round(at[0] + away * math.cos(angle), 1), round(at[1] + away * math.sin(angle), 1)), False


def _is_span(random: Random, kind: str) -> bool:
    """Found the next morning: nobody knows at what hour."""
    return kind in ("theft-from-vehicle", "vehicle-theft", "damage") and random.random() < 0.5


def _inside(random: Random, ring: Polygon) -> Point:
    west, south, east, north = ring.bounds
    while True:
        at = (round(random.triangular(west, east), 1), round(random.triangular(south, north), 1))
        if ring.contains(Spot(at)):
            return at


def _poisson(random: Random, mean: float) -> int:
    """Knuth's way: means here are far below one."""
    edge, product, count = math.exp(-mean), random.random(), 0
    while product > edge:
        product *= random.random()
        count += 1
    return count
