"""The conversation with web: enrolment, an exchange every two seconds, a nudge in between."""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
import ssl
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from beffroi.core.clock import Clock
from beffroi.core.errors import BeffroiError, InvalidInput, NotPermitted, Unavailable
from beffroi.engine.contract import DesiredState, ExchangeReply, ExchangeRequest, NodeHealth, decode, encode
from beffroi.engine.identity import Enrolment, authorization, public_text
from beffroi.engine.outbox import Outbox
from beffroi.engine.vital import vital

log = logging.getLogger(__name__)

EXCHANGE_S = 2.0
NUDGE_SPACING_S = 0.2
DEADLINE_S = 5.0
FACTS_AT_ONCE = 500
ANSWER_MAX_BYTES = 16 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAddress:
    """Where web answers. `ca`: file of the authority that signed its certificate; empty for the system's."""

    url: str
    ca: str = ""


def post(web: WebAddress, path: str, body: bytes, *, headers: dict[str, str]) -> bytes:
    """Body of web's 200 answer. Blocking, at most `DEADLINE_S` between bytes; a redirect is an error.

    Errors: Unavailable when web does not answer, NotPermitted with web's words when it refuses.
    """
    parts = urlsplit(web.url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=web.ca or None)
        connection = http.client.HTTPSConnection(parts.netloc, timeout=DEADLINE_S, context=context)
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=DEADLINE_S)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        content = answer.read(ANSWER_MAX_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable(
            f"Web does not answer at {web.url}: {error}.", message_fr=f"Web ne répond pas à {web.url} : {error}."
        ) from None
    finally:
        connection.close()
    if answer.status != 200:
        raise _refusal(answer.status, content)
    return content


def _refusal(status: int, content: bytes) -> BeffroiError:
    try:
        error = json.loads(content)["error"]
        message, message_fr = str(error["message"]), str(error["message_fr"])
    except (ValueError, KeyError, TypeError):
        return Unavailable(f"Web answered {status}.", message_fr=f"Web a répondu {status}.")
    kind = Unavailable if status >= 500 else NotPermitted
    return kind(message, message_fr=message_fr)


def enrol(web: WebAddress, *, code: str, key: Ed25519PrivateKey, name: str, url: str) -> Enrolment:
    """Give web our public key for the code an administrator made.

    Errors: InvalidInput when web refuses the code; Unavailable when it does not answer.
    """
    body = json.dumps({"code": code, "public": public_text(key), "name": name, "url": url}).encode()
    try:
        answer = json.loads(post(web, "/node/enrol", body, headers={}))
        return Enrolment(node=str(answer["node"]), web=web.url)
    except NotPermitted as refused:
        raise InvalidInput(refused.message, message_fr=refused.message_fr, field="code") from None
    except (ValueError, KeyError, TypeError):
        raise Unavailable(
            "Web's answer to the enrolment cannot be read.",
            message_fr="La réponse du web à l'inscription est illisible.",
        ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeSeat:
    """What an exchange needs of its node."""

    enrolment: Enrolment
    web: WebAddress
    key: Ed25519PrivateKey
    health: Callable[[], NodeHealth]
    have_version: Callable[[], str]
    apply: Callable[[DesiredState], Awaitable[None]]


class Exchange:
    """Posts health and facts, takes the desired state. Web's silence costs the recording loop nothing."""

    def __init__(self, seat: ExchangeSeat, outbox: Outbox, *, clock: Clock) -> None:
        self._seat = seat
        self._outbox = outbox
        self._clock = clock
        self._nudged = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="exchange")
        self.last_at_us = 0
        self.trouble = ""

    async def start(self) -> None:
        self._task = vital(self._exchange_for_ever(), name="exchange")

    async def close(self) -> None:
        """One last exchange, so that web knows we stopped; web's silence does not hold us."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            async with asyncio.timeout(2):
                await self._once()
        except (BeffroiError, TimeoutError):
            log.info("exchange.last_failed")
        self._thread.shutdown(wait=False, cancel_futures=True)

    def nudge(self) -> None:
        """Exchange now, or within `NUDGE_SPACING_S` of the last one."""
        self._nudged.set()

    async def _exchange_for_ever(self) -> None:
        while True:
            started_s = time.monotonic()
            has_more = await self._try_once()
            if has_more:
                continue
            await asyncio.sleep(NUDGE_SPACING_S)
            try:
                async with asyncio.timeout(max(EXCHANGE_S - (time.monotonic() - started_s), 0)):
                    await self._nudged.wait()
            except TimeoutError:
                pass
            self._nudged.clear()

    async def _try_once(self) -> bool:
        try:
            has_more = await self._once()
        except BeffroiError as error:
            if error.message != self.trouble:
                log.warning("exchange.failed %s", error.message)
            self.trouble = error.message
            return False
        if self.trouble:
            log.warning("exchange.works_again")
        self.trouble = ""
        return has_more

    async def _once(self) -> bool:
        """True when more facts wait than one request takes."""
        loop = asyncio.get_running_loop()
        seat = self._seat
        work = partial(self._post, seat.health(), seat.have_version())
        reply, sent = await loop.run_in_executor(self._thread, work)
        self.last_at_us = self._clock.now_us()
        if reply.desired is not None:
            await seat.apply(reply.desired)
        return sent == FACTS_AT_ONCE

    def _post(self, health: NodeHealth, have_version: str) -> tuple[ExchangeReply, int]:
        facts = self._outbox.oldest(FACTS_AT_ONCE)
        body = encode(ExchangeRequest(health=health, facts=facts, have_version=have_version))
        path = urlsplit(self._seat.web.url).path.rstrip("/") + "/node/exchange"
        header = authorization(
            self._seat.key, self._seat.enrolment.node, path=path, at_us=self._clock.now_us(), body=body
        )
        reply = decode(ExchangeReply, post(self._seat.web, path, body, headers={"Authorization": header}))
        if reply.acked_seq:
            self._outbox.acked(reply.acked_seq)
        return reply, len(facts)
