"""Which building's façade a pointed access lies on. Pure; distances in Lambert-93 metres."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from beffroi.territory.calc.lambert93 import EN, projected_all, to_en

REACH_M = 5.0
"""An access is pointed this near its façade: what a telephone outdoors and a footprint of BD TOPO allow together."""


@dataclass(frozen=True, slots=True)
class Facades:
    """Outlines of buildings, ready to be asked which one is nearest."""

    tree: STRtree

    @classmethod
    def of(cls, footprints: Sequence[BaseGeometry] | npt.NDArray[np.object_]) -> Facades:
        """From footprints in metres, in any order."""
        return cls(STRtree(shapely.boundary(np.array(footprints, dtype=object))))

    def nearest(self, points: Sequence[EN]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Of each point the index of the nearest outline and its distance; −1 and infinity without buildings."""
        if not len(points) or not len(self.tree):
            return np.full(len(points), -1), np.full(len(points), np.inf)
        pairs, away = self.tree.query_nearest(shapely.points(points), all_matches=False, return_distance=True)
        return pairs[1].astype(np.int64), away

    def bearers(self, points: Sequence[EN]) -> list[int | None]:
        """Of each point the index of the building that bears it; None beyond the reach."""
        indices, away = self.nearest(points)
        return [int(index) if metres <= REACH_M else None for index, metres in zip(indices, away, strict=True)]


def distances_m(lon_lats: Sequence[tuple[float, float]], footprints: Iterable[dict[str, Any]]) -> list[float]:
    """How far each position (longitude, latitude) is from the nearest façade of these GeoJSON footprints."""
    if not lon_lats:
        return []
    _, away = Facades.of(projected_all(footprints)).nearest([to_en(*one) for one in lon_lats])
    return [float(metres) for metres in away]
