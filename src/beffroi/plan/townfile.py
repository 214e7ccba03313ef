"""The edge: what a town writes about its programme, checked."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field
from shapely.geometry import Point

from beffroi.core.reading import (
    Degrees,
    FolderReader,
    Latitude,
    Longitude,
    Name,
    Read,
    Slug,
    TextRow,
    TownDate,
    check_known,
    check_near,
    unique,
)
from beffroi.core.shapes import Line
from beffroi.plan import rules
from beffroi.plan.calc.cost import Ground
from beffroi.plan.link_rules import Medium
from beffroi.plan.models import CameraKind, Codec, NightLight, TargetClass
from beffroi.plan.rules import DatedState, StateName
from beffroi.plan.works.townfile import Building, Programmed
from beffroi.plan.works.townfile import read as read_works
from beffroi.territory.calc import lambert93
from beffroi.territory.models import Confidence
from beffroi.territory.queries import line_length_m

Rank = Annotated[int, Field(ge=1, le=9999)]
Tilt = Annotated[float, Field(ge=-90, le=90)]
Pixels = Annotated[int, Field(ge=16, le=16384)]


class ProgrammeRow(TextRow):
    id: Slug
    rank: Rank
    name: Name
    decided_on: TownDate


class PhaseRow(TextRow):
    id: Slug
    programme: Slug
    rank: Rank
    name: Name
    starts_on: TownDate
    planned_on: TownDate
    expected_on: TownDate | None = None
    in_service_on: TownDate | None = None


class SiteRow(TextRow):
    id: Slug
    mark: Annotated[str, Field(min_length=1, max_length=8)]
    name: Name
    zone: Slug
    phase: Slug
    lat: Latitude
    lon: Longitude
    confidence: Confidence = Confidence.APPROXIMATE


class CameraRow(TextRow):
    id: Slug
    number: Annotated[str, Field(min_length=1, max_length=8)]
    name: Name
    short_name: Annotated[str, Field(min_length=1, max_length=40)]
    site: Slug
    zone: Slug
    phase: Slug
    lat: Latitude
    lon: Longitude
    bearing_deg: Degrees
    tilt_deg: Tilt
    height_m: Annotated[float, Field(gt=0, le=100)]
    hfov_deg: Annotated[float, Field(gt=0, le=180)]
    focal_mm: Annotated[float, Field(gt=0, le=1000)] | None = None
    kind: CameraKind
    codec: Codec
    width_px: Pixels
    height_px: Pixels
    fps: Annotated[float, Field(gt=0, le=120)]
    has_sub_stream: bool = True
    target_class: TargetClass
    controller: Annotated[str, Field(max_length=120)] = ""
    """By default the town's authority."""
    own_authorisation: Annotated[str, Field(max_length=60)] = ""
    role: Annotated[str, Field(max_length=160)] = ""
    aimed_m: Annotated[float, Field(gt=0, le=500)] | None = None
    night_light: NightLight | Literal[""] = ""
    least_lux: Annotated[float, Field(ge=0, le=1000)] | None = None
    model: Slug | Literal[""] = ""
    """Of the library; the figures of the row come before the model's."""
    town_fault: str = ""
    """For the simulator alone."""


class StateRow(TextRow):
    camera: Slug
    state: StateName
    on: TownDate
    note: Annotated[str, Field(max_length=200)] = ""


class SurveyRow(TextRow):
    camera: Slug
    on: TownDate
    bearing_deg: Degrees
    tilt_deg: Tilt
    note: Annotated[str, Field(max_length=200)] = ""


class PresetLine(TextRow):
    """A position that a PTZ returns to. `time_share`: of its time, for coverage."""

    camera: Slug
    name: Annotated[str, Field(max_length=60)] = ""
    bearing_deg: Degrees
    tilt_deg: Tilt
    hfov_deg: Annotated[float, Field(gt=0, lt=180)]
    time_share: Annotated[float, Field(ge=0, le=1)] = 0.0


class LinkRow(TextRow):
    id: Slug
    name: Name
    phase: Slug
    from_end: Slug
    to_end: Slug
    length_m: Annotated[float, Field(ge=0)] | None = None
    """Measured on the line when absent."""
    medium: Medium = Medium.FIBRE
    capacity_mbit_s: Annotated[float, Field(ge=1, le=1_000_000)] = 1000.0
    is_encrypted: bool = False
    ground: Ground = Ground.STREET
    planned_on: TownDate
    laid_on: TownDate | None = None
    lit_on: TownDate | None = None
    geometry: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """A town's programme as written. `states` in the file's order, which is that of the days."""

    programmes: dict[str, ProgrammeRow]
    phases: dict[str, PhaseRow]
    sites: dict[str, SiteRow]
    cameras: dict[str, CameraRow]
    states: dict[str, list[Read[StateRow]]]
    surveys: list[SurveyRow]
    presets: dict[str, list[PresetLine]]
    """Of the cameras that the folder names the presets of; of the others it says nothing."""
    links: dict[str, LinkRow]
    building: Building


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the programme may refer to: the town's centre (longitude, latitude), boundary, zones and public buildings.

    `models`: ids of the library. `authority`: who films the road here; a camera of anybody else has its own
    authorisation.
    """

    centre: tuple[float, float] | None
    zones: Container[str]
    public_buildings: Collection[str]
    models: Container[str] = ()
    authority: str = ""
    boundary: dict[str, Any] | None = None


def read(reader: FolderReader, ground: Standing) -> Works:
    """Reads the programme and checks it against the ground; problems are noted in `reader`."""
    programmes = unique(reader, reader.toml("programme.toml", "programme", ProgrammeRow))
    phases = reader.toml("programme.toml", "phase", PhaseRow)
    check_known(reader, phases, programmes, field="programme")
    by_phase = unique(reader, phases)
    sites = reader.csv("sites.csv", SiteRow)
    check_known(reader, sites, ground.zones, field="zone")
    check_known(reader, sites, by_phase, field="phase")
    by_site = unique(reader, sites)
    cameras = {
        camera: _controlled(reader, found, ground.authority)
        for camera, found in _cameras(reader, by_site, by_phase).items()
    }
    check_known(reader, [found for found in cameras.values() if found.row.model], ground.models, field="model")
    placed: list[Read[Any]] = [*sites, *cameras.values()]
    before = len(reader.problems)
    check_near(reader, ground.centre, placed)
    if len(reader.problems) == before:  # else swapped columns would be told once a row
        _check_inside(reader, ground.boundary, placed)
    surveys = reader.csv("surveys.csv", SurveyRow, is_needed=False)
    check_known(reader, surveys, cameras, field="camera")
    presets = _presets(reader, cameras)
    links = _links(reader, by_phase, {*by_site, *ground.public_buildings})
    programmed = Programmed(phases=by_phase, sites=by_site, links=links, cameras=cameras)
    states = _states(reader, cameras)
    for phase in phases:
        own = [camera for camera, found in cameras.items() if found.row.phase == phase.row.id]
        _check_served(reader, phase, [states[camera] for camera in own])
    return Works(
        programmes=programmes,
        phases=by_phase,
        sites=by_site,
        cameras={camera: found.row for camera, found in cameras.items()},
        states=states,
        surveys=[survey.row for survey in surveys],
        presets=presets,
        links=links,
        building=read_works(reader, programmed),
    )


def _check_inside(
    reader: FolderReader, boundary: dict[str, Any] | None, reads: Iterable[Read[SiteRow] | Read[CameraRow]]
) -> None:
    """Notes rows that stand out of the town, when its boundary is known. Source: CSI L. 251-2 (its own streets)."""
    whole = lambert93.projected(boundary) if boundary else None
    for found in reads:
        away_m = whole.distance(Point(lambert93.to_en(found.row.lon, found.row.lat))) if whole else 0.0
        if away_m:
            messages = (f"is {away_m:.0f} m outside the town's boundary; correct the position or the boundary",
                        f"est à {away_m:.0f} m hors des limites de la commune ; corrigez la position ou la "
                        "limite")  # fmt: skip
            reader.refuse_row(found, messages, field="lat")


def _check_served(reader: FolderReader, phase: Read[PhaseRow], lives: Iterable[list[Read[StateRow]]]) -> None:
    """A phase is in service as a whole: no camera that it had on that day was still to be put in service."""
    on = phase.row.in_service_on
    for life in lives if on is not None else ():
        past = [step.row for step in life if on is not None and step.row.on <= on]
        if past and not {step.state for step in past} & {StateName.IN_SERVICE, StateName.REMOVED}:
            camera = past[-1].camera
            messages = (
                f"{camera} is {past[-1].state} on {on}; leave the day out until the whole phase is in service, or add "
                f"the states of {camera}",
                f"{camera} est « {past[-1].state} » au {on} ; retirez ce jour tant que toute la phase n'est pas en "
                f"service, ou ajoutez les états de {camera}",
            )
            reader.refuse_row(phase, messages, field="in_service_on")


def _cameras(
    reader: FolderReader, sites: dict[str, SiteRow], phases: dict[str, PhaseRow]
) -> dict[str, Read[CameraRow]]:
    cameras = reader.csv("cameras.csv", CameraRow)
    check_known(reader, cameras, sites, field="site")
    check_known(reader, cameras, phases, field="phase")
    unique(reader, cameras, "number")
    unique(reader, cameras)
    for found in cameras:
        site = sites.get(found.row.site)
        if site is not None and found.row.zone != site.zone:
            reader.refuse_row(
                found,
                (f"its site {site.id} is in {site.zone}; write that", f"son site {site.id} est en {site.zone}"),
                field="zone",
            )
    return {found.row.id: found for found in cameras}


def _presets(reader: FolderReader, cameras: Mapping[str, Read[CameraRow]]) -> dict[str, list[PresetLine]]:
    found = reader.csv("presets.csv", PresetLine, is_needed=False)
    check_known(reader, found, cameras, field="camera")
    by_camera: dict[str, list[PresetLine]] = {}
    for read in found:
        presets = by_camera.setdefault(read.row.camera, [])
        presets.append(read.row)
        if sum(one.time_share for one in presets) > 1 + 1e-9:
            messages = (
                "the time shares of this camera exceed 1 together; lower them",
                "les parts de temps de cette caméra dépassent 1 ensemble ; baissez-les",
            )
            reader.refuse_row(read, messages, field="time_share")
    return by_camera


def _controlled(reader: FolderReader, found: Read[CameraRow], authority: str) -> Read[CameraRow]:
    """The camera, of the town's authority unless it says of whom and by which authorisation.

    Source: CSI L. 251-2, L. 223-1.
    """
    row = found.row
    if not row.controller or row.controller.casefold() == authority.casefold():
        return Read(row.model_copy(update={"controller": "", "own_authorisation": ""}), found.file, found.line)
    if not row.own_authorisation:
        messages = (
            f"{row.controller} is not {authority}: it films under its own order; give its number, or leave the camera "
            "out (CSI L. 251-2, L. 223-1)",
            f"{row.controller} n'est pas {authority} : il filme sous son propre arrêté ; donnez son numéro, ou retirez "
            "la caméra (CSI L. 251-2, L. 223-1)",
        )
        reader.refuse_row(found, messages, field="own_authorisation")
    return found


def _states(reader: FolderReader, cameras: dict[str, Read[CameraRow]]) -> dict[str, list[Read[StateRow]]]:
    reads = reader.csv("states.csv", StateRow)
    check_known(reader, reads, cameras, field="camera")
    by_camera: dict[str, list[Read[StateRow]]] = {camera: [] for camera in cameras}
    for found in reads:
        by_camera.setdefault(found.row.camera, []).append(found)
    for camera, history in by_camera.items():
        if not history and camera in cameras:
            reader.refuse_row(
                cameras[camera],
                (
                    f"{camera} has no line in states.csv; add “planned”",
                    f"{camera} manque à states.csv ; ajoutez « planned »",
                ),
                field="id",
            )
        _check_history(reader, history)
    return by_camera


def _check_history(reader: FolderReader, history: list[Read[StateRow]]) -> None:
    fault = rules.fault_of([DatedState(state=found.row.state, on=found.row.on) for found in history])
    if fault is None:
        return
    step, kind = fault
    before, after = history[step - 1].row, history[step].row
    if kind is rules.Fault.NOT_AFTER:
        messages = (
            f"{after.on} comes before {before.on}, the state above it; put the lines in order",
            f"{after.on} précède {before.on}, l'état du dessus ; rangez les lignes dans l'ordre",
        )
        reader.refuse_row(history[step], messages, field="on")
        return
    allowed = ", ".join(sorted(rules.NEXT[before.state])) or "—"
    messages = (
        f"{after.state} cannot follow {before.state}; allowed: {allowed}",
        f"{after.state} ne peut suivre {before.state} ; possible : {allowed}",
    )
    reader.refuse_row(history[step], messages, field="state")


def _links(reader: FolderReader, phases: dict[str, PhaseRow], ends: set[str]) -> dict[str, LinkRow]:
    links = reader.geojson("links.geojson", LinkRow, is_needed=False)
    check_known(reader, links, phases, field="phase")
    written = {end for found in links for end in (found.row.from_end, found.row.to_end)}
    known = {*ends, *(end for end in written if end.startswith(JUNCTION))}
    check_known(reader, links, known, field="from_end")
    check_known(reader, links, known, field="to_end")
    return unique(reader, links)


JUNCTION = "j-"
"""An end that is neither a site nor a building has an id that begins so."""


def link_length_m(row: LinkRow) -> float:
    """The length written, or the line's own."""
    return row.length_m if row.length_m is not None else round(line_length_m(row.geometry), 1)
