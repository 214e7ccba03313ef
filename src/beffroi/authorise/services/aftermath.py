"""What follows every act on the papers: drift and gates are looked at again, told to the journal and to the nodes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from beffroi.authorise import events, queries
from beffroi.authorise.models import GateLine
from beffroi.authorise.registers import tell
from beffroi.authorise.services import drifting
from beffroi.journal.services import Register
from beffroi.plan.models import Camera


def follow(cameras: Iterable[str], *, at: datetime) -> None:
    """An act on the papers of these cameras is done; called in its transaction."""
    with transaction.atomic():
        drifting.check(at=at)
        tell_gates(at=at)
        events.gates_changed(cameras)


def tell_gates(*, at: datetime) -> None:
    """A line of the journal for every gate that opened or shut since the last look."""
    before = {line.camera_id: line.is_open for line in GateLine.objects.all()}
    turned = [
        gate
        for gate in queries.gates(Camera.objects.values_list("pk", flat=True), at=at).values()
        if gate.is_open is not before.get(gate.camera, False)
    ]
    for gate in turned:
        tell(
            "gate.opened" if gate.is_open else "gate.shut",
            by="system",
            register=Register.COLLECTION,
            camera=gate.camera,
            subject=gate.order_id,
            detail={"test": gate.is_test} if gate.is_open else {"cause": gate.missing[0].value},
        )
    GateLine.objects.bulk_create(
        (GateLine(camera_id=gate.camera, is_open=gate.is_open) for gate in turned),
        update_conflicts=True,
        unique_fields=["camera"],
        update_fields=["is_open"],
    )
