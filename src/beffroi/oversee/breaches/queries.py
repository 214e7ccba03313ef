"""Reads of breaches: the register, one of them, where each stands."""

from __future__ import annotations

from beffroi.core.dates import day_of
from beffroi.core.errors import NotFound
from beffroi.core.instants import from_us, to_us
from beffroi.oversee.breaches import rules
from beffroi.oversee.breaches.rules import BreachFacts, PeopleTold, Risk
from beffroi.oversee.models import Breach
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone

KEEPS = (Right.ACCESS, Right.CONFIGURE)
"""Rights by which breaches are recorded and read: who finds them, who notifies them."""


def breach(number: str) -> Breach:
    """One of them. Errors: NotFound."""
    found = Breach.objects.filter(pk=number).first()
    if found is None:
        raise NotFound("There is no such breach.", message_fr="Cette violation n'existe pas.", field="number")
    return found


def facts_of(row: Breach, now_us: int) -> BreachFacts:
    """As the rules see it."""
    until_on = row.people_until_on
    return BreachFacts(
        found_at_us=to_us(row.found_at),
        risk=Risk(row.risk) if row.risk else None,
        notified_at_us=to_us(row.notified_at) if row.notified_at else 0,
        people=PeopleTold(row.people_told) if row.people_told else None,
        is_people_delay_over=until_on is not None and day_of(from_us(now_us), town_zone()) > until_on,
        lacks=tuple(name for name in rules.FIELDS if not getattr(row, name)),
    )


def register(now_us: int) -> list[tuple[Breach, BreachFacts]]:
    """Every breach, the last found first."""
    return [(row, facts_of(row, now_us)) for row in Breach.objects.all()]


def open_ones(now_us: int) -> list[tuple[Breach, BreachFacts]]:
    """Those of which something is still to be done."""
    return [(row, facts) for row, facts in register(now_us) if facts.is_open]
