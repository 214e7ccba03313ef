"""Blocks about places: facts, reasons, what is in view, what an evaluation could show."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from datetime import date

import shapely

from beffroi.authorise.dossier.documents.gathered import TO_FILL, Gathered, purpose_names
from beffroi.authorise.dossier.documents.money import between
from beffroi.authorise.dossier.documents.tracing import traced
from beffroi.authorise.dossier.pieces import DossierKind
from beffroi.core.documents.blocks import (
    BLANK,
    Block,
    counted,
    day,
    facts,
    listed,
    number,
    percent,
    subheading,
    table,
    text,
    warning,
)
from beffroi.people.rules import IN_FORCE
from beffroi.plan import queries
from beffroi.plan.calc.ranges import Range
from beffroi.plan.scenario.told import FLAT
from beffroi.territory.analysis import FOLLOWED_DAYS, FOLLOWED_M, HOT_SHARE
from beffroi.territory.calc.effects import smallest_fall_seen
from beffroi.territory.calc.near_repeat import NearPairs
from beffroi.territory.calc.rates import zone_rates as rates_of
from beffroi.territory.models import FactKindChoice, Zone
from beffroi.territory.rules import EVIDENCE_MONTHS, Effect, Evidence

YEARS = EVIDENCE_MONTHS / 12
PUBLISHED_FALL = 0.13


def territory(given: Gathered) -> list[Block]:
    perimeter = given.ground.town.perimeter
    return [
        facts(
            [
                ("Commune", f"{given.town.name} (INSEE {given.town.insee_code})"),
                ("Superficie", f"{number(perimeter.area / 1e6, 1)} km²" if perimeter else TO_FILL),
                ("Zones étudiées", f"{len(given.all_zones)}, dont {len(given.zones)} dans la demande"),
                ("Faits retenus", number(sum(one.total for one in given.evidence.values()))),
            ]
        )
    ]


def zone_facts(given: Gathered) -> list[Block]:
    head = ("Zone", "Faits", "De lieu", "Après coup", "Hors vue", "Période", "Source")
    rows = [_zone_row(zone, given.evidence[zone.pk]) for zone in given.zones]
    return [table(head, rows, (2.9, 0.7, 0.8, 0.8, 0.8, 2, 1.9), figures=(1, 2, 3, 4))]


def _zone_row(zone: Zone, found: Evidence) -> tuple[object, ...]:
    counts = (found.total, *(found.total_of(effect) for effect in (Effect.PLACE, Effect.AFTER, Effect.NONE)))
    period = f"du {day(found.from_on)} au {day(found.to_on)}" if found.from_on else None
    return (_named(zone), *counts, period, ", ".join(found.sources) or "aucune : à fournir")


def _named(zone: Zone) -> str:
    return f"{zone.number}. {zone.name}"


def zone_rates(given: Gathered) -> Iterable[Block]:
    """Place-bound facts a kilometre and a year, drawn towards the town's, with intervals."""
    lengths = {zone.id: _street_km(zone.shape, given) for zone in given.ground.town.zones}
    zones = [zone for zone in given.all_zones if lengths[zone.pk] > 0]
    without = [_named(zone) for zone in given.all_zones if lengths[zone.pk] <= 0]
    if len(zones) < 3:
        yield text("Moins de trois zones avec une rue : aucune comparaison n'est faite.")
        return
    counts = [given.evidence[zone.pk].total_of(Effect.PLACE) for zone in zones]
    found = rates_of([zone.pk for zone in zones], counts, [lengths[zone.pk] * YEARS for zone in zones])
    names, asked = {zone.pk: _named(zone) for zone in zones}, {zone.pk for zone in given.zones}
    rows = [
        (
            names[one.zone] + ("" if one.zone in asked else " (hors demande)"),
            one.count,
            number(lengths[one.zone], 2),
            number(one.raw, 1),
            one.shrunk.said_fr(),
            f"{one.rank_low} à {one.rank_high}",
        )
        for one in found
    ]
    head = ("Zone", "Faits", "Rues, km", "Taux brut", "Taux ramené", "Rangs")
    yield table(head, rows, (2.9, 0.7, 0.9, 0.9, 2.5, 1.1), figures=(1, 2, 3))
    if without:
        yield text(f"Sans rue dans le fond de plan, donc non comparées : {', '.join(without)}.")


def _street_km(zone: shapely.Geometry, given: Gathered) -> float:
    axes = [street.axis for street in given.ground.town.streets]
    return float(shapely.length(shapely.intersection(axes, zone)).sum()) / 1000 if axes else 0.0


def zone_spots(given: Gathered) -> Iterable[Block]:
    """What of the town's hot spots lies in each zone. Source: Chainey, Tompson & Uhlig 2008; Getis & Ord 1992."""
    if given.hot is None:
        yield text("Trop peu de faits placés avant la dernière année, ou pendant elle : aucune carte n'est tracée.")
        return
    told, density = given.hot, given.hot.density
    yield text(
        f"{counted(told.facts, 'fait placé', 'faits placés')} avant la dernière année, jugés sur les "
        f"{number(told.held_out)} de cette année. Surface dense : les {percent(HOT_SHARE, 0)} du sol les plus chargés "
        f"(densité, {number(density.bandwidth_m or 0)} m) ; PAI {number(density.foretold.pai, 1)} sur l'année témoin. "
        f"{counted(len(told.cells), 'carré')} de 50 m plus touchés que le hasard dans la ville."
    )
    rows = [
        (
            _named(zone),
            f"{number(heat.dense_ha, 1)} sur {number(heat.area_ha, 1)}",
            f"{heat.dense_facts} sur {heat.facts}",
            f"{heat.dense_later} sur {heat.later}",
            heat.hot_cells,
        )
        for zone in given.zones
        for heat in [told.zones[zone.pk]]
    ]
    head = ("Zone", "Surface dense, ha", "Faits dedans", "Année témoin", "Carrés chauds")
    yield table(head, rows, (2.9, 1.5, 1.4, 1.4, 1), figures=(1, 2, 3, 4))


def zone_repeats(given: Gathered) -> Iterable[Block]:
    """Whether facts follow each other in each zone more than chance has it. Source: Knox 1964."""
    found, town = given.followed, given.followed.town
    chance = f"le hasard en donne de {number(town.low)} à {number(town.high)}"
    said = "plus que le hasard" if town.is_shown else "rien de plus que le hasard"
    if town.ratio is None:
        yield text("Trop peu de faits placés dans la ville pour dire s'ils se suivent.")
        return
    yield text(
        f"Dans toute la ville, {counted(town.inside, 'paire')} de faits à moins de {number(FOLLOWED_M)} m et de "
        f"{number(FOLLOWED_DAYS)} jours ; {chance} (rapport {number(town.ratio, 2)}) : {said}."
        + (f" Sur les {number(found.facts)} derniers faits placés." if found.facts < found.placed else "")
    )
    rows = [(_named(zone), *_repeat_cells(found.zones[zone.pk])) for zone in given.zones]
    head = ("Zone", "Paires dedans", "À cheval", "Par le hasard", "Rapport", "Plus que le hasard")
    yield table(head, rows, (2.6, 1, 0.9, 1.2, 1.3, 1.2), figures=(1, 2, 3, 4))


def _repeat_cells(found: NearPairs) -> tuple[object, ...]:
    if found.ratio is None:
        return (found.inside, found.across, None, "trop peu de faits", None)
    chance = f"{number(found.low)} à {number(found.high)}"
    return (found.inside, found.across, chance, number(found.ratio, 2), "oui" if found.is_shown else "non démontré")


def zone_opinions(given: Gathered) -> list[Block]:
    rows = [
        (_named(zone), zone.proposer, zone.police_opinion, zone.adviser_opinion, zone.expected_effect)
        for zone in given.zones
    ]
    return [table(("Zone", "Proposée par", "Police", "Référent sûreté", "Effet attendu"), rows, (1.9, 1.2, 1.9, 2, 2))]


def police_opinions(given: Gathered) -> list[Block]:
    rows = [
        (_named(zone), ", ".join(site.name for site in given.sites if site.zone_id == zone.pk), zone.police_opinion)
        for zone in given.zones
    ]
    return [table(("Zone", "Emplacements", "Avis"), rows, (1.9, 2.2, 1.9))]


def zone_reasons(given: Gathered) -> list[Block]:
    """Each zone: purpose, who proposed it, dated facts, cameras. Source: CSI L. 251-2, 5°."""
    return [block for zone in given.zones for block in _zone_reasons(zone, given)]


def _zone_reasons(zone: Zone, given: Gathered) -> Iterable[Block]:
    found = given.evidence[zone.pk]
    cameras = [camera.number for camera in given.cameras if camera.site.zone_id == zone.pk]
    kinds = sorted(found.counts.items(), key=lambda pair: -pair[1])[:5]
    yield subheading(_named(zone))
    yield facts(
        [
            ("Finalité", purpose_names([zone.purpose])[0]),
            ("Proposée par", zone.proposer),
            ("Faits datés", _dated(found)),
            ("Principales natures", ", ".join(f"{FactKindChoice(kind).label} ({count})" for kind, count in kinds)),
            ("Effet attendu", zone.expected_effect),
            ("Avis de la police", zone.police_opinion),
            ("Caméras", ", ".join(cameras)),
        ]
    )


def _dated(found: Evidence) -> str:
    if not found.total:
        return "aucun : le dossier ne peut pas être déposé (L. 251-2 5°)"
    period = f"du {day(found.from_on)} au {day(found.to_on)}"
    return f"{counted(found.total, 'fait')}, {period} ; source : {', '.join(found.sources)}"


def purposes(given: Gathered) -> list[Block]:
    return [listed(purpose_names(given.dossier.purposes))]


def proportion(given: Gathered) -> list[Block]:
    """Shares in view. Source: proportion of the request, CSI L. 251-2."""
    found = given.proportion
    rows = [
        ("Superficie de la commune dans le champ d'une caméra", percent(found.of_area, 2)),
        ("Longueur de rue dans le champ", percent(found.of_street_length)),
        ("Sol public (rues et places) dans le champ", percent(found.of_public_ground)),
        ("Superficie de la commune dans les zones étudiées", percent(found.zones_of_area, 2)),
    ]
    blocks = [facts(rows)]
    if found.excess():
        blocks.append(warning("La part filmée est proche de toute la commune : motiver ou réduire (L. 251-2)."))
    if given.ground.assumed_heights:
        count = number(given.ground.assumed_heights)
        blocks.append(text(f"Hauteurs de bâtiments non mesurées : {count} ; le champ y est estimé."))
    blocks.append(text(FLAT[1]))
    if given.slopes:
        said = ", ".join(f"{one} (de {number(s.low_m)} à {number(s.high_m)} m)" for one, s in given.slopes.items())
        blocks.append(warning(f"Terrain en pente, résultat à vérifier sur place : {said}."))
    return blocks


def standing_means(given: Gathered) -> Iterable[Block]:
    """Orders in force in the whole town, those that ran out on cameras of the request, and who may see pictures."""
    orders = sorted({*given.systems, *given.orders}, key=lambda order: (order.signed_on, order.pk))
    rows: list[tuple[object, ...]] = [
        (order.number, order.name, day(order.signed_on), _ends(order.ends_on, given.on), order.covered.count())
        for order in orders
    ]
    if rows:
        covered = {row.camera_id for order in given.systems for row in order.covered.all()}
        rows.append(("En vigueur, chaque caméra une fois", BLANK, BLANK, BLANK, len(covered)))
        head = ("Arrêté", "Objet", "Signé le", "Expire le", "Caméras")
        yield table(head, rows, (1.6, 2.6, 1.4, 1.4, 0.9), figures=(4,), sums=(-1,))
    else:
        yield text("Aucun arrêté n'est en vigueur dans la commune à ce jour.")
    staff = given.texts.get("means") or f"{TO_FILL} : texte « Moyens humains » du dossier"
    yield facts([("Centre de supervision", given.contact("service")), ("Personnes habilitées", _people(given)),
                 ("Effectifs, postes, patrouilles", staff)])  # fmt: skip


def _people(given: Gathered) -> str:
    """Whose act is in force, by the categories of CSI R. 253-3 II; a person once in each."""
    acts = [one.habilitation for one in given.habilitations if one.standing in IN_FORCE and one.habilitation]
    named = {(act.get_category_display(), act.agent_id) for act in acts}
    counts = Counter(category for category, _agent in named)
    people = len({agent for _category, agent in named})
    told = " ; ".join(f"{category} : {count}" for category, count in sorted(counts.items()))
    return f"{people} ({told})" if people else "aucun acte inscrit : à inscrire à la page Agents"


def _ends(ends_on: date, on: date) -> str:
    return day(ends_on) + (" : expiré" if ends_on <= on else "")


def traceability(given: Gathered) -> list[Block]:
    """A line a zone, then one a camera: from the facts to the money. Source: ministry's guide, security diagnosis."""
    rows: list[tuple[object, ...]] = []
    sums: list[int] = []
    for one in traced(given, given.evidence):
        sums.append(len(rows))
        rows.append((_named(one.zone), one.facts, counted(len(one.lines), "caméra"), between(one.cost)))
        rows += [(BLANK, BLANK, f"{camera.number} · {camera.site.name}", between(cost)) for camera, cost in one.lines]
    total = sum((one.cost for one in traced(given, given.evidence)), Range.exactly(0))
    rows.append(("Ensemble", BLANK, counted(len(given.cameras), "caméra"), between(total)))
    return [table(("Zone", "Faits de lieu", "Caméra", "Valeur à neuf HT"), rows, (2.4, 0.9, 2.8, 2),
                  figures=(1, 3), sums=(*sums, -1))]  # fmt: skip


def power(given: Gathered) -> list[Block]:
    """The smallest fall one year could show: told before the vote. Source: planning reference, 4.4."""
    standing = queries.standing(given.on)
    if given.dossier.kind == DossierKind.RENEWAL or set(given.cameras) <= set(standing):
        return [text("Les caméras de la demande sont déjà en place : sans avant ni après, aucun effet ne se mesure.")]
    asked = {zone.pk for zone in given.zones}
    treated = sum(given.evidence[zone].total_of(Effect.PLACE) for zone in asked) / YEARS
    control = sum(found.total_of(Effect.PLACE) for zone, found in given.evidence.items() if zone not in asked) / YEARS
    others = {zone.pk for zone in given.all_zones} - asked
    said = (
        f"{number(treated, 0)} faits de lieu par an dans les zones de la demande, {number(control, 0)} dans les "
        f"{len(others)} zones hors demande, dont {len(others & {one.site.zone_id for one in standing})} ont déjà des "
        "caméras."
    )
    if min(treated, control) < 1:
        return [text(f"{said} Aucune comparaison n'est possible : il manque des zones hors demande, ou des faits.")]
    fall = smallest_fall_seen(treated, control)
    said += f" En une année, seule une baisse d'au moins {math.ceil(100 * fall)}\u00a0% serait décelable."
    if fall > PUBLISHED_FALL:
        said += " Une baisse de l'ordre de celles que les études publient ne le serait pas."
    return [text(said)]


BLOCKS = {
    one.__name__: one
    for one in (territory, zone_facts, zone_rates, zone_spots, zone_repeats, zone_opinions, police_opinions,
                zone_reasons, purposes, proportion, standing_means, traceability, power)
}  # fmt: skip
