"""What the cameras of a site have in view: fields that end at façades, the buildings they cut, doors, masks. Pure.

Buildings are numbered T1, T2… clockwise round the mast, those in the field first. Source: CSI R. 252-3 2° and 3°.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from shapely import LineString, MultiLineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from beffroi.authorise.dossier.neighbours import LEAST_FACADE_M, TOUCH_M, cut
from beffroi.plan.calc import masks, optics
from beffroi.plan.calc.coverage import Sight, sight
from beffroi.plan.calc.density import Scale
from beffroi.plan.calc.footprint import View
from beffroi.plan.calc.mask_device import Drawer
from beffroi.plan.calc.masks import MaskPlan, ViewMasks
from beffroi.plan.calc.occlusion import Skyline, polygons, surface
from beffroi.plan.calc.town import Area, Building, Camera, Town

FIELD_CLASS, LIMIT_CLASS = "detect", "monitor"
"""The field drawn on the detail plan, and the farthest at which a building is still counted as in view."""
DOOR_FACADE_M = 3.0
"""A shorter façade is given no door."""
Door = tuple[float, float, float]
"""East, north, bearing outward in degrees."""
Edge = tuple[tuple[float, float], tuple[float, float]]
STREET_REACH_M = 4.0
"""A façade this far beyond the pavement is still on the street."""


@dataclass(frozen=True, kw_only=True)
class CameraSight:
    """A camera of the site and what it sees; `sight` None where it stands inside a building: `fault` says so."""

    number: str
    sight: Sight | None
    masked: MaskPlan | None
    drawer: Drawer | None = None
    fault: str = ""

    @property
    def view(self) -> View:
        """Its (first) view. Only where it has a sight."""
        assert self.sight is not None
        return self.sight.views[0]

    def cones(self, last: int) -> tuple[Area, ...]:
        """Ground of each of its last views, down to the class of the detail plan: a PTZ's presets, in their order."""
        if self.sight is None or not last:
            return ()
        names = [one.id for one in self.sight.scale.classes]
        least_px_m = self.sight.scale.thresholds_px_m[names.index(FIELD_CLASS)]
        free = self.sight.outlook.polygon()
        cones = (shapely.union(view.band(least_px_m), view.dead_triangle()) for view in self.sight.views[-last:])
        return tuple(surface(cone.buffer(0.01).intersection(free)) for cone in cones)

    @property
    def view_masks(self) -> ViewMasks | None:
        """Of its (first) view."""
        return self.masked.views[0] if self.masked else None

    @property
    def masks(self) -> tuple[tuple[ViewMasks, Polygon], ...]:
        """Every mask with its view, the first view's first."""
        return tuple((view, mask) for view in (self.masked.views if self.masked else ()) for mask in view.masks)

    @cached_property
    def grounds(self) -> Mapping[str, Area]:
        """Ground seen at each class or finer, computed once."""
        if self.sight is None:
            return {}
        classes = self.sight.scale.classes
        found = self.sight.grounds(range(1, len(classes) + 1))
        return {one.id: ground for one, ground in zip(classes, found, strict=True)}

    def ground(self, class_id: str) -> Area:
        """Ground seen at a class or finer; nothing where it has no sight."""
        return self.grounds.get(class_id, Polygon())

    def band(self, class_id: str) -> Area:
        """Ground seen at a class and not at the next finer one."""
        names = list(self.grounds)
        finer = names[names.index(class_id) + 1 :][:1] if class_id in self.grounds else []
        return surface(self.ground(class_id).difference(self.ground(finer[0]) if finer else Polygon()))

    def dead_zone(self) -> Area:
        """Ground at the mast's foot below the picture, where nothing hides it."""
        if self.sight is None:
            return Polygon()
        view = self.view
        near = optics.reach(view.pose, view.lens, target_m=0.0).near_m
        if not 0 < near < 100:
            return Polygon()
        # Its sides are those of the bands, which begin nearer: at the height of the targets.
        begins = max(optics.reach(view.pose, view.lens, target_m=view.target_m).near_m, 0.01)
        along = (0.0, begins, near, near, begins)
        slope = math.tan(math.radians(view.lens.hfov_deg) / 2)
        across = [optics.depth_m(view.pose, one, target_m=view.target_m) * slope for one in along]
        sides = (0, -1, -1, 1, 1)
        local = [(one, side * wide) for one, side, wide in zip(along, sides, across, strict=True)]
        wedge = Polygon(view.on_map(np.array(local)))
        return surface(wedge.intersection(self.sight.outlook.polygon()))

    def field(self) -> Area:
        """Everything drawn of it, from the mast to the limit of its class."""
        return surface(shapely.union_all([self.ground(FIELD_CLASS), self.dead_zone()]).buffer(0.01))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A building that a field cuts.

    `facades`: what of its outline bounds a field; `doors`: all that the town pointed, else supposed, in the middle of
    those façades that are on a street.
    """

    index: int
    number: str
    facades: BaseGeometry
    doors: tuple[Door, ...]
    is_surveyed: bool
    """The town pointed its doors."""
    cameras: tuple[str, ...]
    masks: tuple[str, ...]
    unmasked_by: tuple[str, ...]
    is_in_field: bool
    """At the class of the detail plan; else only at the farthest."""


@dataclass(frozen=True, kw_only=True)
class SiteView:
    """The cameras of one place together."""

    mast: tuple[float, float]
    cameras: tuple[CameraSight, ...]
    town: Town
    skyline: Skyline
    own: frozenset[int] = frozenset()
    """The town's and its partners' buildings: never counted as third parties'."""
    accesses: Mapping[int, Mapping[str, tuple[float, float]]] = field(default_factory=dict)
    """Doors that the town pointed, by building, then by id."""

    @cached_property
    def buildings(self) -> tuple[Seen, ...]:
        """Every third party's building that a field cuts, numbered."""
        return tuple(_numbered(self))

    @cached_property
    def mask_names(self) -> Mapping[str, tuple[str, ...]]:
        """M1, M2… of each camera, those of all its presets, counted over the site."""
        names, count = {}, 0
        for camera in self.cameras:
            held = len(camera.masks)
            names[camera.number] = tuple(f"M{count + number}" for number in range(1, held + 1))
            count += held
        return names

    @cached_property
    def field(self) -> Area:
        """Ground in some camera's field."""
        return surface(shapely.union_all([camera.field() for camera in self.cameras]))

    def extent(self, class_id: str) -> tuple[float, float, float, float]:
        """Bounds of the mast and all fields."""
        shapes = [Point(self.mast), *(camera.ground(class_id) for camera in self.cameras)]
        west, south, east, north = shapely.union_all(shapes).bounds
        return float(west), float(south), float(east), float(north)


def camera_sight(number: str, camera: Camera, skyline: Skyline, *, scale: Scale, drawer: Drawer) -> CameraSight:
    """A camera's sight and planned masks, within the limits of who draws them.

    Errors: InvalidInput when it stands deep inside a building.
    """
    return CameraSight(
        number=number,
        sight=sight(camera, skyline, scale),
        masked=masks.plan(camera, skyline, drawer.device),
        drawer=drawer,
    )


def _numbered(site: SiteView) -> Iterator[Seen]:
    grounds = {one.number: (one.ground(FIELD_CLASS), one.ground(LIMIT_CLASS)) for one in site.cameras}
    touched: dict[int, list[str]] = {}
    near: set[int] = set()
    for number, (ground, limit) in grounds.items():
        for index in cut(limit, site.skyline):
            touched.setdefault(index, []).append(number)
        near.update(cut(ground, site.skyline))
    order = sorted(touched.keys() - site.own, key=lambda index: (index not in near, _bearing(site, index)))
    around = {number: shapely.union_all(list(pair)).buffer(TOUCH_M) for number, pair in grounds.items()}
    for rank, index in enumerate(order, 1):
        footprint = site.skyline.buildings[index].footprint
        facades = _lines(footprint.boundary.intersection(shapely.union_all([around[name] for name in touched[index]])))
        masked, unmasked = _masks(site, index)
        pointed = site.accesses.get(index)
        doors = _pointed(footprint, pointed.values()) if pointed else _supposed(site, index, facades)
        yield Seen(
            index=index,
            number=f"T{rank}",
            facades=facades,
            doors=tuple(doors),
            is_surveyed=bool(pointed),
            cameras=tuple(touched[index]),
            masks=masked,
            unmasked_by=unmasked,
            is_in_field=index in near,
        )


def _lines(found: BaseGeometry) -> MultiLineString:
    """Runs of wall joined; specks left out."""
    lines = [part for part in shapely.get_parts(found) if isinstance(part, LineString) and not part.is_empty]
    merged: Sequence[LineString] = list(shapely.get_parts(shapely.line_merge(MultiLineString(lines)))) if lines else []
    return MultiLineString([line for line in merged if line.length > LEAST_FACADE_M])


def _bearing(site: SiteView, index: int) -> float:
    middle = site.skyline.footprints[index].centroid
    return math.degrees(math.atan2(middle.x - site.mast[0], middle.y - site.mast[1])) % 360.0


def _masks(site: SiteView, index: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the masks over a dwelling, and the cameras that cannot mask it."""
    building = site.skyline.buildings[index]
    names, unmasked = [], []
    for camera in site.cameras:
        if camera.masked and any(refusal.building_id == building.id for refusal in camera.masked.refusals):
            unmasked.append(camera.number)
            continue
        for name, (view, mask) in zip(site.mask_names[camera.number], camera.masks, strict=True):
            if building.id in view.dwellings and _is_over(mask, building, view):
                names.append(name)
    return tuple(names), tuple(unmasked)


def _is_over(mask: Polygon, building: Building, view: ViewMasks) -> bool:
    """True when a mask hides something of a building's walls in this view."""
    walls = (view.pinhole.outline(wall) for wall in _walls(building.footprint, building.roof_m))
    return any(wall.is_valid and wall.intersection(mask).area > 1.0 for wall in walls)


def _walls(footprint: Area, roof_m: float) -> Iterator[np.ndarray]:
    for part in polygons(footprint):
        for (x1, y1), (x2, y2) in _edges(part):
            yield np.array([[x1, y1, 0.0], [x2, y2, 0.0], [x2, y2, roof_m], [x1, y1, roof_m]])


def _edges(polygon: Polygon, *, with_courts: bool = False) -> Iterator[Edge]:
    """Walls, the building on their left."""
    turned = shapely.orient_polygons(polygon)
    for ring in (turned.exterior, *(turned.interiors if with_courts else ())):
        yield from itertools.pairwise((float(x), float(y)) for x, y, *_ in ring.coords)


def _outward_deg(edge: Edge) -> float:
    """Bearing from a wall out of its building."""
    (x1, y1), (x2, y2) = edge
    return math.degrees(math.atan2(y2 - y1, x1 - x2)) % 360.0


def _pointed(footprint: Area, points: Iterable[tuple[float, float]]) -> Iterator[Door]:
    """Each point moved onto the wall that it is nearest to."""
    edges = [edge for part in polygons(footprint) for edge in _edges(part, with_courts=True)]
    walls = [LineString(edge) for edge in edges]
    for point in map(Point, points):
        nearest = min(range(len(walls)), key=lambda number: walls[number].distance(point))
        spot = walls[nearest].interpolate(walls[nearest].project(point))
        yield spot.x, spot.y, _outward_deg(edges[nearest])


def _supposed(site: SiteView, index: int, facades: BaseGeometry) -> Iterator[Door]:
    """The middle of each façade in view that gives on a street."""
    near = facades.buffer(0.1)
    for part in polygons(site.skyline.footprints[index]):
        for (x1, y1), (x2, y2) in _edges(part):
            length = math.dist((x1, y1), (x2, y2))
            middle = Point((x1 + x2) / 2, (y1 + y2) / 2)
            if length < DOOR_FACADE_M or not near.covers(middle):
                continue
            if _is_on_street(site, middle):
                yield middle.x, middle.y, _outward_deg(((x1, y1), (x2, y2)))


def _is_on_street(site: SiteView, middle: Point) -> bool:
    reach = STREET_REACH_M
    on_street = any(
        street.axis.distance(middle) <= street.half_width_m + street.pavement_m + reach for street in site.town.streets
    )
    return on_street or any(place.distance(middle) <= reach for place in site.town.open_spaces)


def people_m(camera: CameraSight) -> Sequence[float]:
    """Distances at which people are drawn in the simulated view: on free ground, near, middle, far."""
    assert camera.sight is not None
    view, free = camera.view, camera.sight.outlook
    east, north = view.pose.axis
    angle = np.array([math.atan2(north, east)])
    clear = float(free.free_m(angle)[0]) - 0.5
    near = max(optics.reach(view.pose, view.lens, target_m=0.0).near_m, 1.0) + 1.0
    far = min(clear, view.farthest_m(camera.sight.scale.thresholds_px_m[1]))
    return [near + (far - near) * share for share in (0.08, 0.4, 0.9)] if far > near + 3 else [near]
