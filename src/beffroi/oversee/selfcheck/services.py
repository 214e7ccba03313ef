"""The conformity report: drawn when the eight checks are green, and only then; its hash becomes a line."""

from __future__ import annotations

import hashlib

from django.utils import translation

from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict
from beffroi.core.instants import from_us
from beffroi.journal.services import Entry, Register, append
from beffroi.oversee.paper import Paper, Section, pdf
from beffroi.oversee.selfcheck import pages, queries
from beffroi.territory.queries import town_zone


def conformity(now_us: int, *, by: str) -> bytes:
    """The PDF. Errors: Conflict naming the checks that are not green."""
    with translation.override("fr"):
        lines = pages.lines(queries.town(now_us), day_of(from_us(now_us), town_zone()))
        bad = [line.name for line in lines if not line.is_good]
        if bad:
            raise Conflict(
                f"{len(bad)} of the eight checks are not green; mend them on this page, then ask for the report.",
                message_fr=f"Le rapport attend : {', '.join(bad)}. Corrigez, puis redemandez-le.",
            )
        made = pdf(
            Paper(
                title="Rapport de conformité",
                reference="Huit vérifications",
                made_at_us=now_us,
                sections=[
                    Section(
                        title="Ce qui a été vérifié",
                        text="Les manquements relevés par la CNIL dans une commune (mise en demeure du 23 décembre "
                        "2021), cherchés dans les données du système le jour de ce rapport.",
                        head=("Vérification", "Texte", "Constat"),
                        rows=[(line.name, line.article, line.said) for line in lines],
                        widths=(2, 2, 4),
                    )
                ],
                signatures=[("Le délégué à la protection des données", "Nom, date, signature")],
            )
        )
    detail = {"sha256": hashlib.sha256(made).hexdigest()}
    append(Entry(register=Register.COMMUNICATION, action="conformity.made", author=by, detail=detail))
    return made
