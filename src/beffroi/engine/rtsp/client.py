"""RTSP requests over one connection: describe, set up one video track, play, keep alive, tear down.

Until `play()` the client reads the connection itself; from then on whoever reads media hands it the texts
found between packets (`on_text`).
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from beffroi import __version__
from beffroi.core.redact import redact
from beffroi.engine.contract import Transport
from beffroi.engine.rtp.bits import Malformed
from beffroi.engine.rtsp import refusals
from beffroi.engine.rtsp.address import Address, resolve_control
from beffroi.engine.rtsp.auth import Challenge, Credentials, best_challenge, unknown_scheme
from beffroi.engine.rtsp.connection import Connection
from beffroi.engine.rtsp.message import (
    Headers,
    MessageReader,
    Response,
    ServerRequest,
    parse_message,
    render_reply,
    render_request,
)
from beffroi.engine.rtsp.sdp import SessionDescription, Track, parse_sdp

log = logging.getLogger(__name__)

DEFAULT_SESSION_S: Final = 60.0  # Source: RFC 2326 §12.37
_MIN_SESSION_S: Final = 2.0
_MAX_AUTH_TRIES: Final = 2
_ANSWERED: Final = frozenset(("OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "ANNOUNCE"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a server granted for the track.

    `channels`: interleaved RTP and RTCP channels; `server_ports`: UDP ports, (0, 0) when it did not say.
    """

    channels: tuple[int, int] = (0, 1)
    server_ports: tuple[int, int] = (0, 0)


class Client:
    """One RTSP session.

    Args:
        deadline_s: how long an answer may take.

    Attributes:
        session_s: the session's timeout; send something more often than that.
        ended: set when the server ended the session by a request of its own.
        unanswered: the challenge of a camera that closed the connection behind it, or did not answer what followed.
    """

    def __init__(
        self, connection: Connection, address: Address, credentials: Credentials, *, deadline_s: float
    ) -> None:
        self._connection = connection
        self._url = address.request_url
        self._credentials = credentials
        self._deadline_s = deadline_s
        self._sequence = 0
        self._session = ""
        self._base = address.request_url
        self._aggregate = address.request_url
        self._waiting: dict[int, asyncio.Future[Response]] = {}
        self._answered_once = False
        self._keep_alive = "GET_PARAMETER"
        self._reader = MessageReader()
        self._receive: Callable[[], None] = self._receive_messages
        self._playing = False
        self.session_s = DEFAULT_SESSION_S
        self.ended: refusals.StreamEnd | None = None
        self.unanswered: Challenge | None = None

    # -- the session ----------------------------------------------------------------------------------------

    async def describe(self) -> SessionDescription:
        """Errors: Refusal, Unreachable."""
        options = await self._request("OPTIONS", self._url)
        public = options.headers.get("public").upper()
        if options.status == 200 and public and "GET_PARAMETER" not in public:
            self._keep_alive = "OPTIONS"
        answer = await self._request("DESCRIBE", self._url, Accept="application/sdp")
        self._check(answer, "DESCRIBE")
        base = answer.headers.get("content-base") or answer.headers.get("content-location")
        self._base = base if re.match(r"rtsps?://", base, re.IGNORECASE) and len(base) < 2048 else self._url
        try:
            description = parse_sdp(answer.body)
        except Malformed:
            raise refusals.bad_answer() from None
        self._aggregate = resolve_control(self._base, description.control)
        return description

    async def setup(self, track: Track, transport: Transport, *, client_port: int = 0) -> Setup:
        """Errors: Refusal, Unreachable."""
        url = resolve_control(self._base, track.control)
        if transport is Transport.TCP:
            wanted = "RTP/AVP/TCP;unicast;interleaved=0-1"
        else:
            wanted = f"RTP/AVP;unicast;client_port={client_port}-{client_port + 1}"
        answer = await self._request("SETUP", url, Transport=wanted)
        self._check(answer, "SETUP")
        self._keep_session(answer.headers)
        granted = answer.headers.get("transport")
        if transport is Transport.TCP and "tcp" not in granted.lower() and "interleaved" not in granted.lower():
            raise refusals.refused_request("SETUP", 461, "")
        return Setup(
            channels=_pair(granted, "interleaved", (0, 1), limit=255),
            server_ports=_pair(granted, "server_port", (0, 0), limit=65_535),
        )

    async def play(self, receive: Callable[[], None] | None) -> None:
        """Ask for media; from the request on, `receive` reads the connection (None: as before, for UDP).

        It must hand texts to `on_text()`. Errors: Refusal, Unreachable.
        """
        if receive is not None:
            self._connection.kept = self._reader.rest
            self._reader.rest = b""
            self._receive = receive
        answer = await self._request("PLAY", self._aggregate, Range="npt=0.000-")
        self._check(answer, "PLAY")
        self._keep_session(answer.headers)
        self._playing = True

    async def keep_alive(self) -> None:
        """Tell the server that we are still here. Errors: Refusal, Unreachable."""
        answer = await self._request(self._keep_alive, self._aggregate)
        if answer.status in (405, 501, 551) and self._keep_alive != "OPTIONS":
            self._keep_alive = "OPTIONS"
        elif answer.status == 454:
            raise refusals.broken()
        elif answer.status == 401:
            self._check(answer, self._keep_alive)

    def send_teardown(self) -> None:
        """Say goodbye without waiting; the connection is closed next."""
        if self._session:
            try:
                self._send("TEARDOWN", self._aggregate, {})
            except OSError:
                return

    def read_texts(self) -> None:
        """Read the connection when no media flows in it. Errors: Unreachable, Refusal."""
        self._receive_messages()

    # -- requests and answers ---------------------------------------------------------------------------------

    async def _request(self, method: str, url: str, **headers: str) -> Response:
        answer = await self._exchange(method, url, headers)
        for again in range(_MAX_AUTH_TRIES):
            self._answered_once = True
            if answer.status != 401 or not self._accept_challenge(answer, only_stale=again > 0):
                break
            self.unanswered = self._credentials.challenge
            answer = await self._exchange(method, url, headers)
            self.unanswered = None
        return answer

    def _accept_challenge(self, answer: Response, *, only_stale: bool) -> bool:
        """Whether another try with the same password can do better; a wrong one is not sent twice: cameras lock."""
        challenge = best_challenge(answer.headers.all("www-authenticate"))
        before = self._credentials.challenge
        if challenge is None or not self._credentials.given or (only_stale and not challenge.stale):
            return False
        if before is not None and not challenge.stale and before.nonce == challenge.nonce:
            return False
        self._credentials.accept(challenge)
        return True

    async def _exchange(self, method: str, url: str, headers: dict[str, str]) -> Response:
        try:
            sequence = self._send(method, url, headers)
            answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
            self._waiting[sequence] = answer
            try:
                async with asyncio.timeout(self._deadline_s):
                    await (answer if self._playing else self._pump(answer))
            finally:
                self._waiting.pop(sequence, None)
            return answer.result()
        except TimeoutError:
            raise refusals.no_answer(self._deadline_s) from None
        except OSError:
            raise refusals.broken() from None

    async def _pump(self, answer: asyncio.Future[Response]) -> None:
        while not answer.done():
            await self._connection.readable(self._deadline_s)
            self._receive()
            if self.ended:
                raise self.ended

    def _send(self, method: str, url: str, headers: dict[str, str]) -> int:
        self._sequence += 1
        fields = {"CSeq": str(self._sequence), "User-Agent": f"Beffroi/{__version__}", **headers}
        if self._session:
            fields["Session"] = self._session
        if authorization := self._credentials.authorization(method, url):
            fields["Authorization"] = authorization
        self._connection.send(render_request(method, url, fields))
        return self._sequence

    def _receive_messages(self) -> None:
        received, _ = self._connection.receive()
        if received is None:
            raise refusals.broken() if self._answered_once else refusals.closed_at_once()
        try:
            for raw in self._reader.feed(received):
                self.on_text(raw)
        except Malformed:
            raise refusals.bad_answer() if self._answered_once else refusals.not_rtsp() from None

    def on_text(self, raw: bytes) -> None:
        """A message found in the connection. Never raises: a damaged one is passed over."""
        try:
            message = parse_message(raw)
        except Malformed:
            return
        if isinstance(message, ServerRequest):
            self._on_request(message)
            return
        sequence = message.sequence
        if sequence < 0 and len(self._waiting) == 1:  # a few cameras forget CSeq
            sequence = next(iter(self._waiting))
        answer = self._waiting.get(sequence)
        if answer is not None and not answer.done():
            answer.set_result(message)

    def _on_request(self, request: ServerRequest) -> None:
        known = request.method in _ANSWERED
        if request.method == "REDIRECT":
            self.ended = refusals.redirected(_safe_target(request.headers))
        elif request.method == "TEARDOWN":
            self.ended = refusals.broken()
        try:
            self._connection.send(
                render_reply("200 OK" if known else "501 Not Implemented", request.headers.get("cseq"))
            )
        except OSError:
            self.ended = self.ended or refusals.broken()

    def _keep_session(self, headers: Headers) -> None:
        session, *parameters = headers.get("session").split(";")
        if session.strip():
            self._session = session.strip()[:256]
        for parameter in parameters:
            name, value = (word.strip() for word in parameter.partition("=")[::2])
            if name.lower() == "timeout" and value.isdecimal() and len(value) < 7:
                self.session_s = max(_MIN_SESSION_S, float(value))

    def _check(self, answer: Response, method: str) -> None:
        """Errors: Refusal unless the answer is a success."""
        status = answer.status
        if 200 <= status < 300:
            return
        if 300 <= status < 400:
            raise refusals.redirected(_safe_target(answer.headers))
        if status == 401 and (scheme := unknown_scheme(answer.headers.all("www-authenticate"))):
            raise refusals.unknown_authentication(scheme)
        if status in (401, 403):
            raise refusals.wrong_password(given=self._credentials.given)
        if status == 404:
            raise refusals.no_such_path()
        raise refusals.refused_request(method, status, answer.reason)


def _safe_target(headers: Headers) -> str:
    """Where a redirect points, without secrets, on one line."""
    target = re.sub(r"[^\x21-\x7e]", "", headers.get("location"))[:200]
    return redact(target) or "another address"


def _pair(transport: str, name: str, default: tuple[int, int], *, limit: int) -> tuple[int, int]:
    """`name=a-b` of a Transport header; a lone `a` means `a` and the next."""
    found = re.search(rf"\b{name}=(\d{{1,5}})(?:-(\d{{1,5}}))?", transport, re.IGNORECASE)
    if found is None:
        return default
    first = int(found[1])
    second = int(found[2]) if found[2] else first + 1
    return (first, second) if first <= limit and second <= limit else default
