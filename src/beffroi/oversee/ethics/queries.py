"""Reads of the charter and of the committee."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from beffroi.core.errors import NotFound
from beffroi.oversee.council.queries import Part
from beffroi.oversee.ethics.models import Charter, Pledge, Referral, Seat
from beffroi.people.models import Agent
from beffroi.people.rules import SEEING


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """An agent whose role sees pictures, and when they signed the charter that stands; None: not yet."""

    agent: Agent
    signed_at_us: int | None


def standing() -> Charter | None:
    """The last charter adopted."""
    return Charter.objects.select_related("written_by").first()


def signed_at_us(agent: Agent, charter: Charter | None) -> int | None:
    """When this agent signed; None when not, or when there is nothing to sign."""
    found = Pledge.objects.filter(agent=agent, charter=charter).first() if charter else None
    return found.signed_at_us if found else None


def must_sign(agent: Agent) -> bool:
    """A role of this agent sees pictures."""
    return bool(set(agent.role_codes) & {role.value for role in SEEING})


def signatories() -> list[Signatory]:
    """Everybody whose role sees pictures, by name."""
    charter = standing()
    signed = dict(Pledge.objects.filter(charter=charter).values_list("agent_id", "signed_at_us")) if charter else {}
    agents = Agent.objects.filter(is_active=True, assignments__role__in=[role.value for role in SEEING])
    return [Signatory(agent=one, signed_at_us=signed.get(one.pk)) for one in agents.distinct().order_by("name")]


def seats(on: date) -> list[Seat]:
    """Those held that day."""
    return list(Seat.objects.filter(from_on__lte=on).filter(Q(until_on__isnull=True) | Q(until_on__gt=on)))


def seat(seat_id: int) -> Seat:
    """One of them. Errors: NotFound."""
    found = Seat.objects.filter(pk=seat_id).first()
    if found is None:
        raise NotFound("There is no such seat.", message_fr="Ce siège n'existe pas.")
    return found


def referral(number: str) -> Referral:
    """One of them. Errors: NotFound."""
    found = Referral.objects.filter(pk=number).first()
    if found is None:
        raise NotFound("There is no such referral.", message_fr="Cette saisine n'existe pas.")
    return found


def referrals(year: int) -> Sequence[Referral]:
    """Received, answered or followed up that year, oldest first."""
    of_year = Q(received_on__year=year) | Q(opinion_on__year=year) | Q(follow_up_on__year=year)
    return list(Referral.objects.filter(of_year).order_by("received_on", "number"))


def part(year: int) -> Part:
    """The committee's year in counts, in the language under way."""
    rows = referrals(year)
    people = signatories()
    counted = [
        (_("Saisines reçues"), sum(row.received_on.year == year for row in rows)),
        (_("Avis rendus"), sum(row.opinion_on is not None and row.opinion_on.year == year for row in rows)),
        (_("Suites données"), sum(row.follow_up_on is not None and row.follow_up_on.year == year for row in rows)),
        (_("Sièges du comité"), len(seats(date(year, 12, 31)))),
        (_("Agents qui ont signé la charte"), sum(one.signed_at_us is not None for one in people)),
        (_("Agents qui voient des images"), len(people)),
    ]
    return Part(title=_("Charte et comité d'éthique"), rows=[(name, str(count)) for name, count in counted])
