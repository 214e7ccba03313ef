"""The ground a picture shows, without what hides it: a trapezoid, cut in density bands by lines across the axis.

At a target height h the picture's sides meet the ground where |across| = depth · tan(HFOV/2), its bottom and top on
lines across the axis (`optics.reach`), and a density ends on such a line too, depth being measured along the axis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from shapely import Polygon

from beffroi.plan.calc import optics
from beffroi.plan.calc.town import Lens, Pose

Floats = npt.NDArray[np.float64]
_MAX_M = 5_000.0
"""Nothing is planned beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One pose and lens, towards targets `target_m` above the ground."""

    pose: Pose
    lens: Lens
    target_m: float = 1.5

    def on_axes(self, points: Floats) -> tuple[Floats, Floats]:
        """(n, 2) Lambert-93 metres to distances along the bearing and across it, rightwards."""
        east, north = points[:, 0] - self.pose.east_m, points[:, 1] - self.pose.north_m
        along_e, along_n = self.pose.axis
        return east * along_e + north * along_n, east * along_n - north * along_e

    def densities_px_m(self, points: Floats) -> Floats:
        """(n,) pixels a metre across; 0 out of the picture."""
        along, across = self.on_axes(points)
        tilt = math.radians(self.pose.tilt_deg)
        down = self.pose.height_m - self.target_m
        depth = along * math.cos(tilt) + down * math.sin(tilt)
        height = along * math.sin(tilt) - down * math.cos(tilt)
        inside = (depth > 1e-6) & (np.abs(across) <= depth * math.tan(math.radians(self.lens.hfov_deg) / 2))
        inside &= np.abs(height) <= depth * math.tan(math.radians(optics.vfov_deg(self.lens)) / 2)
        densities = np.zeros(len(points))
        densities[inside] = optics.focal_px(self.lens) / depth[inside]
        return densities

    def farthest_m(self, density_px_m: float) -> float:
        """Distance on the axis where the density falls below; at most the top of the picture, and 5 km."""
        tilt = math.radians(self.pose.tilt_deg)
        depth = optics.flat_distance_m(self.lens, density_px_m)
        down = self.pose.height_m - self.target_m
        by_density = (depth - down * math.sin(tilt)) / max(math.cos(tilt), 1e-9)
        return min(by_density, optics.reach(self.pose, self.lens, target_m=self.target_m).far_m, _MAX_M)

    def band(self, least_px_m: float, below_px_m: float = math.inf) -> Polygon:
        """Ground shown with a density from `least_px_m` to `below_px_m`, nothing hiding it; empty when none."""
        near = max(optics.reach(self.pose, self.lens, target_m=self.target_m).near_m, self._behind_m())
        if math.isfinite(below_px_m):
            near = max(near, self.farthest_m(below_px_m))
        far = self.farthest_m(least_px_m)
        if not near < far:
            return Polygon()
        widths = [self._half_width_m(near), self._half_width_m(far)]
        local = [(near, -widths[0]), (far, -widths[1]), (far, widths[1]), (near, widths[0])]
        return Polygon(self.on_map(np.array(local)))

    def radius_m(self, least_px_m: float) -> float:
        """Distance from the mast's foot to the farthest corner shown with this density; 0 when none."""
        corners = np.asarray(self.band(least_px_m).exterior.coords)
        if not len(corners):
            return 0.0
        return float(np.hypot(corners[:, 0] - self.pose.east_m, corners[:, 1] - self.pose.north_m).max())

    def dead_triangle(self) -> Polygon:
        """From the mast to the nearest line in the picture; empty when the picture reaches the mast's foot."""
        near = min(optics.reach(self.pose, self.lens, target_m=self.target_m).near_m, _MAX_M)
        if near <= 0:
            return Polygon()
        half = self._half_width_m(near)
        return Polygon(self.on_map(np.array([(0.0, 0.0), (near, -half), (near, half)])))

    def on_map(self, local: Floats) -> Floats:
        """(n, 2) along and across to Lambert-93."""
        along_e, along_n = self.pose.axis
        east = local[:, 0] * along_e + local[:, 1] * along_n + self.pose.east_m
        north = local[:, 0] * along_n - local[:, 1] * along_e + self.pose.north_m
        return np.column_stack([east, north])

    def _behind_m(self) -> float:
        """Where depth becomes 0: nothing behind is in the picture."""
        tilt = math.radians(self.pose.tilt_deg)
        return -(self.pose.height_m - self.target_m) * math.sin(tilt) / max(math.cos(tilt), 1e-9)

    def _half_width_m(self, along_m: float) -> float:
        depth = optics.depth_m(self.pose, along_m, target_m=self.target_m)
        return max(depth, 0.0) * math.tan(math.radians(self.lens.hfov_deg) / 2)
