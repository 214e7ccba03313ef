"""Writes of drift: a difference is one open row until it is mended or covered by another order."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from beffroi.authorise import events, queries, words
from beffroi.authorise.models import Drift
from beffroi.authorise.registers import tell
from beffroi.core.dates import day_of
from beffroi.territory.queries import town_zone


def check(*, at: datetime) -> None:
    """Compares the town with its orders; raises what is new, clears what is mended."""
    on = day_of(at, town_zone())
    findings = queries.findings(on, streaming=events.streaming_now(), below=events.below_standard(at))
    found = {(one.camera, one.kind.value): one for one in findings}
    with transaction.atomic():
        standing = {(row.camera, row.kind): row for row in queries.open_drift()}
        for key, finding in found.items():
            row = standing.get(key)
            if row is None:
                Drift.objects.create(
                    camera=finding.camera,
                    kind=finding.kind.value,
                    by=finding.by,
                    which=words.named(finding.which),
                    raised_at=at,
                )
                tell("drift.raised", by="system", camera=finding.camera, detail={"kind": finding.kind.value})
            elif (row.by, row.which) != (finding.by, which := words.named(finding.which)):
                Drift.objects.filter(pk=row.pk).update(by=finding.by, which=which)
        for key, row in standing.items():
            if key not in found:
                Drift.objects.filter(pk=row.pk).update(cleared_at=at)
                tell("drift.cleared", by="system", camera=row.camera, detail={"kind": row.kind})
