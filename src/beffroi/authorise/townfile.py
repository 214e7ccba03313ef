"""The edge: what a town writes about its papers (orders, undertakings, declarations), checked against the law."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Self

from pydantic import Field, model_validator

from beffroi.authorise import precautions, rules
from beffroi.authorise.limits import limits_on
from beffroi.authorise.rules import Fault, Regime
from beffroi.core.reading import (
    FolderReader,
    Latitude,
    Longitude,
    Name,
    Read,
    Slug,
    TextRow,
    TownDate,
    check_known,
    refusal,
    unique,
)
from beffroi.core.shapes import Surface
from beffroi.plan.townfile import CameraRow
from beffroi.territory.calc.lambert93 import contains
from beffroi.territory.models import Purpose

FILE = "orders.toml"


class PrecautionRow(TextRow):
    kind: precautions.Kind
    value: Annotated[str, Field(max_length=precautions.MOST_TEXT)] = ""
    cameras: list[Slug] = Field(default_factory=list)
    from_on: TownDate | None = None
    """By default the order's day."""
    until_on: TownDate | None = None

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        for message, message_fr in precautions.faults(self.kind, self.value):
            raise refusal(f"value {message}", f"value {message_fr}")
        return self


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
    published: Annotated[str, Field(max_length=80)] = ""
    perimeter: Surface | None = None
    max_cameras: Annotated[int, Field(ge=1)] | None = None
    regime: Regime = Regime.STANDARD
    event: Annotated[str, Field(max_length=160)] = ""
    precautions: tuple[PrecautionRow, ...] = ()

    @model_validator(mode="after")
    def _is_lawful(self) -> Self:
        _raise_first(
            rules.order_faults(
                rules.Asked(
                    signed_on=self.signed_on,
                    ends_on=self.ends_on,
                    retention_days=self.retention_days,
                    minimum_retention_days=self.minimum_retention_days,
                    regime=self.regime,
                    event=self.event,
                    has_perimeter=self.perimeter is not None,
                    max_cameras=self.max_cameras,
                    purposes=frozenset(purpose.value for purpose in self.purposes),
                ),
                limits_on(self.signed_on),
            )
        )
        return self

    def purposes_of(self, camera: str) -> list[str]:
        """The purposes of one camera: its own, else all of the order's."""
        return [purpose.value for purpose in self.camera_purposes.get(camera, self.purposes)]


class NoticeRow(TextRow):
    id: Slug
    order: Slug
    camera: Slug
    letter_number: Annotated[str, Field(min_length=1, max_length=60)]
    sent_on: TownDate
    lat: Latitude
    lon: Longitude


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
    notices: Mapping[str, NoticeRow] = field(default_factory=dict)


def read(reader: FolderReader, *, cameras: Mapping[str, CameraRow], phases: Container[str]) -> Papers:
    """Reads the papers; problems are noted in `reader`."""
    orders = reader.toml(FILE, "order", OrderRow)
    unique(reader, orders, "number")
    for order in orders:
        _check_cameras(reader, order, cameras)
        _check_purposes(reader, order)
        _check_controllers(reader, order, cameras)
        _check_perimeter(reader, order, cameras)
    by_id = unique(reader, orders)
    undertakings = reader.toml(FILE, "undertaking", UndertakingRow)
    declarations = reader.toml(FILE, "declaration", DeclarationRow)
    check_known(reader, declarations, phases, field="phase")
    check_known(reader, declarations, by_id, field="order")
    for declaration in declarations:
        _check_declaration(reader, declaration, by_id)
    notices = reader.toml(FILE, "location_notice", NoticeRow)
    check_known(reader, notices, cameras, field="camera")
    for notice in notices:
        _check_notice(reader, notice, by_id)
    return Papers(
        orders=by_id,
        undertakings=unique(reader, undertakings),
        declarations=unique(reader, declarations),
        notices=unique(reader, notices),
    )


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


def _check_controllers(reader: FolderReader, order: Read[OrderRow], cameras: Mapping[str, CameraRow]) -> None:
    """A camera of another controller stands under its own order alone. Source: CSI L. 251-2, L. 223-1."""
    known = [cameras[camera] for camera in order.row.cameras if camera in cameras]
    others = [row.number for row in known if row.controller and row.own_authorisation != order.row.number]
    if others:
        names = ", ".join(others)
        messages = (
            f"{names}: another controller's, under its own order (CSI L. 251-2); remove it here",
            f"{names} : d'un autre responsable, sous son propre arrêté (CSI L. 251-2) ; retirez-la ici",
        )
        reader.refuse_row(order, messages, field="cameras")


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


def _check_perimeter(reader: FolderReader, order: Read[OrderRow], cameras: Mapping[str, CameraRow]) -> None:
    row = order.row
    if row.perimeter is None:
        return
    known = [cameras[camera] for camera in row.cameras if camera in cameras]
    outside = [camera.number for camera in known if not contains(row.perimeter, camera.lon, camera.lat)]
    if outside:
        names = ", ".join(outside)
        messages = (
            f"{names} outside the perimeter (CSI R. 252-3); move inside, or ask the prefect for a modification",
            f"{names} hors du périmètre (CSI R. 252-3) ; placez-la dedans, ou saisissez le préfet d'une modification",
        )
        reader.refuse_row(order, messages, field="perimeter")
    if row.max_cameras is not None and len(row.cameras) > row.max_cameras:
        messages = (
            f"the perimeter takes {row.max_cameras} cameras, {len(row.cameras)} are given; remove some",
            f"le périmètre admet {row.max_cameras} caméras, {len(row.cameras)} sont données ; retirez-en",
        )
        reader.refuse_row(order, messages, field="max_cameras")


def _check_notice(reader: FolderReader, read: Read[NoticeRow], orders: Mapping[str, OrderRow]) -> None:
    row, order = read.row, orders.get(read.row.order)
    if order is None or order.perimeter is None or row.camera not in order.cameras:
        messages = (
            f"{row.order!r} is no order by perimeter that covers {row.camera}; mend the id",
            f"{row.order!r} n'est pas un arrêté par périmètre qui couvre {row.camera} ; corrigez l'identifiant",
        )
        reader.refuse_row(read, messages, field="order")
        return
    known = rules.notice_faults(row.sent_on, signed_on=order.signed_on, ends_on=order.ends_on, on=row.sent_on)
    for fault in known:
        reader.refuse_row(read, (fault.message, fault.message_fr), field=fault.field)


def _check_declaration(reader: FolderReader, read: Read[DeclarationRow], orders: Mapping[str, OrderRow]) -> None:
    row, order = read.row, orders.get(read.row.order)
    if order is None:
        return
    for fault in rules.declaration_faults(row.sent_on, row.commissioning_on, signed_on=order.signed_on):
        reader.refuse_row(read, (fault.message, fault.message_fr), field=fault.field)
