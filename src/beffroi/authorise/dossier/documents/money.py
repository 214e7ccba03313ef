"""Blocks about money: what it costs, with ranges, and who may pay at most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from beffroi.authorise.dossier.documents.gathered import Asked, Gathered
from beffroi.authorise.dossier.documents.sizing import machines, stored
from beffroi.core.documents.blocks import Block, day, euros, facts, listed, note, number, table, text
from beffroi.plan import costing, fibre, queries, tables
from beffroi.plan.calc.arms import FibreState
from beffroi.plan.calc.cost import Item, Kind
from beffroi.plan.calc.cost import bill as billed
from beffroi.plan.calc.funding import FundingPlan, Request, funding_plan, of_year
from beffroi.plan.calc.ranges import Range
from beffroi.plan.fibre import progress_of
from beffroi.plan.models import Camera
from beffroi.plan.models.works import BudgetChoice
from beffroi.plan.works.rules import BudgetKind

_NAMES = {
    "bare-land": "tranchée en terre",
    "street": "tranchée en rue",
    "paved-centre": "tranchée en centre pavé",
    "aerial": "câble aérien sur appuis",
    "duct": "fourreau existant",
    "cable": "câble, tirage, soudures",
    "camera": "caméras, raccordement compris",
    "mast": "mâts et armoires",
    "recorder": "enregistreurs",
    "disk-tb": "disques",
}
_UNITS = {"camera": "", "mast": "", "machine": "", "m": "m", "TB": "To"}


def to_build(given: Asked, on: date) -> list[Item]:
    """Lines of what is not there on a day, in the order of the page of the cost; none for a system that stands.

    Laid links, standing cameras and their masts are left out; recorders and disks: what the request adds to theirs.
    """
    standing = queries.standing(on)
    new = tuple(camera for camera in given.cameras if camera not in standing)
    there, wanted = _keeping(given, standing), _keeping(given, (*standing, *new))
    links = [link for link in given.links if progress_of(link).on(on) is FibreState.PLANNED]
    quantities = {
        **{line.name: line.quantity for line in fibre.items_of(links)},
        "camera": float(len(new)),
        "mast": float(len({camera.site_id for camera in new} - {camera.site_id for camera in standing})),
        "recorder": wanted[0] - there[0],
        "disk-tb": wanted[1] - there[1],
    }
    prices = tables.prices().prices
    return [
        Item(
            name=_NAMES[key],
            kind=prices[key].kind,
            quantity=quantity,
            unit=_UNITS[prices[key].unit],
            unit_eur=prices[key].eur,
        )
        for key, quantity in quantities.items()
        if quantity
    ]


def _keeping(given: Asked, cameras: tuple[Camera, ...]) -> tuple[float, float]:
    """Recorders, and terabytes of disks, of cameras kept as long as the request asks."""
    if not cameras:
        return 0.0, 0.0
    them = Asked(dossier=given.dossier, cameras=cameras, links=())
    return float(machines(them).total), float(stored(them).disks * stored(them).disk_tb)


def by_camera(given: Asked) -> Mapping[str, Range]:
    """Value as new of each camera of the request, its share of what the whole programme has in common."""
    known = costing.each_camera(given.dossier.retention_days, given.cameras)
    return {camera.pk: known[camera.pk] for camera in given.cameras}


def between(cost: Range) -> str:
    """Lowest and highest."""
    return f"{euros(cost.low)} à {euros(cost.high)}"


def bill(given: Gathered) -> list[Block]:
    wanted = to_build(given, given.on)
    if not wanted:
        return [text("Rien n'est à construire : caméras, mâts et liaisons de la demande sont en place.")]
    made = billed(wanted)
    sources = tables.prices()
    guessed = {_NAMES[key] for key, price in sources.prices.items() if price.is_guess and key in _NAMES}
    rows = [
        (one.name + (" (supposé)" if one.name in guessed else ""), f"{number(one.quantity)} {one.unit}".strip(),
         between(one.eur), euros(one.eur.likely))
        for one in made.items
    ]  # fmt: skip
    spread = made.spread
    return [
        table(("Poste", "Quantité", "Fourchette HT", "Probable HT"), rows, (2.2, 1.2, 2, 1.2), figures=(1, 2, 3)),
        facts(
            [
                ("Total, au milieu des tirages", euros(spread.p50)),
                ("Huit fois sur dix", f"entre {euros(spread.p10)} et {euros(spread.p90)}"),
            ]
        ),
        note(
            f"Prix lus le {day(sources.read_on)} ; aménagement du centre, études et fonctionnement non compris. Ce qui "
            "est posé ou en place n'est pas compté ; enregistreurs et disques : ce que la demande y ajoute."
        ),
    ]


def asked(wanted: Sequence[Item], cameras: int, year: int) -> FundingPlan:
    """The most that the grants of a year give on the likely prices of what is to be built, for so many cameras."""
    costs: dict[Kind, float] = defaultdict(float)
    for one in wanted:
        costs[one.kind] += one.eur.likely
    known, limits = tables.schemes()
    return funding_plan(Request(costs_eur=costs, cameras=cameras, year=year), of_year(known, year), limits)


def grants(given: Gathered) -> list[Block]:
    wanted = to_build(given, given.on)
    if not wanted:
        return [text("Rien n'étant à construire, aucune aide à l'investissement n'est à demander.")]
    cameras = sum(int(one.quantity) for one in wanted if one.kind is Kind.CAMERA)
    plan = asked(wanted, cameras, given.on.year)
    known, limits = tables.schemes()
    rules = of_year(known, given.on.year)
    by_id = {scheme.id: scheme for scheme in rules}
    rows = [
        (one.name, f"{by_id[one.scheme].year}, {by_id[one.scheme].place}", euros(one.eligible_eur),
         euros(one.grant_eur), " ; ".join(one.notes_fr))
        for one in plan.grants
    ]  # fmt: skip
    blocks = [
        table(("Aide", "Règles de", "Éligible HT", "Au plus", "Remarque"), rows, (1.8, 1.1, 1, 1, 2), figures=(2, 3)),
        facts(
            [
                ("Coût retenu HT, somme des prix probables", euros(plan.cost_eur)),
                ("Aides au plus", euros(plan.granted_eur)),
                ("Part de la commune au moins", f"{euros(plan.own_eur)} ({number(100 * plan.own_share)} %)"),
                ("Plafond des aides de l'État", f"{number(100 * limits.state_share)} % ({limits.year})"),
            ]
        ),
        listed(
            [
                *(f"{scheme.name}, règles de {scheme.year} ({scheme.place}) : {scheme.source}" for scheme in rules),
                f"Plafond des aides de l'État, {limits.year} : {limits.source}",
            ]
        ),
    ]
    if plan.outdated:
        blocks.insert(0, text(f"Règles antérieures à {given.on.year} : à vérifier dans la circulaire de l'année."))
    return blocks


def budget(given: Gathered) -> list[Block]:
    rows = [
        (phase.name, one.lot.name, *(number(one.cents[kind] / 100) for kind in BudgetKind))
        for phase in given.phases
        for one in given.budgets[phase.pk]
    ]
    if not rows:
        return [text("Aucune ligne de budget n'est inscrite pour les phases de la demande.")]
    head = ("Phase", "Lot", *(f"{str(BudgetChoice(kind.value).label).capitalize()}, € HT" for kind in BudgetKind))
    return [table(head, rows, (1.3, 1.8, 1, 1, 1, 1.2, 1.2), figures=(2, 3, 4, 5, 6))]


BLOCKS = {one.__name__: one for one in (bill, grants, budget)}
