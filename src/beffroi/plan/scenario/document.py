"""The whole scenario: read, checked, turned into the library's values; every problem is listed, not the first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError
from shapely import Point
from shapely.geometry.base import BaseGeometry

from beffroi.core.errors import InvalidInput
from beffroi.plan import catalogue
from beffroi.plan.calc import town as values
from beffroi.plan.scenario import cameras as camera_rows
from beffroi.plan.scenario import ground
from beffroi.plan.scenario.ground import STRICT
from beffroi.plan.scenario.network import NetworkSection, SizingSection
from beffroi.plan.scenario.placement import PlacementSection
from beffroi.plan.scenario.problems import Problem, ScenarioRefused, of_validation

MAX_FILE_BYTES = 256_000_000


class Scenario(BaseModel):
    """What `beffroi plan …` reads. Coordinates are in `crs`, GeoJSON order (east or longitude first)."""

    model_config = STRICT

    crs: Annotated[str, Field(max_length=10_000)]
    name: str = ""
    perimeter: ground.SurfaceShape | None = None
    zones: Annotated[tuple[ground.ZoneRow, ...], Field(max_length=10_000)] = ()
    streets: Annotated[tuple[ground.StreetRow, ...], Field(max_length=100_000)] = ()
    open_spaces: Annotated[tuple[ground.OpenSpaceRow, ...], Field(max_length=10_000)] = ()
    buildings: Annotated[tuple[ground.BuildingRow, ...], Field(max_length=1_000_000)] = ()
    cameras: Annotated[tuple[camera_rows.CameraRow, ...], Field(max_length=10_000)] = ()
    models_file: str | None = None
    """A TOML file of camera models beside the scenario, added to those shipped."""
    placement: PlacementSection | None = None
    network: NetworkSection | None = None
    sizing: SizingSection | None = None
    scale: ground.Word = catalogue.DEFAULT_SCALE
    grid_step_m: Annotated[float, Field(ge=0.25, le=50)] = 2.0
    target_height_m: Annotated[float, Field(ge=0, le=3)] = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A scenario and its values in Lambert-93; `warnings`: what is computed all the same, and must be known."""

    scenario: Scenario
    to_lambert: ground.Projection
    town: values.Town
    cameras: tuple[values.Camera, ...]
    models: dict[str, catalogue.CameraModel]
    warnings: tuple[Problem, ...]


def read(path: Path) -> Read:
    """A scenario's file.

    Errors: ScenarioRefused listing all that must be mended; InvalidInput when it is no JSON document.
    """
    given = _json(path)
    try:
        scenario = Scenario.model_validate(given)
    except ValidationError as error:
        raise ScenarioRefused(of_validation(error, given, Scenario)) from None
    return taken(scenario, path.parent)


def taken(scenario: Scenario, beside: Path = Path()) -> Read:
    """A scenario's values. `beside`: the folder of the models' file that it may name.

    Errors: ScenarioRefused listing all that must be mended.
    """
    to = ground.projection(scenario.crs)
    if isinstance(to, Problem):
        raise ScenarioRefused([to])
    models = dict(catalogue.camera_models())
    if scenario.models_file:
        models |= catalogue.import_models(beside / Path(scenario.models_file).name)
    return _values(scenario, to, models)


def _json(path: Path) -> object:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InvalidInput(
                f"{path} is over 256 MB; cut the map around the town.",
                message_fr=f"{path} dépasse 256 Mo ; découpez la carte autour de la ville.",
                field="scenario",
            )
        return json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be read: {error.strerror}.",
            message_fr=f"{path} ne peut être lu : {error.strerror}.",
            field="scenario",
        ) from None
    except ValueError as error:
        raise InvalidInput(
            f"{path} is not JSON in UTF-8: {error}.",
            message_fr=f"{path} n'est pas du JSON en UTF-8 : {error}.",
            field="scenario",
        ) from None


def _values(scenario: Scenario, to: ground.Projection, models: dict[str, catalogue.CameraModel]) -> Read:
    problems = _repeated_ids(scenario)
    whole = values.Town(
        perimeter=None if scenario.perimeter is None else to.geometry(scenario.perimeter),
        zones=tuple(ground.zone(row, to) for row in scenario.zones),
        streets=tuple(ground.street(row, to) for row in scenario.streets),
        open_spaces=tuple(to.geometry(row.shape) for row in scenario.open_spaces),
        buildings=tuple(ground.building(row, to) for row in scenario.buildings),
    )
    problems += [found for field, shape in _shapes(whole) if (found := to.problem(field, shape))]
    cameras, unread = read_cameras(scenario.cameras, to, models)
    problems += unread
    problems += _misplaced(cameras, whole, to)
    try:
        _ = catalogue.scale(scenario.scale).thresholds_px_m
    except InvalidInput as error:
        problems.append(Problem(field="scale", message=error.message, message_fr=error.message_fr))
    if problems:
        raise ScenarioRefused(problems)
    warnings = (*_heights(whole), *_idle(scenario))
    return Read(scenario=scenario, to_lambert=to, town=whole, cameras=tuple(cameras), models=models, warnings=warnings)


def read_cameras(
    rows: Sequence[camera_rows.CameraRow], to: ground.Projection, models: dict[str, catalogue.CameraModel]
) -> tuple[list[values.Camera], list[Problem]]:
    """Cameras in Lambert-93, and what keeps the others from being read: an unknown model."""
    cameras, problems = [], []
    for number, row in enumerate(rows):
        try:
            cameras.append(camera_rows.camera(row, to, models))
        except InvalidInput as error:
            field = f"cameras[{number}].{error.field} ({row.id})"
            problems.append(Problem(field=field, message=error.message, message_fr=error.message_fr))
    return cameras, problems


def _repeated_ids(scenario: Scenario) -> list[Problem]:
    problems = []
    for list_name in ("zones", "streets", "open_spaces", "buildings", "cameras"):
        seen: set[str] = set()
        for number, row in enumerate(getattr(scenario, list_name)):
            if row.id in seen:
                problems.append(
                    Problem(
                        field=f"{list_name}[{number}].id ({row.id})",
                        message="stands twice; give each its own id",
                        message_fr="est en double ; donnez à chacun son identifiant",
                    )
                )
            seen.add(row.id)
    return problems


def _shapes(whole: values.Town) -> list[tuple[str, BaseGeometry]]:
    return [
        *([("perimeter", whole.perimeter)] if whole.perimeter is not None else []),
        *((f"zones[{number}].shape ({zone.id})", zone.shape) for number, zone in enumerate(whole.zones)),
        *((f"streets[{number}].shape ({street.id})", street.axis) for number, street in enumerate(whole.streets)),
        *((f"open_spaces[{number}].shape", space) for number, space in enumerate(whole.open_spaces)),
        *((f"buildings[{number}].shape ({one.id})", one.footprint) for number, one in enumerate(whole.buildings)),
    ]


def _misplaced(cameras: list[values.Camera], whole: values.Town, to: ground.Projection) -> list[Problem]:
    places = [
        (f"cameras[{number}].position ({camera.id})", Point(camera.pose.east_m, camera.pose.north_m))
        for number, camera in enumerate(cameras)
    ]
    return [outside for field, at in places if (outside := misplaced(whole, to, at, field=field))]


def misplaced(whole: values.Town, to: ground.Projection, at: Point, *, field: str) -> Problem | None:
    """None when a place is in France, and within the perimeter if one is drawn; else why not."""
    if outside := to.problem(field, at):
        return outside
    if whole.perimeter is None or whole.perimeter.covers(at):
        return None
    away = whole.perimeter.distance(at)
    return Problem(
        field=field,
        message=f"stands {away:.0f} m outside the perimeter; move this point or redraw the perimeter",
        message_fr=f"est à {away:.0f} m hors du périmètre ; déplacez ce point ou redessinez le périmètre",
    )


def _heights(whole: values.Town) -> list[Problem]:
    counts = dict.fromkeys(values.HeightSource, 0)
    for one in whole.buildings:
        counts[one.height_source] += 1
    storeys, default = counts[values.HeightSource.STOREYS], counts[values.HeightSource.DEFAULT]
    if not storeys + default:
        return []
    return [
        Problem(
            field="buildings",
            message=f"{storeys + default} of {len(whole.buildings)} have no height: {storeys} computed from their "
            f"floors, {default} taken as {values.DEFAULT_HEIGHT_M:g} m; give height_m to mend it",
            message_fr=f"{storeys + default} sur {len(whole.buildings)} n'ont pas de hauteur : {storeys} calculées "
            f"d'après leurs niveaux, {default} prises à {values.DEFAULT_HEIGHT_M:g} m ; donnez height_m pour corriger",
        )
    ]


def _idle(scenario: Scenario) -> list[Problem]:
    return [
        Problem(
            field=f"cameras[{number}].presets ({row.id})",
            message="a PTZ without presets counts by its pose alone; list its presets and their time shares",
            message_fr="une caméra mobile sans positions compte par sa seule pose ; donnez positions et parts de temps",
        )
        for number, row in enumerate(scenario.cameras)
        if (row.kind == "ptz" or (row.model and "ptz" in row.model)) and not row.presets
    ]
