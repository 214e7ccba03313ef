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
from beffroi.plan.scenario.cameras import PresetRow, convergence_deg, presets
from beffroi.territory.calc import lambert93
from beffroi.territory.models import Building, HeightSource, Street, Zone
from beffroi.territory.queries import town

SAME_POSE_DEG = 0.1
"""Far below what an aim is sure to; the library's fields are rounded so."""


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
    """A camera as planned: its bearings turned from true to grid north; of a PTZ, where it rests and every preset."""
    east_m, north_m = lambert93.to_en(row.lon, row.lat)
    turn_deg = convergence_deg(east_m, north_m)
    return calc.Camera(
        id=row.pk,
        pose=calc.Pose(
            east_m=east_m,
            north_m=north_m,
            height_m=row.height_m,
            bearing_deg=(row.bearing_deg - turn_deg) % 360.0,
            tilt_deg=row.tilt_deg,
        ),
        lens=calc.Lens(width_px=row.width_px, height_px=row.height_px, hfov_deg=row.hfov_deg),
        site=row.site_id,
        phase=row.phase_id,
        presets=presets(looked_at(row), turn_deg),
    )


def looked_at(row: Camera) -> tuple[PresetRow, ...]:
    """Its presets, behind its own pose where the first of them is not that pose: nothing that it sees is left out."""
    kept = tuple(PresetRow.model_validate(one) for one in row.presets)
    if not kept:
        return ()
    rest = PresetRow(
        bearing_deg=row.bearing_deg % 360.0, tilt_deg=row.tilt_deg, hfov_deg=min(row.hfov_deg, 179.0), time_share=0.0
    )
    names = ("bearing_deg", "tilt_deg", "hfov_deg")
    is_first = all(abs(getattr(rest, name) - getattr(kept[0], name)) <= SAME_POSE_DEG for name in names)
    return kept if is_first else (rest, *kept)


def sights(cameras: Iterable[Camera], on: Ground) -> list[Sight]:
    """What each camera has in view, stopped by façades.

    Errors: InvalidInput when a camera stands deep inside a building.
    """
    scale = catalogue.scale()
    return [sight(camera(row), on.skyline, scale) for row in cameras]
