"""The eight checks in words: what was looked at, what was found, where to mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beffroi.authorise.models.dossiers import ContactRole
from beffroi.oversee.selfcheck.rules import CLOCK_MS, PASSWORD_LEAST, CheckCode, Town, verdicts
from beffroi.people.rules import Right

_SHOWN = 6
NAMES: Mapping[CheckCode, tuple[str | Promise, str]] = MappingProxyType(
    {
        CheckCode.DWELLINGS: (gettext_lazy("Habitations masquées"), "CSI L. 251-3"),
        CheckCode.RETENTION: (gettext_lazy("Durée de conservation tenue"), "CSI L. 252-5"),
        CheckCode.SIGNS: (gettext_lazy("Affiches complètes et en place"), "CSI R. 253-6"),
        CheckCode.ASSESSMENT: (gettext_lazy("Analyse d'impact faite et revue"), "RGPD 35, LIL 90"),
        CheckCode.CLOCKS: (gettext_lazy("Horloges justes"), "Arrêté du 3 août 2007, ann. 1"),
        CheckCode.PASSWORDS: (gettext_lazy("Mots de passe et second facteur"), "LIL 99"),
        CheckCode.TRACES: (gettext_lazy("Accès tracés"), "CSI R. 253-5, LIL 101"),
        CheckCode.RECORD: (gettext_lazy("Traitement inscrit au registre"), "RGPD 30, LIL 100"),
    }
)
_DEVICES = ("cameras", frozenset({Right.HEALTH, Right.CONFIGURE}))
_DOSSIERS = ("dossiers", frozenset({Right.PROGRAMME, Right.CONFIGURE}))
_MENDS: Mapping[CheckCode, tuple[str, frozenset[Right]]] = MappingProxyType(
    {
        CheckCode.DWELLINGS: _DEVICES,
        CheckCode.RETENTION: ("destructions", frozenset({Right.JOURNAL})),
        CheckCode.SIGNS: ("dossier-signs", _DOSSIERS[1]),
        CheckCode.ASSESSMENT: _DOSSIERS,
        CheckCode.CLOCKS: _DEVICES,
        CheckCode.TRACES: ("journal", frozenset({Right.JOURNAL})),
        CheckCode.RECORD: _DOSSIERS,
    }
)
"""Where it is mended and who may open that page; passwords: in the settings of the installation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """One check as the page shows it. `mend`: an address, empty when it is good."""

    name: str
    article: str
    is_good: bool
    said: str
    mend: str


def lines(town: Town, today: date, rights: frozenset[Right] = frozenset()) -> list[CheckLine]:
    """The eight, in the order of the notice; `rights`: of whoever reads, for the pages where they are mended."""
    found = verdicts(town, today)
    return [
        CheckLine(
            name=str(NAMES[code][0]),
            article=NAMES[code][1],
            is_good=is_good,
            said=_said(code, town),
            mend="" if is_good else _mend(code, rights),
        )
        for code, is_good in found.items()
    ]


def _said(code: CheckCode, town: Town) -> str:
    return _SAYS[code](town)


def _mend(code: CheckCode, rights: frozenset[Right]) -> str:
    url_name, any_of = _MENDS.get(code, ("", frozenset()))
    return reverse(url_name) if any_of & rights else ""


def _list(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    shown = ", ".join(names[:_SHOWN])
    return _("%(names)s et %(count)s de plus") % {"names": shown, "count": more} if more > 0 else shown


def _dwellings(town: Town) -> str:
    if not town.unmasked:
        return _("Chaque caméra en service qui voit une habitation a ses masques, prouvés.")
    return _("Masques à tracer ou à prouver : %(names)s.") % {"names": _list(town.unmasked)}


def _retention(town: Town) -> str:
    if not town.overkept:
        return _("Aucune image n'a dépassé la durée de son arrêté, d'après le registre des destructions.")
    return _("Durée dépassée, ou réglage autre que l'arrêté : %(names)s.") % {"names": _list(town.overkept)}


def _signs(town: Town) -> str:
    said = []
    if town.unsigned_sites:
        said.append(_("Emplacements sans affiche en place : %(names)s.") % {"names": _list(town.unsigned_sites)})
    if town.late_signs:
        said.append(_("Vérification en retard : %(names)s.") % {"names": _list(town.late_signs)})
    if town.lacking_contacts:
        roles = [str(ContactRole(role).label) for role in town.lacking_contacts]
        said.append(_("L'affiche doit nommer : %(names)s.") % {"names": _list(roles)})
    return " ".join(said) or _("Chaque emplacement en service a son affiche, vérifiée, qui nomme qui il faut.")


def _assessment(town: Town) -> str:
    if town.assessed_on is None:
        return _("Aucune analyse d'impact établie ni jointe à un dossier.")
    return _("Dernière analyse du %(day)s ; elle se revoit tous les trois ans au moins.") % {
        "day": date_format(town.assessed_on, "j F Y")
    }


def _clocks(town: Town) -> str:
    said = []
    if town.wrong_clocks:
        text = _("Plus de %(seconds)s s d'écart : %(names)s.")
        said.append(text % {"seconds": CLOCK_MS // 1000, "names": _list(town.wrong_clocks)})
    if town.unmeasured_clocks:
        said.append(_("Écart jamais mesuré : %(names)s.") % {"names": _list(town.unmeasured_clocks)})
    return " ".join(said) or _("Chaque caméra qui enregistre est à moins d'une seconde de son enregistreur.")


def _passwords(town: Town) -> str:
    text = _("%(least)s signes au moins (%(wanted)s demandés) ; second facteur : %(factor)s.")
    factor = _("offert ou exigé") if town.has_second_factor else _("absent")
    return text % {"least": town.password_least, "wanted": PASSWORD_LEAST, "factor": factor}


def _traces(town: Town) -> str:
    if town.lost_looks:
        return _("Accès du mois sans ligne au journal : %(count)s.") % {"count": town.lost_looks}
    if town.head_age_us is None:
        return _("Le journal n'a pas encore de tête signée.")
    minutes = town.head_age_us // 60_000_000
    return _("Chaque accès des trente derniers jours a sa ligne ; dernière tête signée il y a %(minutes)s min.") % {
        "minutes": minutes
    }


def _record(town: Town) -> str:
    if town.recorded_on is None:
        return _("La fiche du registre des traitements n'a pas été établie : elle vient avec les documents du dossier.")
    return _("Fiche établie le %(day)s.") % {"day": date_format(town.recorded_on, "j F Y")}


_SAYS = MappingProxyType(
    {
        CheckCode.DWELLINGS: _dwellings,
        CheckCode.RETENTION: _retention,
        CheckCode.SIGNS: _signs,
        CheckCode.ASSESSMENT: _assessment,
        CheckCode.CLOCKS: _clocks,
        CheckCode.PASSWORDS: _passwords,
        CheckCode.TRACES: _traces,
        CheckCode.RECORD: _record,
    }
)
