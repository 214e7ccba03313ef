"""A design taken over: what it digs becomes planned links of the programme; what is laid or lit is never touched."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from beffroi.core.errors import Conflict, InvalidInput, NotFound
from beffroi.journal.services import Entry, Register, append
from beffroi.plan.calc.cost import Ground
from beffroi.plan.designing.answers import DesignAnswer, RunAnswer
from beffroi.plan.models import Link, NetworkDesign, Phase, Task
from beffroi.plan.queries import link_ends
from beffroi.plan.townfile import JUNCTION
from beffroi.territory.models import Duct, Street


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """How a design is taken over. `phase`: where goes what no open phase needs; `replaced`: planned links given up."""

    phase: str
    planned_on: date
    replaced: Collection[str] = ()


def to_dig(answer: DesignAnswer) -> list[RunAnswer]:
    """The runs that would become links."""
    return [run for run in answer.runs if not run.is_laid]


def ground_of(design: NetworkDesign, run: RunAnswer) -> Ground:
    """In what a run lies: its duct, or the ground that all trenches of the design are dug in."""
    return Ground.DUCT if run.is_duct else Ground(design.asked.get("surface", Ground.STREET))


def open_phases(on: date) -> list[Phase]:
    """Phases that are not in service on a day: works may still be planned in them."""
    return list(Phase.objects.exclude(in_service_on__lte=on).order_by("programme__rank", "rank"))


def replaceable() -> list[Link]:
    """Links that are planned, not laid, and that no task of a phase builds."""
    taken = Task.objects.filter(link__isnull=False).values("link")
    return list(Link.objects.filter(laid_on__isnull=True).exclude(pk__in=taken).select_related("phase"))


def adopt(design_id: int, taking: Taking, *, on: date, by: str) -> int:
    """The design's runs are planned links from now on; returns how many.

    Errors: NotFound; Conflict when it was taken over already, or cables were laid since it was asked for; InvalidInput
    when there is nothing to dig, the phase is in service, the day is past, or a link cannot be replaced.
    """
    with transaction.atomic():
        design = NetworkDesign.objects.select_for_update().filter(pk=design_id).first()
        answer = _checked(design, on)
        assert design is not None  # checked
        phases = {phase.pk for phase in open_phases(on)}
        _check_taking(taking, phases, on)
        links = _links(design, answer, (taking, phases))
        Link.objects.filter(pk__in=taking.replaced).delete()
        Link.objects.bulk_create(links)
        design.adopted_by, design.adopted_at = by, timezone.now()
        design.save(update_fields=["adopted_by", "adopted_at"])
        detail = {"links": len(links), "replaced": len(taking.replaced)}
        append(Entry(register=Register.CONFIGURATION, action="network.adopted", author=by, subject=str(design.pk),
                     detail=detail))  # fmt: skip
    return len(links)


def _checked(design: NetworkDesign | None, on: date) -> DesignAnswer:
    if design is None or design.answer is None:
        raise NotFound(
            "There is no such design, or it is not made yet.",
            message_fr="Ce réseau n'existe pas, ou n'est pas encore conçu.",
            field="design",
        )
    if design.adopted_at is not None:
        raise Conflict(
            "This design was taken over already; design another from the network as it is now.",
            message_fr="Ce réseau a déjà été repris ; concevez-en un autre à partir du réseau d'aujourd'hui.",
            field="design",
        )
    if changed := _laid_since(design, on):
        raise Conflict(
            f"Laid or changed since it was designed: {', '.join(changed)}; design it again.",
            message_fr=f"Posées ou changées depuis la conception : {', '.join(changed)} ; concevez-le de nouveau.",
            field="design",
        )
    answer = DesignAnswer.model_validate(design.answer)
    if not to_dig(answer):
        raise InvalidInput(
            "Nothing is to be dug: all of it lies already.",
            message_fr="Rien n'est à creuser : tout est déjà posé.",
            field="design",
        )
    return answer


def _laid_since(design: NetworkDesign, on: date) -> list[str]:
    """Links laid now that the design reuses and did not know, or the reverse; none when it reuses nothing."""
    if not design.asked.get("reuses_laid", True):
        return []
    known = {row["id"]: row["shape"] for row in design.scenario["network"].get("laid", ())}
    now = {link.pk: link for link in Link.objects.filter(medium="fibre", laid_on__lte=on)}
    same = {id_ for id_ in known if id_ in now and now[id_].shape["coordinates"] == known[id_]["coordinates"]}
    return sorted({*known, *now} - same)


def _check_taking(taking: Taking, phases: Collection[str], on: date) -> None:
    if taking.phase not in phases:
        raise InvalidInput(
            "Choose a phase that is not in service: works of the others are done.",
            message_fr="Choisissez une phase qui n'est pas en service : les travaux des autres sont faits.",
            field="phase",
        )
    if taking.planned_on < on:
        raise InvalidInput(
            "Trenches are planned from today on; give a later day.",
            message_fr="Des tranchées se prévoient à partir d'aujourd'hui ; donnez un jour ultérieur.",
            field="planned_on",
        )
    barred = sorted(set(taking.replaced) - {link.pk for link in replaceable()})
    if barred:
        raise InvalidInput(
            f"Cannot be replaced: {', '.join(barred)}; they are laid, or a task builds them.",
            message_fr=f"Ne peuvent être remplacées : {', '.join(barred)} ; elles sont posées, ou une tâche les pose.",
            field="replaced",
        )


def _links(design: NetworkDesign, answer: DesignAnswer, where: tuple[Taking, Collection[str]]) -> list[Link]:
    """`d3-01` is the first link of design 3."""
    taking, phases = where
    streets = dict(Duct.objects.values_list("pk", "name")) | dict(Street.objects.values_list("pk", "name"))
    ends = link_ends()
    return [
        Link(
            id=f"d{design.pk}-{number:02d}",
            name=_name(run, ends, streets)[:120],
            phase_id=run.phase if run.phase in phases else taking.phase,
            planned_on=taking.planned_on,
            length_m=round(run.length_m, 1),
            ground=ground_of(design, run),
            **_ends(run, ends),
        )
        for number, run in enumerate(to_dig(answer), 1)
    ]


def _ends(run: RunAnswer, points: Collection[str]) -> dict[str, Any]:
    """A run that ends at a building or site goes to it; where it meets others it has a junction's name."""
    a, b, line = run.a, run.b, [list(spot) for spot in run.line]
    if b not in points and a in points:
        a, b, line = b, a, line[::-1]
    return {
        "from_end": _end(a, points),
        "to_end": _end(b, points),
        "shape": {"type": "LineString", "coordinates": line},
    }


def _end(node: str, points: Collection[str]) -> str:
    """`j-7059123-63331456` for the crossing `705912.30 6333145.60`: decimetres of Lambert-93."""
    if node in points:
        return node
    east_m, north_m = (float(part) for part in node.split()[:2])
    return f"{JUNCTION}{round(east_m * 10)}-{round(north_m * 10)}"


def _name(run: RunAnswer, ends: Mapping[str, str], streets: Mapping[str, str]) -> str:
    """`Bras Le Voultre` when it ends at a point, else its longest street. The town's own text, in French."""
    reached = [ends[node] for node in (run.a, run.b) if node in ends]
    if reached:
        is_second = any(one.endswith(" drop 2") for one in (run.stretches[0], run.stretches[-1]))
        return f"Bras {' – '.join(reached)}{', seconde adduction' if is_second else ''}"
    named = [streets.get(street.partition(".")[0], street) for street in run.streets]
    return f"Tronçon {named[0] if named else run.a}"
