"""The worker's part: the papers of a dossier."""

from __future__ import annotations

import logging
from functools import partial

from django.utils import timezone
from django_tasks import task

from beffroi.authorise.dossier import building, keeping, making
from beffroi.authorise.models import Dossier
from beffroi.core.errors import BeffroiError, Internal

log = logging.getLogger(__name__)


@task()
def build_papers(dossier_id: str, agent_id: str) -> None:
    """Makes every paper; what failed is told on the page, which keeps the papers of the making before."""
    dossier = Dossier.objects.get(pk=dossier_id)
    failure: BeffroiError | None = _unforeseen()
    try:
        tell = partial(making.tell, dossier)
        building.build(dossier, keeping.folder_of(dossier), made_at=timezone.now(), by=agent_id, progress=tell)
        failure = None
    except BeffroiError as error:
        log.error("dossier.build_failed dossier=%s error=%s", dossier_id, error.kind)
        failure = error
    finally:
        if failure:
            making.fail(dossier, failure)
        else:
            making.end(dossier)


def _unforeseen() -> BeffroiError:
    return Internal(
        "The making failed; start it again, and if it fails again show the server's log to whoever runs it.",
        message_fr="L'établissement a échoué ; relancez-le et, s'il échoue encore, montrez le journal technique à qui "
        "tient le serveur.",
    )
