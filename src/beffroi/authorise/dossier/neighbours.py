"""Buildings of third parties in a camera's field, and how their accesses are known: pointed by the town, or supposed.

Source: CSI R. 252-3, 2°: the block plan shows their accesses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from shapely import Point

from beffroi.core.errors import InvalidInput
from beffroi.plan import catalogue
from beffroi.plan import ground as of_plan
from beffroi.plan.calc.coverage import sight
from beffroi.plan.calc.occlusion import Skyline
from beffroi.plan.calc.town import Area
from beffroi.plan.calc.town import Camera as CameraValue
from beffroi.plan.editor import ground as kept
from beffroi.plan.models import Camera
from beffroi.territory.calc import lambert93
from beffroi.territory.calc.facades import Facades
from beffroi.territory.calc.lambert93 import EN
from beffroi.territory.models import Access, PublicBuilding

TOUCH_M = 0.2
LEAST_FACADE_M = 0.25
OWN_REACH_M = 12.0
"""A public building's point this near a footprint names it: points are approximate."""
_KEPT_CAMERAS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Guessed:
    """Third parties' buildings in view whose accesses nobody pointed, of how many."""

    buildings: int
    of: int


def guessed(rows: Iterable[Camera]) -> Guessed:
    """Of some cameras together: a building that several see counts once."""
    on = kept.ground()
    seen = {index for row in rows for index in _in_view(of_plan.camera(row), on.version)} - own_names(on.skyline).keys()
    return Guessed(buildings=len(seen - pointed(on.skyline).keys()), of=len(seen))


@lru_cache(maxsize=_KEPT_CAMERAS)
def _in_view(camera: CameraValue, _version: str) -> frozenset[int]:
    skyline = kept.ground().skyline
    try:
        return frozenset(cut(sight(camera, skyline, catalogue.scale()).ground(), skyline))
    except InvalidInput:
        return frozenset()  # it stands in a building: said as a lack of its own


def cut(ground: Area, skyline: Skyline) -> list[int]:
    """Buildings with more than a corner on the edge of a field."""
    if ground.is_empty or not skyline.buildings:
        return []
    reach = ground.buffer(TOUCH_M)
    found = []
    for index in skyline.tree.query(reach, predicate="intersects").tolist():
        if skyline.footprints[index].boundary.intersection(reach).length > LEAST_FACADE_M + 2 * TOUCH_M:
            found.append(index)
    return found


def own_names(skyline: Skyline) -> dict[int, str]:
    """The nearest building to each public building's point, by index: the town's and its partners'."""
    found: dict[int, str] = {}
    buildings = skyline.buildings
    if not buildings:
        return found
    for row in PublicBuilding.objects.all():
        point = Point(lambert93.to_en(row.lon, row.lat))
        near = skyline.tree.query(point, predicate="dwithin", distance=OWN_REACH_M)
        if len(near):
            nearest = min(near.tolist(), key=lambda index: buildings[index].footprint.distance(point))
            found.setdefault(nearest, row.name)
    return found


def pointed(skyline: Skyline) -> dict[int, dict[str, EN]]:
    """Accesses that the town pointed, in Lambert-93 by their id, by the index of the building that bears them."""
    rows = list(Access.objects.order_by("pk"))
    points = [lambert93.to_en(row.lon, row.lat) for row in rows]
    bearers = Facades.of([building.footprint for building in skyline.buildings] if points else []).bearers(points)
    found: dict[int, dict[str, EN]] = defaultdict(dict)
    for row, point, index in zip(rows, points, bearers, strict=True):
        if index is not None:
            found[index][row.pk] = point
    return dict(found)
