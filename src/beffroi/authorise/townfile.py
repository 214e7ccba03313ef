"""The edge: what a town writes about its orders, checked against the law and the cameras."""

from __future__ import annotations

from collections.abc import Container
from typing import Annotated, Self

from pydantic import Field, model_validator

from beffroi.authorise.rules import MAX_RETENTION_DAYS, latest_end
from beffroi.core.reading import FolderReader, Name, Read, Slug, TextRow, TownDate, refusal, unique
from beffroi.territory.models import Purpose


class OrderRow(TextRow):
    id: Slug
    number: Annotated[str, Field(min_length=1, max_length=60)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    signed_on: TownDate
    ends_on: TownDate
    purposes: Annotated[list[Purpose], Field(min_length=1)]
    retention_days: Annotated[int, Field(ge=1)]
    minimum_retention_days: Annotated[int, Field(ge=1)] | None = None
    recipients: tuple[Name, ...] = ()
    cameras: Annotated[list[Slug], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_lawful(self) -> Self:
        if self.ends_on <= self.signed_on:
            raise refusal("ends_on must come after signed_on", "ends_on doit suivre signed_on")
        latest, days = latest_end(self.signed_on), self.retention_days
        if self.ends_on > latest:
            raise refusal(
                f"ends_on is over five years after signed_on (CSI L. 252-4); {latest} at the latest",
                f"ends_on dépasse cinq ans après signed_on (CSI L. 252-4) ; {latest} au plus tard",
            )
        if days > MAX_RETENTION_DAYS:
            raise refusal(
                f"retention_days is {days}, over one month (CSI L. 252-5); {MAX_RETENTION_DAYS} at most",
                f"retention_days vaut {days}, plus d'un mois (CSI L. 252-5) ; {MAX_RETENTION_DAYS} au plus",
            )
        if (self.minimum_retention_days or 0) > self.retention_days:
            raise refusal(
                "minimum_retention_days is over retention_days", "minimum_retention_days dépasse retention_days"
            )
        return self


def read(reader: FolderReader, cameras: Container[str]) -> dict[str, OrderRow]:
    """Reads the orders; problems are noted in `reader`."""
    orders = reader.toml("orders.toml", "order", OrderRow)
    unique(reader, orders, "number")
    for order in orders:
        _check_cameras(reader, order, cameras)
    return unique(reader, orders)


def _check_cameras(reader: FolderReader, order: Read[OrderRow], cameras: Container[str]) -> None:
    given = order.row.cameras
    unknown = sorted({camera for camera in given if camera not in cameras and camera not in reader.spoilt})
    twice = sorted({camera for camera in given if given.count(camera) > 1})
    if unknown:
        names = ", ".join(unknown)
        messages = (f"{names} not in cameras.csv; add or remove", f"{names} hors de cameras.csv ; ajoutez ou retirez")
        reader.refuse_row(order, messages, field="cameras")
    if twice:
        names = ", ".join(twice)
        reader.refuse_row(order, (f"{names} given twice", f"{names} en double"), field="cameras")
