"""Requests that web itself makes of a node: signed with a grant key. Source: ref/wire.md §3."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict

from cryptography.exceptions import InvalidSignature
from starlette.requests import Request

from beffroi.core.base64url import unb64
from beffroi.core.clock import Clock
from beffroi.core.errors import NotAuthenticated
from beffroi.engine.contract import public_key
from beffroi.engine.gateway.uplink import Uplink

APART_US = 300 * 1_000_000
_SEEN_MAX = 10_000
_HEADER = re.compile(r"Beffroi-Web key=([A-Za-z0-9_-]{1,64}), at=(\d{1,17}), sig=([A-Za-z0-9_-]{86})")


class WebSignatures:
    """Checks that web signed a request, once: the same signature is not taken twice."""

    def __init__(self, uplink: Uplink, clock: Clock) -> None:
        self._uplink = uplink
        self._clock = clock
        self._seen: OrderedDict[str, int] = OrderedDict()

    def check(self, request: Request, body: bytes) -> None:
        """Errors: NotAuthenticated, the same for every reason."""
        found = _HEADER.fullmatch(request.headers.get("authorization", ""))
        keys = {key.id: public_key(key) for key in self._uplink.desired.grant_keys} if self._uplink.desired else {}
        if found is None or found[1] not in keys or abs(self._clock.now_us() - int(found[2])) > APART_US:
            raise _refusal()
        digest = hashlib.sha256(body).hexdigest()
        signed = f"beffroi-web.{request.method}.{request.url.path}.{found[2]}.{digest}".encode()
        try:
            keys[found[1]].verify(unb64(found[3]), signed)
        except (InvalidSignature, ValueError):
            raise _refusal() from None
        if found[3] in self._seen:
            raise _refusal()
        self._seen[found[3]] = int(found[2])
        while len(self._seen) > _SEEN_MAX or min(self._seen.values()) < self._clock.now_us() - 2 * APART_US:
            self._seen.popitem(last=False)


def _refusal() -> NotAuthenticated:
    return NotAuthenticated("This request is not signed by web.", message_fr="Cette demande n'est pas signée par web.")
