"""Background work: an inspection pack is made by the worker, never by a page."""

from __future__ import annotations

import logging

from django_tasks import task

from beffroi.core.errors import BeffroiError, Internal
from beffroi.oversee.inspection import services
from beffroi.oversee.models import InspectionPack

log = logging.getLogger(__name__)


@task()
def make_pack(pack_id: str) -> None:
    """Makes a pack that was asked for; run twice, it is made once."""
    pack = InspectionPack.objects.get(pk=pack_id)
    if pack.made_at_us is not None or pack.failed_at_us is not None:
        return
    try:
        services.make(pack)
    except (BeffroiError, OSError) as error:
        log.error("inspection.failed cause=%s", error)
        services.fail(pack, error.kind if isinstance(error, BeffroiError) else Internal.kind)


def resume(now_us: int) -> None:
    """Asks again for packs whose making was cut by a stop: asked for more than an hour ago and never made."""
    cut = InspectionPack.objects.filter(made_at_us__isnull=True, failed_at_us__isnull=True)
    for pack_id in cut.filter(asked_at_us__lt=now_us - 3_600_000_000).values_list("pk", flat=True):
        make_pack.enqueue(pack_id)
