"""A dossier's course: opened, written, filed, receipt, decision; the papers that were drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from beffroi.authorise.dossier import keeping, queries
from beffroi.authorise.dossier.pieces import DossierKind, DossierMode, timer_of
from beffroi.authorise.dossier.townfile import KEYS
from beffroi.authorise.models import BuiltDocument, Dossier, DossierText, Order
from beffroi.authorise.models.dossiers import Decision
from beffroi.authorise.registers import tell
from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput
from beffroi.plan import services as plan
from beffroi.plan.models import Camera
from beffroi.plan.queries import histories
from beffroi.plan.rules import StateName

MAX_TEXT = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a dossier asks for. `perimeter`: a GeoJSON surface, or None for point plans."""

    name: str
    kind: str
    mode: str
    replaces: Order | None
    cameras: Sequence[str]
    purposes: Sequence[str]
    retention_days: int
    perimeter: dict[str, Any] | None = None
    max_cameras: int | None = None


def open_dossier(asked: Asked, *, on: date, by: str) -> Dossier:
    """A draft. Errors: Conflict when a dossier of this name was opened already."""
    key = _key(asked.name)
    if not key or Dossier.objects.filter(pk=key).exists():
        raise Conflict(
            "Another dossier has this name; give it its own.",
            message_fr="Un autre dossier porte ce nom ; donnez-lui le sien.",
            field="name",
        )
    with transaction.atomic():
        dossier = Dossier(pk=key, opened_on=on)
        _put(dossier, asked)
        tell("dossier.opened", by=by, subject=dossier.pk)
    return dossier


def _key(name: str) -> str:
    return slugify(name)[:63]


_NAMES = {DossierKind.RENEWAL: "Renouvellement", DossierKind.MODIFICATION: "Modification"}


def open_from(order: Order, kind: DossierKind, *, on: date, by: str) -> Dossier:
    """A draft that asks for what an order authorises: what is changed afterwards is told as a difference."""
    name = f"{_NAMES[kind]} de l'arrêté {order.number}"[:180]
    if Dossier.objects.filter(pk=_key(name)).exists():
        name = f"{name}, {on.isoformat()}"
    asked = Asked(
        name=name,
        kind=kind.value,
        mode=DossierMode.PIECES.value,
        replaces=order,
        cameras=list(order.covered.values_list("camera_id", flat=True)),
        purposes=order.purposes,
        retention_days=order.retention_days,
        perimeter=order.perimeter,
        max_cameras=order.max_cameras,
    )
    return open_dossier(asked, on=on, by=by)


def revise(dossier: Dossier, asked: Asked, *, by: str) -> None:
    """What a draft asks for. Errors: Conflict once it is filed."""
    refuse_filed(dossier)
    with transaction.atomic():
        _put(dossier, asked)
        tell("dossier.revised", by=by, subject=dossier.pk)


def _put(dossier: Dossier, asked: Asked) -> None:
    for name in ("name", "kind", "mode", "replaces", "retention_days", "perimeter", "max_cameras"):
        setattr(dossier, name, getattr(asked, name))
    dossier.purposes = list(asked.purposes)
    dossier.save()
    dossier.cameras.set(Camera.objects.filter(pk__in=asked.cameras))


def write_text(dossier: Dossier, key: str, text: str, *, by: str) -> None:
    """A section of a piece; the one before stays in the file.

    Errors: InvalidInput for an unknown section or a text too long; Conflict once the dossier is filed.
    """
    if key not in KEYS:
        raise InvalidInput(f"{key[:40]!r} is no section of a dossier.",
                           message_fr=f"{key[:40]!r} n'est pas une section du dossier.", field="key")  # fmt: skip
    if len(text) > MAX_TEXT:
        raise InvalidInput(f"The text is over {MAX_TEXT} signs; shorten it.",
                           message_fr=f"Le texte dépasse {MAX_TEXT} signes ; raccourcissez-le.",
                           field="text")  # fmt: skip
    refuse_filed(dossier)
    with transaction.atomic():
        add_texts(dossier, [(key, text.strip())], by=by)
        tell("dossier.written", by=by, subject=dossier.pk, detail={"section": key})


def add_texts(dossier: Dossier, texts: Iterable[tuple[str, str]], *, by: str) -> None:
    """Those that changed, inside the caller's transaction."""
    standing = queries.texts_of(dossier)
    now = timezone.now()
    DossierText.objects.bulk_create(
        DossierText(dossier=dossier, key=key, text=text, by=by, at=now)
        for key, text in texts
        if standing.get(key, "") != text
    )


def file(dossier: Dossier, *, on: date, by: str) -> None:
    """The dossier goes to the prefecture; its cameras that were only planned are filed from that day.

    Its papers, all made from today's data, are kept as they are: they are what was filed. Some seconds.
    Errors: BarredByLaw naming the first missing piece; Conflict when it was filed already, or its papers are not made
    or no longer say what the data say.
    """
    refuse_filed(dossier)
    lacking = queries.missing(dossier, on)
    if lacking:
        raise BarredByLaw(
            f"{len(lacking)} things are missing, the first: {lacking[0].lack} {lacking[0].subject}. Complete the "
            "dossier, then file it.",
            message_fr=f"Il manque {len(lacking)} éléments, dont {lacking[0].lack} {lacking[0].subject}. Complétez le "
            "dossier, puis déposez-le.",
            article=lacking[0].article,
            field="filed_on",
        )
    papers = keeping.whole_build(dossier)
    with transaction.atomic():
        keeping.keep(papers)
        dossier.filed_on = on
        dossier.save(update_fields=["filed_on"])
        _step(dossier, StateName.PLANNED, StateName.FILED, on=on)
        tell("dossier.filed", by=by, subject=dossier.pk, detail={"documents": len(papers)})


def _step(dossier: Dossier, before: StateName, after: StateName, *, on: date) -> None:
    """The dossier's cameras in one state take another."""
    for camera, history in histories(dossier.cameras.values_list("pk", flat=True)).items():
        if history[-1].state is before and history[-1].on <= on:
            plan.record_state(camera, after, on=on, note=dossier.name)


def record_receipt(dossier: Dossier, *, number: str, on: date, by: str, is_commission_extended: bool = False) -> None:
    """The prefecture's receipt: the months run from it.

    Errors: InvalidInput when it comes before the filing.
    """
    if dossier.filed_on is None or on < dossier.filed_on:
        raise InvalidInput(
            "A receipt follows the filing; record the filing first.",
            message_fr="Un récépissé suit le dépôt ; inscrivez d'abord le dépôt.",
            field="receipt_on",
        )
    with transaction.atomic():
        dossier.receipt_on, dossier.receipt_number = on, number.strip()
        dossier.is_commission_extended = is_commission_extended
        dossier.save(update_fields=["receipt_on", "receipt_number", "is_commission_extended"])
        tell("dossier.receipt", by=by, subject=dossier.pk)


def record_decision(dossier: Dossier, decision: Decision, *, on: date, by: str) -> None:
    """What came of it: cameras refused are planned again. An order received is written down apart, with its own terms.

    Errors: InvalidInput before the receipt, or when four months are not over and silence is claimed.
    """
    if dossier.receipt_on is None or on < dossier.receipt_on:
        raise InvalidInput(
            "A decision follows the receipt; record the receipt first.",
            message_fr="Une décision suit le récépissé ; inscrivez d'abord le récépissé.",
            field="decided_on",
        )
    if decision is Decision.IMPLIED_REFUSAL and on < timer_of(dossier.receipt_on).implied_refusal_on:
        raise InvalidInput(
            "Silence is a refusal only four months after the receipt.",
            message_fr="Le silence ne vaut refus que quatre mois après le récépissé.",
            field="decision",
        )
    with transaction.atomic():
        dossier.decision, dossier.decided_on = decision, on
        dossier.save(update_fields=["decision", "decided_on"])
        if decision is not Decision.GRANTED:
            _step(dossier, StateName.FILED, StateName.PLANNED, on=on)
        tell("dossier.decided", by=by, subject=dossier.pk, detail={"decision": decision.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A document that was drawn."""

    name: str
    sha256: str
    pages: int


def record_built(dossier: Dossier, drawn: Iterable[Drawn], *, by: str) -> None:
    """What was drawn, by its hash; one line of the journal for all."""
    now = timezone.now()
    rows = [
        BuiltDocument(dossier=dossier, name=one.name, sha256=one.sha256, pages=one.pages, by=by, at=now)
        for one in drawn
    ]
    with transaction.atomic():
        BuiltDocument.objects.bulk_create(rows)
        tell("dossier.built", by=by, subject=dossier.pk, detail={"documents": len(rows)})


def refuse_filed(dossier: Dossier) -> None:
    """Errors: Conflict once a dossier is at the prefecture."""
    if dossier.filed_on is not None:
        raise Conflict(
            f"This dossier was filed on {dossier.filed_on}; open a modification.",
            message_fr=f"Ce dossier a été déposé le {dossier.filed_on} ; ouvrez une modification.",
            field="dossier",
        )
