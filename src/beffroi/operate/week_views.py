"""The page of measured weeks: what recorders stored, taken with one press; or a file of many."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from beffroi.core.errors import BeffroiError
from beffroi.core.reading import FolderRefused
from beffroi.operate import probing
from beffroi.operate import weeks as proposing
from beffroi.people.permissions import agent_of, requires
from beffroi.people.rules import Right
from beffroi.plan.calc.stored_week import LEAST_SHARE
from beffroi.plan.measuring import WeekLine, read_weeks, record_weeks
from beffroi.plan.models import Camera

FILE_MAX_BYTES = 500_000


class WeekFileForm(forms.Form):
    """The file."""

    file = forms.FileField(label=_("Fichier CSV"), help_text=_("UTF-8, 500 ko au plus ; une ligne par caméra."))

    def clean_file(self) -> tuple[str, str]:
        """Its name and its text."""
        given = self.cleaned_data["file"]
        if given.size > FILE_MAX_BYTES:
            raise forms.ValidationError(_("Le fichier dépasse 500 ko ; coupez-le."))
        try:
            return str(given.name)[-120:], given.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(_("Le fichier n'est pas en UTF-8 ; enregistrez-le ainsi.")) from None


@requires(Right.CONFIGURE)
@require_http_methods(["GET", "HEAD", "POST"])
def weeks(request: HttpRequest) -> HttpResponse:
    """Weeks proposed of the cameras that the agent configures; kept with one press, or written from a file."""
    agent = agent_of(request)
    cameras = {pk for pk in Camera.objects.values_list("pk", flat=True) if agent.permit.over(Right.CONFIGURE, pk)}
    form, refused = WeekFileForm(), tuple[str, ...]()
    if request.method == "POST":
        is_file = request.POST.get("act") == "file"
        form = WeekFileForm(request.POST, request.FILES) if is_file else form
        try:
            if is_file and not form.is_valid():
                return _page(request, cameras, form=form)
            count = _from_file(form, cameras, str(agent.pk)) if is_file else _taken(request, cameras, str(agent.pk))
        except FolderRefused as error:
            refused = tuple(one.text_fr() if get_language() == "fr" else one.text() for one in error.problems)
        except BeffroiError as error:
            refused = (probing.said(error),)
        else:
            messages.success(request, _("Semaines retenues : %(count)s.") % {"count": count}, "ok")
            return redirect("weeks")
    return _page(request, cameras, form=form, refused=refused)


def _taken(request: HttpRequest, cameras: set[str], by: str) -> int:
    asked = cameras if request.POST.get("act") == "all" else cameras & set(request.POST.getlist("camera"))
    return len(proposing.accept(asked, by=by))


def _from_file(form: WeekFileForm, cameras: set[str], by: str) -> int:
    name, text = form.cleaned_data["file"]
    found = read_weeks(text, name, cameras=cameras)
    record_weeks(found, by=by)
    return len(found)


def _page(
    request: HttpRequest, cameras: set[str], *, form: WeekFileForm, refused: tuple[str, ...] = ()
) -> HttpResponse:
    found = proposing.proposals(cameras)
    context = {
        "section": "programme",
        "proposals": [one for one in found if one.to_on],
        "untold": [one.camera for one in found if not one.to_on],
        "free": sum(not one.why for one in found),
        "least": round(100 * LEAST_SHARE),
        "form": form,
        "refused": refused,
        "columns": list(WeekLine.model_fields),
    }
    return render(request, "operate/weeks.html", context, status=400 if refused or form.errors else 200)
