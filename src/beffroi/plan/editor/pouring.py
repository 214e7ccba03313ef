"""A zone drawn in a scenario becomes one of the town's: the scenario goes on without it. Design: `planner.md`."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.plan.editor.queries import last_version
from beffroi.plan.models import ScenarioVersion
from beffroi.plan.scenario.ground import ZoneRow
from beffroi.territory.services import ZoneAdded, ZoneSheet, add_zone


def drawn_zone(scenario_id: str, zone_id: str) -> tuple[ScenarioVersion, ZoneRow]:
    """A scenario's last version and one of its drawn zones.

    Errors: NotFound; InvalidInput when that version has no such drawing.
    """
    version = last_version(scenario_id)
    for row in version.zones:
        if row["id"] == zone_id:
            return version, ZoneRow.model_validate(row)
    raise InvalidInput(
        "The last version of this scenario has no such drawn zone; choose one of its list.",
        message_fr="La dernière version de ce scénario n'a pas cette zone dessinée ; choisissez-en une de sa liste.",
        field="zone",
    )


def pour_zone(drawn: tuple[ScenarioVersion, ZoneRow], sheet: ZoneSheet, *, seen_version: int, by: str) -> ZoneAdded:
    """The drawn zone joins the territory; the version before keeps the drawing, and can be taken up again.

    Errors: Conflict when the scenario was saved meanwhile; those of `territory.services.add_zone`.
    """
    version, row = drawn
    if version.number != seen_version:
        raise Conflict(
            f"Version {version.number} was saved meanwhile; look at the zone again.",
            message_fr=f"La version {version.number} a été enregistrée entre-temps ; revoyez la zone.",
            field="seen_version",
        )
    with transaction.atomic():
        added = add_zone(sheet, row.shape, by=by)
        ScenarioVersion.objects.create(
            scenario=version.scenario, number=version.number + 1, cameras=version.cameras,
            zones=[one for one in version.zones if one["id"] != row.id], note=f"zone versée : {added.zone.pk}", by=by,
            at=timezone.now(),
        )  # fmt: skip
    return added
