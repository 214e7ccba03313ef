"""Piece 2°: the block plan of a site: own buildings, buildings of third parties in view, accesses, masks.

Source: CSI R. 252-3, 2°. Everything down to 12.5 px/m counts as in view: coarser, nothing is read behind a window.
"""

from __future__ import annotations

from collections.abc import Iterator

from beffroi.authorise.dossier.plans import layers
from beffroi.authorise.dossier.plans.gathered import Gathered, SitePlan
from beffroi.authorise.dossier.plans.labels import Labels
from beffroi.authorise.dossier.plans.legend import legend
from beffroi.authorise.dossier.plans.paper import BLOCK_SCALES, Paper, paper_of
from beffroi.authorise.dossier.plans.seen import LIMIT_CLASS
from beffroi.authorise.dossier.plans.sheet import PlanSheet, cameras_on
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

PIECE = "Demande d’autorisation de vidéoprotection. Pièce 2° de l’article R. 252-3 du code de la sécurité intérieure."
LEGEND = ("mast", "tag", "cones", "limit", "dead", "third", "own", "building")


def block_sheet(given: Gathered, plan: SitePlan, sheet: tuple[int, int]) -> PlanSheet:
    """The block plan of one site; `sheet`: its number, how many there are."""
    paper = paper_of(plan.view.extent(LIMIT_CLASS), BLOCK_SCALES, margin_mm=3.0)
    seen = plan.view.buildings
    title = f"Plan de masse du site {plan.site.mark}"
    drawn = layers.drawing(
        paper,
        title,
        lambda labels: _painted(given, plan, (paper, labels)),
        is_fictional=given.is_fictional,
        spots=positions(plan),
    )
    return PlanSheet(
        name=f"plan-de-masse-{plan.site.pk}",
        title="Plan de masse",
        subtitle=f"Site {plan.site.mark}, {plan.site.name}",
        piece=PIECE,
        scale=paper.scale,
        svg=drawn,
        alt=f"Plan de masse à l’échelle 1:{figure(paper.scale)} du site {plan.site.mark}, {plan.site.name} : "
        f"{counted(len(seen), 'bâtiment')} de tiers dans le champ, listés dans le tableau.",
        facts=None,
        legend=legend(*LEGEND, *door_entries(seen), "masked", "facade", "cross", cones=cones_words(plan)),
        notes=_notes(given, plan, paper),
        pictures=(),
        table_title=table_title(seen, paper),
        table=third_table(given, plan, (paper, seen)),
        cells=cells(given, plan, (paper.scale, *sheet)),
        **heading(given),
        **counts(given, plan, len(cameras_on(drawn))),
    )


def _painted(given: Gathered, plan: SitePlan, on: tuple[Paper, Labels]) -> Iterator[str]:
    paper, labels = on
    view, seen = plan.view, plan.view.buildings
    yield from layers.shapes(paper, "water", given.waters)
    yield from layers.shapes(paper, "street", (axis for _, axis in given.streets))
    yield from layers.buildings(paper, view.skyline, looks(given, seen))
    yield from layers.limits(paper, view.cameras, LIMIT_CLASS)
    yield from layers.fields(paper, view.cameras)
    yield from layers.facades(paper, seen)
    yield from layers.crosses(paper)
    yield from layers.masts(paper, positions(plan), labels)
    tags = [(row.number, "", at) for row, at in zip(plan.cameras, positions(plan), strict=True)]
    yield from layers.camera_tags(paper, tags, labels, beside=view.field)
    yield from layers.numbers(paper, view, labels, seen=seen)
    yield from layers.own_names(paper, view.skyline, labels, names=given.own)
    yield from layers.coordinates(paper, labels)
    yield from layers.street_names(paper, given.streets, labels)


def _notes(given: Gathered, plan: SitePlan, paper: Paper) -> list[str]:
    notes = [
        "Bâtiments comptés dans le champ jusqu’à 12,5 px/m (« surveiller », EN 62676-4:2015). La carte ne connaît "
        "pas les fenêtres : toute la façade d’une habitation est tenue pour ouverte et masquée. * hauteur non mesurée.",
        *access_note(plan.view.buildings),
    ]
    shown = [name for index, name in given.own.items() if _is_shown(plan, index, paper)]
    notes.append(f"Bâtiments de la ville ou de ses partenaires sur ce plan : {', '.join(shown) or 'aucun'}.")
    return notes + unmasked_note(plan)


def _is_shown(plan: SitePlan, index: int, paper: Paper) -> bool:
    return bool(plan.view.skyline.buildings[index].footprint.intersects(paper.ground))
