"""Pages of the library: the list, a file brought and shown before it counts, one model added, corrected or removed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from beffroi.core.errors import BeffroiError, Conflict, InvalidInput
from beffroi.core.reading import FolderRefused
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.plan import catalogue
from beffroi.plan.camera_models import queries, services
from beffroi.plan.camera_models.forms import ModelFileForm, ModelForm, ShownFileForm
from beffroi.plan.camera_models.rules import Act, Difference, Value
from beffroi.plan.camera_models.services import ModelFile, ModelReport
from beffroi.plan.camera_models.words import ACTS, FIELDS
from beffroi.plan.models import TownCameraModel

SECTION = {"section": "programme"}


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def models(request: HttpRequest) -> HttpResponse:
    """Every model with its figures, where it comes from, what uses it."""
    lines = queries.lines()
    context = SECTION | {
        "own": [line for line in lines if line.own],
        "generic": [line for line in lines if not line.own],
        "can_write": Right.CONFIGURE in agent_of(request).rights,
    }
    return render(request, "plan/camera_models/models.html", context)


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def models_file(request: HttpRequest) -> HttpResponse:
    """The town's own models as the file that is imported, or that a scenario names (`models_file`)."""
    answer = HttpResponse(catalogue.written(queries.own_models().values()), content_type="application/toml")
    answer["Content-Disposition"] = 'attachment; filename="camera_models.toml"'
    return answer


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def bring_models(request: HttpRequest) -> HttpResponse:
    """A file is brought, shown as it would be kept, then imported: nothing before the second step."""
    if request.method != "POST":
        return _bring(request, ModelFileForm())
    if "text" in request.POST:
        return _import(request)
    form = ModelFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _bring(request, form)
    return _shown(request, form.cleaned_data["file"], form=form)


def _bring(request: HttpRequest, form: ModelFileForm, *, refused: FolderRefused | None = None) -> HttpResponse:
    problems = refused.problems if refused else ()
    context = SECTION | {
        "form": form,
        "problems": [one.text_fr() if get_language() == "fr" else one.text() for one in problems],
        "fields": [(name, FIELDS[name], of.is_required()) for name, of in catalogue.CameraModel.model_fields.items()],
    }
    return render(request, "plan/camera_models/bring.html", context, status=400 if form.errors or problems else 200)


def _shown(request: HttpRequest, file: ModelFile, *, form: ModelFileForm | None = None) -> HttpResponse:
    try:
        report = services.import_models(file, by=str(agent_of(request).pk), is_dry_run=True)
    except FolderRefused as refused:
        return _bring(request, form or ModelFileForm(), refused=refused)
    shown = ShownFileForm(initial={"name": file.name, "text": file.text, "seen_version": report.version})
    return _preview(request, report, shown)


def _preview(request: HttpRequest, report: ModelReport, form: ShownFileForm) -> HttpResponse:
    used = queries.uses()
    context = SECTION | {
        "report": report,
        "form": form,
        "lines": [_line(one, used.get(one.model.id)) for one in report.found],
        "writes": len(report.found) - report.count(Act.KEEP),
    }
    return render(request, "plan/camera_models/preview.html", context, status=400 if form.errors else 200)


def _line(one: Difference, used: queries.Uses | None) -> dict[str, Any]:
    changed = [(FIELDS[each.field], _value(each.before), _value(each.after)) for each in one.changed]
    return {"model": one.model, "act": ACTS[one.act], "changed": changed, "uses": used, "is_kept": one.act is Act.KEEP}


def _value(value: Value) -> object:
    if isinstance(value, bool):
        return _("oui") if value else _("non")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _import(request: HttpRequest) -> HttpResponse:
    form = ShownFileForm(request.POST)
    if not form.is_valid():
        return _bring(request, ModelFileForm())
    by, file = str(agent_of(request).pk), form.model_file
    try:
        report = services.import_models(file, by=by, seen=form.cleaned_data["seen_version"])
    except Conflict as error:
        messages.warning(request, _said(error))
        return _shown(request, file)
    except FolderRefused as refused:
        return _bring(request, ModelFileForm(), refused=refused)
    told = {"count": len(report.found) - report.count(Act.KEEP), "kept": report.count(Act.KEEP)}
    messages.success(request, _("%(count)s modèles enregistrés, %(kept)s déjà connus.") % told)
    return redirect("camera-models")


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def add_model(request: HttpRequest) -> HttpResponse:
    """One model, typed from its data sheet."""
    form = ModelForm(request.POST if request.method == "POST" else None, initial=_first())
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data["model"]
        if TownCameraModel.objects.filter(pk=typed.id).exists():
            taken = _("« %(id)s » est déjà un modèle de la ville ; ouvrez-le pour le corriger.") % {"id": typed.id}
            form.add_error("id", taken)
        elif _put(request, form):
            return redirect("camera-models")
    return _form(request, form)


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def model(request: HttpRequest, model_id: str) -> HttpResponse:
    """One of the town's models corrected; a generic one so changed becomes the town's under the same id."""
    known = queries.camera_models().get(model_id)
    if known is None:
        raise Http404
    said = ModelForm.said_of(known) | {"seen_version": queries.version()}
    form = ModelForm(request.POST if request.method == "POST" else None, initial=said, known_id=model_id)
    if request.method == "POST" and form.is_valid() and _put(request, form):
        return redirect("camera-models")
    own = TownCameraModel.objects.filter(pk=model_id).first()
    return _form(request, form, known=known, own=own, uses=queries.uses().get(model_id))


def _first() -> dict[str, object]:
    fields = {name: field.default for name, field in catalogue.CameraModel.model_fields.items()}
    given = {name: value for name, value in fields.items() if name in ("max_masks", "max_points")}
    return given | {"seen_version": queries.version()}


def _put(request: HttpRequest, form: ModelForm) -> bool:
    """True when the model is kept; else the form says why not."""
    typed = form.cleaned_data["model"]
    try:
        services.put_model(typed, by=str(agent_of(request).pk), seen=form.cleaned_data["seen_version"])
    except (Conflict, InvalidInput) as error:
        say(form, error)
        return False
    messages.success(request, _("« %(model)s » est enregistré.") % {"model": typed.name})
    return True


def _form(request: HttpRequest, form: ModelForm, **more: object) -> HttpResponse:
    context = SECTION | {"form": form} | more
    return render(request, "plan/camera_models/model.html", context, status=400 if form.errors else 200)


@requires(Right.CONFIGURE)
@require_POST
def remove_model(request: HttpRequest, model_id: str) -> HttpResponse:
    """One of the town's models leaves the library, unless a camera has it."""
    try:
        services.remove_model(model_id, by=str(agent_of(request).pk))
    except Conflict as error:
        messages.warning(request, _said(error))
        return redirect("camera-model", model_id)
    messages.success(request, _("Le modèle est retiré."))
    return redirect("camera-models")


def _said(error: BeffroiError) -> str:
    return error.message_fr if get_language() == "fr" else error.message
