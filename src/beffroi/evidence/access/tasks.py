"""The worker's part: the covered copy."""

from __future__ import annotations

import logging

from django_tasks import task

from beffroi.core.errors import BeffroiError, Internal
from beffroi.evidence.access import copies, queries, rules, services
from beffroi.people.models import Agent

log = logging.getLogger(__name__)


@task()
def make_copy(number: str, camera: str, agent_id: str) -> None:
    """Makes one camera's copy and writes it down; what failed is a step too, with its kind."""
    row, agent = queries.request(number), Agent.objects.get(pk=agent_id)
    try:
        rules.check_not_closed(queries.done(row))
        sha256 = copies.make(row, camera, agent)
    except (BeffroiError, OSError) as error:
        kind = error.kind if isinstance(error, BeffroiError) else Internal.kind
        log.error("access.copy_failed request=%s camera=%s error=%s", number, camera, kind)
        services.copy_failed(row, kind, by=agent)
        return
    services.copy_made(row, camera, sha256, by=agent)
