"""From the ground to the picture and back: a pinhole, square pixels, no roll, no distortion.

u = cx + f·x/z, v = cy − f·y/z, with x to the right, y up, z along the axis. Row 0 is the top. A wide lens bends lines:
near the edges the picture departs from this by some per cent of its width.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon, box

from beffroi.plan.calc import optics
from beffroi.plan.calc.occlusion import polygons
from beffroi.plan.calc.town import Building, Lens, Pose

Floats = npt.NDArray[np.float64]
NEAR_M = 0.05
"""What is nearer than this to the lens is cut off: less than a bracket, or the wall beside it would go unmasked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinhole:
    """One pose and lens."""

    pose: Pose
    lens: Lens

    @property
    def picture(self) -> Polygon:
        """The whole picture, pixels."""
        return box(0, 0, self.lens.width_px, self.lens.height_px)

    def from_lens(self, points: Floats) -> Floats:
        """(n, 3) east, north, height above the ground to (n, 3) right, up, depth, metres."""
        bearing, tilt = math.radians(self.pose.bearing_deg), math.radians(self.pose.tilt_deg)
        right = (math.cos(bearing), -math.sin(bearing), 0.0)
        ahead = (math.sin(bearing) * math.cos(tilt), math.cos(bearing) * math.cos(tilt), -math.sin(tilt))
        up = (math.sin(bearing) * math.sin(tilt), math.cos(bearing) * math.sin(tilt), math.cos(tilt))
        seen: Floats = (points - self._lens_at) @ np.array([right, up, ahead]).T
        return seen

    def pixels(self, points: Floats) -> Floats:
        """(n, 3) metres to (n, 2) pixels; NaN for what is nearer than 5 cm along the axis or behind."""
        seen = self.from_lens(points)
        depth = np.where(seen[:, 2] >= NEAR_M, seen[:, 2], np.nan)
        return self._flat(np.column_stack([seen[:, 0] / depth, seen[:, 1] / depth]))

    def outline(self, corners: Floats) -> Polygon:
        """A flat polygon of (n, 3) metres in the picture's plane, cut off near the lens; may lie out of the picture."""
        cut = _beyond(self.from_lens(corners))
        if len(cut) < 3:
            return Polygon()
        return Polygon(self._flat(cut[:, :2] / cut[:, 2:]))

    def angles(self, pixels: Floats) -> Floats:
        """(n, 2) pixels to (n, 2) degrees: bearing from grid north, tilt below the horizon."""
        focal = optics.focal_px(self.lens)
        right = (pixels[:, 0] - self.lens.width_px / 2) / focal
        up = (self.lens.height_px / 2 - pixels[:, 1]) / focal
        tilt = math.radians(self.pose.tilt_deg)
        ahead, rise = math.cos(tilt) + up * math.sin(tilt), up * math.cos(tilt) - math.sin(tilt)
        bearing = (self.pose.bearing_deg + np.degrees(np.arctan2(right, ahead))) % 360.0
        return np.column_stack([bearing, -np.degrees(np.arctan2(rise, np.hypot(right, ahead)))])

    def _flat(self, slopes: Floats) -> Floats:
        focal = optics.focal_px(self.lens)
        return np.column_stack(
            [self.lens.width_px / 2 + focal * slopes[:, 0], self.lens.height_px / 2 - focal * slopes[:, 1]]
        )

    @property
    def _lens_at(self) -> Floats:
        return np.array([self.pose.east_m, self.pose.north_m, self.pose.height_m])


def _beyond(corners: Floats) -> Floats:
    """A polygon of (n, 3) cut by the plane at `NEAR_M` (Sutherland, Hodgman 1974)."""
    kept: list[Floats] = []
    for here, after in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if here[2] >= NEAR_M:
            kept.append(here)
        if (here[2] >= NEAR_M) != (after[2] >= NEAR_M):
            share = (NEAR_M - here[2]) / (after[2] - here[2])
            kept.append(here + share * (after - here))
    return np.array(kept).reshape(-1, 3)


@dataclass(frozen=True, slots=True)
class Wall:
    """A façade: the edge of a footprint from (x1, y1) to (x2, y2), up to the roof; `building` is an index."""

    building: int
    edge: tuple[float, float, float, float]
    roof_m: float
    faces_camera: bool

    @property
    def corners(self) -> Floats:
        """(4, 3) metres, foot first."""
        x1, y1, x2, y2 = self.edge
        return np.array([[x1, y1, 0], [x2, y2, 0], [x2, y2, self.roof_m], [x1, y1, self.roof_m]], dtype=np.float64)


def walls(buildings: Sequence[Building], chosen: Sequence[int], at: tuple[float, float]) -> list[Wall]:
    """Façades of some buildings; a wall faces the camera when the camera is on its outer side."""
    found = []
    for index in chosen:
        for part in polygons(buildings[index].footprint):
            whole = shapely.orient_polygons(part)
            for ring in (whole.exterior, *whole.interiors):
                xy = np.asarray(ring.coords)[:, :2]
                for (x1, y1), (x2, y2) in itertools.pairwise(xy):
                    side = (x2 - x1) * (at[1] - y1) - (y2 - y1) * (at[0] - x1)
                    edge = (float(x1), float(y1), float(x2), float(y2))
                    found.append(Wall(index, edge, buildings[index].roof_m, faces_camera=bool(side < 0)))
    return found
