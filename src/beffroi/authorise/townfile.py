"""The edge: what a town writes about its papers (orders, undertakings, declarations), checked against the law."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Self

from pydantic import Field, model_validator

from beffroi.authorise import rules
from beffroi.authorise.rules import Fault
from beffroi.core.reading import FolderReader, Name, Read, Slug, TextRow, TownDate, check_known, refusal, unique
from beffroi.territory.models import Purpose

FILE = "orders.toml"


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
    camera_purposes: dict[Slug, Annotated[list[Purpose], Field(min_length=1)]] = Field(default_factory=dict)
    withdrawn_on: TownDate | None = None

    @model_validator(mode="after")
    def _is_lawful(self) -> Self:
        _raise_first(
            rules.order_faults(
                self.signed_on,
                self.ends_on,
                retention_days=self.retention_days,
                minimum_retention_days=self.minimum_retention_days,
            )
        )
        return self

    def purposes_of(self, camera: str) -> list[str]:
        """The purposes of one camera: its own, else all of the order's."""
        return [purpose.value for purpose in self.camera_purposes.get(camera, self.purposes)]


class UndertakingRow(TextRow):
    id: Slug
    sent_on: TownDate
    receipt_number: Annotated[str, Field(max_length=60)] = ""
    receipt_on: TownDate | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        _raise_first(rules.receipt_faults(self.sent_on, self.receipt_number, self.receipt_on))
        return self


class DeclarationRow(TextRow):
    id: Slug
    phase: Slug
    order: Slug
    letter_number: Annotated[str, Field(min_length=1, max_length=60)]
    sent_on: TownDate
    commissioning_on: TownDate


def _raise_first(faults: Iterable[Fault]) -> None:
    for fault in faults:
        raise refusal(f"{fault.field} {fault.message}", f"{fault.field} {fault.message_fr}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """What a folder says of the authorisations, by id."""

    orders: Mapping[str, OrderRow] = field(default_factory=dict)
    undertakings: Mapping[str, UndertakingRow] = field(default_factory=dict)
    declarations: Mapping[str, DeclarationRow] = field(default_factory=dict)


def read(reader: FolderReader, *, cameras: Container[str], phases: Container[str]) -> Papers:
    """Reads the papers; problems are noted in `reader`."""
    orders = reader.toml(FILE, "order", OrderRow)
    unique(reader, orders, "number")
    for order in orders:
        _check_cameras(reader, order, cameras)
        _check_purposes(reader, order)
    by_id = unique(reader, orders)
    undertakings = reader.toml(FILE, "undertaking", UndertakingRow)
    declarations = reader.toml(FILE, "declaration", DeclarationRow)
    check_known(reader, declarations, phases, field="phase")
    check_known(reader, declarations, by_id, field="order")
    for declaration in declarations:
        _check_declaration(reader, declaration, by_id)
    return Papers(orders=by_id, undertakings=unique(reader, undertakings), declarations=unique(reader, declarations))


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


def _check_purposes(reader: FolderReader, order: Read[OrderRow]) -> None:
    row = order.row
    strangers = sorted(set(row.camera_purposes) - set(row.cameras))
    if strangers:
        names = ", ".join(strangers)
        messages = (f"{names} not in this order's cameras", f"{names} hors des caméras de cet arrêté")
        reader.refuse_row(order, messages, field="camera_purposes")
    beyond = sorted({purpose.value for given in row.camera_purposes.values() for purpose in given} - set(row.purposes))
    if beyond:
        names = ", ".join(beyond)
        messages = (
            f"{names} outside the order's purposes (CSI L. 251-2); remove, or ask the prefect",
            f"{names} hors des finalités de l'arrêté (CSI L. 251-2) ; retirez, ou saisissez le préfet",
        )
        reader.refuse_row(order, messages, field="camera_purposes")


def _check_declaration(reader: FolderReader, read: Read[DeclarationRow], orders: Mapping[str, OrderRow]) -> None:
    row, order = read.row, orders.get(read.row.order)
    if order is None:
        return
    for fault in rules.declaration_faults(row.sent_on, row.commissioning_on, signed_on=order.signed_on):
        reader.refuse_row(read, (fault.message, fault.message_fr), field=fault.field)
