"""The worker's part of the editor: the optimiser, which takes half a minute."""

from __future__ import annotations

import logging

from django_tasks import task

from beffroi.core.errors import BeffroiError
from beffroi.plan.editor import proposing, services
from beffroi.plan.editor.answers import ProposalAnswer
from beffroi.plan.editor.rows import PlanAsked, ProposeAsked
from beffroi.plan.models import ScenarioProposal

log = logging.getLogger(__name__)


class _GivenUp(Exception):
    """Whoever asked does not want the answer any more."""


@task()
def make_proposal(proposal_id: int) -> None:
    """Answers a question that was kept; run twice, it is answered once. A refusal is kept with its words.

    Given up, it ends at its next step (15 s at most, a solver's share), what it knew being kept.
    """
    asked = ScenarioProposal.objects.select_related("version").get(pk=proposal_id)
    if asked.ended_at is not None:
        return
    kept = PlanAsked.model_validate({"cameras": asked.version.cameras, "zones": asked.version.zones})

    def tell(share: float, answer: ProposalAnswer | None) -> None:
        if not services.keep_progress(asked, share, answer.model_dump(mode="json") if answer else None):
            raise _GivenUp

    try:
        found = proposing.propose(kept, ProposeAsked.model_validate(asked.asked), tell)
    except _GivenUp:
        return
    except BeffroiError as error:
        log.warning("plan.proposal_refused scenario=%s cause=%s", asked.version.scenario_id, error)
        services.end_proposal(asked, refused=error)
        return
    services.end_proposal(asked, answer=found.model_dump(mode="json"))
