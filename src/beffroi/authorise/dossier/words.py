"""Sentences about dossiers: what is missing, then where it is filled."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils import translation
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beffroi.authorise.assessment import words as assessment
from beffroi.authorise.assessment.rules import Due, Reopening
from beffroi.authorise.dossier.aims import short_of
from beffroi.authorise.dossier.pieces import Doubt, Doubtful, Lack, Missing
from beffroi.authorise.drift import DriftKind, Preset
from beffroi.authorise.models.dossiers import ContactRole, Dossier
from beffroi.authorise.words import DRIFT
from beffroi.plan.models import Camera, Link, Site, TargetClass
from beffroi.territory.models import Purpose, Zone

TEXTS: dict[str, str | Promise] = {
    "context": _("Contexte et besoin"),
    "alternatives": _("Autres mesures, essayées ou prévues"),
    "premises": _("Locaux"),
    "incidents": _("Incidents de sécurité"),
    "retention-reason": _("Raisons de la durée de conservation"),
    "rights-arrangements": _("Dispositions pour le droit d’accès"),
    "coordination": _("Convention de coordination : lignes, radio, renforts"),
    "means": _("Moyens humains : effectifs, postes, patrouilles"),
}
"""Names of the sections that people write, in the order of the pages."""
HINTS: dict[str, str | Promise] = {
    "context": _("Pourquoi ces lieux, depuis quand, ce qui s'y passe, ce que la ville attend."),
    "alternatives": _("Éclairage, rondes, médiation, aménagement : ce qui fut fait et ce que cela donna."),
    "premises": _("Qui entre, comment c'est fermé, où sont les serveurs."),
    "incidents": _("Qui prévient qui, en combien de temps, où c'est inscrit."),
    "retention-reason": _(
        "Le temps que mettent les plaintes à arriver, les enquêteurs à demander : jamais « par défaut »."
    ),
    "coordination": _("Numéros et canaux convenus, qui répond la nuit, comment l'équipage est guidé."),
    "means": _("Combien de personnes, à quels postes, à quelles heures ; patrouilles de police et de médiation."),
    "rights-arrangements": _("Qui répond, comment l'identité est vérifiée, où l'on visionne."),
}

LACKS: dict[Lack, str | Promise] = {
    Lack.NO_CAMERA: _("Aucune caméra n'est demandée."),
    Lack.NO_PURPOSE: _("Aucune finalité n'est demandée."),
    Lack.ZONE_PURPOSE: _(
        "Zone « %(subject)s » : sa finalité, %(detail)s, n'est pas demandée ; la demander, ou retirer ses caméras."
    ),
    Lack.NO_EVIDENCE: _("Zone « %(subject)s » : aucun fait daté des cinq dernières années."),
    Lack.NO_TEXT: _("« %(subject)s » n'est pas écrit."),
    Lack.NO_CONTACT: _("Contact manquant : %(subject)s."),
    Lack.NO_SIGN: _("Emplacement « %(subject)s » : aucune affiche n'est inscrite."),
    Lack.NO_ROLE: _("%(subject)s n'a pas de rôle : écrire ce que ses images servent à voir (colonne « role »)."),
    Lack.UNSIGNED_APPROACH: _("Approche de « %(subject)s » : aucune affiche à moins de 60 m."),
    Lack.NOT_CONFORMING: _("%(subject)s n'est pas conforme à l'arrêté du 3 août 2007 (%(detail)s)."),
    Lack.LINK_TOO_FULL: _("Liaison « %(subject)s » : les débits de ses caméras dépassent 70 %% de son débit."),
    Lack.RADIO_NOT_LAST: _("Liaison radio « %(subject)s » : la radio n'est admise que sur le dernier tronçon."),
    Lack.RADIO_CLEAR: _("Liaison radio « %(subject)s » : elle doit être chiffrée."),
    Lack.NO_ATTESTATION: _(
        "L'attestation de conformité signée n'est pas jointe, et l'installateur n'est pas certifié."
    ),
    Lack.NO_UNDERTAKING: _("L'engagement de conformité n'est pas envoyé à la CNIL."),
    Lack.NO_ORDER_REPLACED: _("L'arrêté à modifier ou à renouveler n'est pas désigné."),
    Lack.OUTSIDE_PERIMETER: _("%(subject)s est hors du périmètre."),
    Lack.TOO_MANY_FOR_PERIMETER: _("Le périmètre n'admet pas %(subject)s caméras : dire leur nombre au plus."),
    Lack.PERIMETER_TOO_WIDE: _("Le périmètre couvre %(subject)s %% de la commune : presque toute la ville."),
    Lack.DWELLING_UNMASKED: _("%(subject)s : habitations du champ qu'aucun masque prévu ne cache : %(detail)s."),
    Lack.INSIDE_BUILDING: _("%(subject)s est placée dans un bâtiment : son champ ne peut pas être dessiné."),
    Lack.OUTSIDE_TOWN: _("%(subject)s est hors des limites de la commune : corriger sa position."),
    Lack.NO_CHANGE: _("Rien ne change : une modification a au moins une différence."),
    Lack.NO_ASSESSMENT: _("Aucune analyse d'impact n'est validée."),
    Lack.ASSESSMENT_REVIEW: _("L'analyse d'impact est à rouvrir : %(subject)s"),
    Lack.HIGH_RISK: assessment.MUST_CONSULT,
}
DOUBTS: dict[Doubt, str | Promise] = {
    Doubt.SUPPOSED_ACCESSES: _(
        "Accès supposés pour %(count)s des %(of)s bâtiments de tiers dans le champ : les vérifier sur place."
    ),
    Doubt.NO_PUBLIC_ADDRESS: _(
        "La page publique n'a pas d'adresse à porter sur l'affiche : donner un nom au serveur (web.names)."
    ),
    Doubt.IDLE_PURPOSE: _(
        "Finalité demandée qu'aucune zone de la demande ne porte : %(subject)s. La retirer, ou la motiver."
    ),
    Doubt.KNOWN_DRIFT: _(
        "%(subject)s n'est pas comme l'arrêté l'autorise : %(detail)s. La remettre en place, ou demander cet état."
    ),
    Doubt.REST_ONLY: _(
        "%(subject)s est pilotée, sans position enregistrée : voisins, habitations et masques ne sont jugés que pour "
        "sa position de repos. Écrire ses positions."
    ),
    Doubt.SHORT_SIGHT: _("%(subject)s : la géométrie ne permet pas %(detail)s"),
}
_ARTICLE = re.compile(r"\b([LR])(?=\d)")
_ZONES = frozenset({Lack.NO_EVIDENCE})
_LINKS = frozenset({Lack.LINK_TOO_FULL, Lack.RADIO_NOT_LAST, Lack.RADIO_CLEAR})
_SITES = frozenset({Lack.NO_SIGN})
_CAMERAS = frozenset(
    {
        Lack.NO_ROLE,
        Lack.NOT_CONFORMING,
        Lack.OUTSIDE_PERIMETER,
        Lack.OUTSIDE_TOWN,
        Lack.DWELLING_UNMASKED,
        Lack.INSIDE_BUILDING,
    }
)
_ASSESSED = frozenset({Lack.NO_ASSESSMENT, Lack.ASSESSMENT_REVIEW, Lack.HIGH_RISK})


CHANGES: dict[str, str | Promise] = {
    "added": _("caméra ajoutée"),
    "removed": _("caméra supprimée"),
    "lat": _("latitude"),
    "lon": _("longitude"),
    "bearing_deg": _("cap, degrés"),
    "tilt_deg": _("inclinaison, degrés"),
    "hfov_deg": _("champ, degrés"),
    "kind": _("type"),
    "preset_added": _("position enregistrée ajoutée"),
    "preset_removed": _("position enregistrée ôtée"),
    "preset_changed": _("position enregistrée changée"),
    "retention_days": _("conservation, jours"),
    "purposes": _("finalités"),
    "perimeter_ha": _("périmètre, hectares"),
    "max_cameras": _("caméras au plus"),
}
"""What may differ from the order in force: names of `queries.changes_of`."""


def changed_value(value: object) -> object:
    """One side of a difference as pages tell it."""
    if not isinstance(value, Preset):
        return value
    look = _("cap %(bearing)s°, inclinaison %(tilt)s°, champ %(field)s°") % {
        "bearing": number_format(round(value.bearing_deg, 1)),
        "tilt": number_format(round(value.tilt_deg, 1)),
        "field": number_format(round(value.hfov_deg, 1)),
    }
    return f"{value.name} : {look}" if value.name else look


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """One missing thing as pages and commands tell it."""

    missing: Missing
    text: str
    url: str


def wants(dossier: Dossier, missing: Iterable[Missing]) -> list[Want]:
    """Each with where it is filled."""
    return [Want(missing=one, text=sentence(one), url=where(dossier, one)) for one in missing]


def sentence(one: Missing) -> str:
    """What is missing, in the language of the reader."""
    subject, detail = _subject(one)
    return str(LACKS[one.lack]) % {"subject": subject, "detail": detail}


def doubt_sentence(one: Doubtful) -> str:
    """What is to be verified, in the language of the reader."""
    subject = _purpose(one.subject) if one.doubt is Doubt.IDLE_PURPOSE else _camera(one.subject)
    return str(DOUBTS[one.doubt]) % {"count": one.count, "of": one.of, "subject": subject, "detail": _detail(one)}


def _detail(one: Doubtful) -> str:
    if one.doubt is Doubt.KNOWN_DRIFT:
        what = str(DRIFT[DriftKind(one.detail)])
        return f"{what}, {one.measure}" if one.measure else what
    row = Camera.objects.filter(pk=one.subject).first() if one.doubt is Doubt.SHORT_SIGHT else None
    return short_said(row) if row else ""


def short_said(row: Camera) -> str:
    """What a camera is declared for and cannot give, then what its geometry allows; empty when it is enough."""
    found = short_of(row)
    if found is None:
        return ""
    what = TargetClass(row.target_class).label
    aimed = (_("« %(what)s » à %(distance)s m") if row.aimed_m else _("« %(what)s »")) % {
        "what": what, "distance": _m(row.aimed_m or 0.0),
    }  # fmt: skip
    if found.near_m is None or found.far_m is None:
        names = {"aimed": aimed, "best": round(found.best_px_m), "at": _m(found.best_at_m),
                 "least": round(found.least_px_m)}  # fmt: skip
        return _("%(aimed)s (nulle part : %(best)s px/m au plus, à %(at)s m, au lieu de %(least)s).") % names
    return _("%(aimed)s ; elle le permet de %(near)s à %(far)s m.") % {
        "aimed": aimed, "near": _m(found.near_m), "far": _m(found.far_m),
    }  # fmt: skip


def _m(metres: float) -> str:
    return str(number_format(round(metres, 1)))


def _camera(camera: str) -> str:
    found = Camera.objects.filter(pk=camera).first() if camera else None
    return f"{found.number} · {found.name}" if found else camera


def _purpose(code: str) -> str:
    return str(dict(Purpose.choices).get(code, code))


def doubt_where(dossier: Dossier, one: Doubtful) -> str:
    """The page where it is verified; empty for what a setting of the server says."""
    if one.doubt is Doubt.SUPPOSED_ACCESSES:
        return reverse("dossier-accesses", args=[dossier.pk])
    if one.doubt in (Doubt.REST_ONLY, Doubt.SHORT_SIGHT):
        return reverse("planner")
    if one.doubt is Doubt.KNOWN_DRIFT:
        return reverse("authorisations") + "#ecarts"
    return reverse("dossier-edit", args=[dossier.pk]) if one.doubt is Doubt.IDLE_PURPOSE else ""


def short_fr(row: Camera) -> str:
    """For papers."""
    with translation.override("fr"):
        return short_said(row)


def doubts_fr(doubtful: Iterable[Doubtful]) -> list[str]:
    """For papers."""
    with translation.override("fr"):
        return [doubt_sentence(one) for one in doubtful]


def sentences_fr(missing: Iterable[Missing]) -> list[str]:
    """For papers."""
    with translation.override("fr"):
        return [f"{sentence(one)} ({_spaced(one.article)})" for one in missing]


def _spaced(article: str) -> str:
    """`R. 252-3`, as papers write it."""
    return _ARTICLE.sub(r"\1. ", article)


def _subject(one: Missing) -> tuple[str, str]:
    """What it is about, and of a camera the rule that it breaks or the buildings it sees."""
    if one.lack is Lack.NO_TEXT:
        return str(TEXTS[one.subject]), ""
    if one.lack is Lack.NO_CONTACT:
        return str(ContactRole(one.subject).label), ""
    if one.lack is Lack.ASSESSMENT_REVIEW:
        due, _colon, subject = one.subject.partition(":")
        return assessment.sentence(Reopening(due=Due(due), subject=subject)), ""
    if one.lack is Lack.ZONE_PURPOSE:
        zone, _colon, purpose = one.subject.partition(":")
        return str(Zone.objects.filter(pk=zone).first() or zone), _purpose(purpose)
    if one.lack in _ZONES:
        return str(Zone.objects.filter(pk=one.subject).first() or one.subject), ""
    if one.lack in _SITES:
        return str(Site.objects.filter(pk=one.subject).first() or one.subject), ""
    if one.lack in _LINKS:
        return str(Link.objects.filter(pk=one.subject).first() or one.subject), ""
    if one.lack in _CAMERAS:
        camera, _colon, detail = one.subject.partition(":")
        return _camera(camera), detail.replace(",", ", ")
    return one.subject, ""


def where(dossier: Dossier, one: Missing) -> str:
    """The page where it is filled."""
    if one.lack is Lack.NO_TEXT:
        return reverse("dossier-text", args=[dossier.pk, one.subject])
    if one.lack is Lack.NO_CONTACT:
        return reverse("dossier-contact", args=[one.subject])
    if one.lack in (Lack.NO_SIGN, Lack.UNSIGNED_APPROACH):
        return reverse("dossier-signs")
    if one.lack is Lack.NO_UNDERTAKING:
        return reverse("add-undertaking")
    if one.lack is Lack.NO_ATTESTATION:
        return reverse("dossier", args=[dossier.pk]) + "#jointes"
    if one.lack in _ASSESSED:
        return reverse("assessments")
    if one.lack is Lack.NO_EVIDENCE:
        return reverse("zone", args=[one.subject])
    if one.lack in (Lack.NO_ROLE, Lack.NOT_CONFORMING, Lack.DWELLING_UNMASKED, Lack.INSIDE_BUILDING, *_LINKS):
        return reverse("programme")
    return reverse("dossier-edit", args=[dossier.pk])
