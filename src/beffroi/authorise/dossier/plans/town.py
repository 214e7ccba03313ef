"""Sheets of the whole dossier: overview of cameras and zones, perimeter (R. 252-3), map of the signs (R. 253-6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import shapely
from shapely import MultiPoint, Point
from shapely.geometry.base import BaseGeometry

from beffroi.authorise.dossier.plans import layers
from beffroi.authorise.dossier.plans.gathered import Gathered, SitePlan
from beffroi.authorise.dossier.plans.labels import Labels
from beffroi.authorise.dossier.plans.legend import legend, sign_mark
from beffroi.authorise.dossier.plans.paper import TOWN_SCALES, Paper, paper_of
from beffroi.authorise.dossier.plans.sheet import PlanSheet, Table, cameras_on, signs_on
from beffroi.authorise.dossier.plans.site import common_cells, heading, positions
from beffroi.authorise.dossier.plans.words import counted, figure, short_day
from beffroi.authorise.models import LocationNotice, Sign
from beffroi.authorise.queries import is_where
from beffroi.authorise.signs import is_overdue
from beffroi.core.documents.blocks import percent
from beffroi.territory.calc import lambert93

DEMAND = "Demande d’autorisation de vidéoprotection."
SIGN_STATES: Mapping[str, str] = MappingProxyType(
    {"placed": "en place", "due": "vérification échue", "planned": "prévue"}
)


CENTRE_SCALE = 5000
CROWDED = 10_000
"""From this scale on the centre is drawn once more, larger."""


def centre_sheet(given: Gathered) -> list[PlanSheet]:
    """The densest part of the overview at 1:5000 when the whole is too small to be read; else nothing."""
    if paper_of(_bounds(given), TOWN_SCALES).scale < CROWDED:
        return []
    paper = _densest(given)
    held = _held(given, paper)
    inside = replace(given, sites=held)
    whole = overview_sheet(inside, paper)
    cameras = len(inside.cameras)
    return [
        replace(
            whole,
            name="plan-d-ensemble-centre",
            title="Plan d’ensemble, centre",
            in_base=given.dossier.cameras.filter(site__in=[plan.site for plan in held]).count(),
            in_form=sum(given.form.get(plan.site.pk, 0) for plan in held),
            cells=common_cells(given, (2, 2)),
            notes=[f"{counted(cameras, 'caméra')} sur {len(given.cameras)} : les autres au plan d’ensemble."],
        )
    ]


def _held(given: Gathered, paper: Paper) -> list[SitePlan]:
    """The sites on a sheet."""
    return [plan for plan in given.sites if paper.ground.covers(Point(plan.view.mast))]


def _densest(given: Gathered) -> Paper:
    """The sheet, round some site, that holds most cameras."""
    papers = [paper_of(shapely.box(*plan.view.mast, *plan.view.mast).bounds, (CENTRE_SCALE,)) for plan in given.sites]
    masts = shapely.points([spot for plan in given.sites for spot in positions(plan)])
    return max(papers, key=lambda paper: int(shapely.covers(paper.ground, masts).sum()))


def overview_sheet(given: Gathered, paper: Paper | None = None) -> PlanSheet:
    """Every camera and every zone on one sheet."""
    paper = paper or paper_of(_bounds(given), TOWN_SCALES)
    drawn = layers.drawing(
        paper,
        "Plan d’ensemble",
        lambda labels: _overview(given, paper, labels),
        is_fictional=given.is_fictional,
        spots=_spots(given),
    )
    rows = [[plan.site.mark, plan.site.name, ", ".join(row.number for row in plan.cameras)] for plan in given.sites]
    zones = sorted({plan.site.zone.number for plan in given.sites})
    return _sheet(given, paper, drawn)(
        name="plan-d-ensemble",
        title="Plan d’ensemble",
        subtitle=f"{counted(len(given.cameras), 'caméra')}, {counted(len(given.sites), 'emplacement')}",
        piece=f"{DEMAND} Les caméras, leurs champs et les zones sensibles.",
        alt=f"Plan de la ville à l’échelle 1:{figure(paper.scale)} : caméras et zones, listées dans le tableau.",
        legend=legend("mast", "tag", "field", "zone", "own", *_edge(given, paper), "cross"),
        notes=[
            f"Zones concernées : {', '.join(map(str, zones))}. Champs à 25 px/m, arrêtés aux façades. Le détail de "
            "chaque emplacement est au plan de détail de même numéro.",
        ],
        table_title=f"{counted(len(given.sites), 'emplacement')} et leurs caméras",
        table=Table(head=["N°", "Emplacement", "Caméras"], rows=rows, columns=4),
        cells=common_cells(given, (1, 2 if paper.scale >= CROWDED else 1)),
    )  # fmt: skip


def _sheet(given: Gathered, paper: Paper, drawn: str) -> Callable[..., PlanSheet]:
    """A sheet of the town, what is common filled in."""

    def made(**own: Any) -> PlanSheet:
        return PlanSheet(
            scale=paper.scale,
            svg=drawn,
            facts=None,
            pictures=(),
            **{
                "on_plan": len(cameras_on(drawn)),
                "in_base": given.dossier.cameras.count(),
                "in_form": sum(given.form.values()),
                **heading(given),
                **own,
            },
        )

    return made


def _bounds(given: Gathered, *more: BaseGeometry) -> tuple[float, float, float, float]:
    spots = _spots(given) or [(0.0, 0.0)]
    found = shapely.union_all([MultiPoint(spots).buffer(60), *more]).bounds
    return float(found[0]), float(found[1]), float(found[2]), float(found[3])


def _ground(given: Gathered, paper: Paper) -> Iterator[str]:
    yield from layers.shapes(paper, "water", given.waters)
    yield from layers.buildings(paper, given.ground.skyline, dict.fromkeys(given.own, "own"))
    yield from layers.shapes(paper, "street", (axis for _, axis in given.streets), stroke_dasharray="none")
    if given.ground.town.perimeter is not None:
        yield from layers.shapes(paper, "boundary", [given.ground.town.perimeter])


def _edge(given: Gathered, paper: Paper) -> tuple[str, ...]:
    """The boundary's line of the legend, where the sheet shows some of it."""
    perimeter = given.ground.town.perimeter
    return ("boundary",) if perimeter is not None and perimeter.boundary.intersects(paper.ground) else ()


def _spots(given: Gathered) -> list[tuple[float, float]]:
    return [spot for plan in given.sites for spot in positions(plan)]


def _masts(given: Gathered, paper: Paper, labels: Labels) -> Iterator[str]:
    yield from layers.masts(paper, _spots(given), labels, radius_mm=0.8)


def _cameras(given: Gathered, paper: Paper, labels: Labels) -> Iterator[str]:
    spots = _spots(given)
    tags = [(row.number, "", spot) for row, spot in zip(given.cameras, spots, strict=True)]
    yield from layers.camera_tags(paper, tags, labels, size_mm=2.2)


def _overview(given: Gathered, paper: Paper, labels: Labels) -> Iterator[str]:
    yield from _ground(given, paper)
    yield from layers.shapes(paper, "zone", (shape for _, shape in given.zones))
    yield from layers.shapes(paper, "field", (plan.view.field for plan in given.sites))
    yield from layers.crosses(paper)
    yield from _masts(given, paper, labels)
    yield from layers.zone_numbers(paper, given.zones, labels)
    yield from _cameras(given, paper, labels)
    yield from layers.coordinates(paper, labels)
    yield from layers.street_names(paper, given.streets, labels)


def perimeter_sheet(given: Gathered) -> PlanSheet:
    """The perimeter asked for: polygon, streets, share of the town, most cameras, notices of location."""
    asked = lambert93.projected(given.dossier.perimeter or {})
    paper = paper_of(_bounds(given, asked), TOWN_SCALES)
    drawn = layers.drawing(
        paper,
        "Plan de périmètre",
        lambda labels: _perimeter(given, asked, (paper, labels)),
        is_fictional=given.is_fictional,
        spots=_spots(given),
    )
    most = given.dossier.max_cameras
    return _sheet(given, paper, drawn)(
        name="plan-de-perimetre",
        title="Plan de périmètre",
        subtitle=f"{most or '?'} caméras au plus",
        piece=f"{DEMAND} Ce plan tient lieu des pièces 2° et 3° de l’article R. 252-3 du code de la sécurité "
        "intérieure.",
        alt=f"Plan du périmètre à l’échelle 1:{figure(paper.scale)} ; ses rues et ses caméras sont listées.",
        legend=legend("perimeter", "mast", "tag", "zone", "own", *_edge(given, paper), "cross"),
        notes=_perimeter_notes(given, asked),
        table_title=f"{counted(len(given.cameras), 'caméra')}, avis d’emplacement avant chaque pose ou déplacement",
        table=_notices(given),
        cells=[
            [
                ("Surface", f"{figure(asked.area / 10_000, 1)} ha"),
                ("Part de la commune", _share(given, asked)),
                ("Caméras au plus", str(most or "à dire")),
            ],
            *common_cells(given, (1, 1)),
        ],
    )  # fmt: skip


def _share(given: Gathered, asked: BaseGeometry) -> str:
    whole = given.ground.town.perimeter
    return percent(asked.area / whole.area) if whole is not None else "limite inconnue"


def _perimeter(given: Gathered, asked: BaseGeometry, on: tuple[Paper, Labels]) -> Iterator[str]:
    paper, labels = on
    yield from _ground(given, paper)
    yield from layers.shapes(paper, "perimeter", [asked])
    yield from layers.shapes(paper, "zone", (shape for _, shape in given.zones))
    yield from layers.crosses(paper)
    yield from _masts(given, paper, labels)
    yield from layers.zone_numbers(paper, given.zones, labels)
    yield from _cameras(given, paper, labels)
    yield from layers.coordinates(paper, labels)
    yield from layers.street_names(paper, given.streets, labels)


def _perimeter_notes(given: Gathered, asked: BaseGeometry) -> list[str]:
    inside = sorted({name for name, axis in given.streets if axis.intersects(asked)})
    outside = [row.number for row in given.cameras if not _is_inside(asked, row.lon, row.lat)]
    notes = [f"Voies du périmètre : {', '.join(inside) or 'aucune'}."]
    if outside:
        notes.append(f"Hors du périmètre : {', '.join(outside)}. À déplacer ou à demander à part.")
    if given.dossier.max_cameras is not None and len(given.cameras) > given.dossier.max_cameras:
        notes.append(f"{counted(len(given.cameras), 'caméra')} : plus que le nombre demandé.")
    return notes


def _is_inside(asked: BaseGeometry, lon: float, lat: float) -> bool:
    return bool(shapely.covers(asked, shapely.Point(lambert93.to_en(lon, lat))))


def _notices(given: Gathered) -> Table:
    sent = LocationNotice.objects.filter(camera__in=[row.pk for row in given.cameras], sent_on__lte=given.on)
    told = {notice.camera_id: notice for notice in sent.order_by("sent_on", "pk")}
    rows = []
    for plan in given.sites:
        for row, (east_m, north_m) in zip(plan.cameras, positions(plan), strict=True):
            last = told.get(row.pk)
            notice = short_day(last.sent_on) if last and is_where(row, last) else "à adresser"
            rows.append([row.number, plan.site.name, f"{figure(east_m)} ; {figure(north_m)}", notice])
    return Table(head=["N°", "Emplacement", "Lambert-93", "Avis"], rows=rows)


def sign_sheets(given: Gathered) -> list[PlanSheet]:
    """The whole register on one sheet; the centre once more, larger, where the whole is crowded."""
    whole = sign_sheet(given)
    if whole.scale < CROWDED:
        return [whole]
    paper = _densest(given)
    signs = [sign for sign in given.signs if _is_on(paper, sign)]
    inside = replace(given, signs=signs, sites=_held(given, paper))
    centre = sign_sheet(inside, paper)
    shown, count = len(inside.signs), len(given.signs)
    return [
        replace(whole, cells=common_cells(given, (1, 2))),
        replace(
            centre,
            name="plan-des-affiches-centre",
            title="Plan des affiches, centre",
            in_base=sum(_is_on(paper, sign) for sign in Sign.objects.filter(site__in=given.all_sites)),
            cells=common_cells(given, (2, 2)),
            notes=[f"{counted(shown, 'affiche')} sur {count} : les autres au plan des affiches."],
        ),
    ]


def _is_on(paper: Paper, sign: Sign) -> bool:
    return bool(paper.ground.covers(Point(lambert93.to_en(sign.lon, sign.lat))))


def sign_sheet(given: Gathered, paper: Paper | None = None) -> PlanSheet:
    """Where the public is told, and what the register says of each sign. Source: CSI R. 253-6."""
    signs = [sign for sign in given.signs if sign.site_id in {site.pk for site in given.all_sites}]
    spots = [lambert93.to_en(sign.lon, sign.lat) for sign in signs]
    paper = paper or paper_of(_bounds(given, MultiPoint(spots)), TOWN_SCALES)
    drawn = layers.drawing(
        paper,
        "Plan des affiches",
        lambda labels: _signs(given, signs, (paper, labels)),
        is_fictional=given.is_fictional,
        spots=_spots(given),
    )
    unsigned = [site.name for site in given.all_sites if site.pk not in {sign.site_id for sign in signs}]
    states = [sign_state(sign, given) for sign in signs]
    counted_states = ", ".join(f"{states.count(one)} {word}" for one, word in SIGN_STATES.items() if one in states)
    return _sheet(given, paper, drawn)(
        name="plan-des-affiches",
        title="Plan des affiches",
        counted="affiche",
        on_plan=len(signs_on(drawn)),
        in_base=Sign.objects.filter(site__cameras__dossiers=given.dossier).distinct().count(),
        in_form=len(signs),
        subtitle=counted(len(signs), "affiche"),
        piece=f"{DEMAND} Information du public, pièce 7° de l’article R. 252-3, article R. 253-6.",
        alt=f"Plan des affiches à l’échelle 1:{figure(paper.scale)} ; le tableau dit l’état de chacune.",
        legend=legend("placed", "due", "planned", "mast", "own", *_edge(given, paper), "cross"),
        notes=[
            f"État du registre : {counted_states or 'aucune affiche inscrite'}.",
            f"Sans affiche : {', '.join(unsigned)}." if unsigned else "Chaque emplacement a son affiche.",
        ],
        table_title=f"{counted(len(signs), 'affiche')} au registre",
        table=Table(
            head=["N°", "Endroit", "État"],
            rows=[_sign_row(sign, state) for sign, state in zip(signs, states, strict=True)],
        ),
        cells=common_cells(given, (1, 1)),
    )  # fmt: skip


def sign_state(sign: Sign, given: Gathered) -> str:
    """`placed`, `due` (its check should have been made) or `planned`, on the day of the plans."""
    if sign.placed_on is None or sign.placed_on > given.on:
        return "planned"
    return "due" if is_overdue(sign, given.on) else "placed"


def _sign_row(sign: Sign, state: str) -> list[str]:
    seen_on = sign.checked_on or sign.placed_on
    said = f"vue le {short_day(seen_on)}" if state == "placed" and seen_on else SIGN_STATES[state]
    return [sign.site.mark, sign.place, f"{sign.format.upper()}, {said}"]


def _signs(given: Gathered, signs: Sequence[Sign], on: tuple[Paper, Labels]) -> Iterator[str]:
    paper, labels = on
    yield from _ground(given, paper)
    yield from layers.crosses(paper)
    yield from _masts(given, paper, labels)
    yield from _marks(given, signs, on)
    yield from layers.coordinates(paper, labels)
    yield from layers.street_names(paper, given.streets, labels)


def _marks(given: Gathered, signs: Iterable[Sign], on: tuple[Paper, Labels]) -> Iterator[str]:
    paper, labels = on
    for sign in signs:
        at = paper.at(*lambert93.to_en(sign.lon, sign.lat))
        yield from layers.marked(labels, at, sign.site.mark, draw=sign_mark, state=sign_state(sign, given))
