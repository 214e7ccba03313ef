"""The page of control: every register and check that this agent may open, and how each stands."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from beffroi.authorise.offences import offences
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A page of control: its address, what it is for, who opens it."""

    url_name: str
    name: str | Promise
    said: str | Promise
    any_of: frozenset[Right]


DOORS = (
    Door(
        url_name="evaluations",
        name=_("Évaluations"),
        said=_("Ce que la vidéoprotection a changé, jugé comme on l'avait annoncé avant de poser."),
        any_of=frozenset({Right.PROGRAMME}),
    ),
    Door(
        url_name="reviews",
        name=_("Revues du journal"),
        said=_("Chaque mois, les accès comptés, vérifiés, signés par le délégué à la protection des données."),
        any_of=frozenset({Right.JOURNAL}),
    ),
    Door(
        url_name="checks",
        name=_("Huit vérifications"),
        said=_("Ce que la CNIL a trouvé ailleurs, cherché ici ; tout vert, le rapport de conformité s'établit."),
        any_of=frozenset({Right.JOURNAL}),
    ),
    Door(
        url_name="exposure",
        name=_("Exposition pénale"),
        said=_("Ce que le code pénal punit, et ce qui l'écarte ici."),
        any_of=frozenset({Right.JOURNAL, Right.PROGRAMME}),
    ),
    Door(
        url_name="breaches",
        name=_("Violations de données"),
        said=_("Image ou donnée vue, prise ou perdue sans droit : 72 heures pour notifier la CNIL."),
        any_of=frozenset({Right.ACCESS, Right.CONFIGURE}),
    ),
    Door(
        url_name="inspection",
        name=_("Dossier de contrôle"),
        said=_("Pour la commission départementale : arrêtés, états, écarts, registres et preuves, en un fichier."),
        any_of=frozenset({Right.JOURNAL}),
    ),
    Door(
        url_name="visits",
        name=_("Visites au CSU"),
        said=_("Qui est entré dans la salle, quand, pourquoi, invité par qui."),
        any_of=frozenset({Right.LOCK, Right.JOURNAL}),
    ),
    Door(
        url_name="links",
        name=_("Déports"),
        said=_("Ce qu'un service de police ou de gendarmerie voit chez lui, sur quel article, depuis quand."),
        any_of=frozenset({Right.PEOPLE, Right.VALIDATE, Right.JOURNAL}),
    ),
    Door(
        url_name="agreements",
        name=_("Mutualisation"),
        said=_("Avec quelle autre autorité des caméras ou des agents sont partagés ; par défaut, aucune."),
        any_of=frozenset({Right.PEOPLE, Right.JOURNAL}),
    ),
    Door(
        url_name="council",
        name=_("Chiffres pour le CLSPD"),
        said=_("L'année en nombres, pour toute la ville : aucune image, aucun nom."),
        any_of=frozenset({Right.PROGRAMME}),
    ),
    Door(
        url_name="ethics",
        name=_("Charte et comité d'éthique"),
        said=_("Ce que la commune promet, qui l'a signé, ce que le comité a dit et ce qui en fut fait."),
        any_of=frozenset({Right.ETHICS, Right.JOURNAL}),
    ),
    Door(
        url_name="groups",
        name=_("Groupes de travail du CLSPD"),
        said=_("Leurs échanges, lus de leurs seuls membres."),
        any_of=frozenset({Right.CONVENE, Right.PROGRAMME, Right.LOCK, Right.JOURNAL}),
    ),
    Door(
        url_name="trainings",
        name=_("Formations"),
        said=_("Ce que chaque agent a suivi, et ce qui est à prévoir ; un retard ne ferme rien."),
        any_of=frozenset({Right.PEOPLE, Right.VALIDATE, Right.JOURNAL}),
    ),
    Door(
        url_name="journal",
        name=_("Journal"),
        said=_("Qui a fait quoi, quand, pourquoi, pour qui."),
        any_of=frozenset({Right.JOURNAL}),
    ),
    Door(
        url_name="destructions",
        name=_("Registre des destructions"),
        said=_("Ce qui fut détruit, caméra par caméra et jour par jour, avec son certificat."),
        any_of=frozenset({Right.JOURNAL}),
    ),
    Door(
        url_name="habilitations",
        name=_("Registre des habilitations"),
        said=_("Qui peut voir des images, sur quel acte, jusqu'à quand."),
        any_of=frozenset({Right.PEOPLE, Right.JOURNAL}),
    ),
)
OPENS = frozenset[Right]().union(*(door.any_of for door in DOORS))


@requires(*OPENS)
@require_GET
def oversight(request: HttpRequest) -> HttpResponse:
    """The doors that this agent may open."""
    rights = agent_of(request).rights
    doors = [door for door in DOORS if door.any_of & rights]
    return render(request, "oversee/oversight.html", {"section": "oversight", "doors": doors})


@requires(Right.JOURNAL, Right.PROGRAMME)
@require_GET
def exposure(request: HttpRequest) -> HttpResponse:
    """Each offence that the mayor and the agents are exposed to, and what holds it off."""
    return render(request, "oversee/exposure.html", {"section": "oversight", "offences": offences()})
