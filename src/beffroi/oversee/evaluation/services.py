"""Writes of evaluations: a plan is registered once, with its hash in the journal."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.journal.services import Entry, Register, append
from beffroi.oversee.evaluation.queries import design_of, power_before
from beffroi.oversee.evaluation.rules import TEST, Design, faults_of
from beffroi.oversee.models import Evaluation
from beffroi.plan.models import Phase
from beffroi.territory.models import FactKindChoice, Zone
from beffroi.territory.queries import town_zone


def register(design: Design, *, by: str, at: datetime | None = None) -> Evaluation:
    """Seals a plan of evaluation, with its test and its power. `at`: an instant of the demo's invented past.

    Errors: InvalidInput naming the first field that cannot stand, Conflict when the very same plan is there already.
    """
    _check_known(design)
    at = at or timezone.now()
    phase = Phase.objects.get(pk=design.phase)
    today = day_of(at, town_zone())
    for fault in faults_of(design, works_begin_on=phase.starts_on, today=today):
        raise InvalidInput(
            f"{fault.field} {fault.message}.", message_fr=f"{fault.field} {fault.message_fr}.", field=fault.field
        )
    if any(_asked(design_of(row)) == _asked(design) for row in Evaluation.objects.filter(phase=phase)):
        raise Conflict("This very plan is registered already.", message_fr="Ce plan est déjà inscrit.", field="phase")
    sealed = replace(design, test=TEST, power=power_before(design, today))
    with transaction.atomic():
        row = Evaluation.objects.create(
            sha256=sealed.sha256, phase=phase, outcomes=list(sealed.outcomes), treated=list(sealed.treated),
            control=list(sealed.control), displacement=list(sealed.displacement), starts_on=sealed.starts_on,
            before_months=sealed.before_months, after_months=sealed.after_months, corrects_id=sealed.corrects or None,
            reason=sealed.reason, test=sealed.test, power=asdict(sealed.power) if sealed.power else None,
            registered_at=at, by=by,
        )  # fmt: skip
        append(Entry(register=Register.CONFIGURATION, action="evaluation.registered", author=by, subject=phase.pk,
                     detail={"sha256": sealed.sha256}))  # fmt: skip
    return row


def _asked(design: Design) -> Design:
    """What was decided, less what is sealed with it."""
    return replace(design, test="", power=None)


def _check_known(design: Design) -> None:
    zones = set(Zone.objects.values_list("pk", flat=True))
    corrected = Evaluation.objects.filter(phase=design.phase).values_list("pk", flat=True)
    asked = (
        ("phase", {design.phase}, set(Phase.objects.values_list("pk", flat=True))),
        ("outcomes", set(design.outcomes), set(FactKindChoice.values)),
        ("treated", set(design.treated), zones),
        ("control", set(design.control), zones),
        ("displacement", set(design.displacement), zones),
        ("corrects", {design.corrects} - {""}, set(corrected)),
    )
    for name, given, known in asked:
        if given - known:
            names = ", ".join(sorted(given - known))
            raise InvalidInput(f"{name}: {names} does not exist here; mend it.",
                               message_fr=f"{name} : {names} n'existe pas ici ; corrigez.", field=name)  # fmt: skip
