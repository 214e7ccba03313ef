"""Orders by perimeter: cameras stay inside, and the prefect is told of each place beforehand. Source: CSI R. 252-3,
R. 252-17.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from beffroi.authorise import rules
from beffroi.authorise.models import LocationNotice, Order, OrderCamera
from beffroi.authorise.queries import camera_files, pose_of
from beffroi.authorise.registers import tell
from beffroi.authorise.services import aftermath
from beffroi.authorise.services.refusing import refuse
from beffroi.authorise.townfile import NoticeRow
from beffroi.core.dates import day_of
from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput
from beffroi.plan import services as plan
from beffroi.plan.models import Camera
from beffroi.plan.queries import histories
from beffroi.plan.rules import StateName
from beffroi.territory.calc.lambert93 import contains
from beffroi.territory.queries import town_zone
from beffroi.territory.services import Landed, put_all


def check_cameras(perimeter: Mapping[str, Any], cameras: Iterable[str], *, most: int) -> None:
    """Nothing, when these cameras may stand in the perimeter.

    Errors: BarredByLaw naming those outside, or when there are too many.
    """
    found = list(Camera.objects.filter(pk__in=list(cameras)).order_by("number"))
    outside = [one.number for one in found if not contains(dict(perimeter), one.lon, one.lat)]
    if outside:
        raise _outside(", ".join(outside))
    if len(found) > most:
        raise _too_many(len(found), most)


def _outside(names: str) -> BarredByLaw:
    return BarredByLaw(
        f"{names}: outside the perimeter of the order; move inside, or ask the prefect for a modification.",
        message_fr=f"{names} : hors du périmètre de l'arrêté ; placez-la dedans, ou demandez une modification au "
        "préfet.",
        article="CSI R252-3",
        field="cameras",
    )


def _too_many(count: int, most: int) -> BarredByLaw:
    return BarredByLaw(
        f"The perimeter takes {most} cameras, this makes {count}; remove some, or ask the prefect for a modification.",
        message_fr=f"Le périmètre admet {most} caméras, cela en fait {count} ; retirez-en, ou demandez une "
        "modification au préfet.",
        article="CSI R252-3",
        field="cameras",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    """The letter that tells the prefect where a camera of a perimeter stands, or will.

    `lat`, `lon`: where it goes; None: where the plan has it.
    """

    order: Order
    camera: Camera
    letter_number: str
    sent_on: date
    lat: float | None = None
    lon: float | None = None

    @property
    def place(self) -> tuple[float, float]:
        """Longitude and latitude."""
        is_moving = self.lat is not None and self.lon is not None
        return (self.lon, self.lat) if is_moving else (self.camera.lon, self.camera.lat)  # type: ignore[return-value]


def notify(new: NewNotice, *, by: str, at: datetime) -> LocationNotice:
    """Writes down a notice of location; a camera that moves is moved on the plan by the same act.

    A camera that the order did not name yet is added to it, and authorised from the letter's day; one that moved is
    authorised where it is now. Errors: BarredByLaw outside the perimeter or beyond its number, InvalidInput naming the
    field, Conflict when the letter is known for this camera.
    """
    _check(new, on=day_of(at, town_zone()))
    pk = slugify(f"{new.camera.pk}-{new.letter_number}")[:63].strip("-")
    with transaction.atomic():
        if LocationNotice.objects.filter(pk=pk).exists():
            raise Conflict(
                f"Letter {new.letter_number} is already recorded for this camera.",
                message_fr=f"Le courrier {new.letter_number} est déjà inscrit pour cette caméra.",
                field="letter_number",
            )
        notice = LocationNotice.objects.create(
            pk=pk,
            order=new.order,
            camera=new.camera,
            letter_number=new.letter_number,
            sent_on=new.sent_on,
            lat=new.place[1],
            lon=new.place[0],
        )
        if new.place != (new.camera.lon, new.camera.lat):
            plan.move_camera(new.camera.pk, lat=new.place[1], lon=new.place[0])
            new.camera.refresh_from_db()
        _cover(new)
        _authorise(new)
        tell("location.notified", by=by, camera=new.camera.pk, subject=new.order.pk)
        aftermath.follow([new.camera.pk], at=at)
    return notice


def _check(new: NewNotice, *, on: date) -> None:
    order, camera = new.order, new.camera
    if order.perimeter is None:
        raise InvalidInput(
            "This order names points, not a perimeter; a camera that moves needs a modification of it.",
            message_fr="Cet arrêté nomme des points, pas un périmètre ; une caméra déplacée demande sa modification.",
            field="order",
        )
    refuse(rules.notice_faults(new.sent_on, signed_on=order.signed_on, ends_on=order.ends_on, on=on))
    if (new.lat is None) != (new.lon is None):
        raise InvalidInput(
            "goes with the longitude: give both, or neither to keep the plan's place",
            message_fr="va avec la longitude : donnez les deux, ou aucune pour garder l'endroit du plan",
            field="lat",
        )
    if not contains(order.perimeter, *new.place):
        raise _outside(camera.number)
    others = order.covered.exclude(camera=camera).count()
    if others >= (order.max_cameras or 0):
        raise _too_many(others + 1, order.max_cameras or 0)


def _cover(new: NewNotice) -> None:
    OrderCamera.objects.update_or_create(
        order=new.order,
        camera=new.camera,
        defaults={"baseline": asdict(pose_of(new.camera))},
        create_defaults={"baseline": asdict(pose_of(new.camera)), "purposes": new.order.purposes},
    )


def _authorise(new: NewNotice) -> None:
    history = histories([new.camera.pk]).get(new.camera.pk, [])
    if not history or history[-1].on > new.sent_on:
        return
    steps = {StateName.PLANNED: (StateName.FILED, StateName.AUTHORISED), StateName.FILED: (StateName.AUTHORISED,)}
    for state in steps.get(history[-1].state, ()):
        plan.record_state(new.camera.pk, state, on=new.sent_on, note=f"avis d'emplacement {new.letter_number}"[:200])


def check_step(camera: str) -> None:
    """Nothing, when the last step of this camera's life may stand: put up, its place was notified by that day.

    Called in the transaction of that step. Errors: BarredByLaw.
    """
    history = histories([camera])[camera]
    if history[-1].state is not StateName.INSTALLED:
        return
    order = rules.order_on(camera_files([camera])[camera].orders, history[-1].on)
    if order is None or order.place is None or (order.place.is_inside and order.place.is_notified(history[-1].on)):
        return
    raise BarredByLaw(
        f"Order {order.number} is by perimeter: send the notice of location and write it down before putting it up.",
        message_fr=f"L'arrêté {order.number} est un périmètre : envoyez l'avis d'emplacement et inscrivez-le avant la "
        "pose.",
        article="CSI R252-17",
        field="state",
    )


def land(rows: Iterable[NoticeRow]) -> Landed:
    """What a town's folder brings of its notices, inside the caller's transaction; a new one renews the baseline."""
    known = set(LocationNotice.objects.values_list("pk", flat=True))
    notices = [
        LocationNotice(**row.model_dump(exclude={"order", "camera"}), order_id=row.order, camera_id=row.camera)
        for row in rows
    ]
    landed = put_all(LocationNotice, notices)
    for notice in notices:
        if notice.pk not in known:
            baseline = asdict(pose_of(notice.camera))
            OrderCamera.objects.filter(order=notice.order_id, camera=notice.camera_id).update(baseline=baseline)
            tell("location.notified", by="system", camera=notice.camera_id, subject=notice.order_id)
    return landed
