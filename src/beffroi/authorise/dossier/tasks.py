"""The worker's part: the papers of a dossier."""

from __future__ import annotations

import logging

from django.utils import timezone
from django_tasks import task

from beffroi.authorise.dossier import building, pages
from beffroi.authorise.models import Dossier
from beffroi.core.errors import BeffroiError

log = logging.getLogger(__name__)


@task()
def build_papers(dossier_id: str, agent_id: str) -> None:
    """Makes every paper; a failure is logged, and the page keeps saying that nothing is there."""
    dossier = Dossier.objects.get(pk=dossier_id)
    try:
        building.build(dossier, pages.folder_of(dossier), made_at=timezone.now(), by=agent_id)
    except BeffroiError as error:
        log.error("dossier.build_failed dossier=%s error=%s", dossier_id, error.kind)
