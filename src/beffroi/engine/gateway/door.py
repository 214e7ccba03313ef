"""A door: one path of the gateway, and the one guard in front of all of them.

Contract: an endpoint runs only when the Origin is allowed, the grant stands and a place is free; what it sends
stops when the view ends or the client leaves. Source: ref/wire.md §1, §2.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from beffroi.core.errors import BeffroiError, InvalidInput, NotAuthenticated, NotPermitted
from beffroi.core.ids import checked_slug
from beffroi.engine.contract import GrantKind, StreamName
from beffroi.engine.gateway.gate import Gate
from beffroi.engine.gateway.replies import error_reply, integer
from beffroi.engine.gateway.views import View, Wanted

log = logging.getLogger(__name__)

TOKEN_SCHEME = "Beffroi-Grant "  # noqa: S105 -- the name of a scheme, not a secret
TOKEN_MAX_BYTES = 4096
EXPOSED = "X-Beffroi-Next-At-Us, X-Beffroi-At-Us, Content-Disposition, Content-Length"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One admitted request. `to_at_us` is 0 when the door has no span; `at_us` None when no instant was asked."""

    request: Request
    view: View
    camera: str
    stream: StreamName
    from_at_us: int = 0
    to_at_us: int = 0
    at_us: int | None = None


OpenEndpoint = Callable[[Gate, Request], Awaitable[Response]]
Endpoint = Callable[[Gate, Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A path, and what opens it.

    Attributes:
        kinds: grants that open it; empty only with `public`.
        kinds_now: grants that open it when no instant is asked.
        public: an endpoint that shows nothing of any camera, or checks its caller itself.
        gives: what it answers: a media type, or the type of its JSON; "" for nothing.
        takes: the type of the JSON it is sent.
        also: what else its query must say: `folder` is text, the others are numbers.
    """

    path: str
    method: str = "GET"
    asks: Literal["nothing", "span", "instant"] = "nothing"
    kinds: frozenset[GrantKind] = frozenset()
    kinds_now: frozenset[GrantKind] = frozenset()
    endpoint: Endpoint | None = None
    public: OpenEndpoint | None = None
    slot: str = ""
    gives: Any = ""
    takes: Any = None
    also: tuple[str, ...] = ()


class Guard:
    """The ASGI application of one door."""

    def __init__(self, gate: Gate, door: Door) -> None:
        self._gate = gate
        self.door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        sender = _Sender(send)
        try:
            headers = self._origin_headers(request)
            if request.method == "OPTIONS":
                await Response(status_code=204, headers=headers)(scope, receive, send)
            elif self.door.public is not None:
                response = await self.door.public(self._gate, request)
                response.headers.update(headers)
                await response(scope, receive, send)
            else:
                sender.add(headers)
                await self._serve(request, sender)
        except BeffroiError as error:
            self._gate.counters[f"refused_{error.kind}"] += 1
            if sender.has_started:
                log.error("door.broken_off path=%s error=%s", self.door.path, error.message)
                return  # incomplete: the server closes the connection
            response = error_reply(error)
            response.headers.update(self._origin_headers(request, strict=False))
            await response(scope, receive, send)

    async def _serve(self, request: Request, sender: _Sender) -> None:
        visit = await self._admit(request)
        task = asyncio.current_task()
        assert task is not None and self.door.endpoint is not None

        def cut(_: BeffroiError) -> None:
            task.cancel()

        with ExitStack() as held:
            if self.door.slot:
                held.enter_context(self._gate.slot(self.door.slot, visit.view.grant.agent))
            held.enter_context(visit.view.use(cut))
            sender.view = visit.view
            leaving = asyncio.get_running_loop().create_task(_wait_until_gone(request, task))
            held.callback(leaving.cancel)
            try:
                response = await self.door.endpoint(self._gate, visit)
                await response(request.scope, _never, sender)
            except asyncio.CancelledError:
                if leaving.done():
                    self._gate.counters["clients_left"] += 1
                elif visit.view.ended is None:
                    raise
                task.uncancel()
                if visit.view.ended is not None and not sender.has_started:
                    raise visit.view.ended from None
                # An answer already begun stays incomplete: the server then closes the connection.

    async def _admit(self, request: Request) -> Visit:
        camera = checked_slug(request.path_params["camera"], field="camera")
        stream = _stream(request.path_params.get("stream", StreamName.MAIN))
        query = request.query_params
        from_at_us = to_at_us = 0
        at_us: int | None = None
        kinds = self.door.kinds
        if self.door.asks == "span":
            from_at_us = integer(query.get("from_at_us"), field="from_at_us")
            to_at_us = integer(query.get("to_at_us"), field="to_at_us")
            if to_at_us <= from_at_us:
                raise InvalidInput("The span is empty.", message_fr="La période est vide.", field="to_at_us")
        elif self.door.asks == "instant" and ("at_us" in query or not self.door.kinds_now):
            at_us = integer(query.get("at_us"), field="at_us")
            from_at_us, to_at_us = at_us, at_us + 1
        elif self.door.kinds_now:
            kinds = self.door.kinds_now
        wanted = Wanted(camera=camera, kinds=kinds, from_at_us=from_at_us, to_at_us=to_at_us)
        view = await self._gate.views.admit(_token(request), wanted)
        return Visit(
            request=request,
            view=view,
            camera=camera,
            stream=stream,
            from_at_us=from_at_us,
            to_at_us=to_at_us,
            at_us=at_us,
        )

    def _origin_headers(self, request: Request, *, strict: bool = True) -> dict[str, str]:
        """CORS headers of an answer. Errors: NotPermitted for a page of another origin."""
        headers = {"Cache-Control": "no-store", "Vary": "Origin", "X-Content-Type-Options": "nosniff"}
        origin = request.headers.get("origin")
        if origin is None:
            return headers
        if not self._gate.is_origin(origin):
            if strict:
                raise NotPermitted(
                    "This page may not call this node.", message_fr="Cette page ne peut pas appeler ce nœud."
                )
            return headers
        return headers | {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Headers": "authorization, range",
            "Access-Control-Expose-Headers": EXPOSED,
        }


class _Sender:
    """Sends an answer, with the guard's headers, and counts its bytes for the view."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._headers: list[tuple[bytes, bytes]] = []
        self.view: View | None = None
        self.has_started = False

    def add(self, headers: dict[str, str]) -> None:
        """Headers that every answer carries."""
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_started = True
            message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
        elif self.view is not None:
            self.view.served(len(message.get("body", b"")))
        await self._send(message)


async def _wait_until_gone(request: Request, task: asyncio.Task[None]) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    task.cancel()


async def _never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError("unreachable")


def _stream(text: str) -> StreamName:
    try:
        return StreamName(text)
    except ValueError:
        raise InvalidInput("stream: main or sub.", message_fr="flux : main ou sub.", field="stream") from None


def _token(request: Request) -> str:
    header = request.headers.get("authorization", "")
    if not header.startswith(TOKEN_SCHEME) or len(header) > TOKEN_MAX_BYTES:
        raise NotAuthenticated(
            "A viewing grant is needed.", message_fr="Une autorisation de visionnage est nécessaire."
        )
    return header[len(TOKEN_SCHEME) :]
