"""What a town's folder brings of its impact assessment."""

from __future__ import annotations

from collections.abc import Mapping

from beffroi.authorise.assessment import queries
from beffroi.authorise.assessment.townfile import VersionRow
from beffroi.authorise.models import Assessment
from beffroi.core.dates import day_starts_at
from beffroi.plan.models import Phase
from beffroi.territory.queries import town_zone
from beffroi.territory.services import Landed


def land(rows: Mapping[int, VersionRow]) -> Landed:
    """Versions that are not here yet, inside the caller's transaction; one approved is never rewritten."""
    known = set(Assessment.objects.values_list("number", flat=True))
    new = [row for number, row in sorted(rows.items()) if number not in known]
    for row in new:
        kept = Assessment.objects.create(
            **row.model_dump(mode="json", exclude={"phases", "opened_on", "dpo_on", "approved_on"}),
            opened_on=row.opened_on,
            dpo_on=row.dpo_on,
            approved_on=row.approved_on,
            approved_at=day_starts_at(row.approved_on, town_zone()),
            cameras=dict(queries.plan_on(row.approved_on).cameras),
        )
        kept.phases.set(Phase.objects.filter(pk__in=row.phases))
    return Landed(
        table=Assessment._meta.label_lower,
        created=len(new),
        updated=0,
        untouched=len(known - rows.keys()),
    )
