"""What cameras see: density classes place by place, shares by zone, failures, the ground in view.

"Geometry allows": light, motion, coding and the lens lower what these figures say. Source: EN 62676-4:2015;
`design/coverage.md`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPolygon, Point

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc.density import Scale
from beffroi.plan.calc.footprint import View
from beffroi.plan.calc.ground import Grid, public_strips
from beffroi.plan.calc.occlusion import Outlook, Skyline, outlook, surface
from beffroi.plan.calc.town import Area, Camera, Town

Floats = npt.NDArray[np.float64]
Levels = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]
MAX_ANSWERS = 1_000_000_000
"""Cells × cameras held at once (a byte each)."""
PROPORTION_LIMIT = 0.8
"""Above this share of the town in view the request is no longer proportionate: our setting, a town may lower it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Ground seen at one class and not at the next finer, for drawing; ends at façades."""

    class_id: str
    ground: Area


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One camera on its ground: its views (one, or a PTZ's presets) behind one outlook.

    `moved_m`: how far the camera was drawn inside a wall, and put before its façade.
    """

    camera: Camera
    scale: Scale
    views: tuple[View, ...]
    time_shares: tuple[float, ...]
    outlook: Outlook
    moved_m: float = 0.0

    def levels(self, points: Floats) -> Levels:
        """(n,) classes reached at each place (0: none), by the best preset."""
        return np.asarray(self.levels_by_view(points).max(axis=0), dtype=np.int8)

    def time_shares_at(self, points: Floats) -> Floats:
        """(classes, n) share of time each place is looked at with that class or finer; 1 for a fixed camera."""
        by_view = self.levels_by_view(points)
        shares = np.array(self.time_shares)[:, None]
        return np.stack([(shares * (by_view >= level)).sum(axis=0) for level in self._classes()])

    @property
    def lit_m(self) -> float | None:
        """Distance on the ground up to which the camera's own light reaches a target; None: nobody stated it."""
        reach = self.camera.lens.night_range_m
        down = self.camera.pose.height_m - self.views[0].target_m
        return None if reach is None else math.sqrt(max(0.0, reach**2 - down**2))

    def is_lit(self, points: Floats) -> Bools:
        """(n,) within reach of the camera's own light at night; nowhere when nobody stated it."""
        away = np.hypot(points[:, 0] - self.outlook.at[0], points[:, 1] - self.outlook.at[1])
        return np.asarray(away <= (self.lit_m or -1.0))

    def ground(self) -> Area:
        """All ground seen at the coarsest class or finer, all presets together."""
        return self.grounds((1,))[0]

    def grounds(self, levels: Sequence[int]) -> tuple[Area, ...]:
        """Ground seen with each of these classes or finer (1 is the coarsest)."""
        free, least = self.outlook.polygon(), self.scale.thresholds_px_m
        return tuple(
            surface(shapely.union_all([view.band(least[level - 1]).intersection(free) for view in self.views]))
            for level in levels
        )

    def bands(self) -> tuple[Band, ...]:
        """One band a class, from the coarsest to the finest; a PTZ's overlap is given to the finest."""
        grounds = self.grounds(self._classes())
        inner = [*grounds[1:], MultiPolygon()]
        return tuple(
            Band(class_id=one.id, ground=surface(ground.difference(finer)))
            for one, ground, finer in zip(self.scale.classes, grounds, inner, strict=True)
        )

    def night_bands(self) -> tuple[Band, ...]:
        """The same bands as far as its own light reaches; empty grounds when nobody stated how far."""
        lit = Point(self.outlook.at).buffer(self.lit_m or 0.0, quad_segs=64)
        return tuple(replace(one, ground=surface(one.ground.intersection(lit))) for one in self.bands())

    def dead_ground(self) -> Area:
        """Ground in the field that the picture's bottom cuts off, up to the nearest wall, for its own pose."""
        return surface(self.views[0].dead_triangle().intersection(self.outlook.polygon()))

    def _classes(self) -> range:
        return range(1, len(self.scale.classes) + 1)

    def levels_by_view(self, points: Floats) -> Levels:
        """(views, n) classes in each view; what stands between is asked only for places in some picture."""
        found = np.stack([self.scale.levels(view.densities_px_m(points)) for view in self.views])
        asked = found.any(axis=0)
        found[:, asked] *= self.outlook.sees(points[asked])
        return found


def sight(camera: Camera, skyline: Skyline, scale: Scale, *, target_m: float = 1.5) -> Sight:
    """A camera's sight of targets `target_m` above the ground.

    Errors: InvalidInput when the camera stands deep inside a building or below its target.
    """
    at, moved_m = skyline.standing((camera.pose.east_m, camera.pose.north_m), camera.pose.height_m)
    views = tuple(
        View(pose=replace(pose, east_m=at[0], north_m=at[1]), lens=lens, target_m=target_m)
        for pose, lens, _ in camera.views()
    )
    least = float(scale.thresholds_px_m[0])
    radius_m = max(1.0, *(view.radius_m(least) for view in views)) + 1e-6
    return Sight(
        camera=camera,
        scale=scale,
        views=views,
        time_shares=tuple(share for _, _, share in camera.views()),
        outlook=outlook(skyline, at, height_m=camera.pose.height_m, target_m=target_m, radius_m=radius_m),
        moved_m=moved_m,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassShare:
    """Shares (0 to 1) of a zone's street seen with a class or finer.

    Attributes:
        by_one, by_two: by at least one, two cameras; all presets of a PTZ together (potential).
        at_an_instant: by at least one, presets weighed by their time, cameras taken as independent.
        at_night: by at least one, within reach of its own light.
        by_one_thinned: `by_one` on the grid thinned by two: their difference is the grid's doubt.
    """

    class_id: str
    by_one: float
    by_two: float
    at_an_instant: float
    at_night: float
    by_one_thinned: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneCoverage:
    """A zone's street and what is seen of it."""

    zone_id: str
    street_m2: float
    classes: tuple[ClassShare, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Share of a zone's street that nothing else sees with a class: lost when `failed_id` fails.

    `kind`: `camera`, `site` or `arm`.
    """

    kind: str
    failed_id: str
    zone_id: str
    class_id: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Levels of every cell by every camera, and what follows from them.

    Attributes:
        levels: (cells, cameras) classes reached.
        night: (cells,) classes reached within reach of the cameras' own light, by the best.
        zones: one a zone of the town, in its order.
        losses: what one failure costs; nothing lost, no row.
    """

    sights: tuple[Sight, ...]
    grid: Grid
    levels: Levels
    night: Levels
    zones: tuple[ZoneCoverage, ...]
    losses: tuple[Loss, ...]


def cover(
    sights: Sequence[Sight], town: Town, on_grid: Grid, *, progress: Callable[[], object] = lambda: None
) -> Coverage:
    """Shares of the zones' street, by class. `progress` is called after each camera.

    Errors: InvalidInput when cells × cameras exceed a billion.
    """
    if len(on_grid.points) * max(len(sights), 1) > MAX_ANSWERS:
        raise InvalidInput(
            "Too many cells for so many cameras: take a wider grid step.",
            message_fr="Trop de mailles pour tant de caméras : prenez un pas plus large.",
            field="grid_step_m",
        )
    cells, classes = len(on_grid.points), len(sights[0].scale.classes) if sights else 0
    levels = np.zeros((cells, len(sights)), dtype=np.int8)
    night = np.zeros(cells, dtype=np.int8)
    unseen = np.ones((classes, cells))
    for number, one in enumerate(sights):
        near = _near(on_grid.points, one.outlook)
        points = on_grid.points[near]
        levels[near, number] = one.levels(points)
        night[near] = np.maximum(night[near], levels[near, number] * one.is_lit(points))
        unseen[:, near] *= 1.0 - np.minimum(one.time_shares_at(points), 1.0)
        progress()
    counted = _Counted(levels, night, unseen, on_grid)
    zones = tuple(
        ZoneCoverage(
            zone_id=zone.id,
            street_m2=len(inside) * on_grid.cell_m2,
            classes=tuple(
                counted.share(one.id, level, inside)
                for level, one in enumerate(sights[0].scale.classes if sights else (), 1)
            ),
        )
        for zone, inside in zip(town.zones, on_grid.zones, strict=True)
    )
    return Coverage(
        sights=tuple(sights),
        grid=on_grid,
        levels=levels,
        night=night,
        zones=zones,
        losses=_losses(sights, town, counted),
    )


def _near(points: Floats, view: Outlook) -> npt.NDArray[np.int64]:
    beside = np.flatnonzero(np.abs(points[:, 0] - view.at[0]) <= view.radius_m)
    found: npt.NDArray[np.int64] = beside[np.abs(points[beside, 1] - view.at[1]) <= view.radius_m]
    return found


@dataclass(frozen=True, slots=True)
class _Counted:
    """Arrays of `cover`, read by zone and class."""

    levels: Levels
    night: Levels
    unseen: Floats
    grid: Grid

    def share(self, class_id: str, level: int, inside: npt.NDArray[np.int64]) -> ClassShare:
        count = (self.levels[inside] >= level).sum(axis=1, dtype=np.int32)
        return ClassShare(
            class_id=class_id,
            by_one=_mean(count >= 1),
            by_two=_mean(count >= 2),
            at_an_instant=_mean(1.0 - self.unseen[level - 1, inside]),
            at_night=_mean(self.night[inside] >= level),
            by_one_thinned=_mean((count >= 1)[self.grid.is_thinned[inside]]),
        )


def _mean(values: npt.NDArray[np.generic]) -> float:
    return float(values.mean()) if len(values) else 0.0


def _losses(sights: Sequence[Sight], town: Town, counted: _Counted) -> tuple[Loss, ...]:
    groups = [
        (kind, name, [number for number, one in enumerate(sights) if getattr(one.camera, attribute) == name])
        for kind, attribute in (("camera", "id"), ("site", "site"), ("arm", "arm"))
        for name in dict.fromkeys(getattr(one.camera, attribute) for one in sights)
        if name
    ]
    covered = np.flatnonzero(counted.levels.any(axis=1))
    levels, zones = counted.levels[covered], [np.isin(covered, inside) for inside in counted.grid.zones]
    found = []
    for level, one in enumerate(sights[0].scale.classes if sights else (), 1):
        seen = levels >= level
        total = seen.sum(axis=1)
        for kind, name, members in groups:
            alone = (total > 0) & (seen[:, members].sum(axis=1) == total)
            if not alone.any():
                continue
            for zone, held, inside in zip(town.zones, zones, counted.grid.zones, strict=True):
                if lost := int((alone & held).sum()):
                    share = lost / len(inside)
                    found.append(Loss(kind=kind, failed_id=name, zone_id=zone.id, class_id=one.id, share=share))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """How much of the town the cameras have in view, at the coarsest class; None where the town does not say.

    Source: proportion of the request, CSI L. 251-2 and L. 252-1; prefectures refuse a perimeter of (nearly) the town.

    Attributes:
        of_area: share of the perimeter's area in view.
        of_public_ground: share of streets and open spaces in view.
        of_street_length: share of the streets' length in view.
        zones_of_area: share of the perimeter that the zones cover.
    """

    of_area: float | None
    of_public_ground: float | None
    of_street_length: float | None
    zones_of_area: float | None

    def excess(self, limit: float = PROPORTION_LIMIT) -> tuple[str, ...]:
        """Names of the shares above the limit: each one bars the request until it is reasoned or lowered."""
        names = ("of_area", "of_public_ground", "of_street_length", "zones_of_area")
        return tuple(name for name in names if (getattr(self, name) or 0.0) > limit)


def proportion(sights: Sequence[Sight], town: Town, skyline: Skyline) -> Proportion:
    """Ground and street length in view, by exact areas and lengths rather than cells."""
    seen = surface(shapely.union_all([one.ground() for one in sights]))
    strips = public_strips(town)
    public = surface(shapely.union_all(strips))
    axes = np.array([street.axis for street in town.streets], dtype=object)
    area, zones = town.perimeter, shapely.union_all([zone.shape for zone in town.zones])
    return Proportion(
        of_area=None if area is None else seen.intersection(area).area / area.area,
        of_public_ground=_share(seen.intersection(public).area, public.area - _built_m2(strips, skyline)),
        of_street_length=_share(_length_m(shapely.intersection(axes, seen)), _length_m(axes)),
        zones_of_area=None if area is None else zones.intersection(area).area / area.area,
    )


def _length_m(lines: npt.NDArray[np.object_]) -> float:
    return float(shapely.length(lines).sum()) if len(lines) else 0.0


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _built_m2(strips: list[Area], skyline: Skyline) -> float:
    """Public ground that stands under buildings: the map's strips are wider than some streets."""
    if not strips or not skyline.buildings:
        return 0.0
    ground = np.array(strips, dtype=object)
    strip, building = skyline.tree.query(ground, predicate="intersects")
    shared = shapely.intersection(ground[strip], skyline.footprints[building])
    return float(shapely.area(shapely.union_all(shared)))


def in_view(point: tuple[float, float], sights: Sequence[Sight]) -> tuple[str, ...]:
    """Ids of the cameras that have a place in view, the finest first."""
    levels = [(one.levels(np.array([point]))[0], one.camera.id) for one in sights]
    return tuple(name for level, name in sorted(levels, key=lambda pair: -pair[0]) if level)
