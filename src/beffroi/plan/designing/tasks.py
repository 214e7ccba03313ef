"""The worker's part: the exact searches, which may take a minute each."""

from __future__ import annotations

import logging

from django.utils import timezone
from django_tasks import task

from beffroi.core.dates import day_of
from beffroi.core.errors import BeffroiError
from beffroi.plan.designing import asking, making, services
from beffroi.plan.models import NetworkDesign
from beffroi.plan.scenario.document import Scenario
from beffroi.territory.queries import town_zone

log = logging.getLogger(__name__)


class _GivenUp(Exception):
    """Whoever asked does not want the answer any more."""


@task()
def make_design(design_id: int) -> None:
    """Makes a network that was asked for; run twice, it is made once. A refusal is kept with its words.

    Given up, it ends at its next step (a minute at most, the share of one exact search).
    """
    asked = NetworkDesign.objects.get(pk=design_id)
    if asked.ended_at is not None:
        return

    def tell(share: float) -> None:
        if not services.keep_progress(asked, share):
            raise _GivenUp

    try:
        ready = asking.ready(Scenario.model_validate(asked.scenario))
        found = making.made(ready, day_of(timezone.now(), town_zone()), tell)
    except _GivenUp:
        return
    except BeffroiError as error:
        log.warning("plan.design_refused design=%s cause=%s", design_id, error)
        services.end_design(asked, refused=error)
        return
    services.end_design(asked, answer=found.model_dump(mode="json"))
