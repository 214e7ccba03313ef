"""What every request goes through: nothing private is cached, every view declares its access, errors have one form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils import translation

from beffroi.core.errors import BeffroiError, Internal, InvalidInput, NotAuthenticated
from beffroi.people.accounts import address_of
from beffroi.people.answers import error_answer, wants_json
from beffroi.people.permissions import check, declared
from beffroi.people.services import keep_session

Next = Callable[[HttpRequest], HttpResponseBase]
_DIGITS_MAX = 12


class PrivateAnswers:
    """`Cache-Control: no-store` on everything but static files, which never come this far."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self._next(request)
        answer["Cache-Control"] = "no-store"
        answer["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        answer["X-Frame-Options"] = "DENY"
        return answer


class BoundedBodies:
    """No body is read beyond what any page takes: files are written to disk before their view is asked.

    A request without a length is read as empty by Django itself.
    """

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        most = settings.BODY_MAX_BYTES if request.user.is_authenticated else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if length.isdecimal() and len(length) < _DIGITS_MAX and int(length) <= most:
            return self._next(request)
        return answer_for(
            request,
            InvalidInput(
                f"This is too large: at most {most // 1_000_000} MB.",
                message_fr=f"C'est trop grand : {most // 1_000_000} Mo au plus.",
            ),
        )


class AgentLanguage:
    """The language an agent chose wins over the browser's; the town's stands in when neither says."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            self._speak(request, request.user.language)
        elif settings.LANGUAGE_COOKIE_NAME not in request.COOKIES and "Accept-Language" not in request.headers:
            self._speak(request, settings.BEFFROI.language)
        return self._next(request)

    def _speak(self, request: HttpRequest, language: str) -> None:
        translation.activate(language)
        request.LANGUAGE_CODE = language


class SeenSessions:
    """Keeps where each session was last seen from, for the list its agent and the administrator can end it in."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and request.session.session_key:
            browser = request.headers.get("User-Agent", "")
            keep_session(request.user, request.session.session_key, address=address_of(request), browser=browser)
        return self._next(request)


class ErrorAnswers:
    """Turns our errors into JSON for programs and a page for people; a login is asked for on pages."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._next(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return answer_for(request, error) if isinstance(error, BeffroiError) else None


class DeclaredAccess:
    """Deny by default: a view that declares no access is refused, whoever asks."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._next(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *unused: Any) -> HttpResponse | None:
        access = declared(view)
        try:
            if access is None:
                raise Internal(
                    f"{request.path}: this view declares no access.",
                    message_fr=f"{request.path} : cette vue ne déclare aucun accès.",
                )
            check(access, request)
        except BeffroiError as error:
            return answer_for(request, error)
        return None


def answer_for(request: HttpRequest, error: BeffroiError) -> HttpResponse:
    """The one place where an error becomes an HTTP answer."""
    if wants_json(request):
        return error_answer(error)
    if isinstance(error, NotAuthenticated):
        query = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
        return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{query}")
    message = error.message_fr if translation.get_language() == "fr" else error.message
    context = {"error": error, "message": message}
    return render(request, "web/error.html", context, status=error.http_status)
