"""The page on which a camera is accepted, then checked each year: pictures taken and judged, its stream measured."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from beffroi.core.errors import BeffroiError, InvalidInput, NotFound
from beffroi.operate import acceptance, probing, queries
from beffroi.operate.api import now_us
from beffroi.operate.models import Device
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.plan.models import AcceptanceMeasure
from beffroi.plan.works.rules import FROM_RECORDER, Item


@requires(Right.LIVE)
@require_http_methods(["GET", "POST"])
def camera_acceptance(request: HttpRequest, camera_id: str) -> HttpResponse:
    """Take a picture, judge it, measure the stream: in service, or by an agent of the test window."""
    device = queries.device_for(agent_of(request), camera_id)
    if device.is_workshop:
        raise NotFound("A workshop camera is not accepted.", message_fr="Une caméra d'atelier ne se réceptionne pas.")
    context: dict[str, Any] = {}
    if request.method == "POST":
        try:
            picture = _done(request, device)
        except BeffroiError as error:
            context["error"] = probing.said(error)
        else:
            if picture is None:
                return redirect("camera-acceptance", camera_id=device.pk)
            context["picture"] = picture
    return _page(request, device, context)


def _done(request: HttpRequest, device: Device) -> acceptance.Picture | None:
    agent, typed, now = agent_of(request), request.POST, now_us()
    match typed.get("act"):
        case "picture":
            return acceptance.take_picture(agent, device, _item(typed.get("item", "")), now_us=now)
        case "verdict":
            is_passed, seen = typed.get("verdict") == "passed", typed.get("seen", "")
            verdict = acceptance.Verdict(claim=typed.get("claim", ""), is_passed=is_passed, seen=seen)
            acceptance.judge_picture(agent, device, verdict, now_us=now)
            messages.success(request, _("L'image est jugée : son empreinte, son instant et le verdict restent."), "ok")
        case "stream":
            acceptance.measure_stream(agent, device, now_us=now)
            messages.success(request, _("Le flux enregistré est mesuré."), "ok")
        case _:
            raise InvalidInput("Choose what to do.", message_fr="Choisissez quoi faire.", field="act")
    return None


def _item(text: str) -> Item:
    if text not in acceptance.PICTURES:
        raise InvalidInput("A day or a night picture.", message_fr="Une image de jour ou de nuit.", field="item")
    return Item(text)


def _page(request: HttpRequest, device: Device, context: dict[str, Any]) -> HttpResponse:
    agent = agent_of(request)
    measures = AcceptanceMeasure.objects.filter(camera=device.camera_id, item__in=FROM_RECORDER).order_by("-at", "-pk")
    context |= {
        "section": "cameras",
        "device": device,
        "camera": device.camera,
        "is_open": acceptance.is_open_to(agent, device, now_us()),
        "measures": measures[:20],
        "reads_sheet": bool(agent.rights & {Right.PROGRAMME, Right.CONFIGURE}),
    }
    return render(request, "operate/acceptance.html", context, status=400 if "error" in context else 200)
