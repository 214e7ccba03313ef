"""Writes of evaluations: a plan is registered once, with its hash in the journal."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.journal.services import Entry, Register, append
from beffroi.oversee.evaluation.rules import Design, faults_of
from beffroi.oversee.models import Evaluation
from beffroi.plan.models import Phase
from beffroi.territory.models import FactKindChoice, Zone
from beffroi.territory.queries import town_zone


def register(design: Design, *, by: str) -> Evaluation:
    """Seals a plan of evaluation.

    Errors: InvalidInput naming the first field that cannot stand, Conflict when the very same plan is there already.
    """
    _check_known(design)
    today = day_of(timezone.now(), town_zone())
    phase = Phase.objects.get(pk=design.phase)
    for fault in faults_of(design, works_begin_on=phase.starts_on, today=today):
        raise InvalidInput(
            f"{fault.field} {fault.message}.", message_fr=f"{fault.field} {fault.message_fr}.", field=fault.field
        )
    if Evaluation.objects.filter(pk=design.sha256).exists():
        raise Conflict("This very plan is registered already.", message_fr="Ce plan est déjà inscrit.", field="phase")
    with transaction.atomic():
        row = Evaluation.objects.create(
            sha256=design.sha256, phase=phase, outcomes=list(design.outcomes), treated=list(design.treated),
            control=list(design.control), displacement=list(design.displacement), starts_on=design.starts_on,
            before_months=design.before_months, after_months=design.after_months, corrects_id=design.corrects or None,
            registered_at=timezone.now(), by=by,
        )  # fmt: skip
        append(Entry(register=Register.CONFIGURATION, action="evaluation.registered", author=by, subject=phase.pk,
                     detail={"sha256": design.sha256}))  # fmt: skip
    return row


def _check_known(design: Design) -> None:
    zones = set(Zone.objects.values_list("pk", flat=True))
    asked = (
        ("phase", {design.phase}, set(Phase.objects.values_list("pk", flat=True))),
        ("outcomes", set(design.outcomes), set(FactKindChoice.values)),
        ("treated", set(design.treated), zones),
        ("control", set(design.control), zones),
        ("displacement", set(design.displacement), zones),
        ("corrects", {design.corrects} - {""}, set(Evaluation.objects.values_list("pk", flat=True))),
    )
    for name, given, known in asked:
        if given - known:
            names = ", ".join(sorted(given - known))
            raise InvalidInput(f"{name}: {names} does not exist; mend it.",
                               message_fr=f"{name} : {names} n'existe pas ; corrigez.", field=name)  # fmt: skip
