"""Planned privacy masks: the façades of dwellings in the picture, enlarged by what is not known, fitted to the device.

Source: CSI L. 251-3 (no interior of dwellings nor, specifically, their entrances); error budget and limits:
`design/coverage.md`. The map knows no window: whole façades are masked. Roof windows are not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon, STRtree
from shapely.geometry.base import BaseGeometry

from beffroi.core.errors import BarredByLaw
from beffroi.plan.calc import optics, outline
from beffroi.plan.calc.occlusion import ON_FACADE_M, Skyline, polygons, surface
from beffroi.plan.calc.projection import NEAR_M, Pinhole, Wall, walls
from beffroi.plan.calc.town import Camera, Lens

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
ARTICLE = "CSI L. 251-3"
MAX_MARGIN_SHARE = 0.5
"""Of the picture's width: with a wider margin a mask from the map hides all, so it proves nothing."""
LEAST_PX_M = 12.5
"""Coarser than this (the standard's *monitor*) nothing is read behind a window: our setting."""
HELD_M = 0.1
"""Doubt of a wall within 2 m of the camera, which hangs on it or beside it: measured when it is fitted."""
_SPECK_PX2 = 1.0
_WIDE_DEG = 75.0
"""A picture that reaches farther aside, its corners included, is asked for all that is near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What is not known: of the map, of the aim. Source: BD TOPO is metre-level; half a degree is a careful fitter."""

    map_m: float = 1.0
    aim_deg: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What takes masks. Source: ONVIF Media2, GetMaskOptions: MaxMasks, MaxPoints, RectangleOnly.

    `fills_every_view`: it does not know where a PTZ looks, so the masks of each view are in all of them.
    """

    max_masks: int = 8
    max_points: int = 4
    rectangle_only: bool = False
    fills_every_view: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A dwelling in the picture that no planned mask hides, and why."""

    building_id: str
    view: int
    reason: str
    reason_fr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewMasks:
    """Masks of one view (a fixed camera's only one, or a PTZ's preset).

    Attributes:
        masks: polygons in pixels.
        others: those of the other views that are in this one too.
        angles: for each mask its corners as (n, 2) bearing from grid north and tilt, degrees: what a PTZ keeps.
        dwellings: ids of the dwellings in the picture.
        picture_share: of the picture's area.
        widest_margin_px: the largest enlargement applied.
    """

    pinhole: Pinhole
    masks: tuple[Polygon, ...]
    angles: tuple[Floats, ...]
    dwellings: tuple[str, ...]
    picture_share: float
    widest_margin_px: float
    others: tuple[Polygon, ...] = ()

    @property
    def hidden(self) -> tuple[Polygon, ...]:
        """All that is black in this view."""
        return (*self.masks, *self.others)

    def in_ten_thousandths(self) -> list[list[tuple[int, int]]]:
        """Corners as `design/masks.md` keeps them: 0 to 10,000 of width and height, rounded outward of the middle."""
        size = np.array([self.pinhole.lens.width_px, self.pinhole.lens.height_px])
        return [_rounded(np.asarray(mask.exterior.coords)[:-1] / size * 10_000) for mask in self.masks]

    def hides(self, points: Floats, *, target_m: float = 1.5) -> Bools:
        """(n, 2) metres: True where a target of that height is behind a mask."""
        at = self.pinhole.pixels(np.column_stack([points, np.full(len(points), target_m)]))
        hidden = np.zeros(len(points), dtype=bool)
        shown = ~np.isnan(at).any(axis=1)
        for mask in self.hidden:
            hidden[shown] |= shapely.contains_xy(mask, at[shown, 0], at[shown, 1])
        return hidden


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskPlan:
    """Masks of one camera, and the dwellings that none can hide."""

    camera_id: str
    views: tuple[ViewMasks, ...]
    refusals: tuple[Refusal, ...]

    @property
    def is_complete(self) -> bool:
        """True when every dwelling in a picture is masked."""
        return not self.refusals

    def require_complete(self) -> None:
        """Errors: BarredByLaw naming the dwellings that cannot be masked."""
        if self.refusals:
            first, names = self.refusals[0], ", ".join(dict.fromkeys(one.building_id for one in self.refusals))
            raise BarredByLaw(
                f"Camera {self.camera_id} sees dwellings that no planned mask can hide ({names}): {first.reason}.",
                message_fr=f"La caméra {self.camera_id} voit des habitations qu'aucun masque prévu ne peut cacher "
                f"({names}) : {first.reason_fr}.",
                article=ARTICLE,
                field="masks",
            )


def margin_px(lens: Lens, distance_m: float, doubt: Doubt) -> float:
    """Enlargement: √((f·e/d)² + (f·tan a)²), the map's doubt and the aim's being independent."""
    focal = optics.focal_px(lens)
    return math.hypot(focal * doubt.map_m / max(distance_m, 1e-6), focal * math.tan(math.radians(doubt.aim_deg)))


def _pieces(wall: Wall, at: tuple[float, float]) -> list[Wall]:
    """A wall cut in lengths of at most half their distance (0.25 m at least): what is far needs less margin."""
    x1, y1, x2, y2 = wall.edge
    away = shapely.LineString([(x1, y1), (x2, y2)]).distance(shapely.Point(at))
    if math.dist((x1, y1), (x2, y2)) <= max(0.25, away / 2):
        return [wall]
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    return [*_pieces(replace(wall, edge=(x1, y1, *middle)), at), *_pieces(replace(wall, edge=(*middle, x2, y2)), at)]


def _margin_of(wall: Wall, shown: BaseGeometry, of: tuple[Pinhole, Doubt]) -> float:
    """Largest enlargement over the corners of what is shown of a wall.

    Off the axis the same errors move a pixel by (distance / depth)² more.
    """
    pinhole, doubt = of
    foot, other, top, _ = pinhole.from_lens(wall.corners)
    normal = np.cross(other - foot, top - foot)
    focal = optics.focal_px(pinhole.lens)
    middle = np.array([pinhole.lens.width_px / 2, pinhole.lens.height_px / 2])
    slopes = (shapely.get_coordinates(shown) - middle) / focal * np.array([1.0, -1.0])
    rays = np.column_stack([slopes, np.ones(len(slopes))])
    spread = np.linalg.norm(rays, axis=1)
    with np.errstate(divide="ignore"):
        depths = np.abs(normal @ foot / (rays @ normal))
    return max(
        margin_px(pinhole.lens, max(float(depth * wider), NEAR_M), doubt) * float(wider) ** 2
        for depth, wider in zip(depths, spread, strict=True)
    )


def plan(camera: Camera, skyline: Skyline, device: Device, *, doubt: Doubt | None = None) -> MaskPlan:
    """Masks of a camera, view by view; a PTZ's masks share the device's number.

    The camera should stand where `coverage.sight` put it. What cannot be masked is in `refusals`: call
    `require_complete` before anything is built on the plan. A PTZ turned freely between its presets is masked by
    none of these: its `angles` need calibration on site.
    """
    doubt = doubt or Doubt()
    at, _ = skyline.standing((camera.pose.east_m, camera.pose.north_m), camera.pose.height_m)
    pinholes = [Pinhole(pose=replace(pose, east_m=at[0], north_m=at[1]), lens=lens) for pose, lens, _ in camera.views()]
    seen = [_Seen.of(pinhole, skyline, doubt) for pinhole in pinholes]
    refusals = [refusal for number, one in enumerate(seen) for refusal in one.refusals(number, device)]
    refused = {refusal.view for refusal in refusals}
    in_need = [number for number, one in enumerate(seen) if one.pieces and number not in refused]
    views = []
    for number, one in enumerate(seen):
        rank = in_need.index(number) if number in in_need else -1
        share = device.max_masks // len(in_need) + (rank < device.max_masks % len(in_need)) if rank >= 0 else 0
        if rank >= 0 and share < 1:
            refusals += one.refused(number, _TOO_MANY_VIEWS)
        views.append(_fitted(one, replace(device, max_masks=share)))
    if device.fills_every_view:
        views = [_with_others(one, views) for one in views]
    return MaskPlan(camera_id=camera.id, views=tuple(views), refusals=tuple(refusals))


_TOO_MANY_VIEWS = (
    "the device holds fewer masks than there are presets with dwellings; remove presets or take another device",
    "l'appareil porte moins de masques qu'il n'y a de positions sur des habitations ; retirez-en ou changez d'appareil",
)
_NO_MASKS = ("the device has no masks", "l'appareil n'a pas de masques")


def _in_field(pinhole: Pinhole, skyline: Skyline) -> npt.NDArray[np.int64]:
    """Indices of the buildings that may be in the picture and near enough to be read: a zoom reaches far, narrowly."""
    at, reach_m = (pinhole.pose.east_m, pinhole.pose.north_m), optics.flat_distance_m(pinhole.lens, LEAST_PX_M)
    near = skyline.near(at, reach_m)
    corners = np.asarray(pinhole.picture.exterior.coords)[:-1]
    aside = np.abs((pinhole.angles(corners)[:, 0] - pinhole.pose.bearing_deg + 180.0) % 360.0 - 180.0).max()
    if aside >= _WIDE_DEG or not len(near):
        return near
    side_m = reach_m / math.cos(math.radians(aside))
    turns = np.radians(pinhole.pose.bearing_deg + np.array([-aside, aside]))
    ends = np.column_stack([np.sin(turns), np.cos(turns)]) * side_m + at
    field = Polygon([at, *ends.tolist()]).buffer(ON_FACADE_M)
    return np.sort(near[shapely.intersects(skyline.footprints[near], field)])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """Dwellings' façades in one picture, enlarged; `margins`: the largest of each dwelling."""

    pinhole: Pinhole
    pieces: tuple[BaseGeometry, ...]
    margins: dict[str, float]

    @classmethod
    def of(cls, pinhole: Pinhole, skyline: Skyline, doubt: Doubt) -> _Seen:
        at = (pinhole.pose.east_m, pinhole.pose.north_m)
        near = _in_field(pinhole, skyline)
        around = walls(skyline.buildings, near.tolist(), at)
        hiding = _Hiding.of(pinhole, around, (skyline, near, doubt))
        pieces: list[BaseGeometry] = []
        margins: dict[str, float] = {}
        for number, wall in enumerate(around):
            building = skyline.buildings[wall.building]
            if not (building.is_dwelling and wall.faces_camera):
                continue
            shown = hiding.visible(number)
            if shown.area < _SPECK_PX2:
                continue
            is_held = hiding.distances[number] <= ON_FACADE_M
            own = replace(doubt, map_m=min(doubt.map_m, HELD_M)) if is_held else doubt
            for piece in _pieces(wall, at):
                part = surface(shown.intersection(pinhole.outline(piece.corners)))
                if part.is_empty:
                    continue
                margin = _margin_of(piece, part, (pinhole, own))
                grown = part.buffer(margin, join_style="mitre", mitre_limit=2.0)
                pieces.append(grown.intersection(pinhole.picture))
                margins[building.id] = max(margin, margins.get(building.id, 0.0))
        return cls(pinhole=pinhole, pieces=tuple(pieces), margins=margins)

    def refusals(self, view: int, device: Device) -> list[Refusal]:
        if not self.margins:
            return []
        if device.max_masks < 1:
            return self.refused(view, _NO_MASKS)
        width = self.pinhole.lens.width_px
        wide = {name: margin / width for name, margin in self.margins.items() if margin > MAX_MARGIN_SHARE * width}
        return [
            Refusal(
                building_id=name,
                view=view,
                reason=f"a mask from the map needs a margin of {share:.0%} of the picture's width with this zoom; "
                "calibrate the camera on site (4 to 6 known points) or widen its field",
                reason_fr=f"un masque tiré de la carte demande une marge de {100 * share:.0f} % de la largeur d'image "
                "à ce zoom ; calez la caméra sur place (4 à 6 points connus) ou élargissez son champ",
            )
            for name, share in wide.items()
        ]

    def refused(self, view: int, why: tuple[str, str]) -> list[Refusal]:
        return [Refusal(building_id=name, view=view, reason=why[0], reason_fr=why[1]) for name in self.margins]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hiding:
    """Walls and roofs of a picture, and which stand before which.

    An occluder is shrunk by its own margin before it hides anything: a façade is left out of the masks only when
    it is hidden whatever the map's doubt.
    """

    pinhole: Pinhole
    shapes: list[Polygon]
    distances: Floats
    spans: Floats
    edges: Floats
    shrunk: npt.NDArray[np.object_]
    roofs: list[tuple[Polygon, float]]
    tree: STRtree

    @classmethod
    def of(cls, pinhole: Pinhole, around: Sequence[Wall], of: tuple[Skyline, npt.NDArray[np.int64], Doubt]) -> _Hiding:
        skyline, near, doubt = of
        origin = np.array([pinhole.pose.east_m, pinhole.pose.north_m])
        edges = np.array([wall.edge for wall in around]).reshape(-1, 4) - np.tile(origin, 2)
        distances = _distances(edges)
        shapes = [pinhole.outline(wall.corners) for wall in around]
        margins = [margin_px(pinhole.lens, max(float(one), 1.0), doubt) for one in distances]
        shrunk = shapely.buffer(np.array(shapes, dtype=object), -np.array(margins), join_style="mitre")
        roofs = [
            (_roof(pinhole, polygon, roof_m).buffer(-margin_px(pinhole.lens, max(far, 1.0), doubt)), far)
            for index in near
            if (roof_m := float(skyline.roofs_m[index])) < pinhole.pose.height_m
            for polygon in polygons(skyline.footprints[index])
            if (far := float(np.hypot(*(np.asarray(polygon.exterior.coords)[:, :2] - origin).T).max()))
        ]
        return cls(
            pinhole=pinhole, shapes=shapes, distances=distances, spans=_spans(edges), edges=edges, shrunk=shrunk,
            roofs=roofs, tree=STRtree(shrunk),
        )  # fmt: skip

    def visible(self, number: int) -> BaseGeometry:
        """What of a wall no nearer one hides, in the picture."""
        shown = self.shapes[number].intersection(self.pinhole.picture)
        if shown.is_empty:
            return shown
        touching = self.tree.query(shown, predicate="intersects")
        before = [self.shrunk[other] for other in touching if other != number and self._is_before(int(other), number)]
        before += [roof for roof, far in self.roofs if far < self.distances[number] and roof.intersects(shown)]
        return surface(shown.difference(shapely.union_all(before))) if before else shown

    def _is_before(self, one: int, other: int) -> bool:
        """True when `one` is nearer where both are in the same direction."""
        first, last = self.spans[one], self.spans[other]
        start, width = first[0], (last[0] - first[0] + np.pi) % (2 * np.pi) - np.pi
        low, high = max(0.0, width), min(first[1], width + last[1])
        if high <= low:
            return False
        angle = start + (low + high) / 2
        return bool(_along(self.edges[one], angle) < _along(self.edges[other], angle) - 1e-6)


def _roof(pinhole: Pinhole, footprint: Polygon, roof_m: float) -> Polygon:
    ring = np.asarray(footprint.exterior.coords)[:-1, :2]
    shape = pinhole.outline(np.column_stack([ring, np.full(len(ring), roof_m)]))
    return shape if shape.is_valid else shape.buffer(0)


def _spans(edges: Floats) -> Floats:
    """(n, 2) first direction and width of each wall, seen from the camera, the width below π."""
    one, other = np.arctan2(edges[:, 1], edges[:, 0]), np.arctan2(edges[:, 3], edges[:, 2])
    turn = (other - one + np.pi) % (2 * np.pi) - np.pi
    return np.column_stack([np.where(turn >= 0, one, other), np.abs(turn)])


def _along(edge: Floats, angle: float) -> float:
    x1, y1, x2, y2 = edge
    across = math.cos(angle) * (y2 - y1) - math.sin(angle) * (x2 - x1)
    return float((x1 * y2 - y1 * x2) / across) if abs(across) > 1e-12 else math.inf


def _distances(edges: Floats) -> Floats:
    lines = shapely.linestrings(edges.reshape(-1, 2, 2)) if len(edges) else np.empty(0, dtype=object)
    return np.asarray(shapely.distance(lines, shapely.Point(0, 0)), dtype=np.float64)


def _fitted(seen: _Seen, device: Device) -> ViewMasks:
    """The device's masks over the pieces; none when it may hold none (the refusals say so)."""
    whole = polygons(surface(shapely.union_all(list(seen.pieces))))
    masks: list[Polygon] = []
    if whole and device.max_masks >= 1:
        masks = outline.merged(whole, at_most=device.max_masks, as_rectangles=device.rectangle_only)
        if not device.rectangle_only:
            masks = [_in_picture(mask, seen.pinhole, device.max_points) for mask in masks]
    picture = seen.pinhole.picture
    return ViewMasks(
        pinhole=seen.pinhole,
        masks=tuple(masks),
        angles=tuple(seen.pinhole.angles(np.asarray(mask.exterior.coords)[:-1]) for mask in masks),
        dwellings=tuple(seen.margins),
        picture_share=_share(masks, picture),
        widest_margin_px=max(seen.margins.values(), default=0.0),
    )


def _with_others(one: ViewMasks, views: Sequence[ViewMasks]) -> ViewMasks:
    """The view with the masks of all the others over it; every view of a camera has the same picture."""
    others = tuple(mask for other in views if other is not one for mask in other.masks)
    return replace(one, others=others, picture_share=_share((*one.masks, *others), one.pinhole.picture))


def _share(masks: Sequence[Polygon], picture: Polygon) -> float:
    return float(shapely.union_all(list(masks)).intersection(picture).area / picture.area) if masks else 0.0


def _in_picture(mask: Polygon, pinhole: Pinhole, max_points: int) -> Polygon:
    """Few enough corners, all in the picture: pushed-out corners are cut back at its edge, or the rectangle taken."""
    small = outline.shrunk(mask, max_points=max_points)
    cut = small.intersection(pinhole.picture)
    if isinstance(cut, Polygon) and len(cut.exterior.coords) - 1 <= max_points:
        return cut
    return outline.rectangle(mask)


def _rounded(corners: Floats) -> list[tuple[int, int]]:
    middle = corners.mean(axis=0)
    outward = np.where(corners >= middle, np.ceil(corners - 1e-9), np.floor(corners + 1e-9))
    return [(int(x), int(y)) for x, y in np.clip(outward, 0, 10_000)]
