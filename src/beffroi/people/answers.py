"""JSON answers of web; the one form of an error. Source: ref/wire.md §1."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from beffroi.core.errors import BeffroiError

_PROGRAM_PATHS = ("/api/", "/node/")


def wants_json(request: HttpRequest) -> bool:
    """True on the addresses that programs call."""
    return request.path.startswith(_PROGRAM_PATHS)


def error_answer(error: BeffroiError) -> HttpResponse:
    """An error as a JSON answer with its kind's status."""
    return JsonResponse({"error": error_form(error)}, status=error.http_status)


def error_form(error: BeffroiError) -> dict[str, str]:
    """`kind`, `message`, `message_fr`, `field`, `article`."""
    return {
        "kind": error.kind,
        "message": error.message,
        "message_fr": error.message_fr,
        "field": error.field,
        "article": getattr(error, "article", ""),
    }
