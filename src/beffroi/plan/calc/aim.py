"""Whether what a camera is for can be had where its target is, by its geometry alone. Pure.

Source: EN 62676-4:2015 (pixels a metre by class), targets 1.5 m above the ground as in `coverage`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import Point

from beffroi.plan.calc.coverage import Sight

_INSIDE_M = 0.05
"""Places are taken this far inside a field: on its very edge a place is in no picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """From how near to how far, in metres on the ground, a class is reached; all of it in sight.

    `near_m`, `far_m`: None where the class is reached nowhere. `best_px_m`, `best_at_m`: the finest density in sight,
    and how near the camera; 0 when nothing is in sight.
    """

    least_px_m: float
    near_m: float | None
    far_m: float | None
    best_px_m: float
    best_at_m: float

    def at(self, distance_m: float | None) -> bool:
        """Whether the class is reached so far away; without a distance, anywhere."""
        if self.near_m is None or self.far_m is None:
            return False
        return distance_m is None or self.near_m <= distance_m <= self.far_m


def allowed(sight: Sight, class_id: str) -> Allowed:
    """What the geometry allows of one class of the sight's scale, by the best of its views."""
    level = [one.id for one in sight.scale.classes].index(class_id) + 1
    seen, fine = (ground.buffer(-_INSIDE_M) for ground in sight.grounds((1, level)))
    places, fine_places = shapely.get_coordinates(seen), shapely.get_coordinates(fine)
    density = np.zeros(1)
    if len(places):
        density = np.max([view.densities_px_m(places) for view in sight.views], axis=0)
    best = int(density.argmax())
    at = Point(sight.outlook.at)
    return Allowed(
        least_px_m=float(sight.scale.thresholds_px_m[level - 1]),
        near_m=at.distance(fine) if len(fine_places) else None,
        far_m=float(np.hypot(*(fine_places - sight.outlook.at).T).max()) if len(fine_places) else None,
        best_px_m=float(density[best]),
        best_at_m=at.distance(Point(places[best])) if len(places) else 0.0,
    )
