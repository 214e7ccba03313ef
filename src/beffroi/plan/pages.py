"""What the programme's page shows: one record a line, words and shapes already chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise

from beffroi.plan import queries
from beffroi.plan.drawing import Label, Sheet, free_labels, sheet_of
from beffroi.plan.models import Programme, StateChoice
from beffroi.plan.queries import CameraView, FibreFigures, PhaseFigures, SiteFigures
from beffroi.plan.rules import StateName
from beffroi.territory import queries as territory

TURNED_DEG = 5.0
"""A survey that differs by less is the surveyor's hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """One camera in the chart. `tone` chooses fill and outline; the word stands beside it in the legend."""

    camera: CameraView
    tone: str
    word: str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRow:
    """One site: a capsule of the chart, a mark of the map, a line of the list."""

    site: SiteFigures
    zone: str
    squares: tuple[Square, ...]
    x_m: float
    y_m: float
    is_on_sheet: bool

    @property
    def is_in_service(self) -> bool:
        return self.site.state is StateName.IN_SERVICE


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRow:
    """One phase of the chart."""

    figures: PhaseFigures
    sites: tuple[SiteRow, ...]
    is_told: bool
    """On the page's day its delay was a fact, or was foreseen."""

    @property
    def late_days(self) -> int:
        return max(0, self.figures.late_days)

    @property
    def early_days(self) -> int:
        return max(0, -self.figures.late_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeRow:
    """A programme and its phases."""

    name: str
    phases: tuple[PhaseRow, ...]
    fibre: FibreFigures

    @property
    def sites(self) -> tuple[int, int]:
        """In service, planned."""
        return sum(p.figures.sites_in_service for p in self.phases), sum(len(p.sites) for p in self.phases)

    @property
    def cameras(self) -> tuple[int, int]:
        """In service, planned."""
        return (
            sum(p.figures.cameras_in_service for p in self.phases),
            sum(p.figures.cameras_planned for p in self.phases),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRow:
    """The drawn map: paths and their class."""

    sheet: Sheet
    paths: tuple[tuple[str, str], ...]
    """Class and `d`, from the ground up."""
    labels: tuple[Label, ...]
    """Names of zones."""
    off_sheet: tuple[SiteRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammePage:
    """The page as of a day."""

    on: date
    programmes: tuple[ProgrammeRow, ...]
    sites: tuple[SiteRow, ...]
    legend: tuple[tuple[str, str | Promise, int], ...]
    """Tone, word, how many cameras."""
    map: MapRow | None
    zones: int

    @property
    def has_ducts(self) -> bool:
        return self.map is not None and any(css.endswith(" duct") for css, _ in self.map.paths)


def programme_page(on: date) -> ProgrammePage:
    """Everything the page shows of a day of the town."""
    cameras = {camera.id: camera for camera in queries.cameras_on(on)}
    layers = territory.map_layers()
    zones = {zone["properties"]["id"]: zone["properties"] for zone in layers["zones"]["features"]}
    figures = queries.phase_figures(on)
    sheet = sheet_of((site.lon, site.lat) for phase in figures for site in phase.sites)
    phases = [
        PhaseRow(
            figures=phase,
            sites=tuple(_site_row(site, cameras, zone=zones[site.zone]["name"], sheet=sheet) for site in phase.sites),
            is_told=phase.in_service_on is None or phase.in_service_on <= on,
        )
        for phase in figures
    ]
    sites = tuple(site for phase in phases for site in phase.sites)
    return ProgrammePage(
        on=on,
        programmes=tuple(_programme_row(programme, phases, on) for programme in Programme.objects.order_by("rank")),
        sites=sites,
        legend=_legend(sites),
        map=_map_row(sheet, sites, layers | queries.map_layers(on)) if sheet else None,
        zones=len(zones),
    )


def _programme_row(programme: Programme, phases: list[PhaseRow], on: date) -> ProgrammeRow:
    own = tuple(phase for phase in phases if phase.figures.programme == programme.pk)
    return ProgrammeRow(name=programme.name, phases=own, fibre=queries.fibre_figures(on, programme.pk))


def _site_row(site: SiteFigures, cameras: dict[str, CameraView], *, zone: str, sheet: Sheet | None) -> SiteRow:
    x_m, y_m = sheet.at((site.lon, site.lat)) if sheet else (0.0, 0.0)
    squares = tuple(_square(cameras[camera]) for camera, _ in site.states)
    is_on_sheet = sheet is not None and sheet.holds((site.lon, site.lat))
    return SiteRow(site=site, zone=zone, squares=squares, x_m=x_m, y_m=y_m, is_on_sheet=is_on_sheet)


def _square(camera: CameraView) -> Square:
    if camera.state is None:
        return Square(camera=camera, tone="none", word="")
    is_turned = camera.turned_deg is not None and abs(camera.turned_deg) >= TURNED_DEG
    if camera.state is StateName.IN_SERVICE and is_turned:
        return Square(camera=camera, tone="to-correct", word=StateChoice.IN_SERVICE.label)
    return Square(camera=camera, tone=camera.state.value, word=StateChoice(camera.state.value).label)


def _legend(sites: Iterable[SiteRow]) -> tuple[tuple[str, str | Promise, int], ...]:
    squares = [square for site in sites for square in site.squares]
    counts = Counter(square.tone for square in squares)
    words = {square.tone: square.word for square in squares}
    tones = [StateName.IN_SERVICE.value, "to-correct", *(state.value for state in reversed(StateName))]
    return tuple((tone, words[tone], counts[tone]) for tone in dict.fromkeys(tones) if counts[tone])


def _map_row(sheet: Sheet, sites: tuple[SiteRow, ...], layers: dict[str, dict[str, Any]]) -> MapRow:
    paths = [
        (css, sheet.path(feature["geometry"]))
        for layer, css in (("water", "water"), ("streets", "street"), ("zones", "zone"))
        for feature in layers[layer]["features"]
    ]
    for link in layers["links"]["features"]:
        told = link["properties"]
        css = f"fibre {'late' if told['is_late'] else told['state']}{' duct' if told['is_duct'] else ''}"
        paths.append((css, sheet.path(link["geometry"])))
    for square in (square for site in sites for square in site.squares):
        camera = square.camera
        cone = sheet.cone((camera.lon, camera.lat), camera.bearing_deg, camera.hfov_deg)
        paths.append((f"cone {'on' if camera.state is StateName.IN_SERVICE else 'works'}", cone))
    names = [
        (*sheet.label_spot(zone["geometry"]), str(zone["properties"]["name"])) for zone in layers["zones"]["features"]
    ]
    labels = free_labels(names, [(site.x_m, site.y_m) for site in sites], sheet)
    off_sheet = tuple(site for site in sites if not site.is_on_sheet)
    return MapRow(sheet=sheet, paths=tuple(paths), labels=labels, off_sheet=off_sheet)
