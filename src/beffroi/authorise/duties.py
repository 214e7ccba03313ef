"""What of the authorisations is to be decided, in words: what follows from leaving it, and where it is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from beffroi.authorise import queries, words
from beffroi.authorise.alerts import RENEWAL_MONTHS, Alert, AlertKind, Urgency
from beffroi.authorise.assessment import queries as assessment
from beffroi.authorise.assessment import words as assessment_words
from beffroi.authorise.assessment.rules import Due
from beffroi.authorise.assessment.words import MUST_CONSULT
from beffroi.authorise.dossier import queries as dossiers
from beffroi.authorise.dossier.pieces import DossierKind
from beffroi.authorise.drift import DriftKind
from beffroi.authorise.models import (
    Declaration,
    Dossier,
    Drift,
    Order,
    PrefectRequest,
    Sign,
)
from beffroi.authorise.signs import is_overdue
from beffroi.core.dates import add_months, day_starts_at
from beffroi.people.events import Duty
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.plan import queries as plan
from beffroi.plan.models import Phase
from beffroi.plan.works.queries import all_served_on, references
from beffroi.territory.queries import town_zone

MOST_NAMED = 3
_DAY = "l j F Y"
_TONES = {Urgency.KNOWN: ("wait", "s-wait"), Urgency.SOON: ("warn", "s-warn"), Urgency.NOW: ("bad", "s-bad")}


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftLine:
    """One difference, in words."""

    camera: str
    name: str
    what: str | Promise
    measure: str
    mend: str | Promise
    raised_at: datetime


def decisions(alerts: Iterable[Alert], drift: Iterable[DriftLine], *, names: Mapping[str, str], on: date) -> list[Duty]:
    found = [_decision(alert, on, names) for alert in alerts if not is_note(alert)]
    found += [_draft_decision(one, count, on) for one, count in dossiers.drafts(on)]
    found += [_drift_decision(line) for line in drift]
    return [*found, *_passed_declarations(on), *_reference_decisions(on), *_assessment_decisions(on)]


def to_decide(on: date) -> list[Duty]:
    """What waits for whoever follows the programme on a day."""
    names = {camera.id: f"{camera.number} · {camera.name}" for camera in plan.cameras_on(on)}
    return decisions(queries.alerts(on), drift_lines(on, names), names=names, on=on)


def duties(agent: Agent, on: date) -> Iterable[Duty]:
    """What waits for whoever follows the programme; signs to look at, for whoever keeps the town's cameras."""
    if agent.may(Right.PROGRAMME):
        yield from to_decide(on)
    if agent.may(Right.CONFIGURE):
        yield from _overdue_signs(on)


def _passed_declarations(on: date) -> Iterable[Duty]:
    """Phases of which the prefect was told a day that went by without them. Source: CSI R. 252-17."""
    for phase in Phase.objects.filter(in_service_on=None, declarations__isnull=False).distinct():
        said = Declaration.objects.filter(phase=phase).order_by("-commissioning_on")[0]
        if said.commissioning_on < on and all_served_on(phase) is None:
            yield Duty(
                tone="warn",
                shape="s-warn",
                title=_("Écrire au préfet le nouveau jour de mise en service : %(phase)s") % {"phase": phase.name},
                effect=_("Déclarée pour le %(day)s, elle n'est pas toute en service (R. 252-17).")
                % {"day": date_format(said.commissioning_on, _DAY)},
                last=_("attendu depuis %(day)s") % {"day": date_format(said.commissioning_on, _DAY)},
                url=reverse("phase", args=[phase.pk]),
            )


def _overdue_signs(on: date) -> Iterable[Duty]:
    late = [sign for sign in Sign.objects.select_related("site") if is_overdue(sign, on)]
    if late:
        yield Duty(
            tone="warn",
            shape="s-warn",
            title=_("Aller voir les affiches : %(sites)s") % {"sites": ", ".join(sign.site.name for sign in late[:3])},
            effect=_("Le public est informé là où il est filmé (R. 253-6) ; en retard : %(count)s.")
            % {"count": len(late)},
            last=_("en retard"),
            url=reverse("dossier-signs"),
        )


def is_note(alert: Alert) -> bool:
    return alert.kind is AlertKind.IMPLIED_REFUSAL and alert.urgency is Urgency.KNOWN


def note(alert: Alert, names: Mapping[str, str]) -> str:
    return _("%(cameras)s : dossier déposé. Refus implicite sans réponse le %(day)s.") % {
        "cameras": _whose(alert, names),
        "day": date_format(alert.falls_on, _DAY),
    }


def _decision(alert: Alert, on: date, names: Mapping[str, str]) -> Duty:
    title, effect, url = _WORDS[alert.kind](alert, names)
    tone, shape = _TONES[alert.urgency]
    day = date_format(alert.last_on, _DAY)
    last = _("avant %(day)s") % {"day": day} if on < alert.last_on else _("attendu depuis %(day)s") % {"day": day}
    return Duty(tone=tone, shape=shape, title=title, effect=effect, last=last, url=url)


def _renewal(alert: Alert, names: Mapping[str, str]) -> tuple[str, str, str]:
    title = _("Déposer le renouvellement de l'arrêté %(number)s") % {"number": _number(alert.subject)}
    effect = _("Sinon, caméras qui s'arrêtent le %(day)s : %(count)s.") % _counted(alert)
    return title, effect, reverse("order", args=[alert.subject])


def _expired(alert: Alert, names: Mapping[str, str]) -> tuple[str, str, str]:
    title = _("L'arrêté %(number)s a expiré") % {"number": _number(alert.subject)}
    effect = _("Caméras fermées depuis le %(day)s : %(count)s.") % _counted(alert)
    return title, effect, reverse("order", args=[alert.subject])


def _refusal(alert: Alert, names: Mapping[str, str]) -> tuple[str, str, str]:
    title = _("Obtenir la réponse du préfet : %(cameras)s") % {"cameras": _whose(alert, names)}
    effect = _("Quatre mois de silence valent refus, le %(day)s.") % _counted(alert)
    asked = Dossier.objects.filter(pk=alert.subject).exists()
    return title, effect, reverse("dossier", args=[alert.subject]) if asked else reverse("authorisations")


def _whose(alert: Alert, names: Mapping[str, str]) -> str:
    """A few cameras by their names, many by their dossier's."""
    asked = Dossier.objects.filter(pk=alert.subject).first() if len(alert.cameras) > MOST_NAMED else None
    return asked.name if asked else ", ".join(names[camera] for camera in alert.cameras)


def _declaration(alert: Alert, names: Mapping[str, str]) -> tuple[str, str, str]:
    phase = Phase.objects.get(pk=alert.subject)
    title = _("Déclarer au préfet la mise en service : %(phase)s") % {"phase": phase.name}
    effect = _("Prévue le %(day)s ; caméras qui resteraient fermées : %(count)s.") % _counted(alert)
    return title, effect, reverse("add-declaration")


def _event(alert: Alert, names: Mapping[str, str]) -> tuple[str, str, str]:
    order = Order.objects.get(pk=alert.subject)
    title = _("Dire quand « %(event)s » est terminé") % {"event": order.event}
    effect = _("Le système provisoire se ferme de lui-même le %(day)s ; caméras : %(count)s.") % _counted(alert)
    return title, effect, reverse("order", args=[order.pk])


def _vote(alert: Alert, names: Mapping[str, str]) -> tuple[str, str, str]:
    row = PrefectRequest.objects.get(pk=alert.subject)
    title = _("Délibérer sur la demande du préfet %(number)s") % {"number": row.number}
    effect = _("Le conseil a trois mois : jusqu'au %(day)s (R. 223-2).") % _counted(alert)
    return title, effect, f"{reverse('authorisations')}#h-asked"


def _agreement(alert: Alert, names: Mapping[str, str]) -> tuple[str, str, str]:
    row = PrefectRequest.objects.get(pk=alert.subject)
    title = _("Signer la convention de financement : demande %(number)s") % {"number": row.number}
    if row.agreed_on is None:
        effect = str(_("Le conseil a accepté ; qui paie est convenu pour cinq ans (L. 223-8)."))
    else:
        effect = _("Celle en cours prend fin le %(day)s.") % _counted(alert)
    return title, effect, f"{reverse('authorisations')}#h-asked"


_WORDS = {
    AlertKind.RENEWAL: _renewal,
    AlertKind.EXPIRED: _expired,
    AlertKind.IMPLIED_REFUSAL: _refusal,
    AlertKind.DECLARATION: _declaration,
    AlertKind.EVENT: _event,
    AlertKind.VOTE: _vote,
    AlertKind.AGREEMENT: _agreement,
}


def _counted(alert: Alert) -> dict[str, object]:
    return {"day": date_format(alert.falls_on, "j F Y"), "count": len(alert.cameras)}


def _number(order: str) -> str:
    return Order.objects.get(pk=order).number


def _draft_decision(dossier: Dossier, count: int, on: date) -> Duty:
    """A draft that cannot be filed yet; a renewal has its last day four months before the order's end."""
    title = _("Ajouter la pièce qui manque : %(name)s") if count == 1 else _("Ajouter les %(count)s pièces : %(name)s")
    renewed = dossier.replaces if dossier.kind == DossierKind.RENEWAL else None
    last_on = add_months(renewed.ends_on, -RENEWAL_MONTHS[-1]) if renewed else None
    is_late = last_on is not None and last_on < on
    shown = _("à déposer avant %(day)s") if last_on else _("ouvert le %(day)s")
    return Duty(
        tone="bad" if is_late else "warn",
        shape="s-bad" if is_late else "s-warn",
        title=title % {"count": count, "name": dossier.name},
        effect=_("Sinon le dossier ne peut pas être déposé (R. 252-3)."),
        last=shown % {"day": date_format(last_on or dossier.opened_on, _DAY)},
        url=reverse("dossier", args=[dossier.pk]),
    )


def _reference_decisions(on: date) -> list[Duty]:
    """One for all the cameras whose reference pictures are missing or due."""
    due = [one for one in references(on) if one.is_due]
    if not due:
        return []
    is_late = any(one.due_on is None or one.due_on <= on for one in due)
    dated = [one.due_on for one in due if one.due_on]
    return [
        Duty(
            tone="bad" if is_late else "warn",
            shape="s-bad" if is_late else "s-warn",
            title=_("Refaire les images de référence : %(count)s caméras") % {"count": len(due)},
            effect=_("Sans elles, rien ne montre que l'image sert encore sa finalité (arrêté du 3 août 2007, art. 1)."),
            last=_("avant %(day)s") % {"day": date_format(min(dated), _DAY)}
            if dated and not is_late
            else _("en retard"),
            url=reverse("references"),
        )
    ]


def _drift_decision(line: DriftLine) -> Duty:
    return Duty(
        tone="warn",
        shape="s-warn",
        title=f"{line.name} : {line.what}",
        effect=f"{line.measure}. {line.mend}" if line.measure else str(line.mend),
        last=_("constaté le %(day)s") % {"day": date_format(line.raised_at, _DAY)},
        url=f"{reverse('authorisations')}#ecarts",
    )


def _assessment_decisions(on: date) -> list[Duty]:
    """The impact assessment does not describe the system any more, or waits for the CNIL.

    A camera that differs from its order is a decision of its own: mending it ends both.
    """
    reasons = [str(MUST_CONSULT)] if assessment.must_consult() else []
    reasons += [assessment_words.sentence(one) for one in assessment.due(on) if one.due is not Due.DRIFT]
    if not reasons:
        return []
    row = assessment.standing()
    last = _("validée le %(day)s") % {"day": date_format(row.approved_on, _DAY)} if row and row.approved_on else ""
    title, url = _("Rouvrir l'analyse d'impact"), reverse("assessments")
    return [Duty(tone="warn", shape="s-warn", title=title, effect=" ".join(reasons), last=last, url=url)]


def drift_lines(on: date, names: Mapping[str, str], camera: str = "") -> list[DriftLine]:
    """Differences that stood at the end of a day."""
    until = day_starts_at(on + timedelta(days=1), town_zone())
    rows = Drift.objects.filter(Q(cleared_at__isnull=True) | Q(cleared_at__gte=until), raised_at__lt=until)
    return [_drift_line(row, names) for row in (rows.filter(camera=camera) if camera else rows)]


def _drift_line(row: Drift, names: Mapping[str, str]) -> DriftLine:
    kind = DriftKind(row.kind)
    return DriftLine(
        camera=row.camera,
        name=names.get(row.camera, row.camera),
        what=words.DRIFT[kind],
        measure=words.drift_measure(kind, row.by, row.which),
        mend=words.drift_mend(kind),
        raised_at=row.raised_at,
    )
