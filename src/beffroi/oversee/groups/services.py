"""Writes of the working groups. The journal tells who was named and who read, never what was said."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from beffroi.core.clock import SystemClock
from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict, InvalidInput
from beffroi.core.instants import from_us
from beffroi.journal.services import Entry, Register, append
from beffroi.oversee.ethics.rules import check_words
from beffroi.oversee.groups import queries
from beffroi.oversee.groups.models import GroupNote, Membership, WorkingGroup
from beffroi.oversee.groups.rules import Place
from beffroi.people.models import Agent
from beffroi.territory.queries import town_zone

clock = SystemClock()


def found(name: str, rules_on: date, *, by: Agent) -> WorkingGroup:
    """A group, under house rules adopted that day. Errors: Conflict for a name that is taken, InvalidInput."""
    _check_past(rules_on, field="rules_on")
    with transaction.atomic():
        if WorkingGroup.objects.filter(name=name.strip()).exists():
            raise Conflict("There is such a group already.", message_fr="Ce groupe existe déjà.", field="name")
        row = WorkingGroup.objects.create(name=name.strip(), rules_on=rules_on, written_by=by)
        _tell("group.founded", row, by, rules_on=rules_on.isoformat())
    return row


def name_member(group: WorkingGroup, agent: Agent, *, by: Agent) -> Membership:
    """The mayor names somebody. Errors: Conflict when they sit in it."""
    with transaction.atomic():
        if queries.place_of(agent, group.pk) is not Place.OUTSIDE:
            raise Conflict("They sit in it already.", message_fr="Cette personne y siège déjà.", field="agent")
        row: Membership = Membership.objects.create(group=group, agent=agent, named_by=by, named_at_us=clock.now_us())
        _tell("group.named", group, by, agent=agent.pk)
    return row


def end_member(row: Membership, *, by: Agent) -> None:
    """They sit in it no more, and read nothing more. Errors: Conflict when they had left."""
    if row.ended_at_us is not None:
        raise Conflict("They left already.", message_fr="Cette personne l'a déjà quitté.")
    with transaction.atomic():
        row.ended_at_us = clock.now_us()
        row.save(update_fields=["ended_at_us"])
        _tell("group.left", row.group, by, agent=row.agent_id)


def pledge(group: WorkingGroup, *, by: Agent) -> None:
    """A member pledges confidentiality, under the house rules. Errors: Conflict when they did already."""
    with transaction.atomic():
        waiting = Membership.objects.filter(group=group, agent=by, ended_at_us__isnull=True, pledged_at_us__isnull=True)
        if not waiting.update(pledged_at_us=clock.now_us()):
            raise Conflict("You pledged already.", message_fr="Vous vous êtes déjà engagé.")
        _tell("group.pledged", group, by)


def note(group: WorkingGroup, met_on: date, text: str, *, by: Agent) -> GroupNote:
    """What a meeting said. Errors: InvalidInput for a day to come, for a text that names somebody."""
    _check_past(met_on, field="met_on")
    if not text.strip():
        raise InvalidInput("Write what was said.", message_fr="Écrivez ce qui fut dit.", field="text")
    check_words(text, field="text")
    with transaction.atomic():
        row: GroupNote = GroupNote.objects.create(
            group=group, met_on=met_on, text=text.strip(), by=by, at_us=clock.now_us()
        )
        _tell("group.noted", group, by, met_on=met_on.isoformat())
    return row


def tell_read(group: WorkingGroup, *, by: Agent) -> None:
    """A member read what was said."""
    _tell("group.read", group, by)


def _check_past(on: date, *, field: str) -> None:
    if on > day_of(from_us(clock.now_us()), town_zone()):
        raise InvalidInput("This day is not come yet.", message_fr="Ce jour n'est pas arrivé.", field=field)


def _tell(action: str, group: WorkingGroup, by: Agent, **detail: str) -> None:
    append(Entry(register=Register.HABILITATION, action=action, author=by.pk, subject=group.pk, detail=detail))
