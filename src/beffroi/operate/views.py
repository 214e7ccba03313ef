"""Pages of the operation: home, cameras, recorders, and the pages that hold the console."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from beffroi.authorise.pages import camera_papers
from beffroi.core.errors import BeffroiError, InvalidInput
from beffroi.core.instants import from_us
from beffroi.operate import measures, probing, queries, rows, services
from beffroi.operate.api import SEES_CAMERAS, now_us
from beffroi.operate.forms import DeviceForm
from beffroi.operate.models import Device
from beffroi.operate.probing import ProbeAnswer
from beffroi.people import events as people_events
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rows import whys
from beffroi.people.rules import Right
from beffroi.plan.models import Camera

DUTIES_SHOWN = 6


@requires()
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What this agent has to know and do today."""
    agent, now = agent_of(request), now_us()
    context: dict[str, Any] = {"section": "home", "today": rows.today(), "whys": whys(agent)}
    waiting = people_events.duties(agent)
    context |= {"duties": waiting[:DUTIES_SHOWN], "more_duties": max(0, len(waiting) - DUTIES_SHOWN)}
    if agent.may(Right.PROGRAMME):
        phases = rows.phases()
        context |= {"phases": phases, "served": rows.in_service(phases), "orders": rows.orders()}
    if agent.rights & {Right.HEALTH, Right.CONFIGURE}:
        context |= {"cameras": rows.summary(rows.camera_rows(agent, now)), "nodes": rows.node_rows(now)}
    return render(request, "operate/home.html", context)


@requires(*SEES_CAMERAS)
@require_GET
def cameras(request: HttpRequest) -> HttpResponse:
    """Every camera: what it does, since when, why not, what to do."""
    found = rows.camera_rows(agent_of(request), now_us())
    context = {"section": "cameras", "rows": found, "summary": rows.summary(found)}
    return render(request, "operate/cameras.html", context)


@requires(*SEES_CAMERAS)
@require_GET
def camera(request: HttpRequest, camera_id: str) -> HttpResponse:
    """One camera: state, streams, gaps, address without its password."""
    agent, now = agent_of(request), now_us()
    device = queries.device_for(agent, camera_id)
    row = next(row for row in rows.camera_rows(agent, now) if row.id == camera_id)
    context = {"section": "cameras", "device": device, "row": row, "gaps": rows.gap_rows(camera_id)}
    shows_pattern = agent.may(Right.PATTERN)
    context |= {"shows_pattern": shows_pattern}
    if not device.is_workshop:
        context["papers"] = camera_papers(camera_id, rows.today(), at=from_us(now))
        context["stored"] = measures.standing(_planned(camera_id), from_us(now))
    answer = render(request, "operate/camera.html", context)
    if shows_pattern and device.node.url:
        answer._csp_update = {"connect-src": [device.node.url]}  # type: ignore[attr-defined]  # django-csp's own seam
    return answer


def _planned(camera_id: str) -> Camera:
    return Camera.objects.select_related("site__zone").get(pk=camera_id)


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def add_camera(request: HttpRequest) -> HttpResponse:
    """Add a camera by its address, after a test if wished."""
    form = DeviceForm(request.POST or None, initial={"camera": request.GET.get("camera", "")})
    return _device_page(request, form, None)


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def change_camera(request: HttpRequest, camera_id: str) -> HttpResponse:
    """Change a camera's address, transport or password."""
    device = queries.device_for(agent_of(request), camera_id)
    fields = ("node", "main_url", "sub_url", "onvif_url", "transport", "username")
    form = DeviceForm(request.POST or None, device=device, initial={name: getattr(device, name) for name in fields})
    return _device_page(request, form, device)


def _device_page(request: HttpRequest, form: DeviceForm, device: Device | None) -> HttpResponse:
    answers: list[ProbeAnswer] = []
    if form.is_bound and form.is_valid():
        try:
            if "test" not in request.POST:
                return redirect("camera", camera_id=_save(form, device, agent_of(request).pk).pk)
            answers = probing.probe(form, device, now_us())
        except BeffroiError as error:
            say(form, error)
    context = {"section": "cameras", "form": form, "device": device, "answers": answers}
    return render(request, "operate/device_form.html", context, status=400 if form.errors else 200)


def _save(form: DeviceForm, device: Device | None, by: str) -> Device:
    typed = form.cleaned_data
    password = typed["password"] if typed["password"] or device is None else None
    wanted = services.DeviceForm(
        node=typed["node"].pk,
        main_url=typed["main_url"],
        sub_url=typed["sub_url"],
        onvif_url=typed["onvif_url"],
        transport=typed["transport"],
        username=typed["username"],
        password=password,
    )
    if device is not None:
        return services.change_device(device, wanted, by=by)
    if form.is_workshop:
        name = typed["name"]
        return services.put_device(f"essai-{secrets.token_hex(4)}", wanted, workshop=name, now_us=now_us(), by=by)
    return services.put_device(typed["camera"], wanted, by=by)


@requires(Right.CONFIGURE)
@require_POST
def remove_camera(request: HttpRequest, camera_id: str) -> HttpResponse:
    """The device is taken off; footage lives to its term."""
    agent = agent_of(request)
    services.remove_device(queries.device_for(agent, camera_id), by=agent.pk)
    messages.success(request, _("La caméra n'est plus raccordée. Ses images restent jusqu'à leur terme."), "ok")
    return redirect("cameras")


@requires(Right.HEALTH, Right.CONFIGURE)
@require_GET
def nodes(request: HttpRequest) -> HttpResponse:
    """Every recorder: disk, pool, oldest footage, what it still owes."""
    return render(request, "operate/nodes.html", {"section": "nodes", "nodes": rows.node_rows(now_us())})


@requires(Right.HEALTH, Right.CONFIGURE)
@require_GET
def node(request: HttpRequest, node_id: str) -> HttpResponse:
    """One recorder with the counters of each camera."""
    context = {"section": "nodes", "node": rows.node_row(node_id, now_us())}
    return render(request, "operate/node.html", context)


@requires(Right.CONFIGURE)
@require_POST
def add_node(request: HttpRequest) -> HttpResponse:
    """A new recorder and its code, shown once."""
    name = request.POST.get("name", "").strip()[:120]
    if not name:
        raise InvalidInput("Name the recorder.", message_fr="Nommez l'enregistreur.", field="name")
    by = agent_of(request).pk
    found = services.add_node(f"n-{secrets.token_hex(4)}", name=name, by=by)
    code = services.make_enrol_code(found, now_us(), by=by)
    return render(
        request,
        "operate/enrol_code.html",
        {"section": "nodes", "node": found, "code": code, "web_url": request.build_absolute_uri("/")[:-1]},
    )
