"""Sentences about the impact assessment: its sections, what opens it again."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beffroi.authorise.assessment.rules import Due, Reopening, Section, Threat
from beffroi.plan.models import Camera, Phase

SECTIONS: dict[Section, str | Promise] = {
    Section.CONTEXT: _("Description du traitement"),
    Section.NECESSITY: _("Nécessité et proportion"),
    Section.RIGHTS: _("Droits des personnes"),
    Section.ACCESS: _("Risque : accès illégitime"),
    Section.CHANGE: _("Risque : modification non désirée"),
    Section.LOSS: _("Risque : disparition"),
    Section.MEASURES: _("Mesures"),
    Section.ACTIONS: _("Plan d’action"),
    Section.PEOPLE: _("Avis des personnes"),
    Section.DPO: _("Avis du délégué à la protection des données"),
}
HINTS: dict[Section, str | Promise] = {
    Section.CONTEXT: _("Ce que fait le système, pour qui, depuis quand, avec quels moyens ; les phases étudiées."),
    Section.NECESSITY: _("Pourquoi une caméra et non une mesure moins intrusive ; pourquoi ce champ, cette durée."),
    Section.RIGHTS: _("Comment les gens sont informés, qui leur répond, en combien de temps."),
    Section.ACCESS: _("Quelqu'un voit ou emporte des images sans droit."),
    Section.CHANGE: _("Des images, une heure, un masque sont changés."),
    Section.LOSS: _("Des images manquent quand un droit ou une enquête les demande."),
    Section.MEASURES: _("Ce que la ville fait en plus de ce que le logiciel impose."),
    Section.ACTIONS: _("Une action par ligne : quoi ; qui ; quand."),
    Section.PEOPLE: _(
        "Qui a été consulté, quand, ce qu'ils ont dit ; sinon pourquoi ils ne l'ont pas été (RGPD 35, 9)."
    ),
    Section.DPO: _("Rendu par le délégué, avant la validation (RGPD 35, 2)."),
}
THREATS: dict[Threat, str | Promise] = {
    Threat.ACCESS: _("accès illégitime aux images"),
    Threat.CHANGE: _("modification non désirée"),
    Threat.LOSS: _("disparition des images"),
}
DUE: dict[Due, str | Promise] = {
    Due.NONE_APPROVED: _("Aucune analyse d'impact n'est validée."),
    Due.PHASE: _("« %(subject)s » n'y est pas étudiée."),
    Due.CAMERAS: _("Les caméras de « %(subject)s » ne sont plus celles qui y sont étudiées."),
    Due.DRIFT: _("%(subject)s diffère de son arrêté depuis sa validation."),
}
MUST_CONSULT = _("Un risque résiduel est élevé, et la CNIL n'a pas rendu son avis.")
_PHASES = frozenset({Due.PHASE, Due.CAMERAS})


def sentence(one: Reopening) -> str:
    """Why it must be opened again, in the reader's language."""
    subject = one.subject
    if one.due in _PHASES:
        subject = str(Phase.objects.filter(pk=one.subject).first() or one.subject)
    elif one.due is Due.DRIFT:
        camera = Camera.objects.filter(pk=one.subject).first()
        subject = f"{camera.number} · {camera.name}" if camera else one.subject
    return str(DUE[one.due]) % {"subject": subject}


def in_both(reasons: Iterable[Reopening]) -> tuple[str, str]:
    """The reasons in English and in French."""
    kept, said = list(reasons), []
    for language in ("en", "fr"):
        with translation.override(language):
            said.append(" ".join(sentence(one) for one in kept))
    return said[0], said[1]
