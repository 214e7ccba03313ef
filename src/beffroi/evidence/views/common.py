"""What every view of a requisition does: who asks, which one, a form, an error beside its field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation

from beffroi.core.errors import BeffroiError
from beffroi.evidence.models import Requisition
from beffroi.evidence.queries import cases
from beffroi.people.permissions import agent_of

SECTION = {"section": "requisitions"}


def asked(request: HttpRequest, number: str) -> Requisition:
    """The requisition of an address, when this agent may read it. Errors: NotFound."""
    return cases.requisition_for(agent_of(request), number)


def opened(number: str) -> HttpResponse:
    """Back to the board with this requisition open."""
    return redirect(reverse("requisition", args=[number]) + "#dossier")


def form_page(
    request: HttpRequest,
    form: forms.Form,
    save: Callable[[dict[str, Any]], HttpResponse],
    *,
    title: str,
    said: str = "",
    button: str = "",
    back: str = "",
    template: str = "evidence/form.html",
    **context: Any,
) -> HttpResponse:
    """Shows a form; saves it when it holds; what is refused is said beside its field, with its article."""
    if form.is_bound and form.is_valid():
        try:
            return save(dict(form.cleaned_data))
        except BeffroiError as error:
            say(form, error)
    for name in form.errors if form.is_bound else ():
        if name in form.fields:
            form.fields[name].widget.attrs["aria-invalid"] = "true"
    shown = {"form": form, "title": title, "said": said, "button": button, "back": back or reverse("requisitions")}
    return render(request, template, SECTION | shown | context, status=400 if form.errors else 200)


def say(form: forms.Form, error: BeffroiError) -> None:
    """Puts an error beside its field, or above the form."""
    text = error.message_fr if translation.get_language() == "fr" else error.message
    article = getattr(error, "article", "")
    form.add_error(error.field if error.field in form.fields else None, f"{text} ({article})" if article else text)
