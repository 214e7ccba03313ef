"""The worker's part of the editor: the optimiser, which takes half a minute."""

from __future__ import annotations

import logging

from django_tasks import task

from beffroi.core.errors import BeffroiError
from beffroi.plan.editor import proposing, services
from beffroi.plan.editor.rows import PlanAsked
from beffroi.plan.models import ScenarioProposal

log = logging.getLogger(__name__)


@task()
def make_proposal(proposal_id: int) -> None:
    """Answers a question that was kept; run twice, it is answered once. A refusal is kept with its words."""
    asked = ScenarioProposal.objects.select_related("version").get(pk=proposal_id)
    if asked.ended_at is not None:
        return
    kept = asked.version
    try:
        found = proposing.propose(PlanAsked.model_validate({"cameras": kept.cameras, "zones": kept.zones}))
    except BeffroiError as error:
        log.warning("plan.proposal_refused scenario=%s cause=%s", kept.scenario_id, error)
        services.end_proposal(asked, refused=error)
        return
    services.end_proposal(asked, answer=found.model_dump(mode="json"))
