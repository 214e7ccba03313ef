"""Who listens to which event of a lower stage."""

from django.utils import timezone

from beffroi.core.dates import day_of
from beffroi.evidence import queries as evidence
from beffroi.operate import events as operate
from beffroi.operate import nudges
from beffroi.operate.models import Node
from beffroi.people import events as people
from beffroi.plan.models import Camera
from beffroi.territory import queries as territory


def connect() -> None:
    """Called once, when Django is ready."""
    operate.answer_holds(evidence.holds_of)
    people.answer_here(_here)
    people.answer_cameras(lambda: list(Camera.objects.order_by("number").values_list("pk", "name")))
    people.on_revoked(lambda: nudges.after_commit(Node.objects.all()))


def _here() -> people.Here:
    town = territory.town()
    return people.Here(town=town.insee_code if town else "", today_on=day_of(timezone.now(), territory.town_zone()))
