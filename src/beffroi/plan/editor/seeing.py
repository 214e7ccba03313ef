"""What cameras of a scenario see: one that is being turned, or all together. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from shapely import Point

from beffroi.core.errors import InvalidInput
from beffroi.plan import catalogue, tables
from beffroi.plan.calc import coverage, preview
from beffroi.plan.calc import town as values
from beffroi.plan.calc.coverage import Coverage, Levels, Sight
from beffroi.plan.calc.masks import MaskPlan
from beffroi.plan.calc.projection import Pinhole
from beffroi.plan.camera_models.queries import camera_models
from beffroi.plan.editor import answers, masking
from beffroi.plan.editor.ground import GRID_STEP_M, Ground, cells, degrees, ground, sight_of
from beffroi.plan.editor.rows import PlanAsked, ViewAsked
from beffroi.plan.scenario import document, told
from beffroi.plan.scenario.answers import Warned
from beffroi.plan.scenario.cameras import CameraRow
from beffroi.plan.scenario.problems import Problem, ScenarioRefused

_MOVED = (
    "was drawn {0:.1f} m inside a wall; computed 0.3 m before it",
    "dessinée {0:.1f} m dans un mur ; calculée 0,3 m devant",
)
_OUTSIDE = (
    "stands {0:.0f} m outside the perimeter; move the camera or redraw the perimeter",
    "est à {0:.0f} m hors du périmètre ; déplacez la caméra ou redessinez le périmètre",
)
_COST = (
    "Cameras and masts at the table's prices of {0}, all counted as new; neither fibre nor room.",
    "Caméras et mâts aux prix de la table du {0}, tous comptés neufs ; ni fibre ni salle.",
)


def cameras_of(rows: Sequence[CameraRow]) -> list[values.Camera]:
    """Rows as the library's cameras.

    Errors: ScenarioRefused for an unknown model, or a place out of France (latitude and longitude swapped).
    """
    cameras, problems = document.read_cameras(rows, degrees(), camera_models())
    for number, one in enumerate(cameras if not problems else ()):
        at = Point(one.pose.east_m, one.pose.north_m)
        if outside := degrees().problem(f"cameras[{number}].position ({one.id})", at):
            problems.append(outside)
    if problems:
        raise ScenarioRefused(problems)
    return cameras


def view(asked: ViewAsked) -> answers.ViewAnswer:
    """One camera re-aimed: its bands, its dead ground, what it sees of each zone.

    Errors: ScenarioRefused; a camera inside a building is no error but a warning, for it is being dragged.
    """
    on, camera = ground(), cameras_of([asked.camera])[0]
    warnings = _outside(camera, on)
    try:
        one = sight_of(on, camera)
    except InvalidInput as error:
        warned = Problem(field=error.field, message=error.message, message_fr=error.message_fr)
        return _nothing((*warnings, warned))
    seen = coverage.cover([one], on.with_zones(asked.zones), cells(on, asked.zones))
    dead = one.dead_ground()
    planned = masking.planned(on, camera, asked.camera) if asked.with_masks else None
    return answers.ViewAnswer(
        camera=told.camera(one, degrees(), with_shapes=True),
        night=_night(one),
        dead=None if dead.is_empty else told.geojson(dead, degrees()),
        zones=tuple(told.zone(zone) for zone in seen.zones if zone.classes and zone.classes[0].by_one > 0),
        assumed_heights=_assumed(one, on),
        preview=_picture(one, on, asked.preset, planned=planned) if asked.with_preview else "",
        masks=masking.of_camera(one, planned, asked, on=on) if planned else None,
        warnings=_told((*warnings, *_moved(one), *_slope(on, camera, "position"))),
    )


def _nothing(warnings: tuple[Problem, ...]) -> answers.ViewAnswer:
    return answers.ViewAnswer(camera=None, dead=None, zones=(), assumed_heights=0, preview="", warnings=_told(warnings))


def _night(one: Sight) -> answers.NightAnswer | None:
    if one.lit_m is None:
        return None
    bands = told.bands(one.night_bands(), degrees())
    return answers.NightAnswer(reach_m=one.lit_m, ground_m2=sum(band.area_m2 for band in bands), bands=bands)


def _told(problems: Sequence[Problem]) -> tuple[Warned, ...]:
    return tuple(Warned.model_validate(one) for one in problems)


def _outside(camera: values.Camera, on: Ground) -> tuple[Problem, ...]:
    at, whole = Point(camera.pose.east_m, camera.pose.north_m), on.town.perimeter
    if whole is None or whole.covers(at):
        return ()
    english, french = (text.format(whole.distance(at)) for text in _OUTSIDE)
    return (Problem(field="position", message=english, message_fr=french),)


def _moved(one: Sight) -> tuple[Problem, ...]:
    if not one.moved_m:
        return ()
    english, french = (text.format(one.moved_m) for text in _MOVED)
    return (Problem(field="position", message=english, message_fr=french),)


def _assumed(one: Sight, on: Ground) -> int:
    """Buildings under or beside the cone whose height nobody measured."""
    if not on.is_assumed.any():
        return 0
    near = on.skyline.tree.query(one.ground(), predicate="dwithin", distance=1.0)
    return int(on.is_assumed[near].sum())


@lru_cache(maxsize=1024)
def _slope(on: Ground, camera: values.Camera, field: str) -> tuple[Problem, ...]:
    """Kept beside the sight it is of."""
    return tuple(told.slope(sight_of(on, camera), on.skyline, field))


def _picture(one: Sight, on: Ground, preset: int, *, planned: MaskPlan | None) -> str:
    """A drawing of its picture, with people at the distances where its classes end, and its masks."""
    shown = one.views[preset]
    far = (shown.farthest_m(float(least)) for least in one.scale.thresholds_px_m)
    people = tuple(sorted({round(min(distance, 120.0), 1) for distance in far if distance > 1.0}))
    hidden = planned.views[preset].hidden if planned else ()
    pinhole = Pinhole(pose=shown.pose, lens=shown.lens)
    return preview.scene_svg(pinhole, on.skyline, preview.Shown(people_m=people, masks=hidden))


def plan(asked: PlanAsked) -> answers.PlanAnswer:
    """All cameras together: shares by zone, what one failure loses, what they cost.

    Errors: ScenarioRefused.
    """
    on, cameras = ground(), cameras_of(asked.cameras)
    sights, warnings = sights_of(on, cameras)
    on_grid = cells(on, asked.zones)
    whole = on.with_zones(asked.zones)
    seen = coverage.cover(sights, whole, on_grid)
    sites = len({one.site or one.id for one in cameras})
    return answers.PlanAnswer(
        cameras=len(cameras),
        sites=sites,
        scale=catalogue.DEFAULT_SCALE,
        grid_step_m=GRID_STEP_M,
        street_m2=len(on_grid.points) * on_grid.cell_m2,
        seen_m2=_seen_m2(seen, seen.levels.max(axis=1, initial=0)),
        seen_at_night_m2=_seen_m2(seen, seen.night),
        night_unknown=tuple(one.id for one in cameras if one.lens.night_range_m is None),
        zones=tuple(told.zone(zone) for zone in seen.zones),
        losses=tuple(told.loss(one) for one in seen.losses),
        cost=_cost(len(cameras), sites),
        warnings=_told(warnings),
    )


def masks(asked: PlanAsked) -> answers.PlanMasks:
    """All cameras masked: which cannot be, and the street that masks cost. Asked apart: dearer than what they see.

    Errors: ScenarioRefused.
    """
    on = ground()
    sights, _ = sights_of(on, cameras_of(asked.cameras))
    return masking.of_plan(asked, sights, on)


def sights_of(on: Ground, cameras: Sequence[values.Camera]) -> tuple[list[Sight], list[Problem]]:
    """The cameras that can stand where they are drawn; each other one is told, and sees nothing."""
    sights: list[Sight] = []
    warnings: list[Problem] = []
    for number, camera in enumerate(cameras):
        try:
            sights.append(sight_of(on, camera))
            warnings += _slope(on, camera, f"cameras[{number}] ({camera.id})")
        except InvalidInput as error:
            field = f"cameras[{number}].{error.field} ({camera.id})"
            warnings.append(Problem(field=field, message=error.message, message_fr=error.message_fr))
    for camera in cameras:
        warnings += [replace(one, field=f"{one.field} ({camera.id})") for one in _outside(camera, on)]
    return sights, warnings


def _seen_m2(seen: Coverage, best: Levels) -> dict[str, float]:
    return {
        one.id: float((best >= level).sum()) * seen.grid.cell_m2
        for level, one in enumerate(catalogue.scale().classes, 1)
    }


def _cost(cameras: int, sites: int) -> answers.CostAnswer:
    table = tables.prices()
    camera, mast = table.prices["camera"], table.prices["mast"]
    whole = camera.eur.times(cameras) + mast.eur.times(sites)
    read_on = table.read_on
    return answers.CostAnswer(
        low_eur=whole.low,
        likely_eur=whole.likely,
        high_eur=whole.high,
        is_guess=camera.is_guess or mast.is_guess,
        read_on=read_on.isoformat(),
        says=_COST[0].format(read_on.isoformat()),
        says_fr=_COST[1].format(f"{read_on:%d/%m/%Y}"),
    )
