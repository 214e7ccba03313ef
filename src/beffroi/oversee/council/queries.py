"""What the local council reads of a year: counts of the whole town, nothing smaller than it.

Source: CSI L. 132-4, D. 132-7. No picture, no name, no place of a fact, no number of a requisition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from beffroi.core.dates import day_starts_at
from beffroi.core.errors import InvalidInput
from beffroi.core.instants import US_PER_S, to_us
from beffroi.evidence import words
from beffroi.evidence.models import AccessRequest, Requisition, Step
from beffroi.evidence.rules import Result, StepKind, Useful
from beffroi.operate.models import Gap, View
from beffroi.oversee import words as oversee_words
from beffroi.oversee.models import Breach, Review
from beffroi.plan import queries as plan
from beffroi.plan.rules import StateName
from beffroi.territory.queries import town_zone

Rows = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the paper: its title, its counts."""

    title: str
    rows: Rows


def year_from(text: str, today: date) -> int:
    """The year of an address; none: this one. Errors: InvalidInput."""
    if not text:
        return today.year
    if not text.isdecimal() or not 2000 <= int(text) <= today.year:
        raise InvalidInput("annee: write 2026.", message_fr="annee : écrivez 2026.", field="annee")
    return int(text)


def parts(year: int, today: date) -> list[Part]:
    """The figures of a year, in the language under way."""
    zone = town_zone()
    span = tuple(to_us(day_starts_at(date(one, 1, 1), zone)) for one in (year, year + 1))
    return [
        Part(title=_("Le système"), rows=_system(min(today, date(year, 12, 31)), span)),
        Part(title=_("Réquisitions"), rows=_requisitions(span)),
        Part(title=_("Consultations, par motif"), rows=_looks(span)),
        Part(title=_("Droits et garanties"), rows=_guarantees(year, span)),
    ]


def _system(on: date, span: Sequence[int]) -> Rows:
    served = [view for view in plan.cameras_on(on) if view.state is StateName.IN_SERVICE]
    gaps = Gap.objects.filter(stream="main", from_at_us__gte=span[0], from_at_us__lt=span[1])
    lost_us = sum(max(0, gap.to_at_us - gap.from_at_us) for gap in gaps)
    return [
        (_("Caméras en service"), str(len(served))),
        (_("Emplacements en service"), str(len({view.site for view in served}))),
        (_("Heures d'images manquantes, toutes caméras"), str(lost_us // (3600 * US_PER_S))),
    ]


def _requisitions(span: Sequence[int]) -> Rows:
    opened = Requisition.objects.filter(opened_at_us__gte=span[0], opened_at_us__lt=span[1])
    steps = list(Step.objects.filter(requisition__in=opened).order_by("at_us", "pk"))
    results = {step.requisition_id: step.code for step in steps if step.kind == StepKind.RESULT.value}
    useful = {step.requisition_id: step.code for step in steps if step.kind == StepKind.FEEDBACK.value}
    began = dict(opened.values_list("pk", "opened_at_us"))
    handed = {step.requisition_id: step.at_us for step in steps if step.kind == StepKind.HANDED_OVER.value}
    days = [(at_us - began[number]) / (86_400 * US_PER_S) for number, at_us in handed.items()]
    by_result, by_use = Counter(results.values()), Counter(useful.values())
    return [
        (_("Reçues"), str(len(began))),
        *((str(words.RESULTS[one]), str(by_result[one.value])) for one in Result),
        (_("Délai médian de remise, jours"), number_format(median(days), 1) if days else "–"),
        *(
            (_("Retour de l'enquête : %(said)s") % {"said": words.USEFUL[one]}, str(by_use[one.value]))
            for one in Useful
        ),
    ]


def _looks(span: Sequence[int]) -> Rows:
    views = View.objects.filter(issued_at_us__gte=span[0], issued_at_us__lt=span[1])
    counted = Counter(views.values_list("reason_code", flat=True))
    return [(oversee_words.reason(code), str(count)) for code, count in sorted(counted.items())]


def _guarantees(year: int, span: Sequence[int]) -> Rows:
    reviews = Review.objects.filter(month__year=year)
    return [
        (_("Demandes de personnes filmées"), str(AccessRequest.objects.filter(received_on__year=year).count())),
        (_("Revues mensuelles du journal signées"), str(reviews.filter(signed_at_us__isnull=False).count())),
        (_("Violations de données"), str(Breach.objects.filter(found_at__year=year).count())),
    ]
