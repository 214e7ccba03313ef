"""What the pages and the paper of a monthly review show: counts in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from beffroi.operate.words import GAP_CAUSES
from beffroi.oversee import words
from beffroi.oversee.models import Review
from beffroi.oversee.reviews.rules import Figures, Remark
from beffroi.oversee.reviews.words import REFUSALS, REMARKS, role


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One month in words; every row is a tuple of texts."""

    month: date
    accesses: tuple[tuple[str, str, str, str], ...]
    watched: tuple[tuple[str, str], ...]
    refusals: tuple[tuple[str, str], ...]
    gaps: tuple[tuple[str, str, str], ...]
    proof: tuple[tuple[str, str], ...]
    is_whole: bool


def sheet(month: date, figures: Figures) -> Sheet:
    """The figures of a month, in the language under way."""
    return Sheet(
        month=month,
        accesses=tuple(
            (words.register(register), role(codes), words.reason(reason), str(count))
            for register, codes, reason, count in figures.accesses
        ),
        watched=tuple(_watched(figures)),
        refusals=tuple((str(REFUSALS.get(cause, cause)), str(count)) for cause, count in figures.refusals.items()),
        gaps=tuple(
            (str(GAP_CAUSES.get(cause, cause)), str(count), _minutes(seconds))
            for cause, (count, seconds) in figures.gaps.items()
        ),
        proof=tuple(_proof(figures)),
        is_whole=figures.is_whole,
    )


def _watched(figures: Figures) -> list[tuple[str, str]]:
    return [
        (_("Accès de nuit, 22 h à 6 h"), str(sum(figures.night.values()))),
        *((_("dont %(register)s") % {"register": words.register(code)}, str(n)) for code, n in figures.night.items()),
        (_("Droits donnés et jamais ouverts"), str(figures.unopened)),
        (_("Accès dont le numéro de dossier est inconnu des registres"), str(figures.unknown_numbers)),
        (_("Packs faits et non remis"), str(figures.unhanded)),
    ]


def _minutes(seconds: int) -> str:
    return f"{seconds // 60} min {seconds % 60:02} s"


def _proof(figures: Figures) -> list[tuple[str, str]]:
    if not figures.proof:
        return [(_("Vérification"), _("faite quand la revue s'établit"))]
    proof = figures.proof
    said = _("entier") if figures.is_whole else _("%(count)s anomalies : lancez beffroi journal verify")
    return [
        (_("Journal"), said % {"count": proof["found"]} if "%" in said else said),
        (_("Lignes lues"), _("%(lines)s depuis la %(first)s") % {"lines": proof["lines"], "first": proof["first"]}),
        (_("Têtes signées"), str(proof["heads"])),
        (_("Heure par un tiers"), str(proof["stamps"]) if proof["stamps"] else _("non horodaté par un tiers")),
    ]


def remarks(review: Review) -> list[str]:
    """What the DPO concluded."""
    return [str(REMARKS[Remark(code)]) for code in review.remarks]
