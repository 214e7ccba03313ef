"""What waits for whoever keeps accounts and habilitations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from beffroi.people.events import Duty
from beffroi.people.models import Agent
from beffroi.people.queries import agent_rows
from beffroi.people.rules import Right, Standing

_SHOWN = (Standing.ENDING, Standing.EXPIRED, Standing.MISSING)


def duties(agent: Agent, on: date) -> Iterable[Duty]:
    """Habilitations that end soon, have ended, or were never written, of people whose account is open."""
    if not agent.may(Right.PEOPLE):
        return
    for row in agent_rows():
        if row.stand is None or not row.agent.is_active or row.stand.standing not in _SHOWN:
            continue
        until_on, is_ending = row.stand.until_on, row.stand.standing is Standing.ENDING
        yield Duty(
            tone="warn" if is_ending else "wait",
            shape="s-warn" if is_ending else "s-wait",
            title=_("Habiliter de nouveau %(name)s") % {"name": row.agent.name},
            effect=_("Sans acte en vigueur, aucune image (R. 253-3)."),
            last=_("fin le %(day)s") % {"day": date_format(until_on, "j F Y")} if until_on else _("aucun acte"),
            url=reverse("agent", args=[row.agent.pk]),
        )
