"""Documents of an answer, in French as the law's are: the written answer (negative ones too) and the receipt."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import translation

from beffroi.core.documents import document_pdf
from beffroi.core.errors import Conflict
from beffroi.core.instants import from_us
from beffroi.evidence import words
from beffroi.evidence.models import HandOver, Requisition, Step
from beffroi.evidence.pages.cameras import camera_rows
from beffroi.evidence.queries import cases
from beffroi.evidence.rules import Negative, Result, StepKind
from beffroi.territory.queries import town

HERE = Path(__file__).parent
_SAID = {
    Result.IMAGES: "Des images répondent à la demande ; elles sont remises dans le pack qui accompagne cette réponse.",
    Result.PARTIAL: "Des images répondent en partie à la demande ; elles sont remises dans le pack qui accompagne "
    "cette réponse.",
    Result.NEGATIVE: "Aucune image ne répond à la demande. La relecture a été faite et les motifs sont donnés "
    "ci-dessous.",
}


def answer_pdf(requisition: Requisition) -> bytes:
    """The written answer. Errors: Conflict while there is no result."""
    with translation.override("fr"):
        found = _last(requisition, StepKind.RESULT)
        if found is None:
            raise Conflict(
                "There is no result yet: say first what the replay gave.",
                message_fr="Il n'y a pas encore de résultat : dites d'abord ce qu'a donné la relecture.",
            )
        result = Result(found.code)
        why = [str(words.NEGATIVES[Negative(code)]) for key, code in found.detail.items() if key.startswith("why_")]
        given = _common(requisition, found.at_us) | {
            "title": "Réponse négative à une réquisition" if result is Result.NEGATIVE else "Réponse à une réquisition",
            "said": _SAID[result],
            "why": why,
            "cameras": [[row.name, row.decision, row.said, row.recorded] for row in camera_rows(requisition)],
            "people": _people(requisition),
        }
        return document_pdf(HERE / "answer.typ", given, made_at=_at(found.at_us))


def receipt_pdf(requisition: Requisition) -> bytes:
    """The receipt to be signed. Errors: Conflict before the hand-over."""
    with translation.override("fr"):
        row = requisition.hand_overs.select_related("recipient", "pack", "by").last()
        if row is None:
            raise Conflict("Nothing was handed over yet.", message_fr="Rien n'a encore été remis.")
        given = _common(requisition, row.at_us) | {"title": "Récépissé de remise", "handed": _handed(row)}
        given["keeping"] = (
            f"Le destinataire détruit ces images au plus tard le {words.day(row.keeps_until_on)} (L. 252-3)."
            if row.keeps_until_on
            else "Entre les mains de l'autorité, ces images suivent les règles de la procédure (R. 253-4)."
        )
        return document_pdf(HERE / "receipt.typ", given, made_at=_at(row.at_us))


def _common(requisition: Requisition, at_us: int) -> dict[str, Any]:
    here = town()
    return {
        "town": here.name if here else "",
        "fictional": "Jeu fictif" if here and here.is_fictional else None,
        "number": requisition.pk,
        "made": f"établi le {words.when(at_us)}",
        "asked": [[name, value] for name, value in _asked(requisition)],
    }


def _asked(requisition: Requisition) -> list[tuple[str, str]]:
    frame = cases.frame_on(requisition)
    utc = words.utc_span(requisition.from_at_us, requisition.to_at_us)
    return [
        ("Faits et lieu", requisition.title),
        ("Période", f"{words.span(requisition.from_at_us, requisition.to_at_us)} ({utc})"),
        ("Cadre", f"{frame.fr}, {frame.article}" if frame else "à compléter"),
        ("Procédure", requisition.procedure or "à compléter"),
        ("Demandeur", ", ".join(part for part in (requisition.officer, requisition.unit) if part) or "à compléter"),
    ]


def _people(requisition: Requisition) -> list[list[str]]:
    case = cases.facts_of(requisition)
    chosen, validated = _last(requisition, StepKind.RESULT), _last(requisition, StepKind.VALIDATED)
    rows = [["A choisi et relu", _person(chosen)]]
    if case.is_validated:
        said = "Validé a posteriori" if validated and validated.detail.get("afterwards") else "A validé"
        return [*rows, [said, _person(validated)]]
    said = "seul en poste : la validation se fait le lendemain" if case.is_alone else "validation en attente"
    return [*rows, ["Validation", said]]


def _person(step: Step | None) -> str:
    return f"{step.by.name}, {words.when(step.at_us)}" if step and step.by else ""


def _handed(row: HandOver) -> list[list[str]]:
    rows = [
        ["Remis à", str(row.recipient)],
        ["Qualité", row.recipient.get_quality_display()],
        ["Support", f"{row.get_medium_display()} {row.medium_reference}".strip()],
        *_reader(row),
        ["Remis par", row.by.name if row.by else ""],
        ["Le", words.when(row.at_us)],
    ]
    if row.pack is not None:
        rows.append(["Originaux", str(row.pack.files)])
        rows.append(["Manifeste, SHA-256", row.pack.manifest_sha256])
    else:
        rows.append(["Images", "aucune : réponse négative"])
    validated = _last(row.requisition, StepKind.VALIDATED)
    if not cases.facts_of(row.requisition).is_validated:
        rows.append(["Validation", "seul en poste : la validation se fait le lendemain"])
    elif validated and validated.detail.get("afterwards"):
        rows.append(["Validé a posteriori", _person(validated)])
    return rows


def _reader(row: HandOver) -> list[list[str]]:
    """The second medium, and why the first is not a write-once disc. Source: arrêté of 3 August 2007, art. 3."""
    rows = []
    if row.reader_medium:
        said = f"{row.get_reader_medium_display()} {row.reader_reference}".strip()
        rows.append(["Support du lecteur, distinct", said])
    if row.medium_exemption:
        rows.append(["Motif du support réinscriptible", row.get_medium_exemption_display()])
    return rows


def _last(requisition: Requisition, kind: StepKind) -> Step | None:
    return requisition.steps.filter(kind=kind.value).select_related("by").order_by("at_us", "pk").last()


def _at(at_us: int) -> datetime:
    return from_us(at_us)
