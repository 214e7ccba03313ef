"""The notice of a breach to the CNIL, with the fields of GDPR 33 §3 (document 26). In French."""

from __future__ import annotations

from django.utils import timezone, translation

from beffroi.authorise.models import Contact
from beffroi.core.instants import to_us
from beffroi.oversee.breaches.queries import facts_of
from beffroi.oversee.breaches.rules import Nature
from beffroi.oversee.breaches.words import NATURES
from beffroi.oversee.models import Breach
from beffroi.oversee.paper import Paper, Section, pdf, said_at, said_on

TO_WRITE = "à compléter"


def notice_pdf(row: Breach) -> bytes:
    """The PDF; a draft until it is noted as notified."""
    with translation.override("fr"):
        made_at_us = to_us(row.notified_at or timezone.now())
        return pdf(
            Paper(
                title="Notification d'une violation de données",
                reference=row.pk,
                made_at_us=made_at_us,
                draft=None if row.notified_at else "PROJET, NON NOTIFIÉ",
                sections=[_who(), _when(row), _what(row, made_at_us), _people(row)],
                signatures=[("Le responsable du traitement", "Nom, date, signature")],
            )
        )


def _who() -> Section:
    contacts = {one.role: one for one in Contact.objects.filter(role__in=("controller", "dpo"))}
    return Section(
        title="Responsable et point de contact",
        facts=[(name, _reach(contacts.get(role))) for name, role in (("Responsable", "controller"), ("DPO", "dpo"))],
    )


def _reach(contact: Contact | None) -> str:
    if contact is None:
        return TO_WRITE
    return ", ".join(part for part in (contact.name, contact.address, contact.phone, contact.email) if part)


def _when(row: Breach) -> Section:
    facts = facts_of(row, to_us(row.notified_at or timezone.now()))
    return Section(
        title="Dates",
        facts=[
            ("Découverte", said_at(facts.found_at_us)),
            ("Période", f"{_moment(row.began_at)} – {_moment(row.ended_at)}" if row.began_at else "non connue"),
            ("À notifier avant le", said_at(facts.notify_by_us)),
            ("Notifiée", said_at(facts.notified_at_us) if facts.notified_at_us else ""),
            ("Motifs du retard (33 §1)", row.delay_reason),
            ("Référence de la CNIL", row.notice_reference),
        ],
    )


def _what(row: Breach, made_at_us: int) -> Section:
    natures = " ; ".join(str(NATURES[Nature(code)]) for code in row.natures)
    lacks = facts_of(row, made_at_us).lacks
    return Section(
        title="La violation (33 §3)",
        text="Des points restent à compléter : ils peuvent l'être par étapes (33 §4)." if lacks else "",
        facts=[
            ("a) Nature", natures or TO_WRITE),
            ("Ce qui s'est passé", row.happened or TO_WRITE),
            ("Personnes touchées", _with_count(row.people_kinds, row.people_count)),
            ("Données touchées", _with_count(row.records, row.records_count)),
            ("c) Conséquences probables", row.consequences or TO_WRITE),
            ("d) Mesures", row.measures or TO_WRITE),
            ("Risque", row.get_risk_display() if row.risk else TO_WRITE),
        ],
    )


def _with_count(kinds: str, count: int | None) -> str:
    return f"{kinds or TO_WRITE} ; nombre : {'non connu' if count is None else count}"


def _people(row: Breach) -> Section:
    return Section(
        title="Information des personnes (34)",
        facts=[
            ("Décision", row.get_people_told_display() if row.people_told else ""),
            ("Motif", row.people_reason),
            ("Report jusqu'au", said_on(row.people_until_on)),
        ],
    )


def _moment(at: object) -> str:
    return said_at(to_us(at)) if isinstance(at, type(timezone.now())) else "?"
