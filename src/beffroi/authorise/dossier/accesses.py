"""The page where a clerk says which accesses of third parties were seen on the spot, and points the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from beffroi.authorise.dossier.neighbours import Guessed, guessed
from beffroi.authorise.dossier.plans.gathered import SitePlan, gather
from beffroi.authorise.dossier.plans.seen import Seen
from beffroi.authorise.models import Dossier
from beffroi.core.errors import NotFound
from beffroi.plan.models import Site
from beffroi.territory.calc import lambert93
from beffroi.territory.services import change_accesses


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLine:
    """A site and how its neighbours' accesses are known."""

    site: Site
    guessed: Guessed


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointed:
    """An access that the town pointed."""

    id: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingLine:
    """A third party's building in view, under its number on the plan."""

    id: str
    number: str
    cameras: str
    doors: int
    is_surveyed: bool
    pointed: Sequence[Pointed]


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePage:
    """One site: its plan, its neighbours."""

    site: Site
    plan: str
    buildings: Sequence[BuildingLine]


def site_lines(dossier: Dossier) -> list[SiteLine]:
    """Every site of a dossier, in the order of the plans."""
    by_site: dict[str, list[int]] = {}
    cameras = list(dossier.cameras.select_related("site").order_by("site__rank", "number"))
    for number, camera in enumerate(cameras):
        by_site.setdefault(camera.site_id, []).append(number)
    return [
        SiteLine(site=cameras[held[0]].site, guessed=guessed(cameras[number] for number in held))
        for held in by_site.values()
    ]


def site_page(dossier: Dossier, site_id: str, on: date) -> SitePage | None:
    """One site of a dossier as its block plan shows it; None when it has no camera of this dossier. Tenths of a
    second."""
    plan = _plan(dossier, site_id, on)
    if plan is None:
        return None
    return SitePage(
        site=plan.site,
        plan=f"plan-de-masse-{plan.site.pk}",
        buildings=[_line(plan, one) for one in plan.view.buildings],
    )


def _plan(dossier: Dossier, site_id: str, on: date) -> SitePlan | None:
    return next(iter(gather(dossier, on, sites=frozenset({site_id})).sites), None)


def _line(plan: SitePlan, one: Seen) -> BuildingLine:
    pointed = plan.view.accesses.get(one.index, {})
    places = {key: lambert93.to_lon_lat(*spot) for key, spot in pointed.items()}
    return BuildingLine(
        id=plan.view.skyline.buildings[one.index].id,
        number=one.number,
        cameras=", ".join(one.cameras),
        doors=len(one.doors),
        is_surveyed=one.is_surveyed,
        pointed=[Pointed(id=key, lat=lat, lon=lon) for key, (lon, lat) in places.items()],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What was seen on the spot: buildings whose supposed accesses are right, accesses that are not there, places
    (longitude, latitude) of others."""

    confirmed: Collection[str] = ()
    removed: Collection[str] = ()
    places: Collection[tuple[float, float]] = ()


def record(dossier: Dossier, site_id: str, survey: Survey, *, on: date, by: str) -> tuple[int, int]:
    """Writes what was seen at one site; returns how many accesses joined and left.

    Errors: NotFound; InvalidInput naming the place that lies on no façade.
    """
    plan = _plan(dossier, site_id, on)
    if plan is None:
        raise NotFound(
            "This site has no camera of this dossier.",
            message_fr="Cet emplacement n'a pas de caméra de ce dossier.",
            field="site",
        )
    confirmed = [
        lambert93.to_lon_lat(east_m, north_m)
        for one in plan.view.buildings
        if not one.is_surveyed and plan.view.skyline.buildings[one.index].id in survey.confirmed
        for east_m, north_m, _ in one.doors
    ]
    shown = {key for one in plan.view.buildings for key in plan.view.accesses.get(one.index, {})}
    return change_accesses([*confirmed, *survey.places], remove=shown & set(survey.removed), by=by)
