"""What a pack is ordered with, from the rows of a requisition."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation

from beffroi.evidence import words
from beffroi.evidence.models import Pack, Requisition, Step
from beffroi.evidence.packs.contract import PackCamera, PackOrder, PackPerson, Result
from beffroi.evidence.queries import cases
from beffroi.evidence.rules import Negative, PieceKind, StepKind
from beffroi.people.models import Agent
from beffroi.plan.models import Camera


def order_of(pack: Pack) -> PackOrder:
    """The order of a pack. Errors: InvalidInput naming what is missing."""
    requisition = pack.requisition
    frame = cases.frame_on(requisition)
    case = cases.facts_of(requisition)
    validated = _last(requisition, StepKind.VALIDATED) if case.is_validated else None
    received = _last(requisition, StepKind.RECEIVED)
    return PackOrder(
        id=pack.pk,
        number=_folder_number(pack),
        frame=requisition.frame,
        article=frame.article if frame else "",
        procedure=requisition.procedure,
        requester=PackPerson(name=requisition.officer, quality="OPJ", unit=requisition.unit),
        recipient=_recipient(pack),
        chooser=_agent(_chooser(requisition)),
        exporter=_agent(pack.asked_by),
        validator=_agent(validated.by) if validated and validated.by else None,
        validated_afterwards_at_us=validated.at_us if validated and validated.detail.get("afterwards") else 0,
        cameras=tuple(_cameras(requisition)),
        from_at_us=requisition.from_at_us,
        to_at_us=requisition.to_at_us,
        received_at_us=received.at_us if received else requisition.opened_at_us,
        result=Result(case.result.value) if case.result else Result.IMAGES,
        authorisation=_authorisation(requisition),
        findings=_findings(requisition),
        keep_until=f"détruite {settings.BEFFROI.evidence.grace_hours} h après la remise confirmée",
        wants_working_copy=pack.with_working_copy,
    )


def _folder_number(pack: Pack) -> str:
    """`R-2026-039`; a second pack of the same requisition is `R-2026-039-2`."""
    earlier = pack.requisition.packs.filter(asked_at_us__lt=pack.asked_at_us, made_at_us__isnull=False).count()
    return f"{pack.requisition_id}-{earlier + 1}" if earlier else pack.requisition_id


def _last(requisition: Requisition, kind: StepKind) -> Step | None:
    return requisition.steps.filter(kind=kind.value).select_related("by").order_by("at_us", "pk").last()


def _chooser(requisition: Requisition) -> Agent | None:
    chosen = _last(requisition, StepKind.RESULT) or _last(requisition, StepKind.CHOSEN)
    return chosen.by if chosen else None


def _agent(agent: Agent | None) -> PackPerson:
    return PackPerson(name=agent.name, quality=agent.title, id=agent.pk) if agent else PackPerson(name="")


def _recipient(pack: Pack) -> PackPerson:
    found = pack.recipient
    if found is None:
        return PackPerson(name="")
    with translation.override("fr"):
        return PackPerson(name=found.name, quality=found.get_quality_display(), unit=found.unit)


def _cameras(requisition: Requisition) -> list[PackCamera]:
    rows = Camera.objects.filter(pk__in=cases.kept(requisition)).select_related("site").order_by("number")
    return [PackCamera(id=row.pk, number=row.number, name=row.name, place=row.site.name) for row in rows]


def _authorisation(requisition: Requisition) -> str:
    """The magistrate's act, or the second person's decision to go without it."""
    kinds = (PieceKind.AUTHORISATION.value, PieceKind.INSTRUCTIONS.value, PieceKind.COMMISSION.value)
    piece = requisition.pieces.filter(kind__in=kinds).last()
    if piece is not None:
        with translation.override("fr"):
            on = f" du {piece.dated_on:%d/%m/%Y}" if piece.dated_on else ""
            return f"{piece.get_kind_display()}{on}, {piece.signed_by} {piece.reference}".strip()
    decided = _last(requisition, StepKind.DISPENSED)
    if decided is None:
        return ""
    return f"pièce à compléter ; export décidé par {decided.by.name if decided.by else ''}"


def _findings(requisition: Requisition) -> str:
    result = _last(requisition, StepKind.RESULT)
    if result is None:
        return ""
    with translation.override("fr"):
        why = [str(words.NEGATIVES[Negative(code)]) for key, code in result.detail.items() if key.startswith("why_")]
    return f"Images partielles : {', '.join(why)}." if why else ""
