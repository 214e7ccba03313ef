"""Sentences for what happens to cameras and nodes: what it is, then what to do."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from beffroi.authorise.rules import ARTICLES, Shut
from beffroi.authorise.words import SHUT, SHUT_MENDS
from beffroi.engine.contract import CameraState, GapCause

STATES: dict[str, str | Promise] = {
    CameraState.RECORDING: _("enregistre"),
    CameraState.SILENT: _("muette"),
    CameraState.REFUSED: _("refusée"),
    CameraState.BARRED: _("fermée par la loi"),
}
WITHHELD = _("retenue : masques")
"""The gate is open, the masks are neither proved nor burnt."""
SHAPES = {
    CameraState.RECORDING: ("ok", "s-ok"),
    CameraState.SILENT: ("bad", "s-bad"),
    CameraState.REFUSED: ("bad", "s-bad"),
    CameraState.BARRED: ("wait", "s-barred"),
}
CAUSES: dict[str, str | Promise] = {
    **{shut.value: sentence for shut, sentence in SHUT.items()},
    "workshop-over": _("L'essai de 24 heures est terminé."),
    "waiting-for-node": _("L'enregistreur n'a pas encore parlé de cette caméra."),
    "node-down": _("L'enregistreur ne donne plus de nouvelles."),
}
_MENDS: dict[str, str | Promise] = {
    **{shut.value: sentence for shut, sentence in SHUT_MENDS.items()},
    "workshop-over": _("Retirer la caméra, ou recommencer un essai."),
    "waiting-for-node": _("Attendre quelques secondes ; sinon, voir la page de l'enregistreur."),
    "node-down": _("Vérifier la machine, le réseau, puis « beffroi status »."),
    CameraState.SILENT: _("Vérifier l'alimentation, le réseau et l'adresse de la caméra."),
    CameraState.REFUSED: _("Vérifier l'identifiant, le mot de passe, l'adresse et le codec."),
}
GAP_CAUSES: dict[str, str | Promise] = {
    GapCause.CONNECT: _("caméra injoignable"),
    GapCause.REFUSED: _("la caméra refuse"),
    GapCause.SILENT: _("la caméra se tait"),
    GapCause.LOSS: _("paquets perdus"),
    GapCause.MALFORMED: _("images illisibles"),
    GapCause.DISK_STALLED: _("disque bloqué"),
    GapCause.DISK_FULL: _("disque plein"),
    GapCause.CLOCK: _("saut d'horloge de l'enregistreur"),
    GapCause.RESTART: _("enregistreur à l'arrêt"),
    GapCause.CLOSED: _("caméra fermée"),
    GapCause.MASK: _("masque non prouvé"),
    GapCause.CORRUPT: _("fichier abîmé"),
}
CLOCKS: dict[str, str | Promise] = {
    "synchronised": _("synchronisée"),
    "unsynchronised": _("non synchronisée : régler le serveur de temps de la machine"),
    "unknown": _("le système ne dit pas si elle est synchronisée"),
    "": _("non dite"),
}
NODE_STATES: dict[str, str | Promise] = {
    "up": _("répond"),
    "late": _("en retard"),
    "down": _("ne répond pas"),
}
NODE_SHAPES = {"up": ("ok", "s-ok"), "late": ("warn", "s-warn"), "down": ("bad", "s-bad")}


def cause(message: str, message_fr: str = "") -> str:
    """The sentence of a code of ours, or the node's own, in the reader's language."""
    if message in CAUSES:
        return str(CAUSES[message])
    return message_fr if message_fr and get_language() == "fr" else message


def barred(message: str) -> tuple[str | Promise, str | Promise, str]:
    """Why a gate is shut, what to do, and the article, of a code of ours."""
    article = next((ARTICLES[shut] for shut in Shut if shut.value == message), ARTICLES[Shut.NO_ORDER])
    return CAUSES[message], _MENDS[message], article


def mend(state: CameraState, message: str) -> str:
    """What to do about it; empty when nothing is wrong."""
    return "" if state is CameraState.RECORDING else str(_MENDS.get(message) or _MENDS.get(state, ""))
