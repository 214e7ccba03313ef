"""From the second person to the feedback, recipients, and the documents of an answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from beffroi.core.errors import NotFound
from beffroi.evidence import documents, services, tasks
from beffroi.evidence.forms import DispensationForm, FeedbackForm, HandOverForm, PackForm, RecipientForm
from beffroi.evidence.models import Recipient
from beffroi.evidence.pages.case import case_view
from beffroi.evidence.queries import cases
from beffroi.evidence.services import Handing, NewRecipient
from beffroi.evidence.views.common import SECTION, asked, form_page, opened
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right


@requires(Right.VALIDATE)
@require_http_methods(["GET", "POST"])
def validate(request: HttpRequest, register_number: str) -> HttpResponse:
    """A second person agrees with the scope and the result."""
    found, me = asked(request, register_number), agent_of(request)

    def save(typed: dict[str, Any]) -> HttpResponse:
        services.validate(found, by=me)
        messages.success(request, _("C'est validé."), "ok")
        return opened(register_number)

    return form_page(
        request,
        forms.Form(request.POST if request.method == "POST" else None),
        save,
        title=_("%(number)s : valider") % {"number": register_number},
        button=_("Valider"),
        template="evidence/validate.html",
        case=case_view(found, me),
    )


@requires(Right.LOCK, Right.EXPORT)
@require_POST
def alone(request: HttpRequest, register_number: str) -> HttpResponse:
    """Nobody else is on shift."""
    services.go_alone(asked(request, register_number), by=agent_of(request))
    messages.warning(request, _("La réponse peut partir ; elle est signalée, et se valide le lendemain."))
    return opened(register_number)


@requires(Right.VALIDATE)
@require_http_methods(["GET", "POST"])
def dispense(request: HttpRequest, register_number: str) -> HttpResponse:
    """Export without a missing piece: a second person's decision."""
    found = asked(request, register_number)

    def save(typed: dict[str, Any]) -> HttpResponse:
        services.dispense(found, typed["reason"], by=agent_of(request))
        messages.success(request, _("La décision est inscrite."), "ok")
        return opened(register_number)

    said = _("La décision porte votre nom ; le bordereau et le registre la disent. La pièce reste à compléter.")
    title = _("%(number)s : exporter sans attendre la pièce") % {"number": register_number}
    return form_page(request, DispensationForm(request.POST or None), save, title=title, said=said)


@requires(Right.EXPORT)
@require_http_methods(["GET", "POST"])
def pack(request: HttpRequest, register_number: str) -> HttpResponse:
    """Asks the worker for the pack."""
    found = asked(request, register_number)

    def save(typed: dict[str, Any]) -> HttpResponse:
        made = services.ask_pack(
            found, typed["recipient"], by=agent_of(request), with_working_copy=typed["with_working_copy"]
        )
        tasks.make_pack.enqueue(made.pk)
        messages.success(request, _("Le pack se prépare ; cette page dit quand il est prêt."), "ok")
        return opened(register_number)

    title = _("%(number)s : faire le pack") % {"number": register_number}
    return form_page(request, PackForm(request.POST or None), save, title=title)


@requires(Right.EXPORT)
@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest, register_number: str) -> HttpResponse:
    """The answer goes to a registered recipient."""
    found = asked(request, register_number)

    def save(typed: dict[str, Any]) -> HttpResponse:
        services.hand_over(found, Handing(**typed), by=agent_of(request))
        messages.success(request, _("La remise est inscrite ; faites signer le récépissé."), "ok")
        return opened(register_number)

    newest = cases.newest_pack(found)
    initial = {"recipient": newest.recipient_id} if newest else {"medium": "paper"}
    form = HandOverForm(request.POST or None, initial=initial)
    return form_page(request, form, save, title=_("%(number)s : remettre") % {"number": register_number})


@requires(Right.EXPORT)
@require_POST
def close(request: HttpRequest, register_number: str) -> HttpResponse:
    """Locks are lifted, the working copy will die."""
    services.close(asked(request, register_number), by=agent_of(request))
    messages.success(request, _("La réquisition est close ; les verrous sont levés."), "ok")
    return opened(register_number)


@requires(Right.LOCK)
@require_http_methods(["GET", "POST"])
def feedback(request: HttpRequest, register_number: str) -> HttpResponse:
    """What the inquiry made of it."""
    found = asked(request, register_number)

    def save(typed: dict[str, Any]) -> HttpResponse:
        services.note_feedback(found, typed["useful"], by=agent_of(request))
        messages.success(request, _("Le retour est noté."), "ok")
        return opened(register_number)

    title = _("%(number)s : le retour de l'enquête") % {"number": register_number}
    return form_page(request, FeedbackForm(request.POST or None), save, title=title)


# -- documents ----------------------------------------------------------------------------------------------


@requires(*cases.READS)
@require_GET
def answer_document(request: HttpRequest, register_number: str) -> HttpResponse:
    """The written answer: negative, partial, or what goes with the pictures."""
    return _pdf(documents.answer_pdf(asked(request, register_number)), f"{register_number}-reponse.pdf")


@requires(*cases.READS)
@require_GET
def receipt_document(request: HttpRequest, register_number: str) -> HttpResponse:
    """The receipt to be signed at the hand-over."""
    return _pdf(documents.receipt_pdf(asked(request, register_number)), f"{register_number}-recepisse.pdf")


def _pdf(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


# -- recipients ---------------------------------------------------------------------------------------------


@requires(*cases.READS)
@require_http_methods(["GET"])
def recipients(request: HttpRequest) -> HttpResponse:
    """Whom pictures may be handed to."""
    rows = Recipient.objects.prefetch_related("hand_overs")
    may_add = bool(agent_of(request).rights & {Right.LOCK, Right.EXPORT})
    return render(request, "evidence/recipients.html", SECTION | {"rows": rows, "may_add": may_add})


@requires(Right.LOCK, Right.EXPORT)
@require_http_methods(["GET", "POST"])
def add_recipient(request: HttpRequest) -> HttpResponse:
    """Registers a recipient."""

    def save(typed: dict[str, Any]) -> HttpResponse:
        services.add_recipient(NewRecipient(**typed), by=agent_of(request))
        messages.success(request, _("Le destinataire est inscrit."), "ok")
        return redirect("recipients")

    said = _("Seuls ceux que cite l'article R. 253-3 III du code de la sécurité intérieure reçoivent des images.")
    form = RecipientForm(request.POST or None)
    return form_page(request, form, save, title=_("Inscrire un destinataire"), said=said)


@requires(Right.EXPORT)
@require_POST
def end_recipient(request: HttpRequest, recipient_id: str) -> HttpResponse:
    """Nothing more is handed to them."""
    found = Recipient.objects.filter(pk=recipient_id).first()
    if found is None:
        raise NotFound("There is no such recipient.", message_fr="Ce destinataire n'existe pas.")
    services.end_recipient(found, by=agent_of(request))
    messages.success(request, _("Le destinataire n'est plus inscrit."), "ok")
    return redirect("recipients")
