"""Codes of evidence in words, and instants as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType

from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from beffroi.core.instants import US_PER_S, from_us
from beffroi.evidence.rules import Act, Lane, Negative, PackState, PieceKind, Result, StepKind, Useful
from beffroi.territory.queries import town_zone

Sentence = str | Promise

LANES: Mapping[Lane, tuple[Sentence, Sentence]] = MappingProxyType(
    {
        Lane.TO_SAVE: (_("À sauvegarder"), _("Tout ce qui est demandé est verrouillé.")),
        Lane.TO_TREAT: (_("À traiter"), _("Aucune réquisition à traiter. Un appel noté arrive ici.")),
        Lane.TO_VALIDATE: (_("À valider"), _("Aucune réquisition à valider. Les prochaines arrivent ici.")),
        Lane.TO_DELIVER: (_("À remettre"), _("Rien à remettre. Ce qui est validé arrive ici.")),
        Lane.CLOSED: (_("Close"), _("Aucune réquisition close ce mois-ci. Le registre les garde toutes.")),
    }
)
"""The name of each lane, and what it says when it is empty."""
ACTS: Mapping[Act, Sentence] = MappingProxyType(
    {
        Act.LOCK: _("Verrouiller maintenant"),
        Act.RECEIVE: _("Inscrire la réquisition"),
        Act.CHOOSE: _("Choisir les caméras"),
        Act.REPLAY: _("Noter la relecture"),
        Act.CONCLUDE: _("Dire le résultat"),
        Act.VALIDATE: _("Valider"),
        Act.COMPLETE: _("Compléter les pièces"),
        Act.PACK: _("Faire le pack"),
        Act.WAIT: _("Le pack se prépare"),
        Act.HAND_OVER: _("Remettre"),
        Act.CLOSE: _("Clore"),
        Act.FEEDBACK: _("Noter le retour de l'enquête"),
    }
)
WAITS: Mapping[Act, Sentence] = MappingProxyType(
    {
        Act.LOCK: _("pas encore verrouillée"),
        Act.RECEIVE: _("réquisition écrite attendue"),
        Act.CHOOSE: _("caméras à choisir"),
        Act.REPLAY: _("à relire"),
        Act.CONCLUDE: _("résultat à dire"),
        Act.VALIDATE: _("attend une deuxième personne"),
        Act.COMPLETE: _("export bloqué"),
        Act.PACK: _("pack à faire"),
        Act.WAIT: _("pack en préparation"),
        Act.HAND_OVER: _("prête à remettre"),
        Act.CLOSE: _("remise, à clore"),
        Act.FEEDBACK: _("close"),
    }
)
STEPS: Mapping[StepKind, Sentence] = MappingProxyType(
    {
        StepKind.CALLED: _("Appel noté"),
        StepKind.LOCKED: _("Images verrouillées"),
        StepKind.EXTENDED: _("Verrou prolongé"),
        StepKind.RELEASED: _("Verrou levé"),
        StepKind.CALLED_BACK: _("Rappel par le standard"),
        StepKind.RECEIVED: _("Réquisition reçue"),
        StepKind.CHOSEN: _("Caméras choisies"),
        StepKind.REPLAYED: _("Relecture"),
        StepKind.ATTENDED: _("Consultation sur place par un OPJ"),
        StepKind.ATTENDED_END: _("Fin de la consultation sur place"),
        StepKind.RESULT: _("Résultat"),
        StepKind.VALIDATED: _("Validation"),
        StepKind.ALONE: _("Seul en poste : validation le lendemain"),
        StepKind.LATE: _("Validation du lendemain non faite"),
        StepKind.DISPENSED: _("Export décidé malgré une pièce manquante"),
        StepKind.PACK_ASKED: _("Pack demandé"),
        StepKind.HANDED_OVER: _("Remise"),
        StepKind.CLOSED: _("Clôture"),
        StepKind.FEEDBACK: _("Retour de l'enquête"),
    }
)
RESULTS: Mapping[Result, Sentence] = MappingProxyType(
    {
        Result.IMAGES: _("images"),
        Result.PARTIAL: _("images partielles"),
        Result.NEGATIVE: _("réponse négative"),
    }
)
NEGATIVES: Mapping[Negative, Sentence] = MappingProxyType(
    {
        Negative.OUT_OF_FIELD: _("hors champ"),
        Negative.FAILURE: _("panne"),
        Negative.OVERWRITTEN: _("images déjà effacées"),
        Negative.DARK: _("trop sombre"),
        Negative.MASKED: _("zone masquée"),
        Negative.NOTHING_SEEN: _("rien vu"),
    }
)
PIECES: Mapping[PieceKind, Sentence] = MappingProxyType(
    {
        PieceKind.REQUISITION: _("réquisition signée"),
        PieceKind.AUTHORISATION: _("autorisation du procureur"),
        PieceKind.INSTRUCTIONS: _("instructions générales du procureur"),
        PieceKind.COMMISSION: _("commission rogatoire"),
        PieceKind.RECEIPT: _("récépissé signé"),
        PieceKind.ORIGINAL: _("original papier"),
        PieceKind.OTHER: _("autre pièce"),
    }
)
FIELDS: Mapping[str, Sentence] = MappingProxyType(
    {
        "officer": _("l'OPJ"),
        "unit": _("l'unité"),
        "frame": _("le cadre"),
        "dated_on": _("la date"),
        "procedure": _("le numéro de procédure"),
    }
)
USEFUL: Mapping[Useful, Sentence] = MappingProxyType(
    {Useful.USEFUL: _("utile"), Useful.NOT_USEFUL: _("pas utile"), Useful.UNKNOWN: _("inconnu")}
)
DISPENSATIONS: Mapping[str, Sentence] = MappingProxyType(
    {
        "verbal-order": _("ordre verbal du magistrat, noté"),
        "piece-follows": _("la pièce suit, l'urgence commande"),
        "other-text": _("autre texte, cité dans la réquisition"),
    }
)
PACK_STATES: Mapping[PackState, Sentence] = MappingProxyType(
    {
        PackState.ASKED: _("en préparation"),
        PackState.MADE: _("prêt"),
        PackState.FAILED: _("en échec"),
        PackState.HANDED_OVER: _("remis"),
        PackState.DESTROYED: _("copie de la ville détruite"),
    }
)
FAILURES: Mapping[str, Sentence] = MappingProxyType(
    {
        "unavailable": _("un enregistreur ne répond pas"),
        "exhausted": _("le disque est plein"),
        "barred-by-law": _("une règle de droit s'y oppose"),
        "not-permitted": _("un droit manque à la personne qui a choisi"),
        "data-loss": _("des images sont abîmées"),
    }
)


def local(at_us: int) -> datetime:
    """An instant in town time."""
    return from_us(at_us).astimezone(town_zone())


def hour(at_us: int) -> str:
    """Time of the day: "21 h 30" in French, "21:30" in English."""
    at = local(at_us)
    return f"{at.hour} h {at.minute:02}" if translation.get_language() == "fr" else f"{at:%H:%M}"


def day(on: date, *, this_year: int | None = None) -> str:
    """A date in full; without its year when it is the page's."""
    return date_format(on, "l j F" if on.year == this_year else "l j F Y")


def when(at_us: int, *, this_year: int | None = None) -> str:
    """Day and hour."""
    return f"{day(local(at_us).date(), this_year=this_year)}, {hour(at_us)}"


def span(from_at_us: int, to_at_us: int) -> str:
    """A span in town time, its day once."""
    start, end = local(from_at_us), local(to_at_us)
    if start.date() == end.date():
        return now_("%(day)s, %(from)s à %(to)s") % {
            "day": day(start.date()),
            "from": hour(from_at_us),
            "to": hour(to_at_us),
        }
    return now_("du %(from)s au %(to)s") % {"from": when(from_at_us), "to": when(to_at_us)}


def utc_span(from_at_us: int, to_at_us: int) -> str:
    """The same in UTC, hours only."""
    return f"{from_us(from_at_us):%H:%M}–{from_us(to_at_us):%H:%M} UTC"


def lasting(us: int) -> str:
    """A duration: "37 min 46 s", "2 j 7 h"."""
    total_s = us // US_PER_S
    days, rest = divmod(total_s, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    days_unit = now_("j")
    if days:
        return f"{days} {days_unit} {hours} h"
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s"
