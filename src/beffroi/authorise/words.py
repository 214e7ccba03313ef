"""Sentences about gates, papers and drift: what it is, then what to do."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beffroi.authorise.drift import DriftKind, Preset
from beffroi.authorise.rules import Shut

Sentence = str | Promise

SHUT: dict[Shut, Sentence] = {
    Shut.NOT_IN_SERVICE: _("La caméra n'est pas en service."),
    Shut.NO_WINDOW: _("La caméra est en test, et aucune fenêtre d'essai n'est ouverte."),
    Shut.SETTLING: _("L'essai de cette caméra se termine."),
    Shut.NO_ORDER: _("Aucun arrêté en vigueur ne couvre cette caméra."),
    Shut.WITHDRAWN: _("L'arrêté qui couvrait cette caméra a été retiré."),
    Shut.SUSPENDED: _("L'arrêté qui couvre cette caméra est suspendu."),
    Shut.EVENT_OVER: _("L'événement de l'arrêté provisoire est terminé."),
    Shut.OUT_OF_HOURS: _("L'arrêté n'admet pas cette caméra à cette heure."),
    Shut.OUTSIDE_PERIMETER: _("La caméra est hors du périmètre de l'arrêté."),
    Shut.NO_NOTICE: _("L'emplacement de cette caméra n'a pas fait l'objet d'un avis au préfet."),
    Shut.NO_PURPOSE: _("L'arrêté ne donne à cette caméra aucune finalité qui soit la sienne."),
    Shut.NO_RECEIPT: _("Le récépissé de l'engagement de conformité envoyé à la CNIL manque."),
    Shut.NO_DECLARATION: _("La mise en service de cette caméra n'est pas déclarée au préfet."),
    Shut.BEFORE_COMMISSIONING: _("Le jour de mise en service déclaré au préfet n'est pas arrivé."),
    Shut.NO_MASKS: _("Une habitation est dans le champ, sans masques ni constat que rien n'en est visible."),
    Shut.NO_AGREEMENT: _("La caméra est d'une autre autorité, et aucune convention de mutualisation n'est en vigueur."),
    Shut.HIGH_RISK: _("Un risque résiduel de l'analyse d'impact est élevé, et la CNIL n'a pas rendu son avis."),
}
SHUT_MENDS: dict[Shut, Sentence] = {
    Shut.NOT_IN_SERVICE: _("Elle s'ouvrira le jour de sa mise en service."),
    Shut.NO_WINDOW: _("Ouvrir une fenêtre d'essai, de 48 heures au plus."),
    Shut.SETTLING: _("Fermer la fenêtre d'essai si elle ne l'est pas, puis attendre une minute."),
    Shut.NO_ORDER: _("Faire couvrir la caméra par un arrêté, ou renouveler l'arrêté expiré."),
    Shut.WITHDRAWN: _("Demander une nouvelle autorisation au préfet."),
    Shut.SUSPENDED: _("Répondre au préfet ; inscrire la levée de la suspension."),
    Shut.EVENT_OVER: _("Déposer la caméra, ou demander une autorisation ordinaire."),
    Shut.OUT_OF_HOURS: _("Elle se rouvrira à l'heure fixée par l'arrêté."),
    Shut.OUTSIDE_PERIMETER: _("La replacer dans le périmètre, ou saisir le préfet d'une modification."),
    Shut.NO_NOTICE: _("Envoyer l'avis d'emplacement, puis l'inscrire sur la page de l'arrêté."),
    Shut.NO_PURPOSE: _("Corriger les finalités de la caméra, ou saisir le préfet d'une modification."),
    Shut.NO_RECEIPT: _("Inscrire le numéro et le jour du récépissé."),
    Shut.NO_DECLARATION: _("Envoyer la déclaration de la phase, puis l'inscrire."),
    Shut.BEFORE_COMMISSIONING: _("Attendre ce jour, ou déclarer un jour plus proche."),
    Shut.NO_MASKS: _("Dessiner les masques de la caméra, ou noter le constat que rien d'une habitation n'est visible."),
    Shut.NO_AGREEMENT: _("Inscrire les conventions avec la commune et avec l'État, page Mutualisation."),
    Shut.HIGH_RISK: _("Réduire le risque dans une nouvelle version, ou inscrire l'avis de la CNIL."),
}
DRIFT: dict[DriftKind, Sentence] = {
    DriftKind.MOVED: _("déplacée"),
    DriftKind.TURNED: _("réorientée"),
    DriftKind.TILTED: _("inclinée autrement"),
    DriftKind.FIELD: _("champ changé"),
    DriftKind.KIND: _("autre type de caméra"),
    DriftKind.PURPOSE: _("employée pour une finalité que l'arrêté ne lui donne pas"),
    DriftKind.RETENTION: _("conservation autre que celle de l'arrêté"),
    DriftKind.STREAMS_UNNAMED: _("envoie des images sans qu'un arrêté la nomme"),
    DriftKind.BELOW_STANDARD: _("enregistre moins que ne l'exige l'arrêté du 3 août 2007"),
    DriftKind.BEYOND_ORDER: _("posée sans qu'un arrêté la nomme"),
    DriftKind.PRESETS_ADDED: _("positions enregistrées ajoutées"),
    DriftKind.PRESETS_REMOVED: _("positions enregistrées ôtées"),
    DriftKind.PRESETS_CHANGED: _("positions enregistrées changées"),
}
MEND_PRESETS = _("Revenir aux positions de l'arrêté, ou saisir le préfet d'une modification.")
DRIFT_MENDS: dict[DriftKind, Sentence] = {
    DriftKind.PURPOSE: _("Revenir à la finalité autorisée, ou saisir le préfet d'une modification."),
    DriftKind.RETENTION: _("Régler la conservation sur celle de l'arrêté."),
    DriftKind.STREAMS_UNNAMED: _("Débrancher l'appareil, puis saisir le préfet."),
    DriftKind.BELOW_STANDARD: _("Rétablir la définition ou la cadence dans la caméra ; voir les mesures sur sa page."),
    DriftKind.BEYOND_ORDER: _("La déposer, ou saisir le préfet avant tout raccordement."),
    DriftKind.PRESETS_ADDED: MEND_PRESETS,
    DriftKind.PRESETS_REMOVED: MEND_PRESETS,
    DriftKind.PRESETS_CHANGED: MEND_PRESETS,
}
MEND_POSE = _("La remettre en place, ou saisir le préfet d'une modification.")
_UNITS: dict[DriftKind, str] = {
    DriftKind.MOVED: "{} m",
    DriftKind.TURNED: "{}°",
    DriftKind.TILTED: "{}°",
    DriftKind.FIELD: "{} %",
    DriftKind.RETENTION: "{} j",
}
_WHICH_MAX = 200


def drift_mend(kind: DriftKind) -> Sentence:
    """What to do about a difference."""
    return DRIFT_MENDS.get(kind, MEND_POSE)


def drift_measure(kind: DriftKind, by: float, which: str = "") -> str:
    """How much it differs, with its unit, or which presets; empty when it has neither."""
    return _UNITS[kind].format(f"{by:.1f}".removesuffix(".0")) if kind in _UNITS else which


def named(presets: Iterable[Preset]) -> str:
    """Presets by their names, by their bearings where they have none; cut where there are many."""
    told = ", ".join(one.name or f"{one.bearing_deg:.0f}°" for one in presets)
    return told if len(told) <= _WHICH_MAX else told[: _WHICH_MAX - 1] + "…"


def both(sentence: Sentence) -> tuple[str, str]:
    """A sentence in English and in French: errors carry the two."""
    with translation.override("en"):
        english = str(sentence)
    with translation.override("fr"):
        return english, str(sentence)
