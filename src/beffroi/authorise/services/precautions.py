"""Writes of an order's precautions: laid down from a day on, ended on another; none is erased. Source: CSI L. 252-2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from beffroi.authorise import precautions
from beffroi.authorise.models import Order, Precaution
from beffroi.authorise.precautions import Kind
from beffroi.authorise.registers import tell
from beffroi.authorise.services import aftermath
from beffroi.core.errors import Conflict, InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrecaution:
    """A precaution as the order words it. `cameras`: ids; none means all of the order's."""

    kind: Kind
    value: str
    from_on: date
    cameras: tuple[str, ...] = ()


def lay_down(order: Order, new: NewPrecaution, *, by: str, at: datetime) -> Precaution:
    """Writes down a precaution; what code can hold to holds from its day. Errors: InvalidInput naming the field."""
    value = new.value.strip()
    for message, message_fr in precautions.faults(new.kind, value):
        raise InvalidInput(message, message_fr=message_fr, field="value")
    if new.from_on < order.signed_on:
        raise InvalidInput(
            f"comes before the order, signed on {order.signed_on}",
            message_fr=f"précède l'arrêté, signé le {order.signed_on}",
            field="from_on",
        )
    _check_retention(order, new, value)
    if set(new.cameras) - set(order.covered.values_list("camera_id", flat=True)):
        raise InvalidInput(
            "names a camera that the order does not cover; choose among its own",
            message_fr="nomme une caméra que l'arrêté ne couvre pas ; choisissez parmi les siennes",
            field="cameras",
        )
    with transaction.atomic():
        row = Precaution.objects.create(
            order=order, kind=new.kind.value, value=value, cameras=list(new.cameras), from_on=new.from_on
        )
        _told("precaution.laid-down", row, by=by, at=at)
    return row


def _check_retention(order: Order, new: NewPrecaution, value: str) -> None:
    """The least may not pass the most, whichever is laid down last."""
    row = Precaution(order=order, kind=new.kind.value, value=value, from_on=new.from_on)
    given = precautions.of_rows([*order.precautions.all(), row])
    most = precautions.retention_days(order.retention_days, given, new.from_on)
    if precautions.minimum_retention_days(order.minimum_retention_days or 0, given, new.from_on) > most:
        raise InvalidInput(
            f"makes the least retention longer than the longest, {most} days; read the order again",
            message_fr=f"rend la conservation minimale plus longue que la plus longue, {most} jours ; relisez l'arrêté",
            field="value",
        )


def end(row: Precaution, *, on: date, by: str, at: datetime) -> None:
    """The prefect lifted it: `on` is the first day without it.

    Errors: InvalidInput before its first day, Conflict when it has ended.
    """
    if row.until_on is not None:
        raise Conflict(
            f"This precaution ended on {row.until_on}.",
            message_fr=f"Cette précaution a pris fin le {row.until_on}.",
            field="until_on",
        )
    if on < row.from_on:
        raise InvalidInput(
            f"comes before its first day, {row.from_on}",
            message_fr=f"précède son premier jour, le {row.from_on}",
            field="until_on",
        )
    with transaction.atomic():
        row.until_on = on
        row.save(update_fields=["until_on"])
        _told("precaution.ended", row, by=by, at=at)


def _told(action: str, row: Precaution, *, by: str, at: datetime) -> None:
    tell(action, by=by, subject=row.order_id, detail={"kind": row.kind})
    aftermath.follow(row.cameras or row.order.covered.values_list("camera_id", flat=True), at=at)
