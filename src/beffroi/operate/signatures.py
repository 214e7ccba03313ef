"""A node's signature on what it posts. Source: ref/wire.md §3."""

from __future__ import annotations

import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from beffroi.core.base64url import b64, unb64
from beffroi.core.errors import NotAuthenticated

CLOCKS_APART_S = 300
_HEADER = re.compile(r"Beffroi-Node id=(?P<id>[a-z0-9-]{1,63}), at=(?P<at>\d{1,17}), sig=(?P<sig>[A-Za-z0-9_-]{86})")


def signed_text(method: str, path: str, at_us: int, *, body: bytes) -> bytes:
    """The ASCII text a node signs."""
    return f"beffroi-node.{method}.{path}.{at_us}.{hashlib.sha256(body).hexdigest()}".encode()


def header(node: str, key: Ed25519PrivateKey, at_us: int, *, signed: bytes) -> str:
    """The `Authorization` header over `signed`, a `signed_text`."""
    return f"Beffroi-Node id={node}, at={at_us}, sig={b64(key.sign(signed))}"


def node_named(authorization: str) -> tuple[str, int, bytes]:
    """Node, instant and signature of a header, nothing checked yet.

    Errors: NotAuthenticated when it is not such a header.
    """
    found = _HEADER.fullmatch(authorization)
    if found is None:
        raise refusal()
    return found["id"], int(found["at"]), unb64(found["sig"])


def check(public: str, signature: bytes, signed: bytes) -> None:
    """Nothing, when the key `public` (base64url) signed `signed`.

    Errors: NotAuthenticated.
    """
    try:
        Ed25519PublicKey.from_public_bytes(unb64(public)).verify(signature, signed)
    except (InvalidSignature, ValueError):
        raise refusal() from None


def refusal() -> NotAuthenticated:
    """One answer for an unknown node, a wrong signature and a clock too far off: it tells nothing."""
    return NotAuthenticated(
        "This node is not enrolled here, its key is another, or its clock is off by more than five minutes.",
        message_fr="Ce nœud n'est pas inscrit ici, sa clé est autre, ou son horloge est décalée de plus de cinq "
        "minutes.",
    )
