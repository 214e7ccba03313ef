"""What the page of a design shows: one record a line, words and shapes already chosen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from beffroi.plan.calc import bandwidth
from beffroi.plan.designing.adopting import ground_of, to_dig
from beffroi.plan.designing.answers import ComparedAnswer, DesignAnswer, RunAnswer
from beffroi.plan.designing.words import FORMS, PRICES
from beffroi.plan.drawing import Label, Sheet, free_labels, sheet_of
from beffroi.plan.models import Link, NetworkDesign, Phase
from beffroi.plan.queries import link_ends
from beffroi.plan.scenario.network_answers import ArmAnswer, LineAnswer, LoadAnswer, PowerAnswer
from beffroi.plan.scenario.network_asked import DUCT, LAID
from beffroi.territory.models import Duct, Street
from beffroi.territory.queries import map_layers

STROKES = 6
"""Phases drawn each with a stroke of its own; later ones share the last."""
_SHOWN = 8
_NAMED = re.compile(r"\((.+)\)$")
"""The point or stretch that a warning of the command is about."""


class Names:
    """What the ids of an answer are called on the page."""

    def __init__(self) -> None:
        self.points = link_ends()
        self.phases = dict(Phase.objects.order_by("programme__rank", "rank").values_list("pk", "name"))
        self._streets = dict(Street.objects.values_list("pk", "name"))
        self._ducts = dict(Duct.objects.values_list("pk", "name"))
        self._links = dict(Link.objects.values_list("pk", "name"))

    def point(self, id_: str) -> str:
        return self.points.get(id_, id_)

    def phase(self, id_: str) -> str:
        """Empty: what no phase needs."""
        return self.phases.get(id_, id_) if id_ else _("hors phase")

    def street(self, id_: str) -> str:
        """A street, one of its parts, a link or a duct that lies there."""
        known = (self._streets.get(id_), self._streets.get(id_.partition(".")[0]), self._links.get(id_))
        return next((name for name in (*known, self._ducts.get(id_)) if name), id_)

    def trench(self, id_: str) -> str:
        """`bonald/3`, `s05 drop`, `laid f01/2`: the street, whose drop it is, the link.

        `duct g1/1`, `duct g1 end 2`: the duct, the trench to its end.
        """
        street, _slash, number = id_.rpartition("/")
        if number.isdecimal():
            return self.street(street.removeprefix(LAID).removeprefix(DUCT))
        if id_.startswith(DUCT):
            duct = id_.removeprefix(DUCT).partition(" end ")[0]
            return _("raccordement du fourreau %(name)s") % {"name": self.street(duct)}
        point, _drop, second = id_.partition(" drop")
        told = _("seconde adduction de %(name)s") if second else _("branchement de %(name)s")
        return told % {"name": self.point(point)}

    def named(self, id_: str) -> str:
        """A point or a stretch."""
        return self.points.get(id_) or self.trench(id_)

    def trenches(self, ids: Iterable[str]) -> list[str]:
        """Each name once."""
        return list(dict.fromkeys(self.trench(id_) for id_ in ids))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """A line of the list; what the map draws. `stroke`: how its phase is drawn. `ground`: in what it is to lie."""

    number: int
    run: RunAnswer
    name: str
    phase: str
    stroke: str
    ground: str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRow:
    """What a phase digs, what it would cost alone, what it waits for."""

    name: str
    stroke: str
    length_m: float
    dug_m: float
    cost_eur: float
    alone_eur: float | None
    waits: list[tuple[str, list[str]]]
    """Which phase (empty: its own works), for which streets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPart:
    """The drawn map: paths and their class; marks: x, y, class, name."""

    sheet: Sheet
    paths: tuple[tuple[str, str], ...]
    marks: tuple[tuple[float, float, str, str], ...]
    labels: tuple[Label, ...]


class DesignPage:
    """A design that was made."""

    def __init__(self, design: NetworkDesign) -> None:
        self.design = design
        self.answer = DesignAnswer.model_validate(design.answer)
        self.network = self.answer.network
        self.names = Names()
        self.form = "ring" if self.network.protected else "tree"

    @property
    def form_name(self) -> str | Promise:
        return FORMS[self.form]

    @property
    def dug_m(self) -> float:
        return sum(run.length_m for run in to_dig(self.answer) if not run.is_duct)

    @property
    def is_all_new(self) -> bool:
        """What lies was not reused: taken over, it stands beside it."""
        return not self.design.asked.get("reuses_laid", True) and Link.objects.filter(laid_on__isnull=False).exists()

    @property
    def new_m(self) -> float:
        """Dug or pulled in a duct."""
        return sum(run.length_m for run in to_dig(self.answer))

    @property
    def has_ducts(self) -> bool:
        return any(run.is_duct and not run.is_laid for run in self.answer.runs)

    @property
    def is_all_laid(self) -> bool:
        return not to_dig(self.answer)

    @cached_property
    def strokes(self) -> dict[str, str]:
        """By phase of the answer, in its order."""
        own = [part.phase for part in self.network.phases if part.phase]
        return {phase: f"p{min(number, STROKES)}" for number, phase in enumerate(own, 1)} | {"": "p0"}

    @cached_property
    def compared(self) -> list[tuple[str | Promise, ComparedAnswer]]:
        return [(FORMS[one.form], one) for one in self.answer.compared]

    @cached_property
    def runs(self) -> list[RunRow]:
        """To dig first, the longest first."""
        ordered = sorted(self.answer.runs, key=lambda run: (run.is_laid, -run.length_m))
        return [
            RunRow(
                number=number,
                run=run,
                name=self._run_name(run),
                phase=self.names.phase(run.phase),
                stroke=self.strokes.get(run.phase, "p0"),
                ground=PRICES[ground_of(self.design, run)],
            )
            for number, run in enumerate(ordered, 1)
        ]

    def _run_name(self, run: RunAnswer) -> str:
        reached = [self.names.point(node) for node in (run.a, run.b) if node in self.names.points]
        streets = list(dict.fromkeys(self.names.street(street) for street in run.streets))
        along = ", ".join(streets[:2]) + ("…" if len(streets) > 2 else "")
        told = " – ".join(reached)
        return f"{told} · {along}" if told and along else told or along

    @cached_property
    def phases(self) -> list[PhaseRow]:
        waits: dict[str, list[tuple[str, list[str]]]] = {}
        for one in self.network.waits:
            on = "" if one.on_phase == one.phase else self.names.phase(one.on_phase)
            waits.setdefault(one.phase, []).append((on, self.names.trenches(one.stretches)))
        return [
            PhaseRow(
                name=self.names.phase(part.phase),
                stroke=self.strokes[part.phase],
                length_m=part.length_m,
                dug_m=part.dug_m,
                cost_eur=part.cost_eur,
                alone_eur=part.alone_eur,
                waits=waits.get(part.phase, []) if part.phase else [],
            )
            for part in self.network.phases
        ]

    @cached_property
    def unprotected(self) -> list[tuple[str, list[str]]]:
        """Buildings of the ring that no design here protects, and the trenches in their way."""
        found = self.network.protected.unprotected if self.network.protected else {}
        return [(self.names.point(point), self.names.trenches(ways)) for point, ways in found.items()]

    @cached_property
    def blocked(self) -> list[tuple[list[str], list[str]]]:
        """Points that streets alone keep from two ways, together where the same trenches are in their way."""
        found: dict[tuple[str, ...], list[str]] = {}
        for point, ways in self.answer.blocked.items():
            found.setdefault(tuple(self.names.trenches(ways)), []).append(self.names.point(point))
        return sorted(((sorted(points), list(ways)) for ways, points in found.items()), key=lambda one: -len(one[0]))

    @cached_property
    def weak(self) -> list[tuple[str, list[str]]]:
        """The worst trenches of the design: a cut there isolates several points; the same street once."""
        found: dict[str, list[str]] = {}
        for one in self.network.weak:
            if len(one.behind) > 1:
                found.setdefault(self.names.trench(one.trench), [self.names.point(point) for point in one.behind])
        return list(found.items())[:_SHOWN]

    @cached_property
    def shared(self) -> list[tuple[str, list[str]]]:
        """A street once, with what runs along it beside its own trench."""
        found: dict[str, dict[str, None]] = {}
        for trench, ids in self.network.shared_trenches.items():
            found.setdefault(self.names.trench(trench), {}).update(dict.fromkeys(self.names.trenches(ids)))
        return [(name, [one for one in beside if one != name]) for name, beside in found.items()]

    @cached_property
    def arms(self) -> list[tuple[str, ArmAnswer]]:
        """The farthest first."""
        return sorted(
            ((self.names.point(arm.point), arm) for arm in self.network.arms if arm.length_m > 0),
            key=lambda one: -one[1].length_m,
        )

    @cached_property
    def loads(self) -> list[tuple[str, LoadAnswer, float]]:
        """The fullest, a street once, with percents."""
        found: dict[str, LoadAnswer] = {}
        for load in sorted(self.network.loads, key=lambda one: -one.share):
            found.setdefault(self.names.trench(load.stretch), load)
        return [(name, load, 100 * load.share) for name, load in list(found.items())[:_SHOWN]]

    @property
    def full_percent(self) -> float:
        return 100 * bandwidth.FILL

    @cached_property
    def power(self) -> list[tuple[str, PowerAnswer]]:
        return [(self.names.point(mast.point), mast) for mast in self.answer.power]

    @cached_property
    def bill(self) -> list[tuple[str | Promise, LineAnswer, float, float]]:
        return [
            (
                PRICES.get(line.name, line.name),
                line,
                line.quantity * line.unit_eur.low,
                line.quantity * line.unit_eur.high,
            )
            for line in self.network.bill.lines
        ]

    @cached_property
    def warnings(self) -> list[str]:
        """Points far from streets, links too full, arms too long, masts dead by day; the ring has its own panel."""
        ring = set(self.network.protected.unprotected) if self.network.protected else set()
        found = [
            f"{self.names.named(named[1])} {one.message_fr if get_language() == 'fr' else one.message}."
            for one in self.network.warnings
            if one.field.startswith("network.") and (named := _NAMED.search(one.field)) and named[1] not in ring
        ]
        low = [name for name, arm in self.arms if arm.optical_margin_db < 0]
        if low:
            told = _("Trop loin pour la lumière d'un module courant : %(names)s ; prenez un module plus fort.")
            found.append(told % {"names": ", ".join(low)})
        dark = _("%(name)s : éclairage public éteint le jour ; il faut %(wh)s Wh de batterie, ou un courant propre.")
        for name, mast in self.power:
            if not mast.holds and mast.lighting_battery_wh is not None:
                found.append(dark % {"name": name, "wh": f"{mast.lighting_battery_wh:.0f}"})
        return found

    @cached_property
    def map(self) -> MapPart | None:
        return _map_of(self)


def _map_of(page: DesignPage) -> MapPart | None:
    points = {row["id"]: tuple(row["position"]) for row in page.design.scenario["network"]["points"]}
    sheet = sheet_of(points.values())
    if sheet is None:
        return None
    layers = map_layers()
    paths = [
        (css, sheet.path(feature["geometry"]))
        for layer, css in (("water", "water"), ("streets", "street"))
        for feature in layers[layer]["features"]
    ]
    for row in sorted(page.runs, key=lambda row: not row.run.is_laid):
        css = "trench laid" if row.run.is_laid else f"trench {row.stroke}{' duct' if row.run.is_duct else ''}"
        paths.append((css, sheet.path({"type": "LineString", "coordinates": row.run.line})))
    marks = tuple(_marks(page, points, sheet))
    labels = [(x, y - 26, name) for x, y, css, name in marks if css in ("csu", "held")]
    return MapPart(
        sheet=sheet, paths=tuple(paths), marks=marks, labels=free_labels(labels, [(x, y) for x, y, *_ in marks], sheet)
    )


def _marks(page: DesignPage, points: Mapping[str, Any], sheet: Sheet) -> Iterator[tuple[float, float, str, str]]:
    section = page.design.scenario["network"]
    ring = {row["id"] for row in section["points"] if row.get("is_aggregation")}
    cameras = {row["site"] for row in page.design.scenario.get("cameras", ())}
    for id_, at in points.items():
        if sheet.holds(at):
            css = "csu" if id_ == section["csu"] else "held" if id_ in ring else "site" if id_ in cameras else "point"
            yield (*sheet.at(at), css, page.names.point(id_))


def bill_rows(page: DesignPage, say: Callable[[float], str]) -> Iterator[Sequence[object]]:
    """The bill for a spreadsheet: a line a price, then the total; `say`: how a number is written."""
    yield _("Poste"), _("Quantité"), _("Unité"), _("Prix bas HT"), _("Prix probable HT"), _("Prix haut HT"), _("Source")
    for name, line, _low, _high in page.bill:
        eur = line.unit_eur
        source = f"{line.source} ({_('estimation')})" if line.is_guess else line.source
        yield str(name), say(line.quantity), line.unit, say(eur.low), say(eur.likely), say(eur.high), source
    total = page.network.bill.total_eur
    yield _("Total HT : un cas sur dix au-delà"), "", "", say(total.p10), say(total.p50), say(total.p90), ""
    yield _("Tronçon"), _("Longueur, m"), _("Phase"), _("Coût probable HT"), "", "", ""
    for row in page.runs:
        if not row.run.is_laid:
            yield _text(row.name), say(row.run.length_m), _text(row.phase), say(row.run.cost_eur), "", "", ""


def _text(name: str) -> str:
    """A name that a spreadsheet takes for a formula is quoted."""
    return f"'{name}" if name.lstrip().startswith(("=", "+", "-", "@")) else name


def state_of(design: NetworkDesign) -> str:
    """`running`, `cancelled`, `refused` or `done`."""
    if design.is_cancelled:
        return "cancelled"
    if design.ended_at is None:
        return "running"
    return "refused" if design.refusal else "done"


def last_designs(count: int = 10) -> list[tuple[NetworkDesign, str, int]]:
    """The last asked for, what became of them, how many points they join."""
    rows = NetworkDesign.objects.defer("answer", "scenario")[:count]
    return [(row, state_of(row), len(row.asked.get("points", ()))) for row in rows]
