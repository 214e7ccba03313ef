"""The page on which a camera's masks are drawn, and its proofs shown."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from beffroi.core.errors import BeffroiError
from beffroi.operate import mask_rows, mask_rules, masks, probing, queries
from beffroi.operate.api import now_us
from beffroi.operate.masks import Drawing
from beffroi.operate.models import Device
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.people.words import refusal

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[0-9]{1,17}")


@requires(Right.CONFIGURE, Right.HEALTH)
@require_http_methods(["GET", "POST"])
def camera_masks(request: HttpRequest, camera_id: str) -> HttpResponse:
    """Masks of one camera: drawn by whoever configures, looked at by whoever keeps it in health."""
    agent = agent_of(request)
    device = queries.device_for(agent, camera_id)
    if request.method == "POST" and not agent.permit.over(Right.CONFIGURE, device.pk):
        raise refusal(agent.permit, Right.CONFIGURE)
    error = ""
    if request.method == "POST":
        try:
            masks.draw(device, _drawing(request), by=agent.pk, now_us=now_us())
        except BeffroiError as wrong:
            error = probing.said(wrong)
        else:
            messages.success(request, mask_rows.saved(), "ok")
            return redirect("camera-masks", camera_id=device.pk)
    return _page(request, device, error)


def _drawing(request: HttpRequest) -> Drawing:
    typed = request.POST
    still = typed.get("still_sha256", "")
    has_still = bool(_SHA256.fullmatch(still) and _NUMBER.fullmatch(typed.get("still_at_us", "")))
    return Drawing(
        polygons=mask_rows.from_text(typed.get("polygons", "")),
        driver=mask_rules.driver_for(typed.get("driver", "")),
        reason=typed.get("reason", ""),
        after=int(after) if _NUMBER.fullmatch(after := typed.get("after", "")) else 0,
        still_at_us=int(typed["still_at_us"]) if has_still else 0,
        still_sha256=still if has_still else "",
    )


def _page(request: HttpRequest, device: Device, error: str) -> HttpResponse:
    agent, now = agent_of(request), now_us()
    condition = queries.conditions([device], queries.nodes(now), now)[device.pk]
    shown = mask_rows.view(device, condition.masks, now)
    context = {
        "section": "cameras",
        "device": device,
        "shown": shown,
        "error": error,
        "text": request.POST.get("polygons", shown.text),
        "driver": request.POST.get("driver", shown.driver),
        "reason": request.POST.get("reason", ""),
        "reasons": mask_rows.reasons(),
        "drivers": mask_rows.DRIVERS.items(),
        "may_draw": agent.permit.over(Right.CONFIGURE, device.pk),
        "may_see": agent.permit.over(Right.LIVE, device.pk) or device.is_workshop,
        "may_replay": agent.permit.over(Right.REPLAY, device.pk),
        "turns": device.camera is not None and device.camera.kind == "ptz",
    }
    answer = render(request, "operate/masks.html", context, status=400 if error else 200)
    if device.node.url:
        answer._csp_update = {"connect-src": [device.node.url]}  # type: ignore[attr-defined]  # django-csp's own seam
    return answer
