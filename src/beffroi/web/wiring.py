"""Who listens to which event of a lower stage."""

from collections.abc import Sequence
from datetime import date

from django.utils import timezone

from beffroi.authorise import duties as authorise_duties
from beffroi.authorise import events as authorise
from beffroi.authorise import pages
from beffroi.authorise import queries as authorise_queries
from beffroi.authorise.rules import Shut
from beffroi.authorise.services import aftermath, perimeter, windows
from beffroi.authorise.words import SHUT
from beffroi.core.dates import day_of
from beffroi.core.instants import to_us
from beffroi.evidence import duties as evidence_duties
from beffroi.evidence import queries as evidence
from beffroi.evidence.leaving import check_may_leave
from beffroi.operate import events as operate
from beffroi.operate import gates, masks, measures, nudges
from beffroi.operate.models import Node
from beffroi.oversee.breaches import duties as breaches
from beffroi.oversee.ethics import duties as ethics_duties
from beffroi.oversee.evaluation import queries as evaluations
from beffroi.oversee.groups import duties as group_duties
from beffroi.oversee.reviews import duties as reviews
from beffroi.oversee.training import duties as trainings
from beffroi.oversee.visits import duties as visit_duties
from beffroi.oversee.visits import services as visits
from beffroi.people import duties as people_duties
from beffroi.people import events as people
from beffroi.plan import costing
from beffroi.plan import events as plan
from beffroi.plan.models import Camera, Phase
from beffroi.plan.works import duties as works_duties
from beffroi.territory import events as territory_events
from beffroi.territory import queries as territory


def connect() -> None:
    """Called once, when Django is ready."""
    operate.answer_holds(evidence.holds_of)
    operate.answer_leaving(check_may_leave)
    people.answer_here(_here)
    people.answer_cameras(_cameras)
    operate.answer_visitors(visits.inside)
    for duties in (
        *(evidence_duties.duties, authorise_duties.duties, works_duties.duties, people_duties.duties),
        *(breaches.duties, reviews.duties, trainings.duties, visit_duties.duties),
        *(ethics_duties.duties, group_duties.duties),
    ):
        people.add_duties(duties)
    people.on_revoked(lambda: nudges.after_commit(Node.objects.all()))
    authorise.on_gates_changed(gates.tell_nodes)
    authorise.answer_lacking_masks(masks.lacking)
    authorise.answer_below_standard(measures.below_standard)
    authorise.answer_streaming_now(lambda: gates.streaming_now(to_us(timezone.now())))
    plan.on_state_recorded(_state_recorded)
    plan.add_panel(pages.panel)
    plan.add_phase_panel(_phase_evaluation)
    plan.answer_papers(_papers_wanting)
    plan.answer_decisions(authorise_duties.to_decide)
    plan.answer_masked(masks.maskings)
    territory_events.add_panel(_zone_cameras)
    territory_events.add_rests(evaluations.naming)


def _state_recorded(camera: str) -> None:
    at = timezone.now()
    perimeter.check_step(camera)
    windows.close_left(at=at, cameras=[camera])
    aftermath.follow([camera], at=at)


_TIME = frozenset({Shut.NOT_IN_SERVICE, Shut.NO_WINDOW, Shut.SETTLING, Shut.BEFORE_COMMISSIONING})
"""What a gate waits for besides papers."""


def _papers_wanting(cameras: Sequence[str]) -> list[tuple[str, str]]:
    """What the gates of these cameras would still ask for on the day of their service."""
    found = authorise_queries.gates(cameras, at=timezone.now())
    return [(camera, str(SHUT[shut])) for camera, gate in found.items() for shut in gate.missing if shut not in _TIME]


def _zone_cameras(zone: str) -> territory_events.Panel:
    """From a zone to its cameras and what they cost; the budget of their phases is one click away."""
    money = costing.zone_money(zone, day_of(timezone.now(), territory.town_zone()))
    return territory_events.Panel(template="plan/zone_cameras.html", content=money)


def _phase_evaluation(phase: str, on: date) -> plan.Panel:
    """What a phase's facts could show, beside its money: told before it is voted."""
    found = evaluations.of_phase(Phase.objects.get(pk=phase), on)
    return plan.Panel(template="oversee/phase_evaluation.html", style="", content=found)


def _cameras() -> list[tuple[str, str]]:
    return [(camera.pk, f"{camera.number} · {camera.name}") for camera in Camera.objects.order_by("number")]


def _here() -> people.Here:
    town = territory.town()
    return people.Here(town=town.insee_code if town else "", today_on=day_of(timezone.now(), territory.town_zone()))
