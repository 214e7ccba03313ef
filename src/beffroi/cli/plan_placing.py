"""What `plan optimise` and `plan score` share: the candidates of a scenario and how a choice is told."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass

import numpy as np
from shapely import Point
from tqdm import tqdm

from beffroi.cli.plan import seconds
from beffroi.core.errors import InvalidInput
from beffroi.core.terminal import is_french, share
from beffroi.plan import catalogue
from beffroi.plan.calc import candidates, ground, occlusion
from beffroi.plan.calc.placement import Choices, Limits, Mandatory
from beffroi.plan.calc.town import Lens
from beffroi.plan.scenario import answers, cameras, document
from beffroi.plan.scenario.placement import PlacementSection
from beffroi.plan.scenario.problems import Problem, ScenarioRefused

MAX_PLAN_LENSES = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of both commands."""
    parser.add_argument(
        "--time-limit", type=seconds, default=30.0, metavar="SECONDS", help="of the exact solver (default: %(default)s)"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A placement ready to be solved."""

    read: document.Read
    section: PlacementSection
    skyline: occlusion.Skyline
    grid: ground.Grid
    choices: Choices
    limits: Limits
    level: int
    spots: dict[str, candidates.Spot]

    def chosen(self, index: int, phase: str = "") -> answers.ChosenAnswer:
        """One camera of a choice, as told."""
        one = self.choices.candidates[index]
        assert one.hung is not None  # no camera of a plan is told this way
        spot = self.spots[one.site]
        turn = cameras.convergence_deg(spot.east_m, spot.north_m)
        at = self.read.to_lambert.back(Point(spot.east_m, spot.north_m))
        return answers.ChosenAnswer(
            id=one.id,
            site=one.site,
            model=one.hung.lens,
            phase=phase,
            position=(at.x, at.y),
            bearing_deg=round((one.hung.bearing_deg + turn) % 360.0, 1),
            tilt_deg=one.hung.tilt_deg,
            height_m=spot.height_m,
        )

    def zone_shares(self, chosen: list[int], choices: Choices | None = None) -> dict[str, float]:
        """Share of each zone's street that a choice sees."""
        seen = (choices or self.choices).seen_by(chosen)
        return {
            zone.id: float(seen[inside].mean()) if len(inside) else 0.0
            for zone, inside in zip(self.read.town.zones, self.grid.zones, strict=True)
        }


def ask(arguments: argparse.Namespace, *, lenses_of_plan: bool = False) -> Asked:
    """The scenario's placement, its candidates computed: with its models, or with the lenses of its own cameras.

    Errors: ScenarioRefused listing what must be mended.
    """
    read = document.read(arguments.scenario)
    section = read.scenario.placement
    problems = _problems(read, section)
    if problems or section is None:
        raise ScenarioRefused(problems)
    skyline = occlusion.Skyline.of(read.town.buildings)
    on_grid = ground.grid(read.town, skyline, step_m=read.scenario.grid_step_m)
    weights = candidates.cell_weights(read.town, on_grid)
    scale = catalogue.scale(read.scenario.scale)
    level = [one.id for one in scale.classes].index(section.class_id) + 1
    spots = _spots(read, section)
    with tqdm(total=len(spots), desc=_bar(), leave=False, disable=not sys.stderr.isatty()) as bar:
        choices = candidates.candidates(
            list(spots.values()), _aim(read, section, lenses_of_plan=lenses_of_plan), (skyline, on_grid, weights),
            least_px_m=float(scale.thresholds_px_m[level - 1]), progress=bar.update,
        )  # fmt: skip
    return Asked(
        read=read, section=section, skyline=skyline, grid=on_grid, choices=choices, level=level, spots=spots,
        limits=_limits(read, section, on_grid),
    )  # fmt: skip


def _bar() -> str:
    return "Candidats" if is_french() else "Candidates"


def _problems(read: document.Read, section: PlacementSection | None) -> list[Problem]:
    if section is None:
        return [
            Problem(
                field="placement",
                message="is missing; list the sites that could bear cameras and what may be spent (ref/plan.md)",
                message_fr="manque ; donnez les emplacements possibles et ce qui peut être dépensé (ref/plan.md)",
            )
        ]
    found = []
    if not read.town.zones:
        found.append(
            Problem(
                field="zones",
                message="are missing; draw at least one: ground outside the zones is worth nothing",
                message_fr="manquent ; dessinez-en une au moins : le sol hors des zones ne vaut rien",
            )
        )
    known = [one.id for one in catalogue.scale(read.scenario.scale).classes]
    checks = [(f"placement.models[{n}]", name, list(read.models)) for n, name in enumerate(section.models)]
    checks += [
        (f"placement.mandatory[{n}].zone", row.zone, [zone.id for zone in read.town.zones])
        for n, row in enumerate(section.mandatory)
    ]
    for field, given, allowed in [("placement.class_id", section.class_id, known), *checks]:
        if given not in allowed:
            shown = ", ".join(allowed[:12]) or "-"
            found.append(
                Problem(
                    field=field,
                    message=f"{given!r} is not known; known: {shown}",
                    message_fr=f"{given!r} n'est pas connu ; connus : {shown}",
                )
            )
    seen: set[str] = set()
    for number, site in enumerate(section.sites):
        if site.id in seen or "/" in site.id:
            found.append(
                Problem(
                    field=f"placement.sites[{number}].id ({site.id})",
                    message="stands twice or has a slash; give each its own id",
                    message_fr="est en double ou a une barre oblique ; donnez à chacun son identifiant",
                )
            )
        seen.add(site.id)
    for number, at in enumerate(read.to_lambert.coordinates(section.points()) if section.sites else ()):
        field = f"placement.sites[{number}].position ({section.sites[number].id})"
        if outside := document.misplaced(read.town, read.to_lambert, Point(at), field=field):
            found.append(outside)
    return found


def _spots(read: document.Read, section: PlacementSection) -> dict[str, candidates.Spot]:
    places = read.to_lambert.coordinates(section.points()) if section.sites else np.empty((0, 2))
    return {
        site.id: candidates.Spot(id=site.id, east_m=float(at[0]), north_m=float(at[1]), height_m=site.height_m)
        for site, at in zip(section.sites, places, strict=True)
        if not site.is_forbidden
    }


def _plan_lenses(read: document.Read) -> dict[str, Lens]:
    """The lenses of the plan's cameras, the most frequent first, at most six: the same money, better placed."""
    counted = Counter(camera.lens for camera in read.cameras)
    return {f"{one.width_px}x{one.height_px} {one.hfov_deg:g}°": one for one, _ in counted.most_common(MAX_PLAN_LENSES)}


def _aim(read: document.Read, section: PlacementSection, *, lenses_of_plan: bool) -> candidates.Aim:
    return candidates.Aim(
        lenses=_plan_lenses(read)
        if lenses_of_plan and read.cameras
        else {name: read.models[name].lens() for name in section.models},
        headings=section.headings,
        tilts_deg=section.tilts_deg,
        target_m=read.scenario.target_height_m,
        costs=section.model_costs_eur,
    )


def _limits(read: document.Read, section: PlacementSection, on_grid: ground.Grid) -> Limits:
    cells = dict(zip((zone.id for zone in read.town.zones), on_grid.zones, strict=True))
    return Limits(
        cameras=section.cameras or sum(phase.cameras for phase in section.phases),
        per_site=section.per_site,
        sites=section.sites_at_most,
        budget=section.budget_eur,
        site_costs={site.id: site.cost_eur for site in section.sites},
        mandatory=tuple(
            Mandatory(name=row.zone, cells=cells[row.zone], least_share=row.least_share) for row in section.mandatory
        ),
    )


def percent(value: float | None) -> str:
    """For people; a gap that is not known is a question mark."""
    return "?" if value is None else share(value, 2)


def no_plan() -> InvalidInput:
    """What `score` answers to a scenario without cameras."""
    return InvalidInput(
        "There is no plan to score: list the town's cameras and their phases in `cameras`.",
        message_fr="Il n'y a pas de plan à noter : donnez les caméras de la ville et leurs phases dans `cameras`.",
        field="cameras",
    )
