"""What the demo's registers of control hold, jeu fictif: training, a visit, a link, a plan of evaluation."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from beffroi.people.models import Agent

_COURSES = (
    ("cheffe", "continuing", "Formation continue obligatoire (jeu fictif)", 400, "10"),
    ("agent7", "continuing", "Tronc commun (jeu fictif)", 1640, "5"),
    ("agent7", "continuing", "Prévention des conflits (jeu fictif)", 600, "5"),
    ("operateur", "control-room", "Prise de poste au CSU (jeu fictif)", 200, "2"),
)
"""Who, what kind, title, how many days ago, how many days it took."""


def write() -> None:
    """Once, through the same services as the pages."""
    from beffroi.oversee.models import Training

    if Training.objects.exists():
        return
    from beffroi.people import events

    today = events.here().today_on
    _courses(today)
    _visit(today)
    _link()
    _evaluation()


def _courses(today: date) -> None:
    from beffroi.oversee.training.rules import CourseKind
    from beffroi.oversee.training.services import NewCourse, record

    for username, kind, title, days_ago, days in _COURSES:
        ended_on = today - timedelta(days=days_ago)
        course = NewCourse(kind=CourseKind(kind), title=title, ended_on=ended_on, days=Decimal(days))
        record(_agent(username), course, by=_agent("admin"))


def _visit(today: date) -> None:
    from datetime import datetime, time

    from beffroi.core.instants import to_us
    from beffroi.oversee.visits.rules import VisitPurpose
    from beffroi.oversee.visits.services import NewVisit, come_in, go_out
    from beffroi.territory.queries import town_zone

    chief = _agent("cheffe")
    yesterday = today - timedelta(days=1)
    came, left = (to_us(datetime.combine(yesterday, time(hour), tzinfo=town_zone())) for hour in (10, 11))
    new = NewVisit(
        purpose=VisitPurpose.PRESENTATION, body="Conseil de quartier (jeu fictif)", names="Six habitants (jeu fictif)",
        count=6, host=chief,
    )  # fmt: skip
    visit = come_in(new, by=_agent("operatrice"), at_us=came)
    go_out(visit.pk, by=_agent("operatrice"), at_us=left)


def _link() -> None:
    """Written and closed: the room opens it when the police ask."""
    from beffroi.authorise.models import OrderCamera
    from beffroi.authorise.queries import orders_on
    from beffroi.oversee.sharing.rules import Means
    from beffroi.oversee.sharing.services import NewLink, write
    from beffroi.people import events

    order = next((view for view in orders_on(events.here().today_on) if view.is_in_force), None)
    if order is None:
        return
    covered = OrderCamera.objects.filter(order_id=order.id).select_related("order").order_by("camera__number")
    rows = list(covered[:4])
    link = NewLink(
        service=rows[0].order.recipients[0],
        means=Means.FIBRE,
        cameras=[row.camera_id for row in rows],
        agents=[_agent("opj")],
        order=rows[0].order,
        article="article 6 (jeu fictif)",
    )
    write(link, by=_agent("admin"))


def _evaluation() -> None:
    """Of the extension, written a month before its works as the law of honest numbers wants it."""
    from dataclasses import replace
    from datetime import datetime, time

    from beffroi.oversee.evaluation.queries import usual
    from beffroi.oversee.evaluation.services import register
    from beffroi.plan.models import Phase
    from beffroi.territory.queries import town_zone

    phase = Phase.objects.order_by("-starts_on").first()
    if phase is None:
        return
    at = datetime.combine(phase.starts_on - timedelta(days=30), time(10), tzinfo=town_zone())
    starts_on = phase.expected_on or phase.planned_on
    register(replace(usual(phase), starts_on=starts_on), by="system", at=at)


def _agent(username: str) -> Agent:
    from beffroi.people.models import Agent

    return Agent.objects.get(username=username)
