"""Pages about requests of filmed people, and the public page that says how to make one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from beffroi.authorise.models import Contact
from beffroi.core.dates import day_of, day_starts_at
from beffroi.core.errors import BeffroiError, InvalidInput, NotFound
from beffroi.core.instants import from_us, to_us
from beffroi.evidence.access import copies, letters, queries, rules, services, tasks, words
from beffroi.evidence.access.forms import AppointmentForm, RequestForm, TracksForm
from beffroi.evidence.access.models import AccessRequest
from beffroi.evidence.access.rules import Kind, Next, Regime, Way
from beffroi.operate.models import Device
from beffroi.people.forms import day_field
from beffroi.people.models import Agent
from beffroi.people.permissions import agent_of, public, requires, with_fresh_factor
from beffroi.people.rules import Right
from beffroi.people.words import refusal
from beffroi.plan.models import Camera
from beffroi.territory.queries import town_zone

SECTION = {"section": "access"}
Act = Callable[[AccessRequest, Mapping[str, str], Agent], None]


@public
@require_GET
def rights(request: HttpRequest) -> HttpResponse:
    """For residents: which rights they have, how to use them, whom to write to. Source: CSI R. 253-6, LIL 104."""
    contacts = {row.role: row for row in Contact.objects.filter(role__in=("rights", "dpo", "controller", "commission"))}
    context = {"contacts": contacts, "whom": contacts.get("rights") or contacts.get("dpo"), "cnil": letters.CNIL}
    return render(request, "evidence/rights.html", context)


@requires(*queries.READS)
@require_GET
def access(request: HttpRequest) -> HttpResponse:
    """The register: what is open and due first."""
    rows = [_row(one) for one in queries.register_of(_today())]
    return render(request, "evidence/access.html", SECTION | {"rows": rows})


@requires(Right.ACCESS)
@require_http_methods(["GET", "POST"])
def add_access(request: HttpRequest) -> HttpResponse:
    """A request that came."""
    form = RequestForm(request.POST or None, initial={"received_on": _today()})
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        new = services.NewRequest(
            kind=Kind(typed["kind"]),
            cameras=tuple(typed["cameras"]),
            regime=Regime(typed["regime"]) if typed["regime"] else None,
            **{name: typed[name] for name in ("asker", "address", "received_on", "place", "from_at_us", "to_at_us")},
        )
        try:
            row = services.register(new, by=agent_of(request))
        except BeffroiError as error:
            form.add_error(error.field if error.field in form.fields else None, _said(error))
        else:
            messages.success(request, _("La demande est inscrite ; les images sont mises à l'abri."), "ok")
            return redirect("access-request", number=row.number)
    context = SECTION | {"form": form, "title": _("Inscrire une demande"), "back": "access"}
    return render(request, "people/form.html", context, status=400 if form.errors else 200)


@requires(*queries.READS)
@require_GET
def access_request(request: HttpRequest, number: str) -> HttpResponse:
    """One request: what it asks, when it is due, what was done, what comes next."""
    return _page(request, queries.request(number), status=200)


def _page(request: HttpRequest, row: AccessRequest, *, status: int) -> HttpResponse:
    me, zone = agent_of(request), town_zone()
    found = queries.standing(row, _today())
    asker, address = queries.asker(row, me)
    steps = [
        {"words": words.STEPS[rules.Did(step.did)], "code": _code(step.code), "by": step.by, "on": step.on,
         "at": from_us(step.at_us)}
        for step in row.steps.select_related("by")
    ]  # fmt: skip
    cameras = {camera.pk: camera for camera in Camera.objects.filter(pk__in=row.cameras)}
    context = {
        "row": _row(found),
        "request_row": row,
        "asker": asker,
        "address": address,
        "from_at": from_us(row.from_at_us).astimezone(zone) if row.to_at_us else None,
        "to_at": from_us(row.to_at_us).astimezone(zone) if row.to_at_us else None,
        "cameras": [
            {"row": cameras[pk], "has_copy": (copies.folder_of(row) / f"{pk}.mp4").exists()}
            for pk in row.cameras
            if pk in cameras
        ],
        "steps": steps,
        "holds": [{"camera": hold.camera, "until": from_us(hold.until_at_us)} for hold in queries.holds(row)],
        "grounds": [(one.code, one.fr if _is_french() else one.en, one.article) for one in _grounds(row)],
        "ways": [(way.value, words.WAYS[way]) for way in Way],
        "found": [(one.value, label) for one, label in words.FOUND.items()],
        "appointment": AppointmentForm(),
        "until": day_field(_("Garder jusqu'au")).widget.render("until_on", None, {"id": "id_until_on"}),
        "may_write": me.may(Right.LOCK if found.awaited.value in LOOKS else Right.ACCESS),
        "may_answer": me.may(Right.ACCESS),
        "may_extend": row.regime == Regime.GDPR and not found.is_extended and found.answered_on is None,
        "letters": _letters(found),
    }
    return render(request, "evidence/access_request.html", SECTION | context, status=status)


def _letters(found: queries.Standing) -> list[tuple[str, Any]]:
    due = [("receipt", _("Récépissé"))]
    if rules.last(found.steps, rules.Did.GRANTED):
        due.append(("grant", _("Suite favorable")))
    if rules.last(found.steps, rules.Did.REFUSED):
        due.append(("refusal", _("Refus motivé")))
    return due


def _grounds(row: AccessRequest) -> tuple[rules.Ground, ...]:
    return rules.grounds_for(Regime(row.regime), Kind(row.kind))


def _row(found: queries.Standing) -> dict[str, Any]:
    return {
        "number": found.row.number,
        "kind": found.row.get_kind_display(),
        "regime": found.row.get_regime_display(),
        "place": found.row.place,
        "received_on": found.row.received_on,
        "due_on": found.due_on,
        "days_left": found.days_left,
        "is_late": found.is_late,
        "is_answered": found.answered_on is not None,
        "awaited": words.NEXT[found.awaited],
        "awaits": found.awaited.value,
        "is_over": found.awaited is Next.NOTHING,
    }


def _code(code: str) -> Any:
    """A code in words; a camera's id stays."""
    ground = next((one for one in rules.GROUNDS if one.code == code), None)
    if ground:
        return f"{ground.fr if _is_french() else ground.en} ({ground.article})"
    labels = {one.value: label for table in (words.FOUND, words.WAYS) for one, label in table.items()}
    return labels.get(code, code)


# -- acts ---------------------------------------------------------------------------------------------------


@requires(Right.ACCESS, Right.LOCK)
@require_POST
def access_act(request: HttpRequest, number: str) -> HttpResponse:
    """One act on a request, named by the button."""
    row, me = queries.request(number), agent_of(request)
    act = ACTS.get(request.POST.get("act", ""))
    try:
        if act is None:
            raise InvalidInput("Choose what is done.", message_fr="Choisissez ce qui est fait.", field="act")
        if not me.may(Right.LOCK if request.POST["act"] in LOOKS else Right.ACCESS):
            raise refusal(me.permit, Right.LOCK if request.POST["act"] in LOOKS else Right.ACCESS)
        act(row, {name: str(value) for name, value in request.POST.items()}, me)
    except BeffroiError as error:
        article = getattr(error, "article", "")
        messages.error(request, f"{_said(error)}{f' ({article})' if article else ''}", "bad")
        return _page(request, queries.request(number), status=error.http_status)
    messages.success(request, _("C'est inscrit."), "ok")
    return redirect("access-request", number=number)


def _appoint(row: AccessRequest, typed: Mapping[str, str], me: Agent) -> None:
    form = AppointmentForm(typed)
    if not form.is_valid():
        raise InvalidInput("Give a day and an hour.", message_fr="Donnez un jour et une heure.", field="on")
    services.appoint(row, form.cleaned_data["on"], by=me)


def _limit(row: AccessRequest, typed: Mapping[str, str], me: Agent) -> None:
    try:
        until_on = day_field("").clean(typed.get("until_on", ""))
    except ValidationError:
        until_on = None
    until_at_us = to_us(day_starts_at(until_on, town_zone())) if until_on else 0
    services.limit(row, until_at_us, by=me)


LOOKS = frozenset({"look", "check"})
"""Acts of whoever sees pictures; the others are the answer's."""
ACTS: dict[str, Act] = {
    "receipt": lambda row, typed, me: services.note_receipt(row, by=me),
    "identify": lambda row, typed, me: services.confirm_identity(row, by=me),
    "extend": lambda row, typed, me: services.extend(row, by=me),
    "look": lambda row, typed, me: services.note_found(row, typed.get("found", ""), by=me),
    "grant": lambda row, typed, me: services.grant(row, typed.get("way", ""), by=me),
    "refuse": lambda row, typed, me: services.refuse(row, typed.get("ground", ""), by=me),
    "appoint": _appoint,
    "watch": lambda row, typed, me: services.note_watched(row, by=me),
    "check": lambda row, typed, me: services.check_copy(row, by=me),
    "hand": lambda row, typed, me: services.hand_over(row, by=me),
    "limit": _limit,
    "close": lambda row, typed, me: services.close(row, by=me),
}


# -- copy and letters ---------------------------------------------------------------------------------------


@requires(Right.EXPORT)
@require_http_methods(["GET", "POST"])
def access_cover(request: HttpRequest, number: str, camera_id: str) -> HttpResponse:
    """Rectangles on one camera's pictures; sent, the worker burns them in."""
    row, me = queries.request(number), agent_of(request)
    device = _device(row, camera_id, me=me, right=Right.EXPORT)
    form = TracksForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            services.draw(row, camera_id, form.cleaned_data["tracks"], by=me)
        except BeffroiError as error:
            form.add_error(None, _said(error))
        else:
            tasks.make_copy.enqueue(number, camera_id, me.pk)
            messages.success(request, _("La copie se fait ; revenez dans quelques minutes."), "ok")
            return redirect("access-request", number=number)
    context = {"form": form, "row": row, "camera": device.camera, "tracks": row.tracks.get(camera_id, [])}
    answer = render(request, "evidence/access_cover.html", SECTION | context, status=400 if form.errors else 200)
    answer._csp_update = {"connect-src": [device.node.url]}  # type: ignore[attr-defined]  # django-csp's own seam
    return answer


def _device(row: AccessRequest, camera_id: str, *, me: Agent, right: Right) -> Device:
    """The camera of a request, for who holds `right` over it. Errors: NotFound."""
    found = Device.objects.select_related("camera", "node").filter(pk=camera_id).first()
    if found is None or camera_id not in row.cameras or not me.permit.over(right, camera_id):
        raise NotFound("This request is not about this camera.", message_fr="Cette demande n'est pas sur cette caméra.")
    return found


@with_fresh_factor
@requires(Right.LOCK)
@require_GET
def access_copy(request: HttpRequest, number: str, camera_id: str) -> HttpResponse | FileResponse:
    """The covered copy, to check or to hand over."""
    row, me = queries.request(number), agent_of(request)
    _device(row, camera_id, me=me, right=Right.LOCK)
    path = copies.copy_of(row, camera_id)
    services.note_fetched(row, camera_id, by=me)
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"{row.number}-{camera_id}.mp4")


@requires(Right.ACCESS)
@require_GET
def access_letter(request: HttpRequest, number: str, letter: str) -> HttpResponse:
    """One letter, as a PDF."""
    made = letters.letter(queries.request(number), letter, by=agent_of(request))
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{number}-{letter}.pdf"'
    return answer


def _today() -> Any:
    return day_of(timezone.now(), town_zone())


def _is_french() -> bool:
    return translation.get_language() == "fr"


def _said(error: BeffroiError) -> str:
    return error.message_fr if _is_french() else error.message
