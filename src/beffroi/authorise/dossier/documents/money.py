"""Blocks about money: what it costs, with ranges, and who may pay at most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from beffroi.authorise.dossier.documents.gathered import Asked, Gathered
from beffroi.authorise.dossier.documents.sizing import machines, stored
from beffroi.core.documents.blocks import Block, day, euros, facts, listed, note, number, table, text
from beffroi.plan import costing, fibre, tables
from beffroi.plan.calc.cost import Bill, Item, Kind
from beffroi.plan.calc.cost import bill as billed
from beffroi.plan.calc.funding import FundingPlan, Request, funding_plan, of_year
from beffroi.plan.calc.ranges import Range
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


def items(given: Asked) -> list[Item]:
    """Lines of the investment, in the order of the page of the cost: one bill, one spread."""
    prices = tables.prices().prices
    quantities = {
        **{line.name: line.quantity for line in fibre.items_of(given.links)},
        "camera": float(len(given.cameras)),
        "mast": float(len(given.sites)),
        "recorder": float(machines(given).total),
        "disk-tb": float(stored(given).disks * stored(given).disk_tb),
    }
    return [
        Item(
            name=_NAMES[key],
            kind=prices[key].kind,
            quantity=quantity,
            unit=_UNITS[prices[key].unit],
            unit_eur=prices[key].eur,
        )
        for key, quantity in quantities.items()
    ]


def by_camera(given: Asked) -> Mapping[str, Range]:
    """Investment of each camera of the request."""
    known = {item.name: item.eur for item in items(given)}
    return costing.by_camera(given.cameras, given.links, known[_NAMES["disk-tb"]] + known[_NAMES["recorder"]])


def between(cost: Range) -> str:
    """Lowest and highest."""
    return f"{euros(cost.low)} à {euros(cost.high)}"


def bill(given: Gathered) -> list[Block]:
    made = billed(items(given))
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
        note(f"Prix lus le {day(sources.read_on)} ; aménagement du centre, études et fonctionnement non compris."),
    ]


def asked(given: Asked, year: int) -> tuple[Bill, FundingPlan]:
    """The bill, and the most that the grants of a year give on its likely prices."""
    made = billed(items(given))
    costs: dict[Kind, float] = defaultdict(float)
    for one in made.items:
        costs[one.kind] += one.eur.likely
    known, limits = tables.schemes()
    request = Request(costs_eur=costs, cameras=len(given.cameras), year=year)
    return made, funding_plan(request, of_year(known, year), limits)


def grants(given: Gathered) -> list[Block]:
    _, plan = asked(given, given.on.year)
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
