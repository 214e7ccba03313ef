"""Requests that web itself makes of a node: signed with a grant key. Source: ref/wire.md §3."""

from __future__ import annotations

import hashlib
import re

from cryptography.exceptions import InvalidSignature
from starlette.requests import Request

from beffroi.core.base64url import unb64
from beffroi.core.clock import Clock
from beffroi.core.errors import NotAuthenticated
from beffroi.core.once import Once
from beffroi.engine.contract import public_key
from beffroi.engine.gateway.uplink import Uplink

APART_US = 300 * 1_000_000
_HEADER = re.compile(r"Beffroi-Web key=([A-Za-z0-9_-]{1,64}), at=(\d{1,17}), sig=([A-Za-z0-9_-]{86})")


class WebSignatures:
    """Checks that web signed a request, once: the same signature is not taken twice."""

    def __init__(self, uplink: Uplink, clock: Clock) -> None:
        self._uplink = uplink
        self._clock = clock
        self._once = Once(APART_US)

    def check(self, request: Request, body: bytes) -> None:
        """Errors: NotAuthenticated, the same for every reason."""
        found = _HEADER.fullmatch(request.headers.get("authorization", ""))
        keys = {key.id: public_key(key) for key in self._uplink.desired.grant_keys} if self._uplink.desired else {}
        if found is None or found[1] not in keys or abs(self._clock.now_us() - int(found[2])) > APART_US:
            raise _refusal()
        assert self._uplink.desired is not None
        digest = hashlib.sha256(body).hexdigest()
        node, path = self._uplink.desired.node, request.url.path
        signed = f"beffroi-web.{node}.{request.method}.{path}.{found[2]}.{digest}".encode()
        try:
            signature = unb64(found[3])
            keys[found[1]].verify(signature, signed)
        except (InvalidSignature, ValueError):
            raise _refusal() from None
        if not self._once.take(signature, self._clock.now_us()):
            raise _refusal()


def _refusal() -> NotAuthenticated:
    return NotAuthenticated("This request is not signed by web.", message_fr="Cette demande n'est pas signée par web.")
