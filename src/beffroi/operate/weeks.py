"""Measured weeks proposed from what recorders stored: the bytes of each file, told when it is destroyed.

A recorder tells the rate of the moment all the time, and what it really stored of a span when the span's retention is
over. The week proposed is therefore the last one whose seven days are destroyed, not the seven days before today.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from beffroi.core.dates import day_of, day_starts_at
from beffroi.core.errors import InvalidInput
from beffroi.core.instants import US_PER_S, from_us, to_us
from beffroi.engine.contract import FactKind, MaskDriver, StreamName
from beffroi.operate import masks
from beffroi.operate.models import Device, Gap, MaskProof, NodeFact
from beffroi.plan.calc.bandwidth import Measured
from beffroi.plan.calc.stored_week import LEAST_SHARE, Lot, StoredWeek, stored_week
from beffroi.plan.links import last_weeks
from beffroi.plan.measuring import WEEK_DAYS, NewWeek, check_week, record_weeks
from beffroi.plan.models import Camera, MeasuredWeek
from beffroi.territory.queries import town_zone

_LATEST = 500
"""Of the newest told: footage that a hold kept longer is told among them."""
NOT_TOLD = _("Aucune de ses images n'est encore au bout de sa conservation.")
SHORT = _("Moins de %(least)s %% de la semaine furent enregistrés : le débit n'en serait pas celui d'une semaine.")
COARSE = _("L'enregistreur a rendu compte par lots trop longs pour un 95e centile ; attendez la semaine suivante.")
BURNT = _("Ses masques sont incrustés par l'enregistreur : ce qu'il garde n'est pas ce que la caméra envoie.")
KEPT = _("Déjà retenue, ou une plus récente l'est.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A camera's last week as its recorder tells it. `why` it may not be taken; empty: it may."""

    camera: Camera
    now: MeasuredWeek | None
    """What it is counted on today; None: the makers' table."""
    from_on: date | None = None
    to_on: date | None = None
    recorded_share: float = 0.0
    rate: Measured | None = None
    recorder: str = ""
    why: str | Promise = ""

    @property
    def week(self) -> NewWeek:
        """As it would be written. Only where it may be."""
        assert self.rate is not None and self.to_on is not None
        source = f"{self.recorder[:60]}, octets enregistrés, {100 * self.recorded_share:.0f} % de la semaine"
        return NewWeek(
            to_on=self.to_on,
            mean_mbit_s=round(self.rate.mean_bit_s / 1e6, 3),
            p95_mbit_s=round(self.rate.p95_bit_s / 1e6, 3),
            source=source,
        )


def proposals(cameras: Collection[str]) -> list[Proposal]:
    """Of each of these cameras that has a recorder, by number."""
    now = last_weeks()
    devices = Device.objects.filter(camera__in=cameras).select_related("camera", "node").order_by("camera__number")
    return [_proposal(device, device.camera, now.get(device.camera.pk)) for device in devices if device.camera]


def accept(cameras: Collection[str], *, by: str) -> list[Proposal]:
    """The weeks that may be taken of these cameras are theirs from now on; returns them.

    Errors: InvalidInput when none may.
    """
    taken = [one for one in proposals(cameras) if not one.why]
    if not taken:
        raise InvalidInput(
            "None of these weeks can be kept; read why beside each.",
            message_fr="Aucune de ces semaines ne peut être retenue ; lisez pourquoi à côté de chacune.",
            field="camera",
        )
    record_weeks({one.camera.pk: one.week for one in taken}, by=by)
    return taken


def _proposal(device: Device, camera: Camera, now: MeasuredWeek | None) -> Proposal:
    last_on = _last_whole_day(device)
    if last_on is None:
        return Proposal(camera=camera, now=now, why=NOT_TOLD)
    from_on = last_on - timedelta(days=WEEK_DAYS - 1)
    span = _span_us(from_on, last_on)
    found = _stored(device, span)
    proposal = Proposal(
        camera=camera,
        now=now,
        from_on=from_on,
        to_on=last_on,
        recorded_share=found.recorded_share,
        rate=found.rate,
        recorder=device.node.name,
    )
    return _barred(proposal, found, is_burnt=_is_burnt(device, span))


def _barred(one: Proposal, found: StoredWeek, *, is_burnt: bool) -> Proposal:
    def because(why: str | Promise) -> Proposal:
        return replace(one, why=why)

    if not found.is_whole:
        return because(str(SHORT) % {"least": f"{100 * LEAST_SHARE:.0f}"})
    if is_burnt:
        return because(BURNT)
    if not found.is_fine:
        return because(COARSE)
    if one.now is not None and one.to_on is not None and one.now.to_on >= one.to_on:
        return because(KEPT)
    try:
        check_week(one.camera.pk, one.week)
    except InvalidInput as error:
        return because(error.message_fr if get_language() == "fr" else error.message)
    return one


def _last_whole_day(device: Device) -> date | None:
    """The last day of the town of which all is destroyed, in its order; what a test erased at once does not count."""
    newest = _told(device).order_by("-at_us").values_list("detail__to_at_us", flat=True)[:_LATEST]
    until_us = max((int(one) for one in newest), default=None)
    return None if until_us is None else day_of(from_us(until_us), town_zone()) - timedelta(days=1)


def _told(device: Device) -> QuerySet[NodeFact]:
    rows = NodeFact.objects.filter(camera=device.pk, kind=FactKind.FOOTAGE_DESTROYED, detail__stream=StreamName.MAIN)
    return rows.exclude(detail__reason="test")


def _span_us(from_on: date, to_on: date) -> tuple[int, int]:
    zone = town_zone()
    return to_us(day_starts_at(from_on, zone)), to_us(day_starts_at(to_on + timedelta(days=1), zone))


def _stored(device: Device, span: tuple[int, int]) -> StoredWeek:
    start_us, end_us = span
    told = _told(device).filter(at_us__gte=start_us, detail__from_at_us__lt=end_us, detail__to_at_us__gt=start_us)
    rows = told.values_list("detail__from_at_us", "detail__to_at_us", "detail__bytes")
    gaps = Gap.objects.filter(camera=device.pk, stream=StreamName.MAIN, from_at_us__lt=end_us, to_at_us__gt=start_us)

    def at_s(at_us: int) -> float:
        return (int(at_us) - start_us) / US_PER_S

    lots = [Lot(from_s=at_s(begun), to_s=at_s(ended), size_bytes=int(size)) for begun, ended, size in rows]
    missing = [(at_s(begun), at_s(ended)) for begun, ended in gaps.values_list("from_at_us", "to_at_us")]
    return stored_week(lots, missing, week_s=at_s(end_us))


def _is_burnt(device: Device, span: tuple[int, int]) -> bool:
    """The recorder drew its masks in that week, or is to draw them now."""
    proofs = MaskProof.objects.filter(
        camera=device.pk, driver=MaskDriver.NODE.value, at_us__gte=span[0], at_us__lt=span[1]
    )
    version = masks.latest([device.pk]).get(device.pk)
    is_to_burn = version is not None and bool(version.polygons) and version.driver == MaskDriver.NODE.value
    return is_to_burn or proofs.exists()
