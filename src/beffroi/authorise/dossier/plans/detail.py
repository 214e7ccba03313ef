"""Piece 3°: the detail plan of a site. Source: CSI R. 252-3, 3°."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from shapely import Polygon

from beffroi.authorise.dossier.plans import layers, svg
from beffroi.authorise.dossier.plans.gathered import Gathered, SitePlan
from beffroi.authorise.dossier.plans.labels import Labels
from beffroi.authorise.dossier.plans.legend import legend
from beffroi.authorise.dossier.plans.paper import SITE_SCALES, Paper, paper_of
from beffroi.authorise.dossier.plans.seen import FIELD_CLASS, CameraSight, Seen, people_m
from beffroi.authorise.dossier.plans.sheet import Picture, PlanSheet, Table, cameras_on
from beffroi.authorise.dossier.plans.site import (
    access_note,
    cells,
    cones_words,
    counts,
    door_entries,
    heading,
    looks,
    positions,
    table_title,
    third_table,
    unmasked_note,
)
from beffroi.authorise.dossier.plans.words import counted, figure
from beffroi.plan.calc import optics
from beffroi.plan.calc.preview import Shown, scene_svg
from beffroi.plan.calc.slope import steep
from beffroi.plan.models import Camera
from beffroi.territory.calc import lambert93

MOST_PRESETS = 8
"""A note names so many: our setting."""
MOST_MASKED = 0.8
"""Above, little use is left: our setting."""
PIECE = "Demande d’autorisation de vidéoprotection. Pièce 3° de l’article R. 252-3 du code de la sécurité intérieure."


def detail_sheet(given: Gathered, plan: SitePlan, sheet: tuple[int, int]) -> PlanSheet:
    """The plan of one site; `sheet`: its number, how many there are."""
    paper = paper_of(plan.view.extent(FIELD_CLASS), SITE_SCALES)
    seen = [one for one in plan.view.buildings if one.is_in_field]
    title = f"Site {plan.site.mark}, {plan.site.name}"
    drawing = layers.drawing(
        paper,
        f"Plan de détail du site {plan.site.mark}",
        lambda labels: _painted(given, plan, (paper, seen, labels)),
        is_fictional=given.is_fictional,
        spots=positions(plan),
    )
    return PlanSheet(
        name=f"plan-de-detail-{plan.site.pk}",
        title="Plan de détail",
        subtitle=title,
        piece=PIECE,
        scale=paper.scale,
        svg=drawing,
        alt=_alt(plan, paper, seen),
        facts=_facts(plan),
        legend=legend(
            "mast",
            "cones",
            *(("preset",) if any(row.presets for row in plan.cameras) else ()),
            "identify",
            "recognise",
            "observe",
            "detect",
            "dead",
            "third",
            "own",
            *door_entries(seen),
            "masked",
            "facade",
            cones=cones_words(plan),
        ),
        notes=_notes(given, plan, seen),
        pictures=[_picture(one, plan) for one in plan.view.cameras if one.sight is not None],
        table_title=table_title(seen, paper),
        table=third_table(given, plan, (paper, seen)),
        cells=cells(given, plan, (paper.scale, *sheet)),
        **heading(given),
        **counts(given, plan, len(cameras_on(drawing))),
    )


def _painted(given: Gathered, plan: SitePlan, on: tuple[Paper, Sequence[Seen], Labels]) -> Iterator[str]:
    paper, seen, labels = on
    view = plan.view
    yield from layers.shapes(paper, "water", given.waters)
    yield from layers.shapes(paper, "street", (axis for _, axis in given.streets))
    yield from layers.bands(paper, view.cameras)
    yield from layers.buildings(paper, view.skyline, looks(given, seen))
    yield from layers.fields(paper, view.cameras)
    counted_presets = [(one, len(row.presets)) for one, row in zip(view.cameras, plan.cameras, strict=True)]
    yield from layers.facades(paper, seen)
    yield from layers.crosses(paper)
    yield from layers.masts(paper, positions(plan), labels)
    yield from layers.camera_tags(paper, _tags(plan), labels, beside=plan.view.field)
    yield from layers.band_labels(paper, view.cameras, labels)
    yield from layers.numbers(paper, view, labels, seen=seen)
    yield from layers.presets(paper, counted_presets, labels)
    yield from layers.own_names(paper, view.skyline, labels, names=given.own)
    yield from layers.coordinates(paper, labels)
    yield from layers.street_names(paper, given.streets, labels)


def _tags(plan: SitePlan) -> list[tuple[str, str, tuple[float, float]]]:
    words = [f"azimut {row.bearing_deg:.0f}°, champ {row.hfov_deg:.0f}°" for row in plan.cameras]
    return [(row.number, said, at) for row, said, at in zip(plan.cameras, words, positions(plan), strict=True)]


def _alt(plan: SitePlan, paper: Paper, seen: Sequence[Seen]) -> str:
    names = ", ".join(row.number for row in plan.cameras)
    thirds = ", ".join(one.number for one in seen) or "aucun"
    return (
        f"Plan à l’échelle 1:{figure(paper.scale)} du site {plan.site.mark}, {plan.site.name} : "
        f"{counted(len(plan.cameras), 'caméra')} ({names}), leurs champs arrêtés aux façades, bâtiments de tiers "
        f"dans le champ : {thirds}. Les tableaux à côté disent les mêmes choses."
    )


def _facts(plan: SitePlan) -> Table:
    columns = [_camera_facts(row, one) for row, one in zip(plan.cameras, plan.view.cameras, strict=True)]
    names = [name for name, _ in columns[0]]
    rows = [[name, *(column[line][1] for column in columns)] for line, name in enumerate(names)]
    return Table(head=["", *(row.number for row in plan.cameras)], rows=rows)


def _camera_facts(row: Camera, one: CameraSight) -> list[tuple[str, str]]:
    lens = one.view.lens if one.sight else None
    dead = figure(optics.reach(one.view.pose, one.view.lens, target_m=0.0).near_m, 1) + " m au sol" if lens else "—"
    reach = figure(one.view.farthest_m(25.0), 1) + " m" if lens else "—"
    masked = one.view_masks
    return [
        ("Lambert-93", "{} ; {}".format(*map(figure, lambert93.to_en(row.lon, row.lat)))),
        ("Azimut", f"{figure(row.bearing_deg)}°"),
        ("Inclinaison", f"{figure(row.tilt_deg)}° sous l’horizon"),
        ("Champ h., v.", f"{figure(row.hfov_deg, 1)}°, {figure(optics.vfov_deg(lens), 1) if lens else '—'}°"),
        ("Hauteur de pose", f"{figure(row.height_m, 1)} m"),
        ("Image", f"{figure(row.width_px)} × {figure(row.height_px)}"),
        ("Type", "mobile" if row.kind == "ptz" else "fixe"),
        ("Zone morte", dead),
        ("Portée 25 px/m", reach),
        ("Image masquée", f"{figure(100 * masked.picture_share)} %, {_drawn_by(one)}" if masked else "—"),
        ("Phase", row.phase.name),
    ]


def _drawn_by(one: CameraSight) -> str:
    if one.drawer is None:
        return "—"
    return "par la caméra" if one.drawer.is_camera else "par l’enregistreur"


def _notes(given: Gathered, plan: SitePlan, seen: Sequence[Seen]) -> list[str]:
    notes = [
        "Densités calculées à 1,5 m du sol, à plat, échelle EN 62676-4:2015 : ce que la géométrie permet, avant "
        "lumière, mouvement et compression. Bâtiments occultants pris en compte, arbres non. Au-delà de 25 px/m : "
        "plan de masse (pièce 2°)."
    ]
    notes += [_preset_note(row) for row in plan.cameras if row.presets]
    if any(row.kind == "ptz" for row in plan.cameras):
        notes.append(
            "Caméra mobile : champ et masques de sa position de repos et de ses positions enregistrées ; vue simulée "
            "de la première ; ailleurs, ses masques se calent sur place."
        )
    assumed = sum(given.ground.skyline.buildings[one.index].id in given.assumed for one in seen)
    if assumed:
        notes.append(f"Hauteur supposée ou tirée des niveaux pour {counted(assumed, 'bâtiment')} de tiers.")
    notes += [
        f"{one.number} : terrain en pente, altitudes de {figure(found.low_m)} à {figure(found.high_m)} m ; à vérifier "
        "sur place."
        for one in plan.view.cameras
        if one.sight and (found := steep(one.sight, plan.view.skyline))
    ]
    elsewhere = _masks_elsewhere(plan, seen)
    if elsewhere:
        notes.append(f"{', '.join(elsewhere)} : façades au-delà de ce champ, au plan de masse.")
    hidden = [one.number for one in plan.view.cameras if any(view.picture_share > MOST_MASKED for view, _ in one.masks)]
    if hidden:
        notes.append(f"Image masquée à plus de {100 * MOST_MASKED:.0f} % : {', '.join(hidden)}. Emplacement à revoir.")
    return [*notes, *access_note(seen), *unmasked_note(plan)]


def _preset_note(row: Camera) -> str:
    """Its presets, by the ranks of the drawing; the whole list is on its sheet."""
    told = [
        f"P{rank} {one.get('name', '')} ({figure(one['bearing_deg'])}°, {figure(one['tilt_deg'])}°, "
        f"{figure(one['hfov_deg'], 1)}°)".replace("  ", " ")
        for rank, one in enumerate(row.presets[:MOST_PRESETS], 1)
    ]
    more = len(row.presets) - len(told)
    rest = f" ; {counted(more, 'autre')} à sa fiche" if more > 0 else ""
    return f"{row.number}, positions enregistrées (azimut, inclinaison, champ) : {' ; '.join(told)}{rest}."


def _masks_elsewhere(plan: SitePlan, seen: Sequence[Seen]) -> list[str]:
    """Masks of the simulated views that no building of this plan bears."""
    here = {name for one in seen for name in one.masks}
    return [name for names in plan.view.mask_names.values() for name in names if name not in here]


def _picture(one: CameraSight, plan: SitePlan) -> Picture:
    people = people_m(one)
    masked = one.view_masks
    assert masked is not None  # a camera with a sight has its masks planned
    scene = scene_svg(masked.pinhole, plan.view.skyline, Shown(people_m=tuple(people), masks=masked.hidden))
    marks = _mask_names(zip(plan.view.mask_names[one.number], masked.masks, strict=False), masked.pinhole.lens.width_px)
    distances = ", ".join(f"{figure(away, 1)} m" for away in people)
    return Picture(
        title=f"{one.number}, vue simulée et masques",
        words=f"{figure(100 * masked.picture_share)} % de l’image masqués. Personnes de 1,7 m à {distances}.",
        svg=scene.replace("</svg>", "".join(marks) + "</svg>"),
        alt=f"Vue simulée de {one.number} : façades, sol quadrillé tous les 5 m, {len(masked.hidden)} masques en noir.",
    )


def _mask_names(masks: Iterable[tuple[str, Polygon]], width_px: int) -> Iterator[str]:
    size = width_px / 24
    for name, mask in masks:
        middle = mask.representative_point()
        yield svg.plain((middle.x, middle.y), name, size, fill="#fff", font_weight=700)
