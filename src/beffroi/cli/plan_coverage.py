"""`beffroi plan coverage SCENARIO.json`: what the cameras see, zone by zone."""

from __future__ import annotations

import argparse
import itertools
import sys
from typing import Any

from tqdm import tqdm

from beffroi.cli.plan import Answer
from beffroi.cli.plan_words import word
from beffroi.core.errors import InvalidInput
from beffroi.core.terminal import figure, is_french, share
from beffroi.plan import catalogue
from beffroi.plan.calc import coverage, ground, mask_cost, masks, occlusion
from beffroi.plan.scenario import answers, document, told
from beffroi.plan.scenario.cameras import mask_drawer
from beffroi.plan.scenario.problems import Problem, ScenarioRefused

_MOVED = (
    "was drawn {0:.1f} m inside a wall; computed 0.3 m before it",
    "dessinée {0:.1f} m dans un mur ; calculée 0,3 m devant",
)
_NIGHT = (
    "nobody stated its night reach: it sees nothing at night",
    "portée de nuit non déclarée : elle ne voit rien la nuit",
)
_COLUMNS = ("by_one", "by_two", "at_an_instant", "at_night", "grid_doubt")
_HEAD = ("zone", "class", "by one", "by two", "at an instant", "at night", "± grid")
_HEAD_FR = ("zone", "classe", "par une", "par deux", "à l'instant", "la nuit", "± grille")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--masks", action="store_true", help="plan the privacy masks of dwellings' façades too")
    parser.add_argument(
        "--shapes", action="store_true", help="with --json: the ground seen, as GeoJSON, class by class"
    )


def answer(arguments: argparse.Namespace) -> Answer:
    """Errors: ScenarioRefused when the scenario cannot be computed."""
    read = document.read(arguments.scenario)
    skyline = occlusion.Skyline.of(read.town.buildings)
    sights = seen(read, skyline)
    on_grid = ground.grid(read.town, skyline, step_m=read.scenario.grid_step_m)
    with tqdm(total=len(sights), desc=_bar(), leave=False, disable=not sys.stderr.isatty()) as bar:
        covered = coverage.cover(sights, read.town, on_grid, progress=bar.update)
    proportion = coverage.proportion(sights, read.town, skyline)
    with tqdm(total=len(sights), desc=_bar("masks"), leave=False, disable=not sys.stderr.isatty()) as bar:
        masked = [_masks(one, (read, skyline, on_grid), bar) for one in sights] if arguments.masks else []
    refused = [refusal for one in masked for refusal in _refusals(one)]
    slopes = [
        warned
        for number, one in enumerate(sights)
        for warned in told.slope(one, skyline, f"cameras[{number}] ({one.camera.id})")
    ]
    warnings = (*refused, *read.warnings, *slopes, *_warnings(sights, on_grid, proportion))
    found = answers.CoverageAnswer(
        scale=read.scenario.scale,
        grid_step_m=read.scenario.grid_step_m,
        target_height_m=read.scenario.target_height_m,
        cameras=tuple(
            told.camera(one, read.to_lambert, with_shapes=arguments.shapes).model_copy(
                update={"masks": told.masks(*masks_of) if masks_of else None}
            )
            for one, masks_of in itertools.zip_longest(sights, masked)
        ),
        zones=tuple(told.zone(zone) for zone in covered.zones),
        losses=tuple(told.loss(loss) for loss in covered.losses),
        proportion=answers.ProportionAnswer(
            of_area=proportion.of_area,
            of_public_ground=proportion.of_public_ground,
            of_street_length=proportion.of_street_length,
            zones_of_area=proportion.zones_of_area,
            limit=coverage.PROPORTION_LIMIT,
            excess=proportion.excess(),
        ),
        warnings=tuple(answers.Warned.model_validate(warning) for warning in warnings),
    )
    is_whole = not (found.proportion.excess or refused)
    return Answer(document=found, lines=_lines(found), warnings=warnings, is_whole=is_whole)


def seen(read: document.Read, skyline: occlusion.Skyline) -> list[coverage.Sight]:
    """Each camera's sight.

    Errors: ScenarioRefused listing the cameras that stand where none can.
    """
    scale, sights, problems = catalogue.scale(read.scenario.scale), [], []
    for number, camera in enumerate(read.cameras):
        try:
            sights.append(coverage.sight(camera, skyline, scale, target_m=read.scenario.target_height_m))
        except InvalidInput as error:
            field = f"cameras[{number}].{error.field} ({camera.id})"
            problems.append(Problem(field=field, message=error.message, message_fr=error.message_fr))
    if problems:
        raise ScenarioRefused(problems)
    return sights


def _bar(step: str = "coverage") -> str:
    return {"coverage": ("Coverage", "Couverture"), "masks": ("Masks", "Masques")}[step][is_french()]


Masked = tuple[masks.MaskPlan, tuple[mask_cost.Lost, ...]]


def _masks(one: coverage.Sight, on: tuple[document.Read, occlusion.Skyline, ground.Grid], bar: Any) -> Masked:
    """A camera's planned masks and what they cost; drawn by the camera or burnt by the recorder."""
    read, skyline, on_grid = on
    row = next(row for row in read.scenario.cameras if row.id == one.camera.id)
    drawer = mask_drawer(row.model, read.models, views=len(one.views))
    planned = masks.plan(one.camera, skyline, drawer.device)
    levels = one.levels_by_view(on_grid.points)
    bar.update()
    return planned, mask_cost.lost(planned, read.town, on_grid, levels=levels)


def _refusals(masked: Masked) -> list[Problem]:
    return [
        Problem(
            field=f"cameras ({masked[0].camera_id}), {refusal.building_id}",
            message=f"cannot be masked ({masks.ARTICLE}): {refusal.reason}",
            message_fr=f"ne peut être masqué ({masks.ARTICLE}) : {refusal.reason_fr}",
        )
        for refusal in masked[0].refusals
    ]


def _warnings(sights: list[coverage.Sight], on_grid: ground.Grid, proportion: coverage.Proportion) -> list[Problem]:
    found = []
    for number, one in enumerate(sights):
        field = f"cameras[{number}] ({one.camera.id})"
        if one.moved_m:
            english, french = (text.format(one.moved_m) for text in _MOVED)
            found.append(Problem(field=field, message=english, message_fr=french))
        if one.camera.lens.night_range_m is None:
            found.append(Problem(field=field, message=_NIGHT[0], message_fr=_NIGHT[1]))
    found += [
        Problem(
            field=f"zones ({zone_id})",
            message="has no street nor open space: all its ground out of buildings is counted",
            message_fr="n'a ni rue ni espace libre : tout son sol hors bâtiments est compté",
        )
        for zone_id in on_grid.zones_without_street
    ]
    found += [
        Problem(
            field=f"proportion.{name}",
            message=f"is {getattr(proportion, name):.0%}, above {coverage.PROPORTION_LIMIT:.0%}: nearly the whole "
            "town; draw fewer zones or turn cameras, the prefecture refuses such a perimeter",
            message_fr=f"vaut {getattr(proportion, name):.0%}, au-dessus de {coverage.PROPORTION_LIMIT:.0%} : presque "
            "toute la ville ; réduisez zones ou caméras, la préfecture refuse un tel périmètre",
        )
        for name in proportion.excess()
    ]
    return found


def _lines(found: answers.CoverageAnswer) -> list[str]:
    """A table for people: a row a zone and class."""
    french = is_french()
    head = _HEAD_FR if french else _HEAD
    rows = [
        (zone.id, word(one.class_id), *(share(getattr(one, name)) for name in _COLUMNS))
        for zone in found.zones
        for one in zone.classes
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    title = "Ce que la géométrie permet" if french else "What the geometry allows"
    names = ("of_area", "of_public_ground", "of_street_length", "zones_of_area")
    known = [(word(name), value) for name in names if (value := getattr(found.proportion, name)) is not None]
    in_view = [f"{share(value)} {name}" if french else f"{name} {share(value)}" for name, value in known]
    grid = f"{figure(found.grid_step_m, 1)} m, {figure(found.target_height_m, 1)} m"
    return [
        f"{title} ({found.scale}, {grid}) : {len(found.cameras)} cam.",
        *(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (head, *rows)
        ),
        ", ".join(in_view),
        told.FLAT[french],
    ]
