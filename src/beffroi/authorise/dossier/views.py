"""Pages of the dossiers: pieces, texts, papers joined and made, the course of a request, contacts, signs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import shapely
from django import forms as django_forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from shapely.geometry import mapping, shape

from beffroi.authorise.dossier import forms, keeping, making, pages, plans, queries, services, tasks, words
from beffroi.authorise.dossier.services.filing import Asked
from beffroi.authorise.dossier.services.registers import NewContact, NewSign
from beffroi.authorise.models import Attachment, Contact, Dossier, Sign
from beffroi.authorise.models.dossiers import ContactRole, Decision, PieceChoice, SignFormat
from beffroi.core.dates import day_of
from beffroi.core.errors import BeffroiError, NotFound
from beffroi.core.scans import ENDINGS
from beffroi.people.forms import say
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.territory.models import Zone
from beffroi.territory.queries import town_zone

SECTION = {"section": "dossiers"}
READS = (Right.PROGRAMME, Right.CONFIGURE)
_WATCH_S = 2
"""Between two looks at papers being made."""
Save = Callable[[dict[str, Any]], HttpResponse]


@requires(*READS)
@require_GET
def dossiers(request: HttpRequest) -> HttpResponse:
    """Every dossier and where it stands."""
    return render(request, "authorise/dossiers.html", SECTION | {"lines": pages.lines(_today())})


@requires(*READS)
@require_GET
def dossier(request: HttpRequest, dossier_id: str) -> HttpResponse:
    """One dossier, piece by piece."""
    return _page(request, _dossier(dossier_id))


def _page(request: HttpRequest, found: Dossier, *, status: int = 200, **bound: django_forms.Form) -> HttpResponse:
    today = {"filed_on": _today(), "receipt_on": _today(), "decided_on": _today()}
    page = pages.page(found, _today())
    context = {
        "page": page,
        "is_followed": "suivre" in request.GET,
        "attachment": bound.get("attachment") or forms.AttachmentForm(),
        "filed": bound.get("filed") or forms.FiledForm(initial=today),
        "receipt": bound.get("receipt") or forms.ReceiptForm(initial=today),
        "decision": bound.get("decision") or forms.DecisionForm(initial=today),
    }
    answer = render(request, "authorise/dossier.html", SECTION | context, status=status)
    # Elsewhere a reload would take what is being typed.
    if page.making and not page.making.refused and context["is_followed"]:
        answer["Refresh"] = str(_WATCH_S)
    return answer


@requires(*READS)
@require_GET
def dossier_of_1996(request: HttpRequest, dossier_id: str) -> HttpResponse:
    """The list of the décret of 1996 beside today's."""
    found = _dossier(dossier_id)
    return render(request, "authorise/dossier_1996.html", SECTION | {"dossier": found, "rows": pages.old_rows(found)})


@requires(*READS)
@require_GET
def dossier_trace(request: HttpRequest, dossier_id: str) -> HttpResponse:
    """From each zone's facts to its cameras, from each camera to its cost."""
    found = _dossier(dossier_id)
    context = SECTION | {"dossier": found, "page": pages.trace_page(found, _today())}
    return render(request, "authorise/dossier_trace.html", context)


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def add_dossier(request: HttpRequest) -> HttpResponse:
    """A draft."""

    def save(typed: dict[str, Any]) -> HttpResponse:
        made = services.open_dossier(_asked(typed), on=_today(), by=_me(request))
        return redirect("dossier", dossier_id=made.pk)

    return _form_page(request, forms.AskedForm(request.POST or None), save, title=_("Ouvrir un dossier"))


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def dossier_edit(request: HttpRequest, dossier_id: str) -> HttpResponse:
    """What a draft asks for: form, purposes, retention, cameras, perimeter."""
    found = _dossier(dossier_id)

    def save(typed: dict[str, Any]) -> HttpResponse:
        services.revise(found, _asked(typed), by=_me(request))
        messages.success(request, _("La demande est changée."), "ok")
        return redirect("dossier", dossier_id=found.pk)

    form = forms.AskedForm(request.POST or None, initial=forms.AskedForm.initial_of(found))
    return _form_page(request, form, save, title=_("Changer la demande"), back=found)


def _asked(typed: dict[str, Any]) -> Asked:
    zones = typed.pop("perimeter_zones")
    if zones:
        shapes = Zone.objects.filter(pk__in=zones).values_list("shape", flat=True)
        joined = shapely.union_all([shape(one) for one in shapes])
        typed["perimeter"] = json.loads(json.dumps(mapping(joined)))
    return Asked(**typed)


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def dossier_text(request: HttpRequest, dossier_id: str, key: str) -> HttpResponse:
    """A section that people write; the one before stays in the file."""
    found = _dossier(dossier_id)
    if key not in words.TEXTS:
        raise NotFound("There is no such section.", message_fr="Cette section n'existe pas.")

    def save(typed: dict[str, Any]) -> HttpResponse:
        services.write_text(found, key, typed["text"], by=_me(request))
        messages.success(request, _("Le texte est écrit."), "ok")
        return redirect("dossier", dossier_id=found.pk)

    form = forms.TextForm(request.POST or None, initial={"text": queries.texts_of(found).get(key, "")})
    return _form_page(request, form, save, title=str(words.TEXTS[key]), back=found, hint=str(words.HINTS[key]))


# -- papers joined and made -------------------------------------------------------------------------------


@requires(Right.CONFIGURE)
@require_POST
def dossier_attach(request: HttpRequest, dossier_id: str) -> HttpResponse:
    """A paper made elsewhere."""
    found = _dossier(dossier_id)
    form = forms.AttachmentForm(request.POST, request.FILES)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            piece, content = PieceChoice(typed["piece"]), typed["scan"].read()
            services.attach(found, piece, name=typed["name"], content=content, by=_me(request))
        except BeffroiError as error:
            say(form, error)
        else:
            messages.success(request, _("La pièce est jointe."), "ok")
            return redirect("dossier", dossier_id=found.pk)
    return _page(request, found, status=400, attachment=form)


@requires(*READS)
@require_GET
def dossier_attachment(request: HttpRequest, dossier_id: str, attachment_id: int) -> HttpResponse:
    """A paper joined."""
    row = _attachment(dossier_id, attachment_id)
    answer = HttpResponse(services.content_of(row), content_type=row.media_type)
    ending = ENDINGS.get(row.media_type, "bin")
    answer["Content-Disposition"] = f'attachment; filename="{dossier_id}-{row.piece}-{row.pk}.{ending}"'
    return answer


@requires(Right.CONFIGURE)
@require_POST
def dossier_detach(request: HttpRequest, dossier_id: str, attachment_id: int) -> HttpResponse:
    """Takes a paper back."""
    services.detach(_attachment(dossier_id, attachment_id), by=_me(request))
    messages.success(request, _("La pièce est retirée."), "ok")
    return redirect("dossier", dossier_id=dossier_id)


@requires(*READS)
@require_POST
def dossier_build(request: HttpRequest, dossier_id: str) -> HttpResponse:
    """The worker makes every paper, once however often it is asked."""
    found = _dossier(dossier_id)
    state = making.making_of(found, timezone.now())
    if state is None or state.refused:
        making.tell(found, 0, 0)
        tasks.build_papers.enqueue(found.pk, _me(request))
    return redirect(reverse("dossier", args=[found.pk]) + "?suivre#documents")


@requires(*READS)
@require_GET
def dossier_document(request: HttpRequest, dossier_id: str, document: str) -> HttpResponse:
    """A paper that was made; once filed the one that was filed, and with `?apres-depot` a later one."""
    found = _dossier(dossier_id)
    filed = {one.name: one for one in keeping.filed_papers(found)}
    is_later = "apres-depot" in request.GET
    if document in filed and not is_later:
        return _pdf(found, document, keeping.content_of(filed[document]))
    if (filed and not is_later) or document not in {one.name for one in pages.papers_of(found)}:
        raise NotFound(
            "This paper is not made yet; make the papers first.",
            message_fr="Ce document n'est pas établi ; établissez les documents d'abord.",
        )
    return _pdf(found, document, (keeping.folder_of(found) / f"{document}.pdf").read_bytes())


def _pdf(found: Dossier, document: str, content: bytes) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{found.pk}-{document}.pdf"'
    return answer


@requires(*READS)
@require_GET
def dossier_plan(request: HttpRequest, dossier_id: str, name: str) -> HttpResponse:
    """The map of a plan, drawn from what the database says today."""
    sheet = plans.sheet_named(_dossier(dossier_id), name, _today())
    if sheet is None:
        raise NotFound(
            "There is no such plan; its name ends with a site of this dossier.",
            message_fr="Il n'y a pas de tel plan ; son nom finit par un emplacement de ce dossier.",
        )
    return HttpResponse(sheet.svg, content_type="image/svg+xml")


# -- the course of a request ------------------------------------------------------------------------------


@requires(Right.CONFIGURE)
@require_POST
def dossier_file(request: HttpRequest, dossier_id: str) -> HttpResponse:
    """It went to the prefecture; refused while something is missing."""
    found, form = _dossier(dossier_id), forms.FiledForm(request.POST)

    def write(typed: dict[str, Any]) -> None:
        services.file(found, on=typed["filed_on"], by=_me(request))

    return _act(request, found, write, filed=form)


@requires(Right.CONFIGURE)
@require_POST
def dossier_receipt(request: HttpRequest, dossier_id: str) -> HttpResponse:
    """The prefecture's receipt: the months run."""
    found, form = _dossier(dossier_id), forms.ReceiptForm(request.POST)

    def write(typed: dict[str, Any]) -> None:
        services.record_receipt(
            found,
            number=typed["receipt_number"],
            on=typed["receipt_on"],
            by=_me(request),
            is_commission_extended=typed["is_commission_extended"],
        )

    return _act(request, found, write, receipt=form)


@requires(Right.CONFIGURE)
@require_POST
def dossier_decision(request: HttpRequest, dossier_id: str) -> HttpResponse:
    """What came of it."""
    found, form = _dossier(dossier_id), forms.DecisionForm(request.POST)

    def write(typed: dict[str, Any]) -> None:
        services.record_decision(found, Decision(typed["decision"]), on=typed["decided_on"], by=_me(request))

    return _act(request, found, write, decision=form)


def _act(
    request: HttpRequest, found: Dossier, write: Callable[[dict[str, Any]], None], **named: django_forms.Form
) -> HttpResponse:
    """One form of the page; refused, it stands there with what is wrong."""
    (form,) = named.values()
    if form.is_valid():
        try:
            write(form.cleaned_data)
        except BeffroiError as error:
            say(form, error)
        else:
            messages.success(request, _("C'est inscrit."), "ok")
            return redirect("dossier", dossier_id=found.pk)
    return _page(request, found, status=400, **named)


# -- contacts and signs -----------------------------------------------------------------------------------


@requires(*READS)
@require_GET
def contacts(request: HttpRequest) -> HttpResponse:
    """Who answers for what."""
    return render(request, "authorise/contacts.html", SECTION | {"rows": pages.contact_rows()})


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest, role: str) -> HttpResponse:
    """One of them."""
    if role not in ContactRole.values:
        raise NotFound("There is no such role.", message_fr="Ce rôle n'existe pas.")
    known = Contact.objects.filter(pk=role).first()

    def save(typed: dict[str, Any]) -> HttpResponse:
        services.put_contact(ContactRole(role), NewContact(**typed), by=_me(request))
        messages.success(request, _("Le contact est inscrit."), "ok")
        return redirect("dossier-contacts")

    form = forms.ContactForm(request.POST or None, instance=known)
    return _form_page(request, form, save, title=str(ContactRole(role).label).capitalize())


@requires(*READS)
@require_GET
def signs(request: HttpRequest) -> HttpResponse:
    """The notices: where, when seen, which are overdue."""
    shown = {"lines": pages.sign_lines(_today()), "approaches": pages.approach_lines(_today())}
    return render(request, "authorise/signs.html", SECTION | shown)


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "POST"])
def add_sign(request: HttpRequest) -> HttpResponse:
    """A notice planned or placed."""

    def save(typed: dict[str, Any]) -> HttpResponse:
        services.put_sign(NewSign(**typed | {"format": SignFormat(typed["format"])}), by=_me(request))
        messages.success(request, _("L'affiche est inscrite."), "ok")
        return redirect("dossier-signs")

    return _form_page(request, forms.SignForm(request.POST or None), save, title=_("Inscrire une affiche"))


@requires(Right.CONFIGURE)
@require_POST
def check_sign(request: HttpRequest, sign_id: str) -> HttpResponse:
    """Seen in place today."""
    found = Sign.objects.filter(pk=sign_id).first()
    if found is None:
        raise NotFound("There is no such notice.", message_fr="Cette affiche n'existe pas.")
    services.check_sign(found, on=_today(), by=_me(request))
    messages.success(request, _("L'affiche est vue en place aujourd'hui."), "ok")
    return redirect("dossier-signs")


def _form_page(
    request: HttpRequest,
    form: django_forms.BaseForm,
    save: Save,
    *,
    title: str,
    back: Dossier | None = None,
    hint: str = "",
) -> HttpResponse:
    if form.is_bound and form.is_valid():
        try:
            return save(dict(form.cleaned_data))
        except BeffroiError as error:
            say(form, error)  # type: ignore[arg-type]  # a ModelForm takes errors as a Form does
    context = SECTION | {"form": form, "title": title, "back": back, "hint": hint}
    return render(request, "authorise/dossier_form.html", context, status=400 if form.errors else 200)


def _dossier(dossier_id: str) -> Dossier:
    found = Dossier.objects.select_related("replaces").filter(pk=dossier_id).first()
    if found is None:
        raise NotFound("There is no such dossier.", message_fr="Ce dossier n'existe pas.")
    return found


def _attachment(dossier_id: str, attachment_id: int) -> Attachment:
    found = Attachment.objects.select_related("dossier").filter(pk=attachment_id, dossier=dossier_id).first()
    if found is None:
        raise NotFound("There is no such paper.", message_fr="Cette pièce n'existe pas.")
    return found


def _today() -> Any:
    return day_of(timezone.now(), town_zone())


def _me(request: HttpRequest) -> str:
    return agent_of(request).pk
