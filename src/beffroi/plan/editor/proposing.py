"""What the same counts of cameras and sites could do: the optimiser on a scenario, its gap always told. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from shapely import Point, STRtree

from beffroi.core.errors import InvalidInput
from beffroi.plan import catalogue
from beffroi.plan.calc import candidates, phases
from beffroi.plan.calc import town as values
from beffroi.plan.calc.placement import Choices, Limits
from beffroi.plan.editor.answers import ProposalAnswer
from beffroi.plan.editor.ground import TARGET_M, Ground, cells, degrees, ground
from beffroi.plan.editor.rows import PlanAsked
from beffroi.plan.editor.seeing import cameras_of, sights_of
from beffroi.plan.scenario.cameras import CameraRow, convergence_deg
from beffroi.territory.calc.streets import crossings
from beffroi.territory.queries import street_axes

CLASS_ID = "observe"
TIME_LIMIT_S = 30.0
NEAR_ZONE_M = 30.0
MAX_SPOTS, MAX_LENSES, HEADINGS = 150, 3, 12
MAST_M, TILT_DEG = 6.0, 12.0


def propose(asked: PlanAsked) -> ProposalAnswer:
    """The scenario's worth at class `observe`, and the best found with its own counts, sites and lenses.

    Candidates stand at the scenario's sites and at the street crossings in or beside the zones.
    Errors: InvalidInput when it has no camera that sees anything.
    """
    on, cameras = ground(), cameras_of(asked.cameras)
    sights, _ = sights_of(on, cameras)
    if not sights:
        raise InvalidInput(
            "No camera of this scenario can stand where it is drawn; put one on the map first.",
            message_fr="Aucune caméra de ce scénario ne tient où elle est dessinée ; posez-en d'abord une.",
            field="cameras",
        )
    whole, on_grid = on.with_zones(asked.zones), cells(on, asked.zones)
    spots, lenses, scale = _spots(on, whole, cameras), _lenses(cameras), catalogue.scale()
    level = [one.id for one in scale.classes].index(CLASS_ID) + 1
    offered = candidates.candidates(
        spots,
        candidates.Aim(lenses=lenses, headings=HEADINGS, tilt_deg=TILT_DEG, target_m=TARGET_M),
        (on.skyline, on_grid, candidates.cell_weights(whole, on_grid)),
        least_px_m=float(scale.thresholds_px_m[level - 1]),
    )
    choices, places = candidates.with_plan(offered, sights, on_grid, level=level)
    plan = [list(places)]
    (sites, count) = phases.counts(choices, plan)[0]
    wanted = [phases.Phase(name="", cameras=count, sites=sites, months=1.0)]
    per_site = max(Counter(one.camera.site or one.camera.id for one in sights).values())
    own = phases.score(choices, plan, wanted)
    best = phases.best(choices, wanted, Limits(cameras=count, per_site=per_site), time_limit_s=TIME_LIMIT_S)
    rows = {one.id: one for one in asked.cameras}
    drawn = _Drawn(choices, {spot.id: spot for spot in spots}, lenses)
    return ProposalAnswer(
        state="done",
        candidates=len(choices.candidates),
        own_m2=own.together,
        best_m2=best.together,
        bound_m2=best.bound,
        gap=best.gap,
        cameras=tuple(drawn.row(index, rows, number) for number, index in enumerate(best.chosen[0], 1)),
    )


def _spots(on: Ground, whole: values.Town, cameras: Sequence[values.Camera]) -> list[candidates.Spot]:
    """The scenario's own sites first, then crossings near a zone; where no mast can stand is left out."""
    own = {one.site or one.id: one.pose for one in reversed(cameras)}
    found = [
        candidates.Spot(id=name.replace("/", "-"), east_m=pose.east_m, north_m=pose.north_m, height_m=pose.height_m)
        for name, pose in own.items()
    ]
    zones = STRtree([zone.shape for zone in whole.zones])
    for number, one in enumerate(crossings(street_axes())):
        at = degrees().geometry({"type": "Point", "coordinates": one.at})
        if len(zones.query(at, predicate="dwithin", distance=NEAR_ZONE_M)):
            found.append(candidates.Spot(id=f"carrefour-{number}", east_m=at.x, north_m=at.y, height_m=MAST_M))
    return [spot for spot in found if _stands(on, spot)][:MAX_SPOTS]


def _stands(on: Ground, spot: candidates.Spot) -> bool:
    try:
        on.skyline.standing((spot.east_m, spot.north_m), spot.height_m)
    except InvalidInput:
        return False
    return spot.height_m > TARGET_M


def _lenses(cameras: Sequence[values.Camera]) -> dict[str, values.Lens]:
    """Those that the scenario has most of: the same money, better placed."""
    counted = Counter(camera.lens for camera in cameras).most_common(MAX_LENSES)
    return {f"lens-{number}": lens for number, (lens, _) in enumerate(counted)}


class _Drawn:
    """Chosen candidates as rows of a scenario."""

    def __init__(self, choices: Choices, spots: dict[str, candidates.Spot], lenses: dict[str, values.Lens]) -> None:
        self._choices, self._spots, self._lenses = choices, spots, lenses

    def row(self, index: int, own: dict[str, CameraRow], number: int) -> CameraRow:
        """The scenario's own camera where it was kept, else a new one."""
        name = self._choices.candidates[index].id
        if name in own:
            return own[name]
        site, lens_name, bearing = name.rsplit("/", 2)
        spot, lens = self._spots[site], self._lenses[lens_name]
        at = degrees().back(Point(spot.east_m, spot.north_m))
        return CameraRow(
            id=f"choix-{number}",
            position=(at.x, at.y),
            height_m=spot.height_m,
            bearing_deg=round(float(bearing) + convergence_deg(spot.east_m, spot.north_m), 1) % 360.0,
            tilt_deg=TILT_DEG,
            width_px=lens.width_px,
            height_px=lens.height_px,
            hfov_deg=lens.hfov_deg,
            night_range_m=lens.night_range_m,
            site=site,
        )
