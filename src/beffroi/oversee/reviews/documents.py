"""The paper of a monthly review (document 26). In French, as the law's papers are."""

from __future__ import annotations

from django.utils import translation

from beffroi.oversee.models import Review
from beffroi.oversee.paper import Paper, Section, pdf, said_at, said_on
from beffroi.oversee.reviews import pages, rules
from beffroi.oversee.reviews.rules import Figures


def review_pdf(review: Review) -> bytes:
    """The PDF; a draft until it is signed."""
    with translation.override("fr"):
        sheet = pages.sheet(review.month, Figures.of(review.figures))
        signed = _signed(review)
        return pdf(
            Paper(
                title="Revue mensuelle du journal",
                reference=f"{review.month:%Y-%m}",
                made_at_us=review.signed_at_us or review.drawn_at_us,
                draft=None if signed else "PROJET, NON SIGNÉ",
                sections=[*_counts(sheet), _conclusion(review)],
                signatures=[("Le délégué à la protection des données", name, when) for name, when in signed],
            )
        )


def _signed(review: Review) -> list[tuple[str, str]]:
    if review.signed_at_us is None or review.signed_by is None:
        return []
    return [(review.signed_by.name, f"le {said_at(review.signed_at_us)}")]


def _counts(sheet: pages.Sheet) -> list[Section]:
    return [
        Section(
            title="Accès aux images",
            text="Comptés par registre, fonction et motif ; personne n'y est nommé ni classé (LIL 101).",
            head=("Registre", "Fonction", "Motif", "Accès"),
            rows=sheet.accesses,
            widths=(2, 3, 3, 1),
            empty="Aucun accès ce mois-ci.",
        ),
        Section(title="Points de vigilance", head=("Point", "Nombre"), rows=sheet.watched, widths=(4, 1)),
        Section(title="Accès refusés", head=("Motif du refus", "Nombre"), rows=sheet.refusals, widths=(4, 1)),
        Section(
            title="Lacunes d'enregistrement",
            head=("Cause", "Nombre", "Durée cumulée"),
            rows=sheet.gaps,
            widths=(4, 1, 2),
            empty="Aucune lacune ce mois-ci.",
        ),
        Section(title="Preuve du journal", facts=sheet.proof),
    ]


def _conclusion(review: Review) -> Section:
    said = " ; ".join(pages.remarks(review)) or "à signer"
    return Section(
        title="Conclusion",
        facts=[
            ("Remarques", said),
            ("À signer avant la fin du", said_on(rules.due_on(review.month))),
            ("Signée le", said_at(review.signed_at_us) if review.signed_at_us else ""),
        ],
    )
