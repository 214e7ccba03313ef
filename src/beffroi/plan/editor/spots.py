"""Where a mast could stand: the scenario's own sites, street crossings in or beside the zones. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shapely import MultiPoint, Point, STRtree
from shapely.geometry.base import BaseGeometry

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc import candidates
from beffroi.plan.calc import town as values
from beffroi.plan.editor.answers import SpotAnswer, SpotsAnswer
from beffroi.plan.editor.ground import TARGET_M, Ground, degrees, ground
from beffroi.plan.editor.rows import PlanAsked
from beffroi.plan.editor.seeing import cameras_of
from beffroi.plan.models import Site
from beffroi.territory.calc.streets import crossings
from beffroi.territory.queries import street_axes

NEAR_ZONE_M = 30.0
MAX_SPOTS = 150
MAST_M = 6.0
STEP_M = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSpot:
    """A spot with the words people know it by."""

    at: candidates.Spot
    name: str
    is_own: bool


def spots(on: Ground, whole: values.Town, cameras: Sequence[values.Camera]) -> list[NamedSpot]:
    """The scenario's own sites, the streets of zones without a crossing, then crossings near a zone.

    Where no mast can stand is left out.
    """
    corners = _crossings(whole)
    found = [*_own(cameras), *_along_streets(whole, corners), *corners]
    return [spot for spot in found if _stands(on, spot.at)][:MAX_SPOTS]


def _own(cameras: Sequence[values.Camera]) -> list[NamedSpot]:
    named = dict(Site.objects.values_list("pk", "name"))
    own = {one.site or one.id: one.pose for one in reversed(cameras)}
    return [
        NamedSpot(
            at=candidates.Spot(id=site, east_m=pose.east_m, north_m=pose.north_m, height_m=pose.height_m),
            name=named.get(site, site),
            is_own=True,
        )
        for site, pose in own.items()
    ]


def _crossings(whole: values.Town) -> list[NamedSpot]:
    zones = STRtree([zone.shape for zone in whole.zones])
    found = []
    for number, one in enumerate(crossings(street_axes())):
        at = degrees().geometry({"type": "Point", "coordinates": one.at})
        if len(zones.query(at, predicate="dwithin", distance=NEAR_ZONE_M)):
            found.append(_spot(f"carrefour-{number}", " / ".join(one.names), at))
    return found


def _along_streets(whole: values.Town, corners: Sequence[NamedSpot]) -> list[NamedSpot]:
    """Every 30 m of the streets of those zones that no crossing is near."""
    named = {axis.id: axis.name for axis in street_axes()}
    at = [Point(one.at.east_m, one.at.north_m) for one in corners]
    bare = [zone for zone in whole.zones if not at or zone.shape.distance(MultiPoint(at)) > NEAR_ZONE_M]
    found = []
    for zone, street in ((zone, street) for zone in bare for street in whole.streets):
        inside = street.axis.intersection(zone.shape)
        for number in range(1, int(inside.length // STEP_M) + 1):
            name = f"{zone.id}-{street.id}-{number}"
            found.append(_spot(name, named.get(street.id, ""), _at(inside, (number - 0.5) * STEP_M)))
    return found


def _at(line: BaseGeometry, along_m: float) -> Point:
    """A point so far along a line, or along the parts that a zone cuts it into."""
    for part in getattr(line, "geoms", (line,)):
        if along_m <= part.length:
            return part.interpolate(along_m)
        along_m -= part.length
    return line.representative_point()


def _spot(name: str, words: str, at: Point) -> NamedSpot:
    return NamedSpot(at=candidates.Spot(id=name, east_m=at.x, north_m=at.y, height_m=MAST_M), name=words, is_own=False)


def _stands(on: Ground, spot: candidates.Spot) -> bool:
    try:
        on.skyline.standing((spot.east_m, spot.north_m), spot.height_m)
    except InvalidInput:
        return False
    return spot.height_m > TARGET_M


def offered(asked: PlanAsked) -> SpotsAnswer:
    """All spots of a scenario, by name and place.

    Errors: ScenarioRefused.
    """
    on = ground()
    return SpotsAnswer(
        spots=tuple(
            SpotAnswer(id=one.at.id, name=one.name, position=_lon_lat(one.at), is_own=one.is_own)
            for one in spots(on, on.with_zones(asked.zones), cameras_of(asked.cameras))
        )
    )


def _lon_lat(spot: candidates.Spot) -> tuple[float, float]:
    at = degrees().back(Point(spot.east_m, spot.north_m))
    return float(at.x), float(at.y)
