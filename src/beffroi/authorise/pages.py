"""What pages show of the authorisations: what is to be decided, what is left of each order, what differs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from beffroi.authorise import queries, requests, rules, words
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
    OrderCamera,
    PrefectRequest,
    Sign,
    TestWindow,
    Undertaking,
)
from beffroi.authorise.order_page import PrecautionLine, precaution_lines
from beffroi.authorise.signs import is_overdue
from beffroi.core.dates import add_months, day_starts_at
from beffroi.people.events import Duty
from beffroi.people.models import Agent
from beffroi.people.rules import Right
from beffroi.plan import queries as plan
from beffroi.plan.events import Panel
from beffroi.plan.models import Phase
from beffroi.plan.rules import StateName
from beffroi.plan.works.queries import references
from beffroi.territory.models import Purpose
from beffroi.territory.queries import town_zone

MOST_SHOWN = 7
MOST_NAMED = 3
_DAY = "l j F Y"
_TONES = {Urgency.KNOWN: ("wait", "s-wait"), Urgency.SOON: ("warn", "s-warn"), Urgency.NOW: ("bad", "s-bad")}
_GATED = frozenset({StateName.IN_TEST, StateName.IN_SERVICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """An order in force and what is left of it; `share`: percent of its time that is gone."""

    order: queries.OrderView
    months_left: int
    share: int
    tone: str
    shape: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftLine:
    """One difference, in words."""

    camera: str
    name: str
    what: str | Promise
    measure: str
    mend: str | Promise
    raised_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GateLine:
    """A camera that would stream if a paper were there; each missing one with its mend and its article."""

    camera: str
    name: str
    missing: tuple[tuple[str | Promise, str | Promise, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the authorisations stand on a day."""

    on: date
    decisions: tuple[Duty, ...]
    more: int
    orders: tuple[OrderLine, ...]
    notes: tuple[str, ...]
    drift: tuple[DriftLine, ...]


def standing(on: date) -> Standing:
    """What the programme's page shows of a day."""
    names = {camera.id: f"{camera.number} · {camera.name}" for camera in plan.cameras_on(on)}
    alerts, drift = queries.alerts(on), drift_lines(on, names)
    known = [alert for alert in alerts if _is_note(alert)]
    decisions = _decisions(alerts, drift, names=names, on=on)
    orders = [order for order in queries.orders_on(on) if order.is_in_force]
    return Standing(
        on=on,
        decisions=tuple(decisions[:MOST_SHOWN]),
        more=max(0, len(decisions) - MOST_SHOWN),
        orders=tuple(_order_line(order, on) for order in orders),
        notes=tuple(_note(alert, names) for alert in known),
        drift=tuple(drift),
    )


def _decisions(
    alerts: Iterable[Alert], drift: Iterable[DriftLine], *, names: Mapping[str, str], on: date
) -> list[Duty]:
    decisions = [_decision(alert, on, names) for alert in alerts if not _is_note(alert)]
    decisions += [_draft_decision(one, count, on) for one, count in dossiers.drafts(on)]
    decisions += [_drift_decision(line) for line in drift]
    return [*decisions, *_reference_decisions(on), *_assessment_decisions(on)]


def duties(agent: Agent, on: date) -> Iterable[Duty]:
    """What waits for whoever follows the programme; signs to look at, for whoever keeps the town's cameras."""
    if agent.may(Right.PROGRAMME):
        names = {camera.id: f"{camera.number} · {camera.name}" for camera in plan.cameras_on(on)}
        yield from _decisions(queries.alerts(on), drift_lines(on, names), names=names, on=on)
    if agent.may(Right.CONFIGURE):
        yield from _overdue_signs(on)


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


def panel(on: date) -> Panel:
    """The programme's page shows it."""
    return Panel(template="authorise/standing.html", style="authorise/authorise.css", content=standing(on))


def _is_note(alert: Alert) -> bool:
    return alert.kind is AlertKind.IMPLIED_REFUSAL and alert.urgency is Urgency.KNOWN


def _note(alert: Alert, names: Mapping[str, str]) -> str:
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


def _order_line(order: queries.OrderView, on: date) -> OrderLine:
    months = next(months for months in range(rules.MAX_ORDER_MONTHS + 1) if add_months(order.ends_on, -months - 1) < on)
    gone = (on - order.signed_on).days / (order.ends_on - order.signed_on).days
    tone, shape = ("bad", "s-bad") if months < 4 or order.suspended_at else ("warn", "s-warn")
    is_soon = months < 9 or order.suspended_at is not None
    return OrderLine(
        order=order,
        months_left=months,
        share=round(100 * gone),
        tone=tone if is_soon else "",
        shape=shape if is_soon else "",
    )


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
        measure=words.drift_measure(kind, row.by),
        mend=words.drift_mend(kind),
        raised_at=row.raised_at,
    )


# -- the authorisations' own page -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorisationsPage:
    """Every paper, and what is missing."""

    standing: Standing
    past_orders: tuple[queries.OrderView, ...]
    shut: tuple[GateLine, ...]
    undertakings: tuple[Undertaking, ...]
    declarations: tuple[Declaration, ...]
    requests: tuple[RequestLine, ...]
    windows: tuple[TestWindow, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLine:
    """A request of the prefect and its days."""

    row: PrefectRequest
    vote_by_on: date
    is_late: bool
    agreement_until_on: date | None


def authorisations(on: date, *, at: datetime) -> AuthorisationsPage:
    """The page as of now."""
    orders = queries.orders_on(on)
    return AuthorisationsPage(
        standing=standing(on),
        past_orders=tuple(order for order in orders if not order.is_in_force),
        shut=tuple(_shut_lines(on, at)),
        undertakings=tuple(Undertaking.objects.all()),
        declarations=tuple(Declaration.objects.select_related("phase", "order")),
        requests=tuple(_request_line(row, on) for row in PrefectRequest.objects.all()),
        windows=tuple(queries.windows(at=at)),
    )


def _request_line(row: PrefectRequest, on: date) -> RequestLine:
    vote_by_on = requests.vote_by_on(row.received_on)
    return RequestLine(
        row=row,
        vote_by_on=vote_by_on,
        is_late=on >= vote_by_on,
        agreement_until_on=requests.agreement_until_on(row.agreed_on) if row.agreed_on else None,
    )


def _shut_lines(on: date, at: datetime) -> list[GateLine]:
    """Cameras ready to stream whose gate is shut."""
    ready = {camera.id: camera for camera in plan.cameras_on(on) if camera.state in _GATED}
    found = queries.gates(ready, at=at)
    return [
        GateLine(
            camera=gate.camera, name=f"{ready[gate.camera].number} · {ready[gate.camera].name}", missing=_papers(gate)
        )
        for gate in found.values()
        if not gate.is_open
    ]


def _papers(gate: queries.CameraGate) -> tuple[tuple[str | Promise, str | Promise, str], ...]:
    return tuple((words.SHUT[shut], words.SHUT_MENDS[shut], rules.ARTICLES[shut]) for shut in gate.missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPapers:
    """What a camera's page shows of its authorisation."""

    order: OrderLine | None
    purposes: tuple[str | Promise, ...]
    closes_at: datetime | None
    is_test: bool
    missing: tuple[tuple[str | Promise, str | Promise, str], ...]
    drift: tuple[DriftLine, ...]
    precautions: tuple[PrecautionLine, ...] = ()


def camera_papers(camera: str, on: date, *, at: datetime) -> CameraPapers:
    """The papers of one camera, its gate, its differences."""
    gate = queries.gates([camera], at=at)[camera]
    order = next((view for view in queries.orders_on(on) if view.id == gate.order_id), None)
    covered = OrderCamera.objects.select_related("order").get(order=order.id, camera=camera) if order else None
    return CameraPapers(
        order=_order_line(order, on) if order else None,
        purposes=tuple(Purpose(code).label for code in covered.purposes) if covered else (),
        closes_at=gate.closes_at,
        is_test=gate.is_test,
        missing=_papers(gate),
        drift=tuple(drift_lines(on, {}, camera)),
        precautions=tuple(precaution_lines(covered.order, on, camera=camera)) if covered else (),
    )


# -- for the public ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system in force, as a resident reads it."""

    order: Order
    purposes: tuple[str | Promise, ...]
    cameras: int


def public_systems(orders: Iterable[Order]) -> list[System]:
    """Each order in force in plain words."""
    return [
        System(
            order=order,
            purposes=tuple(Purpose(code).label for code in order.purposes),
            cameras=len(order.covered.all()),
        )
        for order in orders
    ]
