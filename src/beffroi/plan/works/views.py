"""Pages of the works: a phase, a task, a link, a camera's steps, a site's acceptance sheet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from beffroi.core.dates import day_of
from beffroi.core.errors import BeffroiError, Conflict, InvalidInput, NotPermitted
from beffroi.core.scans import ENDINGS, MAX_BYTES
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.plan import events
from beffroi.plan.measuring import NewWeek, record_week
from beffroi.plan.models import (
    AcceptanceSheet,
    Camera,
    IssuedPaper,
    Link,
    Lot,
    Phase,
    Reserve,
    SignedCopy,
    Site,
    Task,
)
from beffroi.plan.models.works import PaperChoice
from beffroi.plan.queries import link_ends
from beffroi.plan.rules import StateName
from beffroi.plan.services import take_step
from beffroi.plan.works import documents, issuing, pages, queries, services
from beffroi.plan.works.forms import (
    ExpectForm,
    LinkDays,
    LotForm,
    MeasureForm,
    ReserveForm,
    SignedForm,
    StepForm,
    SumForm,
    TaskDays,
    TaskForm,
    WeekForm,
)
from beffroi.plan.works.issuing import NewCopy
from beffroi.plan.works.rules import BudgetKind, Item, PaperName
from beffroi.plan.works.services import NewMeasure
from beffroi.territory.queries import town_zone


def today() -> date:
    """The town's day."""
    return day_of(timezone.now(), town_zone())


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def phase(request: HttpRequest, phase_id: str) -> HttpResponse:
    """What a phase lacks, its calendar and its list, its money."""
    found = _found(Phase.objects.filter(pk=phase_id).first())
    on = today()
    wanting = queries.phase_check(found, on).wanting
    context = {
        "section": "programme",
        "phase": found,
        "on": on,
        "works": pages.works_of(found, on),
        "wanting": wanting,
        "subjects": pages.wanting_by_subject(wanting),
        "is_served": found.in_service_on is not None and found.in_service_on <= on,
        "sites": pages.site_rows(found, on),
        "links": pages.link_rows(found, on),
        "report_wants": len(documents.wanting(found, on)),
        "papers": pages.paper_rows(found, on),
        "entries": queries.entries(on, phase=found.pk),
        "panels": events.phase_panels(found.pk, on),
    }
    return render(request, "plan/works/phase.html", context)


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def add_lot(request: HttpRequest, phase_id: str) -> HttpResponse:
    """A lot and its contractor."""
    found = _found(Phase.objects.filter(pk=phase_id).first())

    def save(typed: dict[str, Any], by: str) -> None:
        services.add_lot(found, **typed, by=by)

    return _added(request, found, LotForm(request.POST or None), save=save, title=_("Ajouter un lot"))


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def change_lot(request: HttpRequest, lot_id: str) -> HttpResponse:
    """Another name, its contractor once chosen."""
    found = _found(Lot.objects.select_related("phase").filter(pk=lot_id).first())

    def save(typed: dict[str, Any], by: str) -> None:
        services.change_lot(found, **typed, by=by)

    known = {"name": found.name, "contractor": found.contractor, "contract": found.contract}
    form = LotForm(request.POST or None, initial=known)
    return _added(request, found.phase, form, save=save, title=_("Modifier le lot"))


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def expect_phase(request: HttpRequest, phase_id: str) -> HttpResponse:
    """When a phase is now expected in service."""
    found = _found(Phase.objects.filter(pk=phase_id).first())

    def save(typed: dict[str, Any], by: str) -> None:
        services.expect_phase(found, typed["expected_on"], by=by)

    posted = request.POST if request.method == "POST" else None
    form = ExpectForm(posted, initial={"expected_on": found.expected_on})
    return _added(request, found, form, save=save, title=_("Estimer la mise en service"))


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def add_task(request: HttpRequest, phase_id: str) -> HttpResponse:
    """A task as planned."""
    found = _found(Phase.objects.filter(pk=phase_id).first())

    def save(typed: dict[str, Any], by: str) -> None:
        cameras, after = typed.pop("cameras"), typed.pop("after")
        services.put_task(Task(**typed), cameras=cameras, after=after, by=by)

    return _added(request, found, TaskForm(found, request.POST or None), save=save, title=_("Ajouter une tâche"))


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def add_sum(request: HttpRequest, phase_id: str) -> HttpResponse:
    """A sum voted, committed, invoiced, notified or paid."""
    found = _found(Phase.objects.filter(pk=phase_id).first())

    def save(typed: dict[str, Any], by: str) -> None:
        cents = int(typed["euros"] * 100)
        kind = BudgetKind(typed["kind"])
        services.add_sum(typed["lot"], kind, on=typed["on"], cents=cents, reference=typed["reference"], by=by)

    form = SumForm(found, request.POST or None, initial={"on": today()})
    return _added(request, found, form, save=save, title=_("Inscrire une somme"))


def _added(
    request: HttpRequest, found: Phase, form: Form, *, save: Callable[[dict[str, Any], str], None], title: str
) -> HttpResponse:
    if form.is_bound and form.is_valid():
        try:
            save(dict(form.cleaned_data), str(agent_of(request).pk))
            return redirect("phase", found.pk)
        except BeffroiError as error:
            say(form, error)
    context = {"section": "programme", "phase": found, "form": form, "title": title}
    return render(request, "plan/works/form.html", context, status=400 if form.errors else 200)


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def acceptance_report(request: HttpRequest, phase_id: str) -> HttpResponse:
    """The report that ends a phase's works, as last issued; a draft before, refused until every sheet is passed."""
    return _paper(request, PaperName.REPORT, phase_id)


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def as_built_file(request: HttpRequest, phase_id: str) -> HttpResponse:
    """What was built, as it was measured, as last issued; a draft before, refused until every sheet is passed."""
    return _paper(request, PaperName.AS_BUILT, phase_id)


def _paper(request: HttpRequest, name: PaperName, phase_id: str) -> HttpResponse:
    found = _found(Phase.objects.filter(pk=phase_id).first())
    last = IssuedPaper.objects.filter(phase=found, name=name).order_by("version").last()
    if last is not None and "projet" not in request.GET:
        return _file(issuing.content_of(last), "application/pdf", f"{last.number}.pdf")
    draft = documents.paper_pdf(name, found, made_at=timezone.now())
    return _file(draft, "application/pdf", f"{found.pk}-{name}-projet.pdf")


def _file(content: bytes, media_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=media_type)
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


@requires(Right.CONFIGURE)
@require_POST
def issue_paper(request: HttpRequest, phase_id: str) -> HttpResponse:
    """Issues the acceptance report or the as-built file, once all is passed."""
    found = _found(Phase.objects.filter(pk=phase_id).first())
    name = request.POST.get("paper", "")
    if name not in PaperChoice.values:
        raise InvalidInput("Choose the report or the as-built file.",
                           message_fr="Choisissez le procès-verbal ou le dossier des ouvrages exécutés.",
                           field="paper")  # fmt: skip
    issuing.issue(PaperName(name), found, at=timezone.now(), by=str(agent_of(request).pk))
    return redirect(f"{reverse('phase', args=[found.pk])}#papiers")


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def issued_paper(request: HttpRequest, paper_id: int) -> HttpResponse:
    """A version of a paper, as it was issued."""
    paper = _found(IssuedPaper.objects.filter(pk=paper_id).first())
    return _file(issuing.content_of(paper), "application/pdf", f"{paper.number}.pdf")


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def join_signed(request: HttpRequest, paper_id: int) -> HttpResponse:
    """The copy of an issued paper that came back signed."""
    paper = _found(IssuedPaper.objects.select_related("phase").defer("sealed").filter(pk=paper_id).first())

    def save(typed: dict[str, Any], by: str) -> None:
        content = typed.pop("scan").read(MAX_BYTES + 1)
        issuing.join_signed(paper, NewCopy(content=content, **typed), at=timezone.now(), by=by)

    is_posted = request.method == "POST"
    form = SignedForm(
        request.POST if is_posted else None, request.FILES if is_posted else None, initial={"signed_on": today()}
    )
    title = _("Exemplaire signé de %(number)s") % {"number": paper.number}
    return _added(request, paper.phase, form, save=save, title=title)


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def signed_copy(request: HttpRequest, copy_id: int) -> HttpResponse:
    """A signed copy, as it was scanned."""
    copy = _found(SignedCopy.objects.select_related("paper").filter(pk=copy_id).first())
    name = f"{copy.paper.number}-signe-{copy.pk}.{ENDINGS[copy.media_type]}"
    return _file(issuing.content_of(copy), copy.media_type, name)


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def task(request: HttpRequest, task_id: str) -> HttpResponse:
    """A task, its real days, its plan; those who configure change them."""
    found = _found(Task.objects.select_related("lot__phase", "site", "link").filter(pk=task_id).first())
    phase_ = found.lot.phase
    days = {"actual_from_on": found.actual_from_on, "actual_to_on": found.actual_to_on}
    plan = {name: getattr(found, name) for name in TaskForm.base_fields if name not in ("cameras", "after")}
    plan |= {"cameras": found.cameras.all(), "after": found.after.all()}
    forms: dict[str, Form] = {
        "days_form": TaskDays(initial=days),
        "plan_form": TaskForm(phase_, task=found, initial=plan),
    }
    status = 200
    if request.method == "POST":
        _check_may_write(request)
        if _task_written(request, found, forms):
            return redirect("phase", phase_.pk)
        status = 400
    line = next(one for one in queries.task_lines(today(), phase=phase_.pk) if one.task.pk == found.pk)
    before, after = queries.around(found)
    context = {"section": "programme", "task": found, "line": line, "row": pages.task_row(line, today()),
               "before": before, "after": after, **forms}  # fmt: skip
    return render(request, "plan/works/task.html", context | {"can_write": _may_write(request)}, status=status)


def _task_written(request: HttpRequest, found: Task, forms: dict[str, Form]) -> bool:
    """True when what was posted of a task is kept; else its form says why not."""
    by, act = str(agent_of(request).pk), request.POST.get("act", "days")
    name = "plan_form" if act == "plan" else "days_form"
    form = TaskForm(found.lot.phase, request.POST, task=found) if act == "plan" else TaskDays(request.POST)
    forms[name] = form
    if act != "remove" and not form.is_valid():
        return False
    try:
        match act:
            case "remove":
                services.remove_task(found, by=by)
            case "plan":
                typed = dict(form.cleaned_data)
                cameras, after = typed.pop("cameras"), typed.pop("after")
                services.put_task(_with(found, typed), cameras=cameras, after=after, by=by)
            case _:
                begun, ended = form.cleaned_data["actual_from_on"], form.cleaned_data["actual_to_on"]
                services.record_days(found, from_on=begun, to_on=ended, by=by)
    except BeffroiError as error:
        say(form, error)
        found.refresh_from_db()
        return False
    return True


def _with(row: Task, typed: dict[str, Any]) -> Task:
    for name, value in typed.items():
        setattr(row, name, value)
    return row


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, fibre_id: str) -> HttpResponse:
    """A link of the network, when it was laid and lit; those who configure say so."""
    found = _found(Link.objects.select_related("phase").filter(pk=fibre_id).first())
    form = LinkDays(found, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        _check_may_write(request)
        if form.is_valid():
            try:
                services.record_link(found, **form.cleaned_data, by=str(agent_of(request).pk))
                return redirect("phase", found.phase_id)
            except InvalidInput as error:
                say(form, error)
    ends = link_ends()
    context = {"section": "programme", "link": found, "form": form, "can_write": _may_write(request),
               "ends": [ends.get(end, end) for end in (found.from_end, found.to_end)],
               "tasks": Task.objects.filter(link=found)}  # fmt: skip
    return render(request, "plan/works/link.html", context, status=400 if form.errors else 200)


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def camera_steps(request: HttpRequest, camera_id: str) -> HttpResponse:
    """The dated states of a camera and what brings the next; those who configure write the steps of the works."""
    agent = agent_of(request)
    over = [right for right in (Right.PROGRAMME, Right.CONFIGURE) if agent.permit.over(right, camera_id)]
    found = _found(Camera.objects.select_related("site", "phase").filter(pk=camera_id).first() if over else None)
    page = pages.camera_page(found, today())
    posted = request.POST if request.method == "POST" else None
    is_week = request.POST.get("act") == "week"
    form = StepForm(page.steps, None if is_week else posted, initial={"on": today()})
    week_form = WeekForm(posted if is_week else None)
    if posted is not None:
        _check_may_write(request)
        by = str(agent.pk)
        if _week_written(week_form, found, by) if is_week else _step_written(form, page, by):
            return redirect("camera-steps", found.pk)
    context = {"section": "programme", "page": page, "form": form, "week_form": week_form,
               "can_write": Right.CONFIGURE in over}  # fmt: skip
    return render(request, "plan/works/camera.html", context, status=400 if form.errors or week_form.errors else 200)


def _step_written(form: StepForm, page: pages.CameraPage, by: str) -> bool:
    if not page.steps:
        raise Conflict("The works bring no step now: a paper does.",
                       message_fr="Les travaux n'apportent pas d'étape maintenant : un papier, si.")  # fmt: skip
    if not form.is_valid():
        return False
    typed = form.cleaned_data | {"state": StateName(form.cleaned_data["state"])}
    try:
        take_step(page.camera.pk, **typed, by=by)
    except BeffroiError as error:
        say(form, error)
    return form.is_valid()


def _week_written(form: WeekForm, camera: Camera, by: str) -> bool:
    if form.is_valid():
        try:
            record_week(camera.pk, NewWeek(**form.cleaned_data), by=by)
        except BeffroiError as error:
            say(form, error)
    return form.is_valid()


def _may_write(request: HttpRequest) -> bool:
    return Right.CONFIGURE in agent_of(request).rights


def _check_may_write(request: HttpRequest) -> None:
    if not _may_write(request):
        raise NotPermitted(
            "The works are written by those who configure the system; ask the technical services.",
            message_fr="Les travaux s'écrivent par qui configure le système ; demandez aux services techniques.",
        )


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest, site_id: str) -> HttpResponse:
    """A site's acceptance: every measure with its verdict, reserves; those who configure add to it."""
    site = _found(Site.objects.select_related("phase").filter(pk=site_id).first())
    page = pages.sheet_page(site, today())
    forms: dict[str, Any] = {"measure_form": MeasureForm(site, initial={"on": today()}), "reserve_form": ReserveForm()}
    status = 200
    if request.method == "POST":
        _check_may_write(request)
        if page.sheet is None or page.is_outdated:
            raise Conflict("There is no sheet to write on; open it first.",
                           message_fr="Il n'y a pas de fiche où écrire ; ouvrez-la d'abord.")  # fmt: skip
        if _written(request, page.sheet, forms):
            return redirect("sheet", site.pk)
        status = 400
    context = {"section": "programme", "page": page, "can_write": _may_write(request), **forms}
    return render(request, "plan/works/sheet.html", context, status=status)


def _written(request: HttpRequest, sheet: AcceptanceSheet, forms: dict[str, Any]) -> bool:
    """True when what was posted is on the sheet; else its form says why not."""
    by = str(agent_of(request).pk)
    name = "reserve_form" if request.POST.get("act") == "reserve" else "measure_form"
    form = ReserveForm(request.POST) if name == "reserve_form" else MeasureForm(sheet.site, request.POST)
    forms[name] = form
    if not form.is_valid():
        return False
    try:
        if name == "reserve_form":
            services.add_reserve(sheet, Reserve(**form.cleaned_data), by=by)
        else:
            fields = form.cleaned_data | {"item": Item(form.cleaned_data["item"])}
            fields["at"] = services.measured_at(sheet, fields.pop("on") or today())
            services.record_measures(sheet, [NewMeasure(**fields)], by=by)
    except InvalidInput as error:
        say(form, error)
        return False
    return True


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def references(request: HttpRequest) -> HttpResponse:
    """The reference pictures of the cameras in service: what was taken, what is due."""
    on = today()
    context = {"section": "programme", "on": on, "references": queries.references(on)}
    return render(request, "plan/works/references.html", context)


@requires(Right.CONFIGURE)
@require_POST
def open_sheet(request: HttpRequest, site_id: str) -> HttpResponse:
    """A new sheet for a site."""
    site = _found(Site.objects.filter(pk=site_id).first())
    services.open_sheet(site, on=today(), by=str(agent_of(request).pk))
    return redirect("sheet", site.pk)


@requires(Right.CONFIGURE)
@require_POST
def lift_reserve(request: HttpRequest, reserve_id: int) -> HttpResponse:
    """A reserve is lifted today."""
    reserve = _found(Reserve.objects.select_related("sheet").filter(pk=reserve_id).first())
    services.lift_reserve(reserve, on=today(), by=str(agent_of(request).pk))
    return redirect("sheet", reserve.sheet.site_id)


def _found(row: Any) -> Any:
    if row is None:
        raise Http404
    return row
