"""Writes of the authorisations, and the import of a whole town: ground, programme, orders, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from beffroi.authorise import townfile
from beffroi.authorise.models import Order, OrderCamera
from beffroi.authorise.townfile import OrderRow
from beffroi.core.dates import day_of
from beffroi.core.errors import InvalidInput
from beffroi.core.reading import FolderReader
from beffroi.plan import services as plan
from beffroi.territory import services as territory
from beffroi.territory.queries import town, town_zone
from beffroi.territory.services import Landed, put_all


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did, or would do. `start_on`: the day that relative dates were told from."""

    start_on: date
    is_dry_run: bool
    tables: tuple[Landed, ...]


def import_town(folder: Path, *, start_on: date | None = None, is_dry_run: bool = False) -> ImportReport:
    """Reads a folder of text, checks all of it, then writes it in one transaction. Again: updates by key.

    Rows of the database that the folder does not name stay. A camera's recorded history is never rewritten.
    `start_on`: what `start` means in dates; by default today. A town keeps the first one it was given.

    Errors: FolderRefused listing every problem, Conflict for another town; nothing is written then.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InvalidInput(
            f"{folder} is not a folder; give the one that holds town.toml.",
            message_fr=f"{folder} n'est pas un dossier ; donnez celui qui contient town.toml.",
            field="folder",
        )
    known = town()
    start_on = known.started_on if known else start_on or day_of(timezone.now(), town_zone())
    reader = FolderReader(folder, start_on)
    ground = territory.read(reader)
    works = plan.read(reader, centre=ground.centre, zones=ground.zones, public_buildings=ground.public_buildings)
    orders = townfile.read(reader, works.cameras)
    reader.raise_if_any()
    with transaction.atomic():
        tables = [*territory.land(ground, start_on=start_on), *plan.land(works), *_land_orders(orders)]
        transaction.set_rollback(is_dry_run)
    return ImportReport(start_on=start_on, is_dry_run=is_dry_run, tables=tuple(tables))


def _land_orders(orders: dict[str, OrderRow]) -> list[Landed]:
    landed = put_all(Order, (Order(**row.model_dump(exclude={"cameras"})) for row in orders.values()))
    OrderCamera.objects.filter(order__in=orders).delete()
    OrderCamera.objects.bulk_create(
        OrderCamera(order_id=order, camera_id=camera) for order, row in orders.items() for camera in row.cameras
    )
    return [landed]
