"""Pages of the logbook: the day's lines, what an OPJ has to be told, a new line, a correction."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from beffroi.core.dates import day_of
from beffroi.core.errors import BeffroiError, InvalidInput
from beffroi.core.instants import from_us
from beffroi.operate.logbook import queries, rules, services
from beffroi.operate.logbook.forms import LineForm, TellingForm
from beffroi.operate.logbook.queries import Entry
from beffroi.operate.logbook.services import clock
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.territory.queries import town_zone

SECTION = {"section": "logbook"}
_INSTANT = re.compile(r"[0-9]{15,17}")


@requires(*queries.READS)
@require_GET
def logbook(request: HttpRequest) -> HttpResponse:
    """The lines of a day, after those of which an OPJ has still to be told."""
    me, now_us = agent_of(request), clock.now_us()
    on = _day(request.GET.get("jour", ""), now_us)
    context = {
        "on": on,
        "before": on - timedelta(days=1),
        "after": on + timedelta(days=1) if on < _today(now_us) else None,
        "rows": [_row(one, now_us) for one in queries.of_day(me, on)],
        "awaited": [
            _row(one, now_us) for one in queries.awaiting(me, now_us - rules.BACK // timedelta(microseconds=1))
        ],
        "telling": TellingForm(auto_id=False),
        "may_write": me.may(Right.LOCK),
    }
    return render(request, "operate/logbook.html", SECTION | context)


def _today(now_us: int) -> date:
    return day_of(from_us(now_us), town_zone())


def _day(text: str, now_us: int) -> date:
    try:
        return min(date.fromisoformat(text), _today(now_us)) if text else _today(now_us)
    except ValueError:
        raise InvalidInput("Write the day as 2026-11-30.", message_fr="Écrivez le jour ainsi : 2026-11-30.",
                           field="jour") from None  # fmt: skip


def _row(one: Entry, now_us: int) -> dict[str, Any]:
    telling, zone = one.telling, town_zone()
    return {
        "number": one.line.number,
        "code": one.code.label,
        "line": one.line,
        "at": from_us(one.line.seen_at_us).astimezone(zone),
        "corrected": one.corrected,
        "told": one.told,
        "told_at": from_us(one.told.told_at_us).astimezone(zone) if one.told else None,
        "is_offence": telling.is_offence,
        "is_awaited": telling.is_awaited,
        "is_late": telling.is_late(now_us),
        "elapsed": _lasting(telling.elapsed(now_us)),
    }


def _lasting(span: timedelta) -> str:
    minutes = span // timedelta(minutes=1)
    if minutes < 60:
        return _("%(minutes)s min") % {"minutes": minutes}
    return _("%(hours)s h %(minutes)s") % {"hours": minutes // 60, "minutes": f"{minutes % 60:02}"}


@requires(Right.LOCK)
@require_http_methods(["GET", "POST"])
def add_line(request: HttpRequest) -> HttpResponse:
    """A new line; the console gives the camera and the instant."""
    query = request.GET
    at_us = int(query["at_us"]) if _INSTANT.fullmatch(query.get("at_us", "")) else clock.now_us()
    initial = _moment(at_us) | {"camera": query.get("camera", "")}
    form = LineForm(request.POST or None, agent=agent_of(request), initial=initial)

    def save() -> str:
        return services.note(form.seen(), by=agent_of(request)).number

    return _line_page(request, form, save, title=_("Noter une ligne"))


def _moment(at_us: int) -> dict[str, Any]:
    at: datetime = from_us(at_us).astimezone(town_zone())
    return {"on": at.date(), "at": at.time().replace(microsecond=0)}


@requires(Right.LOCK)
@require_http_methods(["GET", "POST"])
def correct_line(request: HttpRequest, line_number: str) -> HttpResponse:
    """A new line in place of one; that one stays to be read."""
    line = queries.entry_of(agent_of(request), line_number).line
    known = {name: getattr(line, name) for name in ("code", "place", "source", "action", "fact")}
    initial = known | _moment(line.seen_at_us) | {"camera": line.camera_id or ""}
    form = LineForm(request.POST or None, agent=agent_of(request), initial=initial)

    def save() -> str:
        return services.correct(line, form.seen(), by=agent_of(request)).number

    return _line_page(request, form, save, title=_("Corriger %(number)s") % {"number": line.number})


def _line_page(request: HttpRequest, form: LineForm, save: Callable[[], str], *, title: str) -> HttpResponse:
    if form.is_bound and form.is_valid():
        try:
            number = save()
        except BeffroiError as error:
            form.add_error(error.field if error.field in form.fields else None, _said(error))
        else:
            messages.success(request, _("%(number)s est inscrite.") % {"number": number}, "ok")
            return redirect("logbook")
    context = {"form": form, "title": title, "back": "logbook"}
    return render(request, "people/form.html", SECTION | context, status=400 if form.errors else 200)


@requires(Right.LOCK)
@require_POST
def tell_opj(request: HttpRequest, line_number: str) -> HttpResponse:
    """An OPJ was told of this line, now."""
    line = queries.entry_of(agent_of(request), line_number).line
    services.tell(line, request.POST.get("service", ""), request.POST.get("means", ""), by=agent_of(request))
    messages.success(request, _("L'OPJ est avisé ; c'est inscrit."), "ok")
    return redirect("logbook")


def _said(error: BeffroiError) -> str:
    return error.message_fr if translation.get_language() == "fr" else error.message
