"""The ground and the cameras of the database as the calculations want them: Lambert-93, grid north."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shapely import LineString, MultiLineString

from beffroi.plan import catalogue
from beffroi.plan.calc import town as calc
from beffroi.plan.calc.coverage import Sight, sight
from beffroi.plan.calc.occlusion import Skyline, surface
from beffroi.plan.models import Camera
from beffroi.plan.scenario.cameras import convergence_deg
from beffroi.territory.calc import lambert93
from beffroi.territory.models import Building, HeightSource, Street, Zone
from beffroi.territory.queries import town


@dataclass(frozen=True, slots=True)
class Ground:
    """The town and its buildings, ready to be asked."""

    town: calc.Town
    skyline: Skyline
    assumed_heights: int
    """Buildings whose height nobody measured."""


def ground() -> Ground:
    """All of the town; some tenths of a second for two thousand buildings."""
    known = town()
    buildings = tuple(_building(row) for row in Building.objects.all())
    return Ground(
        calc.Town(
            buildings=buildings,
            zones=tuple(
                calc.Zone(id=row.pk, name=row.name, shape=surface(lambert93.projected(row.shape)))
                for row in Zone.objects.all()
            ),
            streets=tuple(street for row in Street.objects.all() for street in _streets(row)),
            perimeter=surface(lambert93.projected(known.boundary)) if known and known.boundary else None,
        ),
        Skyline.of(buildings),
        Building.objects.exclude(height_source=HeightSource.MEASURED).count(),
    )


def _building(row: Building) -> calc.Building:
    return calc.Building(
        id=row.pk,
        footprint=surface(lambert93.projected(row.shape)),
        height_m=row.height_m,
        is_dwelling=row.is_dwelling,
        ground_m=row.ground_m,
    )


def _streets(row: Street) -> Iterable[calc.Street]:
    """One a line: an axis may be in several parts."""
    axis = lambert93.projected(row.shape)
    parts = axis.geoms if isinstance(axis, MultiLineString) else (axis,)
    for part in parts:
        assert isinstance(part, LineString)  # the edge took lines only
        yield calc.Street(id=row.pk, axis=part, half_width_m=row.half_width_m, pavement_m=row.pavement_m)


def camera(row: Camera) -> calc.Camera:
    """A camera as planned: its bearing turned from true to grid north."""
    east_m, north_m = lambert93.to_en(row.lon, row.lat)
    return calc.Camera(
        id=row.pk,
        pose=calc.Pose(
            east_m=east_m,
            north_m=north_m,
            height_m=row.height_m,
            bearing_deg=(row.bearing_deg - convergence_deg(east_m, north_m)) % 360.0,
            tilt_deg=row.tilt_deg,
        ),
        lens=calc.Lens(width_px=row.width_px, height_px=row.height_px, hfov_deg=row.hfov_deg),
        site=row.site_id,
        phase=row.phase_id,
    )


def sights(cameras: Iterable[Camera], on: Ground) -> list[Sight]:
    """What each camera has in view, stopped by façades.

    Errors: InvalidInput when a camera stands deep inside a building.
    """
    scale = catalogue.scale()
    return [sight(camera(row), on.skyline, scale) for row in cameras]
