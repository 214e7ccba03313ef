"""The one error form of the gateway, and what it counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from starlette.responses import JSONResponse, Response

from beffroi.core.errors import BeffroiError, InvalidInput


class Counters(Counter[str]):
    """Named counts since the gateway started; `refused_<kind>` for each refusal."""


def error_fields(error: BeffroiError) -> dict[str, str]:
    """Kind, message in both languages, field and article of an error."""
    return {
        "kind": error.kind,
        "message": error.message,
        "message_fr": error.message_fr,
        "field": error.field,
        "article": getattr(error, "article", ""),
    }


def error_reply(error: BeffroiError) -> JSONResponse:
    """The HTTP answer to an error. Source: ref/wire.md §1."""
    return JSONResponse({"error": error_fields(error)}, status_code=error.http_status)


def nothing_there(headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a lawful question about time without footage: an absence is no error."""
    return Response(status_code=204, headers=headers)


def integer(text: str | None, *, field: str) -> int:
    """An instant from a query.

    Errors: InvalidInput naming `field`.
    """
    try:
        at_us = int(text or "")
    except ValueError:
        at_us = -1
    if not 0 <= at_us < 1 << 62:
        raise InvalidInput(
            f"{field}: give an instant in microseconds since 1970.",
            message_fr=f"{field} : donnez un instant en microsecondes depuis 1970.",
            field=field,
        )
    return at_us
