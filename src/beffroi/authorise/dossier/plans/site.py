"""What the two plans of a site share: looks of its buildings, their table, the title block."""

from __future__ import annotations

from collections.abc import Sequence

from beffroi.authorise.dossier.plans.gathered import Gathered, SitePlan
from beffroi.authorise.dossier.plans.sheet import Table
from beffroi.authorise.dossier.plans.views import Seen
from beffroi.authorise.dossier.plans.words import day, figure
from beffroi.territory.calc import lambert93
from beffroi.territory.models import Confidence

KINDS = {"new": "Première demande", "modification": "Modification", "renewal": "Renouvellement"}


def looks(given: Gathered, seen: Sequence[Seen]) -> dict[int, str]:
    """By building: third-party in view, or the town's own."""
    return {one.index: "third" for one in seen} | dict.fromkeys(given.own, "own")


def positions(plan: SitePlan) -> list[tuple[float, float]]:
    """Where each camera hangs, Lambert-93."""
    return [lambert93.to_en(row.lon, row.lat) for row in plan.cameras]


def third_table(given: Gathered, plan: SitePlan, seen: Sequence[Seen]) -> Table:
    """One row a building of third parties."""
    rows = []
    for one in seen:
        building = plan.view.skyline.buildings[one.index]
        mark = "*" if building.id in given.assumed else ""
        masked = ", ".join(one.masks) or ("non couvert" if one.unmasked_by else "sans")
        use = "Habitation" if building.is_dwelling else "Autre usage"
        height = f"{figure(building.roof_m, 1)} m{mark}"
        rows.append([one.number, use, height, str(len(one.doors)), ", ".join(one.cameras), masked])
    return Table(head=["N°", "Nature", "Hauteur", "Accès", "Vu par", "Masque"], rows=rows, numeric=(2, 3))


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
