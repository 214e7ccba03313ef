"""The table of doors and the application they make. A path that is not in `DOORS` does not exist."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from beffroi.core.errors import BeffroiError, Internal, InvalidInput, NotFound
from beffroi.engine.contract import GrantKind, StreamSource
from beffroi.engine.gateway import exports, measuring, pattern, pictures, probing, replay, status, transcoding
from beffroi.engine.gateway.door import Door, Guard
from beffroi.engine.gateway.gate import Gate
from beffroi.engine.gateway.live import serve_window
from beffroi.engine.gateway.replies import error_reply

_REPLAY = "/replay/{camera}/{stream}"
_OF_REPLAY, _OF_EXPORT = frozenset({GrantKind.REPLAY}), frozenset({GrantKind.EXPORT})
_OF_COVERAGE = frozenset({GrantKind.COVERAGE})
DOORS = (
    Door(path="/health", public=status.health, gives=status.Ready),
    Door(path="/metrics", public=status.metrics, gives="text/plain"),
    Door(path="/control/nudge", method="POST", public=status.nudge),
    Door(path="/control/probe", method="POST", public=probing.probe_camera, gives=probing.Found, takes=StreamSource),
    Door(
        path=f"{_REPLAY}/coverage",
        asks="span",
        kinds=_OF_COVERAGE,
        endpoint=replay.coverage,
        slot="replay",
        gives=replay.Coverage,
    ),
    Door(
        path=f"{_REPLAY}/keyframes",
        asks="span",
        kinds=_OF_REPLAY,
        endpoint=replay.keyframes,
        slot="replay",
        gives=replay.Keyframes,
    ),
    Door(
        path=f"{_REPLAY}/media", asks="span", kinds=_OF_REPLAY, endpoint=replay.media, slot="replay", gives="video/mp4"
    ),
    Door(
        path=f"{_REPLAY}/transcoded",
        asks="span",
        kinds=_OF_REPLAY,
        endpoint=transcoding.transcoded,
        slot="transcode",
        gives="video/mp4",
    ),
    Door(
        path="/snapshot/{camera}",
        asks="instant",
        kinds=frozenset({GrantKind.REPLAY, GrantKind.SNAPSHOT}),
        kinds_now=frozenset({GrantKind.LIVE, GrantKind.SNAPSHOT}),
        endpoint=pictures.snapshot,
        slot="picture",
        gives="image/jpeg",
    ),
    Door(
        path="/stored/{camera}",
        kinds=frozenset({GrantKind.LIVE, GrantKind.SNAPSHOT}),
        endpoint=measuring.stored,
        slot="measure",
        gives=measuring.Stored,
    ),
    Door(
        path="/thumbnail/{camera}",
        asks="instant",
        kinds=frozenset({GrantKind.REPLAY, GrantKind.THUMBNAILS}),
        endpoint=pictures.thumbnail,
        slot="picture",
        gives="image/jpeg",
    ),
    Door(
        path="/pattern/{camera}",
        kinds=frozenset({GrantKind.TEST_PATTERN}),
        endpoint=pattern.pattern,
        slot="picture",
        gives="image/svg+xml",
    ),
    Door(
        path="/export/{camera}",
        asks="span",
        kinds=_OF_EXPORT,
        endpoint=exports.export,
        slot="export",
        gives="video/mp4",
    ),
    Door(
        path="/export/{camera}/manifest",
        asks="span",
        kinds=_OF_EXPORT,
        endpoint=exports.manifest,
        slot="export",
        gives=exports.Manifest,
    ),
    Door(
        path="/export/{camera}/evidence",
        asks="span",
        kinds=_OF_EXPORT,
        endpoint=exports.evidence,
        slot="export",
        gives=dict[str, Any],
        also=("folder", "size"),
    ),
    Door(
        path="/export/{camera}/original",
        asks="span",
        kinds=_OF_EXPORT,
        endpoint=exports.original,
        slot="export",
        gives="video/mp4",
        also=("number",),
    ),
)


def build_app(gate: Gate) -> Starlette:
    """The ASGI application of a gateway."""
    routes = [Route(door.path, Guard(gate, door), methods=[door.method, "OPTIONS"]) for door in DOORS]
    live = WebSocketRoute("/live", partial(_live, gate=gate))
    return Starlette(
        routes=[*routes, live],
        exception_handlers={HTTPException: _no_such_door, Exception: _fault},
    )


async def _live(socket: WebSocket, *, gate: Gate) -> None:
    await serve_window(socket, gate)


async def _no_such_door(request: Request, error: Exception) -> Response:
    kind: BeffroiError = NotFound("There is nothing at this address.", message_fr="Il n'y a rien à cette adresse.")
    if isinstance(error, HTTPException) and error.status_code != 404:
        kind = InvalidInput(
            "This address does not take this method.", message_fr="Cette adresse n'accepte pas cette méthode."
        )
    return _closed(error_reply(kind))


async def _fault(request: Request, error: Exception) -> Response:
    return _closed(error_reply(Internal("A fault of the node; it was logged.", message_fr="Une faute du nœud.")))


def _closed(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
