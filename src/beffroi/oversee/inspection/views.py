"""Pages of inspection packs: ask, wait, take away."""

from __future__ import annotations

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from beffroi.core.instants import from_us
from beffroi.oversee.inspection import services, tasks
from beffroi.oversee.inspection.tables import TABLES
from beffroi.oversee.models import InspectionPack
from beffroi.people.permissions import agent_of, requires, with_fresh_factor
from beffroi.people.rules import Right


@requires(Right.JOURNAL)
@require_GET
def inspection(request: HttpRequest) -> HttpResponse:
    """What a pack holds, those made, a button."""
    rows = [
        {
            "pack": pack,
            "asked_at": from_us(pack.asked_at_us),
            "seconds": (pack.made_at_us - pack.asked_at_us) / 1e6 if pack.made_at_us else None,
            "is_there": pack.made_at_us is not None and pack.destroyed_at_us is None,
        }
        for pack in InspectionPack.objects.select_related("asked_by")[:20]
    ]
    context = {"section": "oversight", "rows": rows, "tables": TABLES, "days": services.KEPT_DAYS}
    return render(request, "oversee/inspection.html", context)


@requires(Right.JOURNAL)
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """A pack, made by the worker."""
    tasks.make_pack.enqueue(services.ask(agent_of(request)).pk)
    return redirect("inspection")


@with_fresh_factor
@requires(Right.JOURNAL)
@require_GET
def fetch(request: HttpRequest, pack_id: str) -> HttpResponse | FileResponse:
    """The zip; taking it away is a line."""
    pack, path = services.fetch(pack_id, by=agent_of(request))
    name = f"controle-{from_us(pack.asked_at_us):%Y-%m-%d}.zip"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="application/zip")
