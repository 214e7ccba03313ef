"""What the plans of a site share: its buildings, their looks and table, the title block, the counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from beffroi.authorise.dossier.plans.gathered import Gathered, SitePlan
from beffroi.authorise.dossier.plans.layers import shown_doors
from beffroi.authorise.dossier.plans.paper import Paper
from beffroi.authorise.dossier.plans.seen import Seen
from beffroi.authorise.dossier.plans.sheet import Table
from beffroi.authorise.dossier.plans.words import counted, day, figure
from beffroi.plan.calc.town import Building
from beffroi.plan.models import Camera
from beffroi.territory.calc import lambert93
from beffroi.territory.models import Confidence

KINDS = {"new": "Première demande", "modification": "Modification", "renewal": "Renouvellement"}


def cones_words(plan: SitePlan) -> str:
    """Which camera has which line."""
    lines = ("trait plein", "tirets", "points", "trait mixte")
    return "Champs : " + ", ".join(f"{row.number} {lines[n % len(lines)]}" for n, row in enumerate(plan.cameras))


def heading(given: Gathered) -> dict[str, Any]:
    """Whose sheet it is."""
    known = given.town
    return {"town": f"Ville de {known.name}" if known else "", "fictional": given.is_fictional}


def counts(given: Gathered, plan: SitePlan, on_plan: int) -> dict[str, Any]:
    """Cameras drawn, in the database, in the request."""
    held = Camera.objects.filter(site=plan.site, dossiers=given.dossier).count()
    return {"on_plan": on_plan, "in_base": held, "in_form": given.form.get(plan.site.pk, 0)}


def table_title(seen: Sequence[Seen], paper: Paper) -> str:
    """How many buildings and accesses on the sheet, and how many of these nobody pointed."""
    doors = sum(len(shown_doors(paper, one)) for one in seen)
    supposed = sum(len(shown_doors(paper, one)) for one in seen if not one.is_surveyed)
    said = f"{figure(doors)} accès"
    if doors:
        said += " relevés" if not supposed else " supposés" if supposed == doors else f" dont {supposed} supposés"
    return f"{counted(len(seen), 'bâtiment')} de tiers, {said}"


def door_entries(seen: Sequence[Seen]) -> tuple[str, ...]:
    """The lines of the legend for the accesses drawn."""
    return tuple(
        name
        for name, is_surveyed in (("door", True), ("supposed", False))
        if any(one.doors and one.is_surveyed is is_surveyed for one in seen)
    )


def access_note(seen: Sequence[Seen]) -> list[str]:
    """How the accesses are known."""
    surveyed = sum(one.is_surveyed for one in seen)
    if surveyed == len(seen):
        return [f"Accès relevés par la ville : {counted(surveyed, 'bâtiment')} sur {len(seen)}."] if seen else []
    return [
        f"Accès relevés par la ville : {counted(surveyed, 'bâtiment')} sur {len(seen)}. Ailleurs, entre parenthèses : "
        "supposés au milieu de chaque façade sur rue, à vérifier sur place."
    ]


def unmasked_note(plan: SitePlan) -> list[str]:
    """Said in plain words when a dwelling cannot be masked, or a camera cannot stand where it is drawn."""
    notes = [f"{one.number} {one.fault}." for one in plan.view.cameras if one.fault]
    cameras = sorted({name for one in plan.view.buildings for name in one.unmasked_by})
    if cameras:
        notes.append(f"Habitations que les masques prévus de {', '.join(cameras)} ne couvrent pas : à caler sur place.")
    return notes


def looks(given: Gathered, seen: Sequence[Seen]) -> dict[int, str]:
    """By building: third-party in view, or the town's own."""
    return {one.index: "third" for one in seen} | dict.fromkeys(given.own, "own")


def positions(plan: SitePlan) -> list[tuple[float, float]]:
    """Where each camera hangs, Lambert-93."""
    return [lambert93.to_en(row.lon, row.lat) for row in plan.cameras]


def third_table(given: Gathered, plan: SitePlan, on: tuple[Paper, Sequence[Seen]]) -> Table:
    """One row a building of third parties."""
    rows, (paper, seen) = [], on
    for one in seen:
        doors = len(shown_doors(paper, one))
        building = plan.view.skyline.buildings[one.index]
        mark = "*" if building.id in given.assumed else ""
        masked = ", ".join(one.masks) or _without_mask(one, building)
        use = "Habitation" if building.is_dwelling else "Autre usage"
        height = f"{figure(building.roof_m, 1)} m{mark}"
        rows.append([one.number, use, height, _doors(one, doors), ", ".join(one.cameras), masked])
    return Table(head=["N°", "Nature", "Hauteur", "Accès", "Vu par", "Masque"], rows=rows, numeric=(2, 3))


def _doors(one: Seen, shown: int) -> str:
    """Between parentheses when supposed."""
    return str(shown) if one.is_surveyed else f"({shown})"


def _without_mask(one: Seen, building: Building) -> str:
    """Why a building in view bears none: no dwelling, or no wall of it turned to a camera."""
    if one.unmasked_by:
        return "non couvert"
    return "façade non vue" if building.is_dwelling else "sans"


def cells(given: Gathered, plan: SitePlan, on: tuple[int, int, int]) -> list[list[tuple[str, str]]]:
    """The title block; `on`: scale, sheet, sheets."""
    east_m, north_m = positions(plan)[0]
    return [
        [
            ("Mât, Lambert-93", f"E {figure(east_m)}\nN {figure(north_m)}"),
            ("Position", str(Confidence(plan.site.confidence).label)),
            ("Échelle", f"1:{figure(on[0])} en A4"),
        ],
        *common_cells(given, on[1:]),
    ]


def common_cells(given: Gathered, sheet: tuple[int, int]) -> list[list[tuple[str, str]]]:
    """Rows that every sheet has."""
    return [
        [("Établi d’après", "la base de la ville"), ("Vérifié par", ""), ("Date", day(given.on))],
        [
            ("Dossier", KINDS.get(given.dossier.kind, given.dossier.kind)),
            ("Indice", given.index),
            ("Feuille", f"{sheet[0]} / {sheet[1]}"),
        ],
    ]
