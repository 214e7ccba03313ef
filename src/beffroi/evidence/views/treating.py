"""From the call to the result."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from beffroi.core.errors import NotFound
from beffroi.evidence import services
from beffroi.evidence.forms import (
    AttendForm,
    CallForm,
    CamerasForm,
    ExtendForm,
    PieceForm,
    ReceivedForm,
    ResultForm,
    prefilled_call,
)
from beffroi.evidence.pages.cameras import camera_rows
from beffroi.evidence.pages.case import case_view
from beffroi.evidence.queries import cases
from beffroi.evidence.scans import ENDINGS, MAX_BYTES
from beffroi.evidence.services import Call, NewPiece, Received
from beffroi.evidence.views.common import asked, form_page, opened
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right

_CALL = ("facts", "place", "from_at_us", "to_at_us", "lat", "lon", "radius_m", "officer", "unit", "phone")


@requires(Right.LOCK)
@require_http_methods(["GET", "POST"])
def call(request: HttpRequest) -> HttpResponse:
    """A call: the number and the lock in one go."""
    me = agent_of(request)

    def save(typed: dict[str, Any]) -> HttpResponse:
        told: dict[str, Any] = {name: typed.get(name) for name in _CALL}
        noted = services.note_call(Call(**told, cameras=tuple(typed["cameras"])), by=me)
        held = len(cases.active_holds(noted))
        if held:
            said = _("%(number)s : images verrouillées, caméras : %(count)s.") % {"number": noted.pk, "count": held}
            messages.success(request, said, "ok")
        else:
            messages.warning(request, _("%(number)s est notée. Rien n'a pu être verrouillé.") % {"number": noted.pk})
        return opened(noted.pk)

    form = CallForm(request.POST or None, by=me, initial={"on": cases.today()} | prefilled_call(request.GET))
    said = _("Le verrou est posé dès l'envoi, jusqu'à huit jours après l'appel ; la réquisition écrite peut suivre.")
    return form_page(
        request, form, save, title=_("Noter un appel et verrouiller"), said=said, template="evidence/call.html"
    )


@requires(Right.LOCK)
@require_POST
def lock(request: HttpRequest, register_number: str) -> HttpResponse:
    """Locks what is asked for and not held yet."""
    found, me = asked(request, register_number), agent_of(request)
    scope = [camera for camera in cases.scope_of(found) if me.permit.over(Right.LOCK, camera)]
    held = services.lock(found, cases.unheld(found, scope) or scope, by=me)
    messages.success(request, _("Images verrouillées, caméras : %(count)s.") % {"count": len(held)}, "ok")
    return opened(register_number)


@requires(Right.LOCK)
@require_POST
def call_back(request: HttpRequest, register_number: str) -> HttpResponse:
    """The caller is who they said."""
    services.call_back(asked(request, register_number), by=agent_of(request))
    messages.success(request, _("Le rappel par le standard est noté."), "ok")
    return opened(register_number)


@requires(Right.LOCK)
@require_http_methods(["GET", "POST"])
def receive(request: HttpRequest, register_number: str) -> HttpResponse:
    """The written requisition."""
    found = asked(request, register_number)

    def save(typed: dict[str, Any]) -> HttpResponse:
        services.receive(found, Received(**typed), by=agent_of(request))
        lacks = found.inquiry.lacks
        if lacks:
            messages.warning(request, _("Inscrite ; des champs restent à compléter. Le verrou reste."))
        else:
            messages.success(request, _("La réquisition est inscrite ; le verrou est celui de l'enquête."), "ok")
        return opened(register_number)

    known = {name: getattr(found, name) for name in ("frame", "procedure", "dated_on", "officer", "unit")}
    form = ReceivedForm(request.POST or None, initial=known | {"asked_by_on": found.asked_by_on})
    return form_page(request, form, save, title=_("%(number)s : la réquisition écrite") % {"number": register_number})


@requires(Right.LOCK)
@require_http_methods(["GET", "POST"])
def extend(request: HttpRequest, register_number: str) -> HttpResponse:
    """The inquiry asks for more time."""
    found = asked(request, register_number)

    def save(typed: dict[str, Any]) -> HttpResponse:
        services.extend(found, typed["until_on"], by=agent_of(request))
        messages.success(request, _("Le verrou est prolongé."), "ok")
        return opened(register_number)

    title = _("%(number)s : prolonger le verrou") % {"number": register_number}
    return form_page(request, ExtendForm(request.POST or None), save, title=title)


@requires(Right.LOCK)
@require_http_methods(["GET", "POST"])
def cameras(request: HttpRequest, register_number: str) -> HttpResponse:
    """Every camera kept, or set aside with its reason."""
    found, me = asked(request, register_number), agent_of(request)
    rows = [row for row in camera_rows(found, everything=True) if me.permit.over(Right.LOCK, row.camera)]
    form = CamerasForm(request.POST or None, rows=rows)

    def save(typed: dict[str, Any]) -> HttpResponse:
        services.choose(found, form.picks(), by=me)
        messages.success(request, _("Le choix est noté ; les caméras retenues sont verrouillées."), "ok")
        return opened(register_number)

    lines = [(row, form[f"camera-{row.camera}"]) for row in rows]
    near = [line for line in lines if line[0].is_near]
    far = [line for line in lines if line not in near]
    return form_page(
        request,
        form,
        save,
        title=_("%(number)s : choisir les caméras") % {"number": register_number},
        template="evidence/cameras.html",
        near=near,
        far=far,
        case=case_view(found, me),
    )


@requires(Right.LOCK)
@require_POST
def replay(request: HttpRequest, register_number: str) -> HttpResponse:
    """The cameras kept were looked at."""
    services.note_replay(asked(request, register_number), by=agent_of(request))
    messages.success(request, _("La relecture est notée ; ce qui a été vu est au journal."), "ok")
    return opened(register_number)


@requires(Right.LOCK)
@require_http_methods(["GET", "POST"])
def result(request: HttpRequest, register_number: str) -> HttpResponse:
    """What the replay gave."""
    found = asked(request, register_number)

    def save(typed: dict[str, Any]) -> HttpResponse:
        services.conclude(found, typed["result"], typed["reasons"], by=agent_of(request))
        messages.success(request, _("Le résultat est noté ; une autre personne valide."), "ok")
        return opened(register_number)

    title = _("%(number)s : le résultat") % {"number": register_number}
    said = _("Une réponse négative est une réponse : elle se valide et se remet comme les autres.")
    return form_page(request, ResultForm(request.POST or None), save, title=title, said=said)


@requires(Right.LOCK, Right.EXPORT)
@require_http_methods(["GET", "POST"])
def piece(request: HttpRequest, register_number: str) -> HttpResponse:
    """A paper of the requisition."""
    found = asked(request, register_number)

    def save(typed: dict[str, Any]) -> HttpResponse:
        upload = typed.pop("scan")
        content = upload.read(MAX_BYTES + 1) if upload else b""
        services.add_piece(found, NewPiece(**typed, content=content), by=agent_of(request))
        messages.success(request, _("La pièce est inscrite."), "ok")
        return opened(register_number)

    form = PieceForm(request.POST or None, request.FILES or None)
    return form_page(request, form, save, title=_("%(number)s : ajouter une pièce") % {"number": register_number})


@requires(*cases.READS)
@require_http_methods(["GET"])
def scan(request: HttpRequest, register_number: str, scan_id: str) -> HttpResponse:
    """A scanned paper, as it was received; reading it is a line."""
    opened_scan = services.read_scan(asked(request, register_number), scan_id, by=agent_of(request))
    if opened_scan is None:
        raise NotFound("There is no such scan.", message_fr="Cette numérisation n'existe pas.")
    content, row = opened_scan
    answer = HttpResponse(content, content_type=row.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{register_number}-{row.pk[:8]}.{ENDINGS[row.media_type]}"'
    return answer


@requires(Right.LOCK)
@require_http_methods(["GET", "POST"])
def attend(request: HttpRequest, register_number: str) -> HttpResponse:
    """An OPJ looks on site, under this agent's session."""
    found = asked(request, register_number)

    def save(typed: dict[str, Any]) -> HttpResponse:
        services.attend(found, typed["recipient"], by=agent_of(request))
        messages.success(request, _("La consultation est notée ; terminez-la quand l'OPJ s'en va."), "ok")
        return opened(register_number)

    said = _("L'OPJ regarde sous votre session : c'est une communication, inscrite au journal (R. 253-5).")
    title = _("%(number)s : un OPJ consulte sur place") % {"number": register_number}
    return form_page(request, AttendForm(request.POST or None), save, title=title, said=said)


@requires(Right.LOCK)
@require_POST
def attend_end(request: HttpRequest, register_number: str) -> HttpResponse:
    """The OPJ is done."""
    services.attend_end(asked(request, register_number), by=agent_of(request))
    messages.success(request, _("La consultation est terminée."), "ok")
    return opened(register_number)
