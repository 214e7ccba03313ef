"""What people are told: how a habilitation stands, why a right is not given today, who signs what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from django.utils import formats, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beffroi.core.errors import BarredByLaw, BeffroiError, NotPermitted
from beffroi.people.rules import Lack, Permit, Right, Role, Standing

ARTICLE = "CSI R253-3"

STANDINGS: Mapping[Standing, tuple[str | Promise, str, str]] = MappingProxyType(
    {
        Standing.VALID: (_("en vigueur"), "ok", "s-ok"),
        Standing.ENDING: (_("finit bientôt"), "warn", "s-warn"),
        Standing.FUTURE: (_("pas encore en vigueur"), "wait", "s-wait"),
        Standing.EXPIRED: (_("expirée"), "bad", "s-bad"),
        Standing.SUSPENDED: (_("suspendue"), "bad", "s-barred"),
        Standing.WITHDRAWN: (_("retirée"), "bad", "s-barred"),
        Standing.UNAPPROVED: (_("sans agrément du préfet"), "bad", "s-bad"),
        Standing.ELSEWHERE: (_("autre territoire"), "bad", "s-bad"),
        Standing.MISSING: (_("aucun acte"), "bad", "s-bad"),
    }
)
"""Word, tone and shape of each standing."""

_WHY: Mapping[Standing, tuple[str, str]] = MappingProxyType(
    {
        Standing.FUTURE: (
            "Votre habilitation n'est en vigueur qu'à partir du {day}.",
            "Your habilitation is in force only from {day}.",
        ),
        Standing.EXPIRED: (
            "Votre habilitation n'est plus en vigueur depuis le {day}.",
            "Your habilitation has not been in force since {day}.",
        ),
        Standing.SUSPENDED: (
            "Votre habilitation est suspendue depuis le {day}.",
            "Your habilitation has been suspended since {day}.",
        ),
        Standing.WITHDRAWN: (
            "Votre habilitation a été retirée le {day}.",
            "Your habilitation was withdrawn on {day}.",
        ),
        Standing.UNAPPROVED: (
            "Votre acte est enregistré, mais pas l'agrément du préfet (CSI L132-14-1).",
            "Your act is recorded, but not the prefect's approval (CSI L132-14-1).",
        ),
        Standing.ELSEWHERE: (
            "Votre habilitation vaut pour un autre territoire.",
            "Your habilitation is for another territory.",
        ),
        Standing.MISSING: (
            "Aucune habilitation n'est enregistrée à votre nom.",
            "No habilitation is recorded in your name.",
        ),
    }
)

_OF_TOWN = (
    "l'arrêté de désignation du maire et, hors police municipale, l'agrément du préfet",
    "the mayor's naming order and, outside the municipal police, the prefect's approval",
)
_ACT: Mapping[Role, tuple[str, str]] = MappingProxyType(
    {
        Role.OPERATOR: _OF_TOWN,
        Role.CHIEF: _OF_TOWN,
        Role.POLICE: ("la désignation signée par le maire", "the naming act signed by the mayor"),
        Role.OPJ: ("la désignation signée par votre chef de service", "the naming act signed by your chief"),
        Role.MAYOR_WITH_PICTURES: (
            "l'acte qui ouvre les images au maire ou à l'élu délégué à la police",
            "the act that opens pictures to the mayor or the councillor in charge of police",
        ),
    }
)


def day(on: date, language: str) -> str:
    """A date in full, in that language."""
    with translation.override(language):
        return formats.date_format(on, "j F Y")


def why(lack: Lack) -> tuple[str, str]:
    """Why a role sees nothing today and what to do, in French and English."""
    told = []
    for language, why_not, act, ask in (
        ("fr", _WHY[lack.standing][0], _ACT[lack.role][0], "Il faut {act} ; l'administration l'enregistre."),
        ("en", _WHY[lack.standing][1], _ACT[lack.role][1], "What is needed: {act}; the administrator records it."),
    ):
        since = day(lack.since_on, language) if lack.since_on else ""
        told.append(f"{why_not.format(day=since)} {ask.format(act=act)}")
    return told[0], told[1]


def refusal(permit: Permit, right: Right) -> BeffroiError:
    """Why `right` is refused: no act in force (the law), or no role that gives it (the town)."""
    lack = permit.lacking(right)
    if lack is not None:
        message_fr, message = why(lack)
        return BarredByLaw(message, message_fr=message_fr, article=ARTICLE, field="kind")
    return NotPermitted(
        f"Your functions do not give the right “{right}”; ask whoever gives rights in your town.",
        message_fr=f"Vos fonctions ne donnent pas le droit « {right} » ; demandez à la personne qui attribue les "
        "droits.",
        field="kind",
    )


PAIRS: Mapping[str, str | Promise] = MappingProxyType(
    {
        "admin-pictures": _("administrer le système et voir des images"),
        "works-pictures": _("installer ou entretenir, et voir des images"),
        "dpo-pictures": _("protéger les données et voir des images"),
        "dpo-people": _("protéger les données et administrer le système"),
    }
)
"""What each pair of `rules.INCOMPATIBLE` keeps apart."""
