"""Papers of the charter: itself, an agent's pledge, the committee's yearly report. In French."""

from __future__ import annotations

from datetime import date

from django.utils import translation

from beffroi.core.dates import day_of
from beffroi.core.instants import from_us
from beffroi.oversee.council import queries as council
from beffroi.oversee.ethics import queries
from beffroi.oversee.ethics.charter import text_of
from beffroi.oversee.ethics.models import Charter, Pledge, Referral
from beffroi.oversee.paper import Paper, Section, pdf, said_at, said_on
from beffroi.territory.queries import town_zone

COMMITTEE = "Comité d'éthique de la vidéoprotection"
PLEDGE = (
    "J'ai lu la charte de la vidéoprotection et les consignes générales. Je m'engage à n'employer le système que pour "
    "ses finalités, à donner le vrai motif de chaque consultation, à garder le secret de ce que je vois, à ne choisir "
    "ni suivre personne pour son apparence, à ne rien photographier ni copier hors des exports prévus, et à signaler "
    "tout manquement."
)


def charter_pdf(row: Charter | None, now_us: int) -> bytes:
    """The charter as adopted, or the template as a draft."""
    text = text_of(row)
    sections = [Section(title=f"{rank}. {one.fr}", text=one.said_fr) for rank, one in enumerate(text.principles, 1)]
    if text.own:
        sections.append(Section(title=f"{len(sections) + 1}. Engagements de la commune", text=text.own))
    sections.append(_adopted(row))
    return pdf(
        Paper(
            title="Charte de la vidéoprotection",
            reference=text.sha256[:12],
            made_at_us=now_us,
            service="Commune",
            sections=sections,
            draft=None if row else "PROJET : NON ADOPTÉE",
            signatures=[("Le maire", "Nom, date, signature")],
        )
    )


def _adopted(row: Charter | None) -> Section:
    facts = [("D'après", "Charte pour une utilisation démocratique de la vidéosurveillance (Efus, 2010)")]
    if row is not None:
        facts = [("Adoptée le", said_on(row.adopted_on)), ("Acte", row.act), ("Empreinte", row.sha256), *facts]
    return Section(title="Adoption", facts=facts)


def pledge_pdf(row: Pledge) -> bytes:
    """What an agent signed, and when."""
    facts = [
        ("Agent", row.agent.name),
        ("Fonction", row.agent.title or "—"),
        ("Charte", f"{row.charter.act}, {said_on(row.charter.adopted_on)}"),
        ("Empreinte du texte", row.charter.sha256),
        ("Signé à l'écran", said_at(row.signed_at_us)),
    ]
    return pdf(
        Paper(
            title="Engagement de l'agent",
            reference=row.charter.sha256[:12],
            made_at_us=row.signed_at_us,
            service="Centre de supervision urbain",
            sections=[Section(title="Engagement", text=PLEDGE), Section(title="Signature", facts=facts)],
            signatures=[("L'agent", row.agent.name, "Date et signature :"), ("Le maire", "", "Date et signature :")],
        )
    )


def report_pdf(year: int, now_us: int) -> bytes:
    """The committee's year: composition, figures, each referral with its opinion and what came of it."""
    today = day_of(from_us(now_us), town_zone())
    with translation.override("fr"):
        parts = [queries.part(year), *council.parts(year, today)]
        sections = [
            _seats(min(today, date(year, 12, 31))),
            *(Section(title=one.title, head=("", "Nombre"), rows=one.rows, widths=(4, 1)) for one in parts),
            *(_referral(row) for row in queries.referrals(year)),
        ]
        return pdf(
            Paper(
                title=f"Rapport annuel {year}",
                reference=f"Éthique {year}",
                made_at_us=now_us,
                service=COMMITTEE,
                sections=sections,
                signatures=[("Pour le comité", "Qualité, date, signature")],
            )
        )


def _seats(on: date) -> Section:
    rows = [(row.get_quality_display(), row.act, said_on(row.from_on)) for row in queries.seats(on)]
    return Section(
        title="Composition, par qualité", head=("Qualité", "Désignation", "Depuis"), rows=rows, empty="Aucun siège."
    )


def _referral(row: Referral) -> Section:
    facts = [
        ("Demandée par", row.get_quality_display()),
        ("Reçue le", said_on(row.received_on)),
        ("Question", row.question),
        ("Avis", f"{said_on(row.opinion_on)} : {row.opinion}" if row.opinion_on else "en cours"),
        ("Suite donnée", f"{said_on(row.follow_up_on)} : {row.follow_up}" if row.follow_up_on else "—"),
    ]
    return Section(title=f"Saisine {row.number}", facts=facts)
