"""Writes of the authorisations, and the import of a whole town: ground, programme, papers, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from beffroi.authorise import rules, townfile
from beffroi.authorise.assessment import landing as assessment
from beffroi.authorise.assessment import queries as assessments
from beffroi.authorise.assessment import rules as of_assessment
from beffroi.authorise.assessment import townfile as assessment_file
from beffroi.authorise.assessment.words import MUST_CONSULT, in_both
from beffroi.authorise.dossier import services as dossier
from beffroi.authorise.dossier import townfile as dossier_file
from beffroi.authorise.limits import limits_on
from beffroi.authorise.models import Declaration, Order, OrderCamera, Precaution, Undertaking
from beffroi.authorise.queries import pose_of
from beffroi.authorise.registers import tell
from beffroi.authorise.rules import Regime
from beffroi.authorise.services import aftermath, perimeter, windows
from beffroi.authorise.services.refusing import refuse
from beffroi.authorise.townfile import OrderRow, Papers
from beffroi.authorise.words import both
from beffroi.core.dates import day_of
from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput
from beffroi.core.reading import FolderReader
from beffroi.plan import services as plan
from beffroi.plan.models import Camera, Phase
from beffroi.plan.queries import histories
from beffroi.plan.retained import Left
from beffroi.plan.rules import StateName
from beffroi.territory import services as territory
from beffroi.territory.queries import town, town_zone
from beffroi.territory.services import Landed, put_all


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did, or would do. `start_on`: the day that relative dates were told from.

    `left`: sites and cameras retained from a scenario, of which the folder says otherwise; they stand as retained.
    """

    start_on: date
    is_dry_run: bool
    tables: tuple[Landed, ...]
    left: tuple[Left, ...] = ()


def import_town(
    folder: Path, *, start_on: date | None = None, is_dry_run: bool = False, over_retained: bool = False
) -> ImportReport:
    """Reads a folder of text, checks all of it, then writes it in one transaction. Again: updates by key.

    Rows of the database that the folder does not name stay. A camera's recorded history is never rewritten, nor is
    what an order found when it was recorded; a withdrawal or a suspension recorded here is never undone.
    What was retained from a scenario stands, and is told, unless `over_retained`.
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
    now = timezone.now()
    start_on = known.started_on if known else start_on or day_of(now, town_zone())
    reader = FolderReader(folder, start_on)
    ground = territory.read(reader)
    works = plan.read(
        reader,
        centre=ground.centre,
        zones=ground.zones,
        public_buildings=ground.public_buildings,
        authority=ground.authority,
        boundary=ground.boundary,
    )
    papers = townfile.read(reader, cameras=works.cameras, phases=works.phases)
    files = dossier_file.read(reader, cameras=works.cameras, sites=works.sites, orders=papers.orders)
    versions = assessment_file.read(reader, phases=works.phases)
    reader.raise_if_any()
    with transaction.atomic():
        tables = territory.land(ground, start_on=start_on)
        planned, left = plan.land(works, over_retained=over_retained)
        tables += [*planned, *_land_papers(papers)]
        tables += [*dossier.land(files), assessment.land(versions)]
        windows.close_left(at=now)
        aftermath.follow(works.cameras, at=now)
        counts = {"created": sum(one.created for one in tables), "updated": sum(one.updated for one in tables)}
        counts |= {"left": len(left)} if left else {}
        tell("town.imported", by="system", detail=counts)
        transaction.set_rollback(is_dry_run)
    return ImportReport(start_on=start_on, is_dry_run=is_dry_run, tables=tuple(tables), left=tuple(left))


def _land_papers(papers: Papers) -> list[Landed]:
    """The papers of a town's folder; each new or changed one is a line of the journal."""
    before = {order.pk: order for order in Order.objects.filter(pk__in=papers.orders)}
    orders = [_order(row, before.get(row.id)) for row in papers.orders.values()]
    undertakings = [Undertaking(**row.model_dump()) for row in papers.undertakings.values()]
    declarations = [_declaration(row) for row in papers.declarations.values()]
    changed = [
        *(("order", order.pk, order.pk not in before) for order in orders if _differs(order, before.get(order.pk))),
        *(("undertaking", pk, is_new) for pk, is_new in _changes(Undertaking, undertakings)),
        *(("declaration", pk, is_new) for pk, is_new in _changes(Declaration, declarations)),
    ]
    landed = [put_all(Order, orders), put_all(Undertaking, undertakings), put_all(Declaration, declarations)]
    for row in papers.orders.values():
        _cover(row.id, {camera: row.purposes_of(camera) for camera in row.cameras})
        _lay_down(row)
    landed.append(perimeter.land(papers.notices.values()))
    for paper, pk, is_new in changed:
        tell(f"{paper}.{'recorded' if is_new else 'changed'}", by="system", subject=pk)
    return landed


def _order(row: OrderRow, before: Order | None) -> Order:
    order = Order(**row.model_dump(exclude={"cameras", "camera_purposes", "precautions"}))
    order.purposes = [purpose.value for purpose in row.purposes]
    order.recipients = list(row.recipients)
    if before is not None:
        order.withdrawn_on = before.withdrawn_on or order.withdrawn_on
        order.suspended_at, order.event_over_at = before.suspended_at, before.event_over_at
    return order


def _lay_down(row: OrderRow) -> None:
    """The precautions of an order, as its folder says them now."""
    Precaution.objects.filter(order=row.id).delete()
    Precaution.objects.bulk_create(
        Precaution(order_id=row.id, **one.model_dump(exclude={"from_on"}), from_on=one.from_on or row.signed_on)
        for one in row.precautions
    )


def _declaration(row: townfile.DeclarationRow) -> Declaration:
    return Declaration(**row.model_dump(exclude={"phase", "order"}), phase_id=row.phase, order_id=row.order)


def _changes(
    model: type[Undertaking] | type[Declaration], rows: Iterable[Undertaking | Declaration]
) -> list[tuple[str, bool]]:
    known = {row.pk: row for row in model._default_manager.all()}
    return [(row.pk, row.pk not in known) for row in rows if _differs(row, known.get(row.pk))]


def _differs(row: Order | Undertaking | Declaration, before: Order | Undertaking | Declaration | None) -> bool:
    names = [column.attname for column in row._meta.concrete_fields]
    return before is None or any(getattr(row, name) != getattr(before, name) for name in names)


def _cover(order: str, cameras: Mapping[str, list[str]]) -> None:
    """The order covers these cameras for these purposes; what a camera was when first covered is kept."""
    OrderCamera.objects.filter(order=order).exclude(camera__in=cameras).delete()
    poses = {camera.pk: asdict(pose_of(camera)) for camera in Camera.objects.filter(pk__in=cameras)}
    OrderCamera.objects.bulk_create(
        (
            OrderCamera(order_id=order, camera_id=camera, purposes=purposes, baseline=poses[camera])
            for camera, purposes in cameras.items()
        ),
        update_conflicts=True,
        unique_fields=["order", "camera"],
        update_fields=["purposes"],
    )


# -- orders -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """An order as a person writes it down. `cameras`: each with its purposes; none means all of the order's.

    `perimeter`: a GeoJSON surface in place of point plans; its cameras are each notified beforehand.
    """

    number: str
    name: str
    signed_on: date
    ends_on: date
    purposes: tuple[str, ...]
    retention_days: int
    cameras: Mapping[str, tuple[str, ...]]
    minimum_retention_days: int | None = None
    recipients: tuple[str, ...] = ()
    published: str = ""
    perimeter: dict[str, Any] | None = None
    max_cameras: int | None = None
    regime: Regime = Regime.STANDARD
    event: str = ""

    @property
    def asked(self) -> rules.Asked:
        """What the law bounds of it."""
        return rules.Asked(
            signed_on=self.signed_on,
            ends_on=self.ends_on,
            retention_days=self.retention_days,
            minimum_retention_days=self.minimum_retention_days,
            regime=self.regime,
            event=self.event,
            has_perimeter=self.perimeter is not None,
            max_cameras=self.max_cameras,
            purposes=frozenset(self.purposes),
        )


def record_order(new: NewOrder, *, by: str, at: datetime) -> Order:
    """Writes down an order of the prefect; cameras whose dossier was filed are authorised from its day.

    Errors: BarredByLaw or InvalidInput naming the field, Conflict when its number is known.
    """
    refuse(rules.order_faults(new.asked, limits_on(new.signed_on)))
    _check_purposes(new)
    _check_controllers(new)
    if new.perimeter is not None:
        perimeter.check_cameras(new.perimeter, new.cameras, most=new.max_cameras or 0)
    pk = slugify(new.number)[:63].strip("-") or "arrete"
    with transaction.atomic():
        if Order.objects.filter(number=new.number).exists() or Order.objects.filter(pk=pk).exists():
            raise Conflict(
                f"Order {new.number} is already recorded; open it to change it.",
                message_fr=f"L'arrêté {new.number} est déjà inscrit ; ouvrez-le pour le modifier.",
                field="number",
            )
        fields = asdict(new) | {"purposes": list(new.purposes), "recipients": list(new.recipients)}
        del fields["cameras"]
        order = Order.objects.create(pk=pk, **fields)
        _cover(pk, {camera: list(given or new.purposes) for camera, given in new.cameras.items()})
        _authorise_filed(new)
        tell("order.recorded", by=by, subject=pk, detail={"cameras": len(new.cameras), "days": new.retention_days})
        aftermath.follow(new.cameras, at=at)
    return order


def _check_purposes(new: NewOrder) -> None:
    if not new.cameras:
        raise InvalidInput(
            "An order covers one camera at least; choose them.",
            message_fr="Un arrêté couvre au moins une caméra ; choisissez-les.",
            field="cameras",
        )
    beyond = sorted({purpose for given in new.cameras.values() for purpose in given} - set(new.purposes))
    if beyond or not new.purposes:
        raise BarredByLaw(
            "A camera has one purpose at least, and none outside its order (CSI L. 251-2); tick it for the order, or "
            "remove it from the camera.",
            message_fr="Une caméra a au moins une finalité, et aucune hors de son arrêté (CSI L. 251-2) ; cochez-la "
            "pour l'arrêté, ou retirez-la de la caméra.",
            article="CSI L251-2",
            field="purposes",
        )


def _check_controllers(new: NewOrder) -> None:
    """A camera of another controller stands under its own order alone. Source: CSI L. 251-2, L. 223-1."""
    others = Camera.objects.filter(pk__in=new.cameras).exclude(controller="").exclude(own_authorisation=new.number)
    if others:
        named = ", ".join(f"{camera.number} ({camera.controller}, {camera.own_authorisation})" for camera in others)
        raise BarredByLaw(
            f"{named}: another controller's camera, under its own order; untick it here.",
            message_fr=f"{named} : caméra d'un autre responsable, sous son propre arrêté ; décochez-la ici.",
            article="CSI L251-2",
            field="cameras",
        )


def _authorise_filed(new: NewOrder) -> None:
    for camera, history in histories(new.cameras).items():
        if history[-1].state is StateName.FILED and history[-1].on <= new.signed_on:
            plan.record_state(camera, StateName.AUTHORISED, on=new.signed_on)


def suspend(order: Order, *, by: str, at: datetime) -> None:
    """The prefect suspended the order: its gates shut at once. Source: CSI R. 254-2."""
    _change(order, {"suspended_at": at}, "order.suspended", by=by, at=at)


def resume(order: Order, *, by: str, at: datetime) -> None:
    """The suspension is over."""
    _change(order, {"suspended_at": None}, "order.resumed", by=by, at=at)


def withdraw(order: Order, *, on: date, by: str, at: datetime) -> None:
    """The prefect withdrew the order: no gate is open under it from this day on. Source: CSI R. 254-2.

    Errors: InvalidInput when the day precedes the order, Conflict when it was withdrawn before.
    """
    if order.withdrawn_on is not None:
        raise Conflict(
            f"This order was withdrawn on {order.withdrawn_on}.",
            message_fr=f"Cet arrêté a été retiré le {order.withdrawn_on}.",
            field="withdrawn_on",
        )
    if on < order.signed_on:
        raise InvalidInput(
            f"comes before the order, signed on {order.signed_on}",
            message_fr=f"précède l'arrêté, signé le {order.signed_on}",
            field="withdrawn_on",
        )
    _change(order, {"withdrawn_on": on}, "order.withdrawn", by=by, at=at)


def end_event(order: Order, *, by: str, at: datetime) -> None:
    """The event of a temporary order is over: its gates shut at once. Source: CSI L. 252-6, L. 223-4.

    Errors: InvalidInput for an order that is not temporary, Conflict when it was said before.
    """
    if not order.is_temporary:
        raise InvalidInput(
            "Only a temporary order ends with an event; withdraw this one instead.",
            message_fr="Seul un arrêté provisoire cesse avec un événement ; inscrivez plutôt un retrait.",
            field="order",
        )
    if order.event_over_at is not None:
        raise Conflict(
            "The event of this order is over already; its cameras are shut.",
            message_fr="L'événement de cet arrêté est déjà terminé ; ses caméras sont fermées.",
            field="order",
        )
    _change(order, {"event_over_at": at}, "order.event-over", by=by, at=at)


def _change(order: Order, values: Mapping[str, date | datetime | None], action: str, *, by: str, at: datetime) -> None:
    with transaction.atomic():
        for name, value in values.items():
            setattr(order, name, value)
        order.save(update_fields=list(values))
        tell(action, by=by, subject=order.pk)
        aftermath.follow(order.covered.values_list("camera_id", flat=True), at=at)


# -- letters ----------------------------------------------------------------------------------------------


def record_undertaking(
    sent_on: date, *, receipt_number: str = "", receipt_on: date | None = None, by: str, at: datetime
) -> Undertaking:
    """The undertaking sent to the CNIL, with its receipt or before it. Source: CSI R. 253-7.

    Errors: InvalidInput naming the field.
    """
    refuse(rules.receipt_faults(sent_on, receipt_number, receipt_on))
    with transaction.atomic():
        pk = f"e-{sent_on.isoformat()}"
        undertaking, _ = Undertaking.objects.update_or_create(
            pk=pk, defaults={"sent_on": sent_on, "receipt_number": receipt_number, "receipt_on": receipt_on}
        )
        tell("receipt.recorded" if receipt_number else "undertaking.recorded", by=by, subject=pk)
        aftermath.follow(Camera.objects.values_list("pk", flat=True), at=at)
    return undertaking


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDeclaration:
    """The letter that tells the prefect when the order's cameras of a phase enter service."""

    phase: Phase
    order: Order
    letter_number: str
    sent_on: date
    commissioning_on: date


def declare(new: NewDeclaration, *, by: str, at: datetime) -> Declaration:
    """Writes down a declaration; the phase's installed cameras are declared from its day. Source: CSI R. 252-17.

    Errors: BarredByLaw or InvalidInput naming the field, BarredByLaw while the impact assessment does not describe the
    phase or waits for the CNIL; Conflict when the letter is known.
    """
    refuse(rules.declaration_faults(new.sent_on, new.commissioning_on, signed_on=new.order.signed_on))
    cameras = Camera.objects.filter(phase=new.phase, orders=new.order).values_list("pk", flat=True)
    if not cameras:
        raise InvalidInput(
            "This order covers no camera of this phase; choose the phase's own order.",
            message_fr="Cet arrêté ne couvre aucune caméra de cette phase ; choisissez l'arrêté de la phase.",
            field="order",
        )
    _check_assessed(new.phase, new.sent_on)
    pk = slugify(f"d-{new.phase.pk}-{new.letter_number}")[:63].strip("-")
    with transaction.atomic():
        if Declaration.objects.filter(pk=pk).exists():
            raise Conflict(
                f"Letter {new.letter_number} is already recorded for this phase.",
                message_fr=f"Le courrier {new.letter_number} est déjà inscrit pour cette phase.",
                field="letter_number",
            )
        declaration = Declaration.objects.create(
            pk=pk,
            phase=new.phase,
            order=new.order,
            letter_number=new.letter_number,
            sent_on=new.sent_on,
            commissioning_on=new.commissioning_on,
        )
        for camera, history in histories(cameras).items():
            if history[-1].state is StateName.INSTALLED and history[-1].on <= new.sent_on:
                plan.record_state(camera, StateName.DECLARED, on=new.sent_on)
        tell("declaration.recorded", by=by, subject=pk, detail={"cameras": len(cameras)})
        aftermath.follow(cameras, at=at)
    return declaration


def _check_assessed(phase: Phase, on: date) -> None:
    """Source: RGPD 35 (before the processing; reviewed when it changes); LIL 90."""
    reasons = assessments.barring_phases([phase.pk], on)
    if reasons:
        said, said_fr = in_both(reasons)
        raise BarredByLaw(
            f"{said} Open a version of the impact assessment and approve it first.",
            message_fr=f"{said_fr} Ouvrez une version de l'analyse d'impact et validez-la d'abord.",
            article=of_assessment.ARTICLE,
            field="phase",
        )
    if assessments.must_consult():
        said, said_fr = both(MUST_CONSULT)
        raise BarredByLaw(
            f"{said} Record the opinion first, or lower the risk in a new version.",
            message_fr=f"{said_fr} Inscrivez d'abord l'avis, ou réduisez le risque dans une nouvelle version.",
            article=of_assessment.CONSULTATION,
            field="phase",
        )
