"""What waits in evidence for whoever opens their home page."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import date

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from beffroi.evidence import words
from beffroi.evidence.access import queries as access
from beffroi.evidence.access import words as access_words
from beffroi.evidence.access.rules import Next
from beffroi.evidence.pages.board import board
from beffroi.evidence.pages.case import may_act
from beffroi.evidence.queries import after, cases
from beffroi.evidence.queries.after import Awaited
from beffroi.evidence.rules import Act
from beffroi.people.events import Dated, Duty
from beffroi.people.models import Agent
from beffroi.people.rules import Right

SOON_DAYS = 7


def duties(agent: Agent, on: date) -> Iterable[Duty]:
    """Requisitions whose next act is this agent's, and requests of filmed people for whoever answers them."""
    if agent.rights & set(cases.READS):
        waiting = {one.requisition.pk: one for one in after.awaited(cases.clock.now_us())}
        yield from _second_looks(agent, waiting)
        yield from _requisitions(agent, waiting)
    if agent.may(Right.ACCESS):
        yield from _requests(on)


def _second_looks(agent: Agent, waiting: Mapping[str, Awaited]) -> Iterable[Duty]:
    """Answers that one person gave alone, for whoever validates and is another."""
    if not agent.may(Right.VALIDATE):
        return
    theirs = {row.pk for row in cases.requisitions_for(agent)}
    for number, one in waiting.items():
        if number in theirs and one.alone_by != agent.pk:
            yield Dated(
                title=_("Valider %(number)s, sortie sans deuxième personne") % {"number": number},
                effect=_("Qui était seul en poste ne valide pas ; le lendemain, une autre personne regarde."),
                due_on=one.due_on,
                is_late=one.is_late,
                url=reverse("requisition", args=[number]) + "#dossier",
            ).duty


def _requisitions(agent: Agent, waiting: Container[str]) -> Iterable[Duty]:
    for lane in board(agent).lanes:
        for card in lane.cards:
            if card.act is None or (card.act is Act.VALIDATE and card.number in waiting):
                continue
            if not may_act(cases.requisition_for(agent, card.number), card.act, agent):
                continue
            yield Duty(
                tone="bad" if card.is_urgent else "wait",
                shape="s-bad" if card.is_urgent else "s-wait",
                title=f"{words.ACTS[card.act]} : {card.title}",
                effect=card.alert or card.said,
                last=card.status,
                url=reverse("requisition", args=[card.number]),
            )


def _requests(on: date) -> Iterable[Duty]:
    for one in access.register_of(on):
        if one.awaited is Next.NOTHING or one.answered_on is not None:
            continue
        tone = "bad" if one.is_late else "warn" if one.days_left <= SOON_DAYS else "wait"
        day = date_format(one.due_on, "j F Y")
        yield Duty(
            tone=tone,
            shape=f"s-{tone}",
            title=_("Demande %(number)s : %(act)s") % {"number": one.row.number, "act": access_words.NEXT[one.awaited]},
            effect=_("La réponse est due dans le délai de la loi (R. 253-6)."),
            last=(_("attendue depuis le %(day)s") if one.is_late else _("avant le %(day)s")) % {"day": day},
            url=reverse("access-request", args=[one.row.number]),
        )
