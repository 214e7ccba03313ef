"""The town of the database as a scenario with a network to design: the document of the command. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc import network
from beffroi.plan.designing.rows import DesignAsked
from beffroi.plan.editor.ground import DEGREES
from beffroi.plan.editor.queries import town_rows
from beffroi.plan.fibre import phases_of
from beffroi.plan.link_rules import Medium
from beffroi.plan.models import Link, Phase, Site
from beffroi.plan.queries import link_ends
from beffroi.plan.scenario import document
from beffroi.plan.scenario.ground import StreetRow
from beffroi.plan.scenario.network import DuctRow, LaidRow, NetworkSection, PointRow
from beffroi.plan.scenario.network_asked import Asked, ask
from beffroi.territory.models import Duct, PublicBuilding, Street
from beffroi.territory.queries import nearest_street

SECONDS = 60.0
"""For each exact search."""
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A building or site that can be joined. `phase`: the one that joins it, empty for none."""

    id: str
    name: str
    phase: str
    is_site: bool
    position: tuple[float, float]


def spots() -> list[Spot]:
    """Every public building by name, then every site where a camera stands or is to stand, by rank."""
    phases, names = phases_of(Link.objects.all()), link_ends()
    standing = {row.site for row in town_rows()}
    sites = [site for site in Site.objects.order_by("rank") if site.pk in standing or not site.cameras.exists()]
    rows: list[PublicBuilding | Site] = [*PublicBuilding.objects.order_by("name"), *sites]
    return [
        Spot(
            id=one.pk,
            name=names[one.pk],
            phase=phases.get(one.pk, ""),
            is_site=isinstance(one, Site),
            position=(one.lon, one.lat),
        )
        for one in rows
    ]


def town_scenario(asked: DesignAsked, on: date) -> document.Scenario:
    """The streets, the ducts, what is laid on a day, the points asked with their phase, the cameras that hang on them.

    A camera brings its own figures, not its model: the command does not know the town's list.

    Errors: InvalidInput when a point is not known, or a building of the ring is not among those to join.
    """
    known = {one.id: one for one in spots()}
    _check(asked, known)
    order = ["", *Phase.objects.order_by("programme__rank", "rank").values_list("pk", flat=True)]
    points = sorted({asked.csu, *asked.points}, key=lambda id_: (order.index(known[id_].phase), id_))
    return document.Scenario(
        crs=DEGREES,
        streets=tuple(_streets()),
        cameras=tuple(row.model_copy(update={"model": None}) for row in town_rows() if row.site in asked.points),
        network=NetworkSection(
            csu=asked.csu,
            points=tuple(_point(known[id_], asked) for id_ in points),
            laid=tuple(_laid(on)) if asked.reuses_laid else (),
            ducts=tuple(_ducts()) if asked.uses_ducts else (),
            surface=asked.surface,
            prices=asked.prices,
        ),
    )


def ready(scenario: document.Scenario) -> Asked:
    """A scenario's network ready to be designed, all its points on ways that lead to the CSU.

    Errors: ScenarioRefused; InvalidInput naming who cannot be joined, and the mend.
    """
    asked = ask(document.taken(scenario), Path(), SECONDS)
    _check_joined(asked)
    return asked


def _check(asked: DesignAsked, known: Collection[str]) -> None:
    unknown = sorted({asked.csu, *asked.points, *asked.ring, *asked.lighting} - set(known))
    if unknown:
        raise InvalidInput(
            f"There is no building or site {', '.join(unknown)}; choose among the list.",
            message_fr=f"Il n'y a pas de bâtiment ni de site {', '.join(unknown)} ; choisissez dans la liste.",
            field="points",
        )
    stray = sorted(set(asked.ring) - {asked.csu, *asked.points})
    if stray:
        names = _names(stray)
        raise InvalidInput(
            f"{names}: on the ring but not joined; tick them among the buildings too.",
            message_fr=f"{names} : sur la boucle sans être relié ; cochez-le aussi parmi les bâtiments.",
            field="ring",
        )


def _check_joined(asked: Asked) -> None:
    joined = network.joined(asked.stretches, asked.points.csu)
    apart = [point for point in asked.points.all if point not in joined]
    if not apart:
        return
    if len(apart) > len(asked.points.all) / 2:  # the CSU is the one that is apart
        street = _street_of(asked, asked.points.csu)
        raise InvalidInput(
            f"The CSU's street ({street}) meets no other that leads to the rest: {_names(apart)}. Where streets cross, "
            "their axes share a vertex: mend the layer of streets.",
            message_fr=f"La rue du CSU ({street}) n'en rencontre aucune qui mène au reste : {_names(apart)}. Là où des "
            "rues se croisent, leurs axes partagent un sommet : corrigez la couche des rues.",
            field="csu",
        )
    streets = ", ".join(dict.fromkeys(_street_of(asked, point) for point in apart[:_NAMED]))
    raise InvalidInput(
        f"No street leads from the CSU to {_names(apart)} (nearest: {streets}). Draw the missing street so that it "
        "shares a vertex with those it meets, or untick them.",
        message_fr=f"Aucune rue ne mène du CSU à {_names(apart)} (la plus proche : {streets}). Dessinez la rue qui "
        "manque, un sommet commun avec celles qu'elle rencontre, ou décochez-les.",
        field="points",
    )


def _street_of(asked: Asked, point: str) -> str:
    row = next(one for one in asked.section.points if one.id == point)
    return (nearest_street(row.position) if row.position else "") or "–"


def _names(ids: Iterable[str]) -> str:
    listed, known = list(ids), link_ends()
    more = f"… (+ {len(listed) - _NAMED})" if len(listed) > _NAMED else ""
    return ", ".join(known.get(one, one) for one in listed[:_NAMED]) + more


def _streets() -> Iterator[StreetRow]:
    """One a line: an axis may be in several parts, each with its own id."""
    for street in Street.objects.order_by("pk"):
        lines = _lines(street.shape)
        for number, line in enumerate(lines, start=1):
            id_ = street.pk if len(lines) == 1 else f"{street.pk}.{number}"
            yield StreetRow(
                id=id_, shape={"type": "LineString", "coordinates": line},
                half_width_m=street.half_width_m, pavement_m=street.pavement_m,
            )  # fmt: skip


def _ducts() -> Iterator[DuctRow]:
    for duct in Duct.objects.order_by("pk"):
        yield DuctRow(id=duct.pk, shape=duct.shape)


def _lines(shape: dict[str, Any]) -> list[Any]:
    return list(shape["coordinates"]) if shape["type"] == "MultiLineString" else [shape["coordinates"]]


def _laid(on: date) -> Iterator[LaidRow]:
    for link in Link.objects.filter(medium=Medium.FIBRE, laid_on__lte=on, length_m__gt=0):
        yield LaidRow(id=link.pk, shape=link.shape, is_lit=link.lit_on is not None and link.lit_on <= on)


def _point(spot: Spot, asked: DesignAsked) -> PointRow:
    return PointRow(
        id=spot.id,
        position=spot.position,
        phase=spot.phase,
        is_aggregation=spot.id in asked.ring and spot.id != asked.csu,
        is_on_lighting=spot.id in asked.lighting,
    )
