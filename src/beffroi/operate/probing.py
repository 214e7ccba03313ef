"""Asks a node to try a camera's address once. Source: ref/wire.md §3, `POST {node}/control/probe`."""

from __future__ import annotations

import hashlib
import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import translation

from beffroi.core.base64url import b64
from beffroi.core.errors import BeffroiError, InvalidInput, Unavailable
from beffroi.engine.contract import StreamName, StreamSource, Transport, encode
from beffroi.operate import calling
from beffroi.operate.models import Device, Node

if TYPE_CHECKING:
    from beffroi.operate.forms import DeviceForm

PATH = "/control/probe"
DEADLINE_S = 20.0
_FIELDS = {"password": "password", "username": "username", "transport": "transport"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeAnswer:
    """What one address gave, for people."""

    stream: str
    codec: str
    width_px: int
    height_px: int
    fps: float
    refused_tracks: tuple[str, ...]
    note: str
    """Said when only the fallback source takes this codec."""


def probe(form: DeviceForm, device: Device | None, now_us: int) -> list[ProbeAnswer]:
    """Tries the addresses typed, with the sealed password when none was typed.

    Errors: the node's own, whose `field` names the form's field to mend; Unavailable when the node is away.
    """
    typed = form.cleaned_data
    password = typed["password"]
    if not password and device is not None:
        password = settings.SITE_KEY.unseal(bytes(device.sealed_password), purpose=f"device.{device.pk}")
    found = []
    for stream, field in ((StreamName.MAIN, "main_url"), (StreamName.SUB, "sub_url")):
        if typed[field]:
            source = StreamSource(
                stream=stream,
                url=typed[field],
                transport=Transport(typed["transport"]),
                username=typed["username"],
                password=password,
            )
            found.append(_try(typed["node"], source, field=field, now_us=now_us))
    return found


def said(error: BeffroiError) -> str:
    """The error in the language of the page."""
    return error.message_fr if translation.get_language() == "fr" else error.message


def _try(node: Node, source: StreamSource, *, field: str, now_us: int) -> ProbeAnswer:
    status, answer = _post(node, encode(source), now_us)
    if status != 200:
        error = answer.get("error", {})
        wrong = _FIELDS.get(str(error.get("field", "")), field)
        message = str(error.get("message", "")) or f"The recorder answered {status}."
        raise InvalidInput(message, message_fr=str(error.get("message_fr", "")), field=wrong)
    return ProbeAnswer(
        stream=source.stream.value,
        codec=str(answer.get("codec", "")),
        width_px=int(answer.get("width_px", 0)),
        height_px=int(answer.get("height_px", 0)),
        fps=float(answer.get("fps", 0)),
        refused_tracks=tuple(str(track) for track in answer.get("refused_tracks", ())),
        note=str(answer.get("message_fr" if translation.get_language() == "fr" else "message", "")),
    )


def _post(node: Node, body: bytes, now_us: int) -> tuple[int, dict[str, Any]]:
    connection = calling.connection(node.url, DEADLINE_S)
    signed = web_header(node.pk, "POST", PATH, at_us=now_us, body=body)
    headers = {"Authorization": signed, "Content-Type": "application/json"}
    try:
        connection.request("POST", PATH, body, headers)
        reply = connection.getresponse()
        answer = json.loads(reply.read(calling.ANSWER_MAX_BYTES))
        return reply.status, answer if isinstance(answer, dict) else {}
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(
            f"“{node.name}” does not answer ({error}); see its page.",
            message_fr=f"« {node.name} » ne répond pas ({error}) ; voyez sa page.",
            field="node",
        ) from None
    finally:
        connection.close()


def web_header(node: str, method: str, path: str, *, at_us: int, body: bytes) -> str:
    """The `Authorization` header by which that node knows web: a signature of the grant key."""
    key = settings.SITE_KEY
    text = f"beffroi-web.{node}.{method}.{path}.{at_us}.{hashlib.sha256(body).hexdigest()}"
    return f"Beffroi-Web key={key.grant_key_id}, at={at_us}, sig={b64(key.grant_key.sign(text.encode()))}"
