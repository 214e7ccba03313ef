"""How far the ground within a camera's reach is from flat, by the altitudes of the buildings that stand on it.

Coverage supposes flat ground around each camera. Where the map gives its buildings the altitude of their foot, a slope
is found and told: a figure over it is to be checked on the spot. Where it does not, nothing is known of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shapely import Point

from beffroi.plan.calc.coverage import Sight
from beffroi.plan.calc.occlusion import Skyline

STEEP_M = 3.0
"""Half the height of a usual mast: beyond it dead zone, reach and occlusion may be others. Our setting."""
BESIDE_M = 10.0
"""A building this near to the mast, or to the ground in view, tells its altitude."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """The lowest and the highest ground of the buildings within a camera's reach, metres above the sea."""

    low_m: float
    high_m: float


def steep(one: Sight, skyline: Skyline) -> Slope | None:
    """The slope under a camera's view; None when it is 3 m at most, or the altitudes are not known."""
    if np.isnan(skyline.grounds_m).all():
        return None
    near = [
        skyline.tree.query(place, predicate="dwithin", distance=BESIDE_M)
        for place in (Point(one.outlook.at), one.ground())
    ]
    found = skyline.grounds_m[np.concatenate(near)]
    found = found[~np.isnan(found)]
    if not len(found) or found.max() - found.min() <= STEEP_M:
        return None
    return Slope(low_m=float(found.min()), high_m=float(found.max()))
