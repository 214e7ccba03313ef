"""The journal's pages. Who may read it is who may check that the law was kept; reading is itself told."""

from __future__ import annotations

import csv
import time
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from beffroi.core.instants import from_us
from beffroi.journal import queries
from beffroi.journal.rules import Detail
from beffroi.journal.services import Entry, Register, append
from beffroi.oversee import destruction, pages, words
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right


@requires(Right.JOURNAL)
@require_GET
def journal(request: HttpRequest) -> HttpResponse:
    """Lines, newest first, by register, camera, agent and day; what proves them."""
    asked = pages.asked(request.GET)
    found = pages.lines(asked)
    _tell(request, "journal.read", asked.detail)
    state = queries.state(time.time_ns() // 1000)
    shown = found[: pages.PAGE_LINES]
    context = {
        "section": "journal",
        "asked": asked,
        "rows": pages.rows(shown),
        "next": _address(asked, shown[-1].index) if len(found) > len(shown) else "",
        "state": state,
        "head_at": from_us(state.head.at_us) if state.head else None,
        "stamped_at": from_us(state.stamped.at_us) if state.stamped else None,
        "waits_min": state.witness_waits_us // 60_000_000,
        "registers": [(code.value, name) for code, name in words.REGISTERS.items()],
        "agents": pages.agent_choices(),
        "cameras": pages.camera_choices(),
    }
    return render(request, "oversee/journal.html", context)


@requires(Right.JOURNAL)
@require_GET
def exports(request: HttpRequest) -> HttpResponse:
    """The register of exports, for a spreadsheet."""
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="registre-exports.csv"'
    table = csv.writer(answer, delimiter=";")
    table.writerow(pages.export_heads())
    table.writerows(pages.export_rows())
    _tell(request, "journal.read", {"register": Register.EXPORT.value, "csv": True})
    return answer


@requires(Right.JOURNAL)
@require_GET
def proof(request: HttpRequest) -> HttpResponse:
    """`?ligne=12`: what a third party needs to check that line under a signed head."""
    asked = request.GET.get("ligne", "")
    found = queries.proof(int(asked) if asked.isdecimal() and len(asked) < 19 else -1)
    _tell(request, "journal.read", {"line": found.index, "proof": True})
    return JsonResponse(
        {
            "index": found.index,
            "content": found.content.decode(),
            "salt": found.salt.hex(),
            "path": [one.hex() for one in found.path],
            "head": found.head.text.decode(),
            "signature": found.signature.hex(),
            "token": found.token.hex(),
        }
    )


@requires(Right.JOURNAL)
@require_GET
def destructions(request: HttpRequest) -> HttpResponse:
    """One day's footage, camera by camera: what was destroyed, what is held, what was exported."""
    asked = request.GET.get("day", "")
    day = destruction.day_from(asked) if asked else destruction.opening_day(time.time_ns() // 1000)
    rows = [
        {
            "camera": row.camera,
            "files": row.destroyed.files if row.destroyed else 0,
            "megabytes": (row.destroyed.size_bytes // 1_000_000) if row.destroyed else 0,
            "last_at": from_us(row.destroyed.last_at_us) if row.destroyed else None,
            "held": row.held,
            "handed": row.handed,
        }
        for row in destruction.register_of(day)
    ]
    _tell(request, "journal.read", {"register": "erasure", "day": day.isoformat()})
    return render(request, "oversee/destruction.html", {"section": "journal", "day": day, "rows": rows})


@requires(Right.JOURNAL)
@require_GET
def certificate(request: HttpRequest, camera_id: str, day: str) -> HttpResponse:
    """The certificate of destruction of one camera and day."""
    made = destruction.certificate(camera_id, destruction.day_from(day), by=agent_of(request).pk)
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="destruction-{camera_id}-{day}.pdf"'
    return answer


def _tell(request: HttpRequest, action: str, detail: Detail) -> None:
    append(Entry(register=Register.JOURNAL, action=action, author=agent_of(request).pk, detail=detail))


def _address(asked: pages.Asked, before: int) -> str:
    return urlencode({**asked.detail, "before": before})
