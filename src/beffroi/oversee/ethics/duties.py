"""The charter that an agent has not signed: the first page shows it. It bars nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from beffroi.oversee.ethics import queries
from beffroi.people.events import Duty
from beffroi.people.models import Agent


def duties(agent: Agent, on: date) -> Iterator[Duty]:
    """For whoever's role sees pictures, once a charter is adopted."""
    charter = queries.standing()
    if charter is None or not queries.must_sign(agent) or queries.signed_at_us(agent, charter) is not None:
        return
    yield Duty(
        tone="wait",
        shape="s-wait",
        title=_("Lire et signer la charte"),
        effect=_("Votre engagement est conservé ; rien n'est fermé en attendant."),
        last=_("adoptée le %(day)s") % {"day": date_format(charter.adopted_on, "j F Y")},
        url=reverse("charter"),
    )
