"""Pages of the territory: zones and their doubt, a zone's sheet, hot spots, bringing a file of facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from beffroi.core.dates import day_of
from beffroi.core.errors import BeffroiError, Conflict, InvalidInput
from beffroi.core.reading import MAX_SHOWN, FolderRefused
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.territory import analysis, events, factfile, queries
from beffroi.territory.calc.hotspots import Trial
from beffroi.territory.factfile import FIELDS, FactFile, Preview
from beffroi.territory.forms import FIELD_WORDS, FactFileForm, MappingForm, ZoneForm
from beffroi.territory.models import FactKindChoice, TownFigure, Zone
from beffroi.territory.repeats import AlikeUndecided
from beffroi.territory.rules import EFFECTS, Effect, FactKind, is_evidenced
from beffroi.territory.services import FactReport, change_sheet, import_facts, remove_zone

SECTION = {"section": "territory"}


def today() -> date:
    """The town's day."""
    return day_of(timezone.now(), queries.town_zone())


@requires(Right.PROGRAMME)
@require_GET
def territory(request: HttpRequest) -> HttpResponse:
    """Zones by rate, each with the ranks it may have; the State's figures of the whole town."""
    lines = analysis.zone_lines(today())
    context = SECTION | {
        "on": today(),
        "lines": lines,
        "most": max((line.rate.shrunk.high for line in lines), default=1.0),
        "unproved": [line for line in lines if not is_evidenced(line.evidence)],
        "figures": TownFigure.objects.all(),
        "imports": queries.fact_imports(),
    }
    return render(request, "territory/territory.html", context)


@requires(Right.PROGRAMME)
@require_GET
def zone(request: HttpRequest, zone_id: str) -> HttpResponse:
    """Why a zone is exposed, who said so, what a camera can change there."""
    found = _zone(zone_id)
    on = today()
    lines = analysis.zone_lines(on)
    line = next(line for line in lines if line.zone.pk == found.pk)
    kinds = [
        (FactKindChoice(kind.value).label, line.evidence.counts.get(kind, 0), _effect(kind))
        for kind in sorted(line.evidence.counts, key=lambda kind: -line.evidence.counts[kind])
    ]
    context = SECTION | {
        "zone": found,
        "line": line,
        "zones": len(lines),
        "most": max(one.rate.shrunk.high for one in lines),
        "together": sum(one.evidence.total for one in lines) / sum(one.rate.exposure for one in lines),
        "kinds": kinds,
        "years": analysis.yearly(found, on),
        "panels": events.panels(found.pk),
    }
    try:
        hot, pairs = analysis.hot_spots(on), analysis.followed(on)
        context |= {"hot": hot, "heat": hot.zones[found.pk], "pairs": pairs.zones[found.pk], "followed": pairs,
                    "method": _method(hot.density), "drawing": analysis.drawing(hot, around=found)}  # fmt: skip
    except InvalidInput as error:
        context["refusal"] = error.message_fr if get_language() == "fr" else error.message
    return render(request, "territory/zone.html", context)


def _zone(zone_id: str) -> Zone:
    found = Zone.objects.filter(pk=zone_id).first()
    if found is None:
        raise Http404
    return found


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def change_zone(request: HttpRequest, zone_id: str) -> HttpResponse:
    """What is said of a zone: an opinion that came later, a name that was wrong."""
    found = _zone(zone_id)
    form = ZoneForm(request.POST if request.method == "POST" else None, initial=ZoneForm.said_of(found))
    if request.method == "POST" and form.is_valid():
        change_sheet(found, form.sheet, by=str(agent_of(request).pk))
        return redirect("zone", found.pk)
    context = SECTION | {"zone": found, "form": form}
    return render(request, "territory/change_zone.html", context, status=400 if form.errors else 200)


@requires(Right.CONFIGURE)
@require_POST
def drop_zone(request: HttpRequest, zone_id: str) -> HttpResponse:
    """A zone on which nothing rests is taken out."""
    found = _zone(zone_id)
    try:
        remove_zone(found.pk, by=str(agent_of(request).pk))
    except Conflict as error:
        messages.warning(request, error.message_fr if get_language() == "fr" else error.message)
        return redirect("zone", found.pk)
    messages.success(request, _("« %(zone)s » n'est plus une zone de la ville ; ses faits restent.") % {"zone": found})
    return redirect("territory")


def _effect(kind: FactKind) -> str:
    return {Effect.PLACE: _("oui"), Effect.AFTER: _("aide à l'enquête"), Effect.NONE: _("non")}[EFFECTS[kind]]


@requires(Right.PROGRAMME)
@require_GET
def hot_spots(request: HttpRequest) -> HttpResponse:
    """Where facts gather, judged on a year the map has not seen; whether they follow each other."""
    asked = [kind for kind in request.GET.getlist("nature") if kind in FactKind.__members__.values()]
    kinds = tuple(FactKind(kind) for kind in asked) or analysis.PLACE_KINDS
    context: dict[str, Any] = SECTION | {
        "choices": [(kind.value, FactKindChoice(kind.value).label, kind in kinds) for kind in FactKind]
    }
    try:
        context["found"] = found = analysis.hot_spots(today(), kinds=kinds)
        context["trials"] = [(_method(one), one.foretold) for one in found.trials]
        context["method"] = _method(found.density)
        context["drawing"] = analysis.drawing(found)
        context["followed"] = pairs = analysis.followed(today(), kinds=kinds)
        context["by_zone"] = [(zone, found.zones[zone.pk], pairs.zones[zone.pk]) for zone in Zone.objects.all()]
        context["near"] = analysis.follow_each_other(today(), kinds=kinds)
    except InvalidInput as error:
        context["refusal"] = error.message_fr if get_language() == "fr" else error.message
    return render(request, "territory/hot_spots.html", context)


def _method(trial: Trial) -> str:
    width = trial.bandwidth_m
    return _("densité, %(width)s m") % {"width": f"{width:.0f}"} if width else _("simple compte")


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def bring_facts(request: HttpRequest) -> HttpResponse:
    """A file is brought, shown as it would be read, checked, then imported: nothing before the second step."""
    if request.method != "POST":
        return _bring(request, FactFileForm())
    if "text" in request.POST:
        return _import(request)
    form = FactFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _bring(request, form)
    name = str(getattr(request.FILES["file"], "name", "")) or "faits.csv"
    file = FactFile(name=name, text=form.cleaned_data["file"], source=form.cleaned_data["source"])
    try:
        seen = factfile.preview(file)
    except InvalidInput as error:
        say(form, error)
        return _bring(request, form)
    initial = {f"column-{name}": column for name, column in seen.mapping.items()}
    return _preview(request, file, seen, form=MappingForm(seen, initial=initial))


def _bring(request: HttpRequest, form: FactFileForm) -> HttpResponse:
    context = SECTION | {"form": form}
    return render(request, "territory/bring.html", context, status=400 if form.errors else 200)


def _preview(
    request: HttpRequest,
    file: FactFile,
    seen: Preview,
    *,
    form: MappingForm,
    repeated: Mapping[str, Any] = MappingProxyType({}),
) -> HttpResponse:
    context = SECTION | {"file": file, "seen": seen, "form": form, **repeated}
    return render(request, "territory/preview.html", context, status=400 if form.errors else 200)


def _rows(error: FolderRefused) -> list[str]:
    """Each row to mend, in the file's order and the words of the form."""
    french = get_language() == "fr"
    shown = sorted(error.problems[:MAX_SHOWN], key=lambda one: one.line or 0)
    said = [
        f"{_('Ligne')} {one.line}, {FIELD_WORDS.get(one.field, one.field) or '–'} : "
        f"{one.message_fr if french else one.message}"
        for one in shown
    ]
    rest = len(error.problems) - len(shown)
    return [_("Rien n'est importé."), *said, *([_("… et %(count)s autres.") % {"count": rest}] if rest else [])]


def _import(request: HttpRequest) -> HttpResponse:
    name, source = (request.POST.get(field, "")[:120] for field in ("name", "source"))
    plain = FactFile(name=name, source=source, text=request.POST["text"])
    columns = {field: request.POST.get(f"column-{field}", "") for field in FIELDS}
    try:
        seen = factfile.preview(replace(plain, columns=columns))
    except InvalidInput as error:
        messages.warning(request, error.message_fr if get_language() == "fr" else error.message)
        return redirect("bring-facts")
    form = MappingForm(seen, request.POST)
    if not form.is_valid():
        return _preview(request, plain, seen, form=form)
    file = replace(plain, columns=form.chosen, kinds=form.kinds, crs=form.cleaned_data["crs"])
    try:
        report = import_facts(file, by=str(agent_of(request).pk), alike=form.alike, is_dry_run="check" in request.POST)
    except AlikeUndecided as error:
        form.ask_alike()
        form.add_error("alike", _("Choisissez ce qu'elles sont : rien n'est importé avant."))
        return _preview(request, plain, seen, form=form, repeated=_repeated(error))
    except FolderRefused as error:
        form.add_error(None, _rows(error))
        return _preview(request, plain, seen, form=form)
    except BeffroiError as error:
        say(form, error)
        return _preview(request, plain, seen, form=form)
    if not report.is_dry_run and not report.repeats:
        messages.success(request, _told(report))
        return redirect("territory")
    if not report.is_dry_run:
        context = SECTION | {"file": file, "told": _told(report)} | _repeated(report)
        return render(request, "territory/brought.html", context)
    if report.doubtful:
        form.ask_alike()
    messages.info(request, _told(report))
    return _preview(request, plain, seen, form=form, repeated=_repeated(report))


def _told(report: FactReport) -> str:
    counts = {"count": report.landed, "known": report.repeated, "alike": report.doubtful}
    text = (
        _(
            "Rien n'est écrit. Faits à importer : %(count)s ; déjà connus : %(known)s ; semblables à un autre : "
            "%(alike)s ; hors des zones : %(outside)s."
        )
        if report.is_dry_run
        else _(
            "Faits importés : %(count)s ; déjà connus : %(known)s ; semblables à un autre : %(alike)s ; hors des "
            "zones : %(outside)s."
        )
    )
    return text % (counts | {"outside": report.without_zone})


def _repeated(told: FactReport | AlikeUndecided) -> dict[str, Any]:
    """Rows that say a fact again, in words."""
    at = 1 if get_language() == "fr" else 0
    return {"repeats": [(one.line, one.messages[at]) for one in told.repeats], "unshown": told.unshown}
