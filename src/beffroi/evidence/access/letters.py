"""The letters: receipt, grant, refusal. In French, by typst; the same request gives the same letter.

Source: CSI R. 253-6; RGPD 12, 77; LIL 107, 108, 118; décret 2019-536 art. 135 (dated receipt).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from beffroi.authorise.models import Contact
from beffroi.core.dates import day_of
from beffroi.core.documents import document_pdf
from beffroi.core.errors import NotFound
from beffroi.core.instants import from_us
from beffroi.evidence.access import queries, rules
from beffroi.evidence.access.models import AccessRequest
from beffroi.evidence.access.rules import Did, Ground, Kind, Regime, Way
from beffroi.people.models import Agent
from beffroi.territory.queries import town, town_zone

TEMPLATE = Path(__file__).with_name("letter.typ")
CNIL = "CNIL, 3 place de Fontenoy, TSA 80715, 75334 Paris Cedex 07, www.cnil.fr"
_ASKED = {
    Kind.ACCESS: "à accéder aux images qui vous concernent",
    Kind.RECTIFICATION: "à faire rectifier des données qui vous concernent",
    Kind.LIMITATION: "à faire limiter l'usage des images qui vous concernent",
    Kind.ERASURE: "à faire effacer des images qui vous concernent",
    Kind.OBJECTION: "à vous opposer à l'enregistrement de votre image",
}


@dataclass(frozen=True, slots=True)
class _Case:
    row: AccessRequest
    standing: queries.Standing

    def step(self, *did: Did) -> rules.Done | None:
        return rules.last(self.standing.steps, *did)


def letter(row: AccessRequest, kind: str, *, by: Agent) -> bytes:
    """The PDF of one letter (`receipt`, `grant`, `refusal`). Errors: NotFound, as `said`."""
    return document_pdf(TEMPLATE, said(row, kind, by=by), made_at=from_us(_made_at_us(row)))


def said(row: AccessRequest, kind: str, *, by: Agent) -> dict[str, Any]:
    """What a letter says.

    Errors: NotFound when there is no such letter, or it is not due yet.
    """
    case = _Case(row, queries.standing(row, day_of(from_us(_made_at_us(row)), town_zone())))
    writer = _WRITERS.get(kind)
    written = writer(case) if writer else None
    if written is None:
        raise NotFound(
            "There is no such letter yet: decide first.",
            message_fr="Cette lettre n'existe pas encore : décidez d'abord.",
        )
    name, address = queries.asker(row, by)
    place = town()
    return {
        "town": place.name if place else "",
        "service": "Protection des données",
        "fictional": "jeu fictif" if place and place.is_fictional else None,
        "number": row.number,
        "made": f"établie le {_day(day_of(from_us(_made_at_us(row)), town_zone()))}",
        "asker": name,
        "address": address,
        "facts_title": "Votre demande",
        "signed_title": "Pour le maire",
        "signatory": "",
        "routes": [],
        "facts": _facts(case),
    } | written


def _made_at_us(row: AccessRequest) -> int:
    return max(step.at_us for step in row.steps.all())


def _facts(case: _Case) -> list[tuple[str, str]]:
    row, zone = case.row, town_zone()
    found = [("Numéro", row.number), ("Reçue le", _day(row.received_on))]
    if row.place:
        found.append(("Lieu", row.place))
    if row.to_at_us:
        start, end = (from_us(at_us).astimezone(zone) for at_us in (row.from_at_us, row.to_at_us))
        found.append(("Période", f"{start:%d/%m/%Y}, de {start:%H h %M} à {end:%H h %M}"))
    return found


def _receipt(case: _Case) -> dict[str, Any]:
    row = case.row
    kept = case.step(Did.LOCKED, Did.LIMITED)
    paragraphs = [
        "Madame, Monsieur,",
        f"Nous avons reçu le {_day(row.received_on)} votre demande tendant {_ASKED[Kind(row.kind)]}.",
        f"Elle recevra une réponse au plus tard le {_day(case.standing.due_on)}.",
    ]
    if case.standing.is_extended:
        paragraphs.append("Ce délai a été prolongé de deux mois en raison de la complexité de la demande.")
    if kept:
        paragraphs.append(
            "Les images de la période demandée sont mises à l'abri dans la limite de leur durée de conservation."
        )
    if Kind(row.kind) is not Kind.OBJECTION and case.step(Did.IDENTIFIED) is None:
        paragraphs.append(
            "Avant toute réponse, vous établirez votre identité par tout moyen ; aucune copie de pièce n'est gardée."
        )
    return {"title": "Récépissé de votre demande", "paragraphs": paragraphs, "routes": _routes(case)}


def _grant(case: _Case) -> dict[str, Any] | None:
    granted = case.step(Did.GRANTED)
    if granted is None:
        return None
    return {
        "title": "Suite donnée à votre demande",
        "paragraphs": ["Madame, Monsieur,", *_given(case, Way(granted.code))],
        "routes": _routes(case),
    }


def _given(case: _Case, way: Way) -> list[str]:
    if way is Way.ANSWER:
        looked = case.step(Did.LOOKED)
        nothing = looked is not None and looked.code == rules.Found.NOTHING
        return [
            "Nous avons cherché dans les enregistrements de la période et du lieu que vous indiquez : aucune image ne "
            "vous concerne, ou ces images ont été détruites au terme de leur conservation."
            if nothing
            else "Il a été fait droit à votre demande."
        ]
    if way is Way.COPY:
        return [
            "Il est fait droit à votre demande : une copie des images qui vous concernent vous est remise. Toute autre "
            "personne y est couverte à la main. Elle est remise contre signature, à vous seul."
        ]
    step = case.row.steps.filter(did=Did.APPOINTED.value).last()
    when = f" le {step.on.astimezone(town_zone()):%d/%m/%Y à %H h %M}" if step and step.on else ""
    return [
        f"Il est fait droit à votre demande : vous pourrez regarder ces images{when}, sur place. Munissez-vous de quoi "
        "établir votre identité ; aucune copie n'en est gardée, aucune image n'est photographiée."
    ]


def _refusal(case: _Case) -> dict[str, Any] | None:
    refused = case.step(Did.REFUSED)
    if refused is None:
        return None
    ground = next(one for one in rules.GROUNDS if one.code == refused.code)
    return {
        "title": "Refus motivé de votre demande",
        "paragraphs": [
            "Madame, Monsieur,",
            f"Votre demande reçue le {_day(case.row.received_on)}, tendant {_ASKED[Kind(case.row.kind)]}, ne peut être "
            f"accueillie pour le motif suivant, prévu par la loi ({ground.article}) : {ground.fr}.",
        ],
        "routes": _routes(case, ground),
    }


def _routes(case: _Case, ground: Ground | None = None) -> list[str]:
    """CNIL by the regime's article, commission, judge of a refusal. Source: LIL 107, 108, 118; CSI L. 253-5."""
    regime = Regime(case.row.regime)
    through = (
        "exercer ce droit par son intermédiaire"
        if ground is not None and ground.code == "through-cnil"
        else "déposer une réclamation"
    )
    routes = [f"Vous pouvez {through} auprès de la {CNIL} ({rules.CNIL_ROUTE[regime]})."]
    routes.append(
        "Vous pouvez saisir la commission départementale de vidéoprotection, à la préfecture, de toute difficulté "
        "(CSI L. 253-5)."
    )
    if ground is not None:
        routes.append("Cette décision peut être déférée au tribunal administratif dans les deux mois.")
    contact = Contact.objects.filter(role="dpo").first()
    if contact:
        routes.append(f"Délégué à la protection des données : {contact.name}, {contact.address}.")
    return routes


def _day(on: date) -> str:
    return f"{on:%d/%m/%Y}"


_WRITERS: dict[str, Callable[[_Case], dict[str, Any] | None]] = {
    "receipt": _receipt,
    "grant": _grant,
    "refusal": _refusal,
}
