"""`POST /control/probe`: web tries a camera's address from here, where the camera can be reached.

The caller is web itself: it signs with a grant key, as for viewing grants. Source: ref/wire.md §3.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from typing import NotRequired

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from typing_extensions import TypedDict

from beffroi.core.errors import InvalidInput, Unavailable
from beffroi.engine.contract import StreamSource, Transport, decode
from beffroi.engine.gateway.gate import Gate
from beffroi.engine.source import UnsupportedCodec, probe

BODY_MAX_BYTES = 8 << 10
BODY_S = 5.0
DEADLINE_S = 10.0


class Found(TypedDict):
    """What an address gives; see `ProbeReport`. Without the fields below when only the fallback source takes it."""

    codec: str
    fallback: bool
    mime_codec: NotRequired[str]
    width_px: NotRequired[int]
    height_px: NotRequired[int]
    fps: NotRequired[float]
    transport: NotRequired[Transport]
    refused_tracks: NotRequired[list[str]]
    clock_offset_ms: NotRequired[int | None]
    message: NotRequired[str]
    message_fr: NotRequired[str]


async def probe_camera(gate: Gate, request: Request) -> Response:
    """The report of one try, or why it failed, in the error form."""
    body = await _body(request)
    gate.web_signatures.check(request, body)
    source = decode(StreamSource, body)
    with gate.slot("probe"):
        try:
            report = await probe(source, DEADLINE_S)
        except UnsupportedCodec as unsupported:
            return JSONResponse({"codec": unsupported.codec, "fallback": True, "message": unsupported.message,
                                 "message_fr": unsupported.message_fr})  # fmt: skip
        except OSError as error:
            raise Unavailable(
                f"The camera cannot be reached: {error.strerror}.",
                message_fr=f"La caméra ne peut être jointe : {error.strerror}.",
                field="url",
            ) from None
    return JSONResponse({**asdict(report), "fallback": False})


async def _body(request: Request) -> bytes:
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            async for chunk in request.stream():
                content += chunk
                if len(content) > BODY_MAX_BYTES:
                    raise InvalidInput("This request is too long.", message_fr="Cette requête est trop longue.")
    except TimeoutError:
        raise InvalidInput("This request takes too long.", message_fr="Cette requête dure trop longtemps.") from None
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        raise InvalidInput("This request is not JSON.", message_fr="Cette requête n'est pas du JSON.") from None
    return bytes(content)
