"""What of evidence waits for an agent: the first page shows it."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from beffroi.evidence.queries import after, cases
from beffroi.operate.events import Due
from beffroi.people.models import Agent
from beffroi.people.rules import Right


def dues(agent: Agent) -> Iterator[Due]:
    """Answers that one person gave alone, for whoever validates and is another."""
    if not agent.may(Right.VALIDATE):
        return
    theirs = {row.pk for row in cases.requisitions_for(agent)}
    for one in after.awaited(cases.clock.now_us()):
        if one.requisition.pk in theirs and one.alone_by != agent.pk:
            yield Due(
                said=_("%(number)s, sortie sans deuxième personne : à valider") % {"number": one.requisition.pk},
                due_on=one.due_on,
                is_late=one.is_late,
                url=reverse("requisition", args=[one.requisition.pk]) + "#dossier",
            )
