"""Reads of the working groups, by their members alone."""

from __future__ import annotations

from collections.abc import Sequence

from beffroi.core.errors import BarredByLaw, NotFound
from beffroi.oversee.groups.models import GroupNote, Membership, WorkingGroup
from beffroi.oversee.groups.rules import Place, Seated, place
from beffroi.people.models import Agent

ARTICLE = "CSI L132-5"


def group(group_id: str) -> WorkingGroup:
    """One of them, for whoever names its members. Errors: NotFound."""
    found = WorkingGroup.objects.filter(pk=group_id).first()
    if found is None:
        raise NotFound("There is no such group.", message_fr="Ce groupe n'existe pas.")
    return found


def membership(group: WorkingGroup, membership_id: int) -> Membership:
    """A naming to this group. Errors: NotFound."""
    found = Membership.objects.filter(pk=membership_id, group=group).first()
    if found is None:
        raise NotFound("There is no such member.", message_fr="Ce membre n'existe pas.")
    return found


def place_of(agent: Agent, group_id: str) -> Place:
    """Where this agent stands; outside a group that is not there."""
    rows = Membership.objects.filter(group_id=group_id, agent=agent)
    return place([Seated(is_pledged=row.pledged_at_us is not None, is_ended=row.ended_at_us is not None)
                  for row in rows])  # fmt: skip


def groups_of(agent: Agent) -> Sequence[WorkingGroup]:
    """Those that this agent sits in, pledged or not."""
    seated = Membership.objects.filter(agent=agent, ended_at_us__isnull=True).values("group_id")
    return list(WorkingGroup.objects.filter(pk__in=seated))


def opened(agent: Agent, group_id: str, *, for_pledge: bool = False) -> WorkingGroup:
    """The group, for a member; with `for_pledge`, also for who is named and has not pledged yet.

    Errors: BarredByLaw for anybody else, the same whether there is such a group or not.
    """
    allowed = {Place.MEMBER, Place.NAMED} if for_pledge else {Place.MEMBER}
    if place_of(agent, group_id) not in allowed:
        raise BarredByLaw(
            "Only its members, bound by their pledge, read a working group's exchanges; the mayor names them.",
            message_fr="Seuls ses membres, tenus par leur engagement, lisent les échanges d'un groupe ; le maire les "
            "nomme.",
            article=ARTICLE,
        )
    return group(group_id)


def notes(group: WorkingGroup) -> Sequence[GroupNote]:
    """What its meetings said, newest first."""
    return list(group.notes.select_related("by"))
