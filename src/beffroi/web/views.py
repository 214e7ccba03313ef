"""Pages that belong to no stage: errors, language, a closed door."""

from __future__ import annotations

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_GET, require_POST

from beffroi.core.errors import NotFound, NotPermitted
from beffroi.operate.models import Node
from beffroi.people.permissions import agent_of, public, requires, with_fresh_factor
from beffroi.people.rules import Right
from beffroi.people.services import keep_language
from beffroi.web.console import bundle, font_faces
from beffroi.web.middleware import answer_for


@public
@require_GET
def no_sign_up(request: HttpRequest) -> HttpResponse:
    """Accounts are made by an administrator; says so."""
    return render(request, "account/ask_administrator.html")


@public
@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """For probes: web answers."""
    return JsonResponse({"ready": True})


@public
@require_GET
def fonts(request: HttpRequest) -> HttpResponse:
    """The font faces of the pages."""
    return HttpResponse(font_faces(settings.STATIC_URL), content_type="text/css; charset=utf-8")


def _console(request: HttpRequest, view: str, section: str) -> HttpResponse:
    context = {"view": view, "section": section, "bundle": bundle()}
    answer = render(request, "web/console.html", context)
    # The console calls the nodes, and only them.
    nodes = Node.objects.exclude(url="").values_list("url", flat=True)
    sources = [source for url in nodes for source in (url, re.sub("^http", "ws", url))]
    answer._csp_update = {"connect-src": sources}  # type: ignore[attr-defined]  # django-csp's own seam
    return answer


@requires(Right.LIVE)
@require_GET
def post(request: HttpRequest) -> HttpResponse:
    """The operator's post."""
    return _console(request, "poste", "console")


@requires(Right.LIVE)
@require_GET
def wall(request: HttpRequest) -> HttpResponse:
    """The wall, in its own window."""
    return _console(request, "mur", "console")


@requires(Right.REPLAY)
@require_GET
def replay(request: HttpRequest) -> HttpResponse:
    """Replay."""
    return _console(request, "relecture", "replay")


@requires(Right.PROGRAMME, Right.CONFIGURE)
@require_GET
def planner(request: HttpRequest) -> HttpResponse:
    """The plan editor: to try things one reads the programme, to save one configures."""
    can_save = Right.CONFIGURE in agent_of(request).rights
    context = {"section": "programme", "bundle": bundle("src/planner/main.tsx"), "can_save": can_save}
    return render(request, "web/planner.html", context)


@with_fresh_factor
@requires()
@require_GET
def factor_given(request: HttpRequest) -> HttpResponse:
    """Where the console sends whoever must give the second factor again, in a window of its own."""
    return render(request, "web/factor_given.html")


@public
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Keeps the language asked for, in a cookie, and in the agent's own setting when logged in."""
    language = request.POST.get("language", "")
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = resolve_url("home")
    answer = HttpResponseRedirect(target)
    if check_for_language(language) and language in dict(settings.LANGUAGES):
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
        )
        if request.user.is_authenticated:
            keep_language(request.user, language)
    return answer


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form sent from elsewhere, or too old."""
    return answer_for(
        request,
        NotPermitted(
            "This form is too old or came from another site; go back, reload the page, send it again.",
            message_fr="Ce formulaire est trop ancien ou vient d'un autre site ; revenez en arrière, rechargez la "
            "page, envoyez-le à nouveau.",
        ),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such address."""
    return answer_for(
        request,
        NotFound(
            "There is nothing at this address; start again from the first page.",
            message_fr="Il n'y a rien à cette adresse ; repartez de la page d'accueil.",
        ),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours, said without detail; the log has it."""
    return HttpResponse("Beffroi: erreur interne / internal error.", status=500, content_type="text/plain")
