"""Writes of links to a service elsewhere: written once on an act, opened, closed; their accounts see live, no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction

from beffroi.authorise.models import Order, OrderCamera
from beffroi.core.clock import SystemClock
from beffroi.core.dates import day_of
from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput, NotFound
from beffroi.core.instants import from_us
from beffroi.journal.services import Entry, Register, append
from beffroi.oversee.models import ShareLink, ShareSwitch
from beffroi.oversee.sharing import rules
from beffroi.oversee.sharing.rules import Means, Ordered, Terms
from beffroi.people import services as people
from beffroi.people.models import Agent, Assignment
from beffroi.people.rules import Role
from beffroi.plan.models import Camera
from beffroi.territory.queries import town_zone

clock = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """What a link is to be; see `rules.Terms`."""

    service: str
    means: Means
    cameras: Sequence[str]
    agents: Sequence[Agent]
    order: Order | None = None
    article: str = ""
    urgency_act: str = ""
    urgency_on: date | None = None
    until_on: date | None = None


def write(new: NewLink, *, by: Agent) -> ShareLink:
    """A link, closed until somebody opens it.

    Errors: BarredByLaw without an order that says so, InvalidInput naming the field, NotFound for a camera.
    """
    cameras = sorted(set(new.cameras))
    if Camera.objects.filter(pk__in=cameras).count() != len(cameras):
        raise NotFound("There is no such camera.", message_fr="Cette caméra n'existe pas.", field="cameras")
    if not new.agents:
        raise InvalidInput("Name who watches.", message_fr="Nommez qui regarde.", field="agents")
    end_on = rules.until_on(_terms(new, frozenset(cameras)))
    with transaction.atomic():
        link = ShareLink.objects.create(
            service=new.service, means=new.means.value, cameras=cameras, order=new.order, article=new.article.strip(),
            urgency_act=new.urgency_act.strip(), urgency_on=new.urgency_on, until_on=end_on, written_by=by,
            written_at_us=clock.now_us(),
        )  # fmt: skip
        link.agents.set(new.agents)
        _tell("share.written", link, by)
    return link


def turn_on(link: ShareLink, *, by: Agent) -> None:
    """Its accounts see its cameras, live, until its last day at most.

    Errors: BarredByLaw when what it stands on no longer does, Conflict when it is open.
    """
    if is_on(link):
        raise Conflict("This link is open already.", message_fr="Ce déport est déjà ouvert.")
    terms = _terms(_again(link), frozenset(link.cameras))
    today, end_on = _today(), rules.until_on(terms)
    if today >= min(end_on, link.until_on):
        raise BarredByLaw(
            "This link is over; write another on the act in force.",
            message_fr="Ce déport est terminé ; inscrivez-en un autre sur l'acte en vigueur.",
            article=rules.ARTICLE,
        )
    last_on = min(end_on, link.until_on) - timedelta(days=1)
    with transaction.atomic():
        group = people.put_group(link.group, name=f"Déport : {link.service}"[:120], cameras=link.cameras, by=by.pk)
        for agent in link.agents.all():
            people.give_role(agent, Role.PARTNER, group=group, last_on=last_on, by=by.pk)
        _switch(link, is_now_on=True, by=by)


def turn_off(link: ShareLink, *, by: Agent) -> None:
    """Its accounts see nothing more: windows close within seconds. Errors: Conflict when it is closed."""
    if not is_on(link):
        raise Conflict("This link is closed already.", message_fr="Ce déport est déjà fermé.")
    with transaction.atomic():
        for held in Assignment.objects.filter(group=link.group, role=Role.PARTNER).select_related("agent"):
            people.end_role(held, by=by.pk)
        _switch(link, is_now_on=False, by=by)


def is_on(link: ShareLink) -> bool:
    """The last switch opened it."""
    last = link.switches.order_by("at_us", "pk").last()
    return last is not None and last.is_on


def link(link_id: str) -> ShareLink:
    """One of them. Errors: NotFound."""
    found = ShareLink.objects.filter(pk=link_id).first()
    if found is None:
        raise NotFound("There is no such link.", message_fr="Ce déport n'existe pas.")
    return found


def _again(kept: ShareLink) -> NewLink:
    """A link as it would be written today."""
    return NewLink(
        service=kept.service, means=Means(kept.means), cameras=kept.cameras, agents=(), order=kept.order,
        article=kept.article, urgency_act=kept.urgency_act, urgency_on=kept.urgency_on, until_on=kept.until_on,
    )  # fmt: skip


def _terms(new: NewLink, cameras: frozenset[str]) -> Terms:
    return Terms(
        service=new.service,
        cameras=cameras,
        order=_ordered(new.order) if new.order else None,
        article=new.article,
        urgency_act=new.urgency_act,
        urgency_on=new.urgency_on,
        until_on=new.until_on,
    )


def _ordered(order: Order) -> Ordered:
    today, end_on = _today(), min(order.ends_on, order.withdrawn_on or order.ends_on)
    return Ordered(
        number=order.number,
        is_in_force=order.signed_on <= today < end_on and order.suspended_at is None,
        until_on=end_on,
        cameras=frozenset(OrderCamera.objects.filter(order=order).values_list("camera_id", flat=True)),
        recipients=frozenset(order.recipients),
    )


def _today() -> date:
    return day_of(from_us(clock.now_us()), town_zone())


def _switch(kept: ShareLink, *, is_now_on: bool, by: Agent) -> None:
    ShareSwitch.objects.create(link=kept, is_on=is_now_on, by=by, at_us=clock.now_us())
    _tell("share.on" if is_now_on else "share.off", kept, by)


def _tell(action: str, kept: ShareLink, by: Agent) -> None:
    detail: dict[str, int | str] = {"cameras": len(kept.cameras), "until": kept.until_on.isoformat()}
    if kept.order_id:
        detail["order"] = kept.order_id
    append(Entry(register=Register.COMMUNICATION, action=action, author=by.pk, subject=kept.pk, detail=detail))
