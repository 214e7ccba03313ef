"""What the calculations are given: cameras, buildings, zones, streets, in Lambert-93 metres (EPSG:2154).

Frozen values. Bearings are clockwise from *grid* north; tilts are below the horizon; heights are above the ground,
which is flat around each camera.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from shapely import LineString, MultiPolygon, Polygon

STOREY_M = 3.0
DEFAULT_HEIGHT_M = 6.0
Area = Polygon | MultiPolygon


class HeightSource(StrEnum):
    """Where a building's height comes from; all but the first are flagged."""

    GIVEN = "given"
    STOREYS = "storeys"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """A prism. `floors` stands in for a missing height, 3 m each; without either, 6 m.

    `ground_m`: altitude of the ground at its foot; it lifts nothing, it only tells where the ground is not flat.
    """

    id: str
    footprint: Area
    height_m: float | None = None
    floors: int | None = None
    is_dwelling: bool = False
    ground_m: float | None = None

    @property
    def roof_m(self) -> float:
        """Height of the roof above the ground: given, else storeys × 3 m, else the default."""
        if self.height_m is not None:
            return self.height_m
        return self.floors * STOREY_M if self.floors else DEFAULT_HEIGHT_M

    @property
    def height_source(self) -> HeightSource:
        """How `roof_m` is known."""
        if self.height_m is not None:
            return HeightSource.GIVEN
        return HeightSource.STOREYS if self.floors else HeightSource.DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A place to watch; `weight` is what a square metre of its street counts for in placement."""

    id: str
    shape: Area
    name: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """The axis of a street; its ground reaches `half_width_m + pavement_m` on both sides."""

    id: str
    axis: LineString
    half_width_m: float = 3.0
    pavement_m: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """Picture size, field across, and how far it sees at night by its own light.

    `vfov_deg` is computed from square pixels when absent. `night_range_m`: None = nobody stated it.
    """

    width_px: int
    height_px: int
    hfov_deg: float
    vfov_deg: float | None = None
    night_range_m: float | None = None

    def zoomed(self, hfov_deg: float) -> Lens:
        """The same sensor behind another field."""
        return replace(self, hfov_deg=hfov_deg, vfov_deg=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """Where a camera stands and looks."""

    east_m: float
    north_m: float
    height_m: float
    bearing_deg: float
    tilt_deg: float

    @property
    def axis(self) -> tuple[float, float]:
        """Unit vector of the bearing on the ground, east then north."""
        bearing = math.radians(self.bearing_deg)
        return math.sin(bearing), math.cos(bearing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A position a PTZ returns to, and the share of the time it spends there (0 to 1)."""

    bearing_deg: float
    tilt_deg: float
    hfov_deg: float
    time_share: float
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera of the plan. `site` and `arm` (of the fibre) group what fails together; `presets` make it a PTZ."""

    id: str
    pose: Pose
    lens: Lens
    site: str = ""
    arm: str = ""
    phase: str = ""
    presets: tuple[Preset, ...] = ()

    def views(self) -> tuple[tuple[Pose, Lens, float], ...]:
        """Each pose it takes, the lens there, the share of time: its own pose alone without presets."""
        if not self.presets:
            return ((self.pose, self.lens, 1.0),)
        return tuple(
            (
                replace(self.pose, bearing_deg=preset.bearing_deg, tilt_deg=preset.tilt_deg),
                self.lens.zoomed(preset.hfov_deg),
                preset.time_share,
            )
            for preset in self.presets
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """The ground: streets, open spaces, buildings, the perimeter (None: not given), the zones."""

    buildings: tuple[Building, ...] = ()
    zones: tuple[Zone, ...] = ()
    streets: tuple[Street, ...] = ()
    open_spaces: tuple[Area, ...] = ()
    perimeter: Area | None = None
