"""Reads of the plan: cameras with their state on a day, figures by phase, map layers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from beffroi.plan import conformity, rules
from beffroi.plan.calc.cost import Ground
from beffroi.plan.calc.optics import face_at
from beffroi.plan.calc.town import Lens, Pose
from beffroi.plan.models import Camera, CameraState, Link, Phase, PoseSurvey, Site
from beffroi.plan.rules import DatedState, StateName
from beffroi.territory.models import PublicBuilding


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraView:
    """A camera as of a day. `turned_deg`: how far the last survey found it from its plan; None when never surveyed."""

    id: str
    number: str
    name: str
    short_name: str
    site: str
    site_mark: str
    zone: str
    phase: str
    state: StateName | None
    since_on: date | None
    lat: float
    lon: float
    bearing_deg: float
    tilt_deg: float
    height_m: float
    hfov_deg: float
    kind: str
    codec: str
    width_px: int
    height_px: int
    fps: float
    target_class: str
    turned_deg: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFigures:
    """A site and the dated states of its cameras, in their order."""

    id: str
    mark: str
    name: str
    zone: str
    phase: str
    lat: float
    lon: float
    states: tuple[tuple[str, StateName | None], ...]
    """Camera id and state."""

    @property
    def state(self) -> StateName | None:
        """That of its least advanced camera."""
        return rules.common_state(state for _, state in self.states if state is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseFigures:
    """What a phase planned and what is in service on a day."""

    id: str
    programme: str
    name: str
    planned_on: date
    expected_on: date | None
    in_service_on: date | None
    sites: tuple[SiteFigures, ...]

    @property
    def cameras_planned(self) -> int:
        return sum(len(site.states) for site in self.sites)

    @property
    def cameras_in_service(self) -> int:
        return sum(state is StateName.IN_SERVICE for site in self.sites for _, state in site.states)

    @property
    def sites_in_service(self) -> int:
        return sum(site.state is StateName.IN_SERVICE for site in self.sites)

    @property
    def late_days(self) -> int:
        """Days after (or, below zero, before) the planned day that it entered, or is expected to enter, service."""
        real = self.in_service_on or self.expected_on
        return (real - self.planned_on).days if real else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FibreFigures:
    """Lengths of fibre on a day, metres."""

    planned_m: float
    laid_m: float
    lit_m: float

    @property
    def percent(self) -> tuple[float, float]:
        """Laid, and lit, of what is planned."""
        whole = (self.planned_m or 1.0) / 100
        return self.laid_m / whole, self.lit_m / whole


def histories(cameras: Iterable[str] | None = None) -> dict[str, list[DatedState]]:
    """The dated states of cameras (all by default), in order, by camera id."""
    found: dict[str, list[DatedState]] = defaultdict(list)
    rows = CameraState.objects.order_by("camera_id", "step")
    if cameras is not None:
        rows = rows.filter(camera__in=list(cameras))
    for camera, state, on in rows.values_list("camera_id", "state", "on"):
        found[camera].append(DatedState(state=StateName(state), on=on))
    return found


def standing(on: date) -> tuple[Camera, ...]:
    """Every camera that was put up by a day and not taken down since, by number."""
    there = [camera for camera, history in histories().items() if rules.is_standing(history, on)]
    return tuple(Camera.objects.filter(pk__in=there).select_related("site").order_by("number"))


def cameras_on(on: date) -> list[CameraView]:
    """Every camera with its state on a day, by number."""
    states = histories()
    turned = _turned(on)
    cameras = Camera.objects.select_related("site").order_by("number")
    return [
        _camera_view(camera, states.get(camera.pk, []), on=on, turned_deg=turned.get(camera.pk)) for camera in cameras
    ]


def _turned(on: date) -> dict[str, float]:
    surveys = PoseSurvey.objects.filter(on__lte=on).select_related("camera").order_by("on")
    return {survey.camera_id: rules.turned_by_deg(survey.camera.bearing_deg, survey.bearing_deg) for survey in surveys}


def _camera_view(camera: Camera, history: list[DatedState], *, on: date, turned_deg: float | None) -> CameraView:
    past = [dated for dated in history if dated.on <= on]
    return CameraView(
        id=camera.pk,
        number=camera.number,
        name=camera.name,
        short_name=camera.short_name,
        site=camera.site_id,
        site_mark=camera.site.mark,
        zone=camera.site.zone_id,
        phase=camera.phase_id,
        state=rules.state_on(history, on),
        since_on=past[-1].on if past else None,
        lat=camera.lat,
        lon=camera.lon,
        bearing_deg=camera.bearing_deg,
        tilt_deg=camera.tilt_deg,
        height_m=camera.height_m,
        hfov_deg=camera.hfov_deg,
        kind=camera.kind,
        codec=camera.codec,
        width_px=camera.width_px,
        height_px=camera.height_px,
        fps=camera.fps,
        target_class=camera.target_class,
        turned_deg=turned_deg,
    )


def demand(camera: Camera) -> conformity.Demand:
    """What the arrêté of 2007 asks of a camera, by what it and its zone are for."""
    return conformity.demand_of(camera.target_class, {camera.site.zone.purpose})


def declared(camera: Camera) -> conformity.Stream:
    """What a camera is declared to store."""
    return streamed(camera, width_px=camera.width_px, height_px=camera.height_px, fps=camera.fps)


def streamed(camera: Camera, *, width_px: int, height_px: int, fps: float) -> conformity.Stream:
    """A stream of a camera; faces are looked for at the distance of its target, when that is known."""
    faces = False
    if camera.aimed_m and camera.hfov_deg < 180:
        pose = Pose(east_m=0, north_m=0, height_m=camera.height_m, bearing_deg=0, tilt_deg=camera.tilt_deg)
        lens = Lens(width_px=width_px, height_px=height_px, hfov_deg=camera.hfov_deg)
        faces = face_at(pose, lens, camera.aimed_m).is_extractable
    return conformity.Stream(width_px=width_px, height_px=height_px, fps=fps, shows_faces=faces)


def phase_named(given: str) -> Phase | None:
    """A phase by its id, or by its rank in the first programme."""
    phases = Phase.objects.order_by("programme__rank", "rank")
    by_rank = phases.filter(rank=int(given)).first() if given.isdecimal() and len(given) < 5 else None
    return phases.filter(pk=given).first() or by_rank


def phases_under_way(on: date) -> list[Phase]:
    """Phases whose works have begun and which are not in service on a day, the first begun first."""
    begun = Phase.objects.filter(starts_on__lte=on).exclude(in_service_on__lte=on)
    return list(begun.order_by("starts_on", "id"))


def phase_figures(on: date) -> list[PhaseFigures]:
    """Every phase, by programme then rank, with its sites and their cameras' states on a day."""
    by_phase: dict[str, list[SiteFigures]] = defaultdict(list)
    for site in site_figures(on):
        by_phase[site.phase].append(site)
    return [
        PhaseFigures(
            id=phase.pk,
            programme=phase.programme_id,
            name=phase.name,
            planned_on=phase.planned_on,
            expected_on=phase.expected_on,
            in_service_on=phase.in_service_on,
            sites=tuple(by_phase[phase.pk]),
        )
        for phase in Phase.objects.order_by("programme__rank", "rank")
    ]


def site_figures(on: date) -> list[SiteFigures]:
    """Every site with its cameras' states on a day; those given up before they were authorised are left out."""
    states = histories()
    sites = Site.objects.prefetch_related("cameras").order_by("rank")
    return [
        SiteFigures(
            id=site.pk,
            mark=site.mark,
            name=site.name,
            zone=site.zone_id,
            phase=site.phase_id,
            lat=site.lat,
            lon=site.lon,
            states=tuple(
                (camera.pk, rules.state_on(states.get(camera.pk, []), on))
                for camera in sorted(site.cameras.all(), key=lambda camera: camera.number)
                if not rules.was_dropped(states.get(camera.pk, []), on)
            ),
        )
        for site in sites
    ]


def camera_counts(on: date) -> Counter[StateName]:
    """How many cameras have each state on a day."""
    states = (rules.state_on(history, on) for history in histories().values())
    return Counter(state for state in states if state is not None)


def fibre_figures(on: date, programme: str | None = None) -> FibreFigures:
    """Fibre planned, laid and lit on a day, of one programme or of all."""
    links = list(Link.objects.filter(phase__programme=programme) if programme else Link.objects.all())
    return FibreFigures(
        planned_m=sum(link.length_m for link in links),
        laid_m=sum(link.length_m for link in links if link.laid_on and link.laid_on <= on),
        lit_m=sum(link.length_m for link in links if link.lit_on and link.lit_on <= on),
    )


def map_layers(on: date) -> dict[str, dict[str, Any]]:
    """GeoJSON layers of the plan on a day: `sites`, `cameras` (with bearing and field), `links` (with their state)."""
    return {
        "sites": _collection(_site_feature(site) for site in site_figures(on)),
        "cameras": _collection(_camera_feature(camera) for camera in cameras_on(on)),
        "links": _collection(_link_feature(link, on) for link in Link.objects.all()),
    }


def _collection(features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def _feature(geometry: dict[str, Any], **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _spot(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def _site_feature(site: SiteFigures) -> dict[str, Any]:
    return _feature(_spot(site.lon, site.lat), id=site.id, mark=site.mark, name=site.name, state=site.state)


def _camera_feature(camera: CameraView) -> dict[str, Any]:
    return _feature(
        _spot(camera.lon, camera.lat),
        id=camera.id,
        number=camera.number,
        name=camera.name,
        state=camera.state,
        bearing_deg=camera.bearing_deg,
        hfov_deg=camera.hfov_deg,
        kind=camera.kind,
    )


def _link_feature(link: Link, on: date) -> dict[str, Any]:
    state = "planned"
    if link.lit_on and link.lit_on <= on:
        state = "lit"
    elif link.laid_on and link.laid_on <= on:
        state = "laid"
    is_late = state == "planned" and link.planned_on < on
    return _feature(link.shape, id=link.pk, name=link.name, state=state, is_late=is_late, length_m=link.length_m,
                    is_duct=link.is_fibre and link.ground == Ground.DUCT)  # fmt: skip


def link_ends() -> dict[str, str]:
    """Names of what links join, by id: buildings by what stands before the comma, sites by mark and name."""
    found = {row.pk: row.name.removesuffix(" (jeu fictif)").partition(",")[0] for row in PublicBuilding.objects.all()}
    return found | {row.pk: f"{row.mark} · {row.name}" for row in Site.objects.all()}
