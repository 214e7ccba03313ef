"""HTTP from web to a node: one connection, the town's authority known, errors told as ours."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from beffroi.core.errors import BeffroiError, Conflict, Exhausted, InvalidInput, NotFound, NotPermitted, Unavailable

ANSWER_MAX_BYTES = 65536
_KINDS: Mapping[int, type[BeffroiError]] = {
    400: InvalidInput, 401: NotPermitted, 403: NotPermitted, 404: NotFound, 409: Conflict, 507: Exhausted
}  # fmt: skip


def connection(url: str, deadline_s: float) -> http.client.HTTPConnection:
    """To a node; nothing is sent yet."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return http.client.HTTPSConnection(parts.netloc, timeout=deadline_s, context=_town_context())
    return http.client.HTTPConnection(parts.netloc, timeout=deadline_s)


def _town_context() -> ssl.SSLContext:
    """The machine's authorities, and the town's own when `beffroi init` made one."""
    context = ssl.create_default_context()
    authority = settings.BEFFROI.keys / "town-ca.pem"
    if authority.exists():
        context.load_verify_locations(authority)
    return context


@contextmanager
def fetched(
    url: str, path: str, query: Mapping[str, object], *, token: str, deadline_s: float
) -> Iterator[http.client.HTTPResponse]:
    """The answer to a GET under a viewing grant, to read from.

    Errors: the node's own by kind; Unavailable when it does not answer, also while the answer is read.
    """
    link = connection(url, deadline_s)
    try:
        link.request("GET", f"{path}?{urlencode(query)}", headers={"Authorization": f"Beffroi-Grant {token}"})
        reply = link.getresponse()
        if reply.status != 200:
            raise _refusal(reply.status, reply.read(ANSWER_MAX_BYTES))
        yield reply
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(
            f"The recorder at {url} broke off or does not answer ({error}).",
            message_fr=f"L'enregistreur {url} s'est interrompu ou ne répond pas ({error}).",
            field="node",
        ) from None
    finally:
        link.close()


def _refusal(status: int, body: bytes) -> BeffroiError:
    try:
        told = json.loads(body)["error"]
        message, message_fr, field = str(told["message"]), str(told["message_fr"]), str(told["field"])
    except (ValueError, KeyError, TypeError):
        message, message_fr, field = f"The recorder answered {status}.", f"L'enregistreur a répondu {status}.", ""
    return _KINDS.get(status, Unavailable)(message, message_fr=message_fr, field=field)
