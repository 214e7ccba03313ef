"""Background work of evidence: packs are made by the worker, never by a page."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.utils import timezone
from django_tasks import task

from beffroi.core.clock import SystemClock
from beffroi.core.errors import BeffroiError, Internal, Unavailable
from beffroi.core.instants import US_PER_S
from beffroi.evidence.models import Pack
from beffroi.evidence.packing import order_of
from beffroi.evidence.packs import making
from beffroi.evidence.services import check_may_be_made, pack_failed, pack_made

log = logging.getLogger(__name__)

AGAIN_S = 20
PATIENCE_US = 3600 * US_PER_S
"""A recorder that is away, or footage not sealed yet, is waited for this long."""


@task()
def make_pack(pack_id: str) -> None:
    """Makes a pack that was asked for; run twice, it is made once. What refuses it is kept with its row."""
    pack = Pack.objects.select_related("requisition", "recipient", "asked_by").get(pk=pack_id)
    if pack.made_at_us is not None or pack.failed_at_us is not None:
        return
    try:
        check_may_be_made(pack)
        made = making.make_pack(order_of(pack))
    except Unavailable as error:
        if SystemClock().now_us() - pack.asked_at_us < PATIENCE_US:
            make_pack.using(run_after=timezone.now() + timedelta(seconds=AGAIN_S)).enqueue(pack_id)
            return
        _failed(pack, error.kind)
        return
    except (BeffroiError, OSError) as error:
        log.warning("pack.failed requisition=%s cause=%s", pack.requisition_id, error)
        _failed(pack, error.kind if isinstance(error, BeffroiError) else Internal.kind)
        return
    pack_made(pack, made)


def _failed(pack: Pack, cause: str) -> None:
    """Pictures of a making that came to nothing go before its row says so."""
    making.discard(pack.pk)
    pack_failed(pack, cause)


def resume(now_us: int) -> None:
    """Asks again for packs whose making was cut by a stop: asked for before this instant and never made."""
    cut = Pack.objects.filter(made_at_us__isnull=True, failed_at_us__isnull=True, asked_at_us__lte=now_us)
    for pack_id in cut.values_list("pk", flat=True):
        make_pack.enqueue(pack_id)
