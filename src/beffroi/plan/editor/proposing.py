"""What the optimiser makes of a scenario: the greedy answer at once, then the exact one, the gap always told.

Reads only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from shapely import Point

from beffroi.core.errors import InvalidInput
from beffroi.plan import catalogue
from beffroi.plan.calc import candidates, phases
from beffroi.plan.calc import town as values
from beffroi.plan.calc.ground import Grid
from beffroi.plan.calc.placement import Choices, Limits, Mandatory, unmet
from beffroi.plan.editor.answers import PhaseProposed, ProposalAnswer
from beffroi.plan.editor.ground import TARGET_M, cells, degrees, ground
from beffroi.plan.editor.rows import PlanAsked, ProposeAsked
from beffroi.plan.editor.seeing import cameras_of, sights_of
from beffroi.plan.editor.spots import NamedSpot, spots
from beffroi.plan.scenario.cameras import CameraRow, convergence_deg

TIME_LIMIT_S = 30.0
MAX_LENSES, HEADINGS = 3, 12
PLACED = 0.1
"""Share of the work once the greedy answer stands."""

Tell = Callable[[float, ProposalAnswer | None], object]
"""Told how far the work is, and the answer meanwhile; what it raises ends the work."""


def propose(kept: PlanAsked, asked: ProposeAsked, tell: Tell = lambda share, answer: None) -> ProposalAnswer:
    """The scenario's worth, and the best found with its lenses and what is asked.

    Errors: InvalidInput when it has no camera that sees anything, a zone or class is not known, or no choice can
    satisfy the mandatory zones.
    """
    problem = _problem(kept, asked)
    quick = phases.quick(problem.free, problem.wanted, problem.limits)
    tell(PLACED, problem.told("running", quick))
    found = phases.best(
        problem.free, problem.wanted, problem.limits, time_limit_s=TIME_LIMIT_S,
        tell=lambda share: tell(PLACED + (1 - PLACED) * share, None),
    )  # fmt: skip
    return problem.told("done", found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Problem:
    """A question ready to be solved. `free`: the choices without those at forbidden spots."""

    asked: ProposeAsked
    rows: dict[str, CameraRow]
    spots: dict[str, NamedSpot]
    lenses: dict[str, values.Lens]
    models: dict[values.Lens, str | None]
    """The model that a lens of the scenario is of."""
    free: Choices
    wanted: list[phases.Phase]
    limits: Limits
    own_m2: float

    def told(self, state: Literal["running", "done"], found: phases.Phased) -> ProposalAnswer:
        """An answer of the optimiser in the words of the editor."""
        chosen = [index for phase in found.chosen for index in phase]
        counted = phases.counts(self.free, found.chosen)
        alone = found.sequential
        return ProposalAnswer(
            state=state,
            class_id=self.asked.class_id,
            candidates=len(self.free.candidates),
            sites=sum(sites for sites, _ in counted),
            own_m2=self.own_m2,
            best_m2=found.worths[-1],
            bound_m2=found.bound if len(self.wanted) == 1 else None,
            gap=found.gap,
            alone_gain=found.together / alone - 1.0 if self.asked.phases and alone else None,
            phases=tuple(
                PhaseProposed(phase=phase.name, cameras=cameras, sites=sites, seen_m2=worth)
                for phase, (sites, cameras), worth in zip(self.wanted, counted, found.worths, strict=True)
                if phase.name
            ),
            unmet=unmet(self.free, self.limits, chosen),
            cameras=tuple(self._cameras(found)),
        )

    def _cameras(self, found: phases.Phased) -> list[CameraRow]:
        pairs = [
            (phase.name, index) for phase, chosen in zip(self.wanted, found.chosen, strict=True) for index in chosen
        ]
        return [self._camera(index, number, phase) for number, (phase, index) in enumerate(pairs, 1)]

    def _camera(self, index: int, number: int, phase: str) -> CameraRow:
        """The scenario's own camera where it was kept, else a new one."""
        one = self.free.candidates[index]
        if one.hung is None:
            own = self.rows[one.id]
            return own.model_copy(update={"phase": phase}) if phase else own
        spot, lens = self.spots[one.site].at, self.lenses[one.hung.lens]
        at = degrees().back(Point(spot.east_m, spot.north_m))
        return CameraRow(
            id=f"choix-{number}",
            position=(at.x, at.y),
            height_m=spot.height_m,
            bearing_deg=round(one.hung.bearing_deg + convergence_deg(spot.east_m, spot.north_m), 1) % 360.0,
            tilt_deg=one.hung.tilt_deg,
            model=self.models[lens],
            width_px=lens.width_px,
            height_px=lens.height_px,
            hfov_deg=lens.hfov_deg,
            night_range_m=lens.night_range_m,
            site=one.site,
            phase=phase,
        )


def _problem(kept: PlanAsked, asked: ProposeAsked) -> _Problem:
    on, cameras = ground(), cameras_of(kept.cameras)
    sights, _ = sights_of(on, cameras)
    if not sights:
        raise InvalidInput(
            "No camera of this scenario can stand where it is drawn; put one on the map first.",
            message_fr="Aucune caméra de ce scénario ne tient où elle est dessinée ; posez-en d'abord une.",
            field="cameras",
        )
    whole, on_grid = on.with_zones(kept.zones), cells(on, kept.zones)
    named = {one.at.id: one for one in spots(on, whole, cameras)}
    lenses, level = _lenses(cameras), _level(asked.class_id)
    offered = candidates.candidates(
        [one.at for one in named.values() if one.at.id not in asked.forbidden],
        candidates.Aim(lenses=lenses, headings=HEADINGS, tilts_deg=asked.tilts_deg, target_m=TARGET_M),
        (on.skyline, on_grid, candidates.cell_weights(whole, on_grid)),
        least_px_m=float(catalogue.scale().thresholds_px_m[level - 1]),
    )
    choices, places = candidates.with_plan(offered, sights, on_grid, level=level)
    plan = [list(places)]
    wanted = _wanted(asked, phases.counts(choices, plan)[0])
    own_per_site = max(Counter(one.camera.site or one.camera.id for one in sights).values())
    return _Problem(
        asked=asked,
        rows={one.id: one for one in kept.cameras},
        spots=named,
        lenses=lenses,
        models={camera.lens: row.model for row, camera in zip(kept.cameras, cameras, strict=True)},
        free=choices.without(asked.forbidden),
        wanted=wanted,
        limits=Limits(
            cameras=sum(phase.cameras for phase in wanted),
            per_site=asked.per_site or own_per_site,
            mandatory=_mandatory(asked, whole, on_grid),
        ),
        own_m2=choices.worth(plan[0]),
    )


def _wanted(asked: ProposeAsked, own: tuple[int, int]) -> list[phases.Phase]:
    """The phases asked, or one with the counts asked, or the version's own."""
    if asked.phases:
        return [
            phases.Phase(name=one.phase, cameras=one.cameras, sites=one.sites, months=one.months)
            for one in asked.phases
        ]
    sites, cameras = own
    return [phases.Phase(name="", cameras=asked.cameras or cameras, sites=asked.sites or sites, months=1.0)]


def _mandatory(asked: ProposeAsked, whole: values.Town, on_grid: Grid) -> tuple[Mandatory, ...]:
    by_zone = {zone.id: inside for zone, inside in zip(whole.zones, on_grid.zones, strict=True)}
    unknown = sorted({row.zone for row in asked.mandatory} - set(by_zone))
    if unknown:
        raise InvalidInput(
            f"There is no zone {', '.join(unknown)}; choose among the town's and the drawn ones.",
            message_fr=f"Il n'y a pas de zone {', '.join(unknown)} ; choisissez parmi celles de la ville et dessinées.",
            field="mandatory",
        )
    return tuple(
        Mandatory(name=row.zone, cells=np.asarray(by_zone[row.zone], dtype=np.int64), least_share=row.least_share)
        for row in asked.mandatory
    )


def _level(class_id: str) -> int:
    known = [one.id for one in catalogue.scale().classes]
    if class_id not in known:
        raise InvalidInput(
            f"There is no class {class_id!r}; known: {', '.join(known)}.",
            message_fr=f"Il n'y a pas de niveau {class_id!r} ; connus : {', '.join(known)}.",
            field="class_id",
        )
    return known.index(class_id) + 1


def _lenses(cameras: Sequence[values.Camera]) -> dict[str, values.Lens]:
    """Those that the scenario has most of: the same money, better placed."""
    counted = Counter(camera.lens for camera in cameras).most_common(MAX_LENSES)
    return {f"lens-{number}": lens for number, (lens, _) in enumerate(counted)}
