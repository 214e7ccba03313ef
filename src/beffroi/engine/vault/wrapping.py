"""How keys wrap keys. Pure. Source: RFC 5869 (root), RFC 3394 (wrapping).

The root comes from the node's key; it wraps camera-hour keys; these wrap file keys; while a hold stands the root wraps
the keys of held files too.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from beffroi.core.errors import NotFound

if TYPE_CHECKING:  # plain footage pays nothing for keys: 2 MB
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_BYTES = 16
HOUR_US = 3_600_000_000
_ROOT_INFO = b"beffroi footage 1"
_THUMBNAILS_INFO = b"beffroi thumbnails 1"


class FootageSealed(NotFound):
    """No key opens this footage: it was destroyed, or the vault given is not its own."""


def root_key(node: Ed25519PrivateKey) -> bytes:
    """The key that wraps what stands in a node's vault."""
    return _derived(node.private_bytes_raw(), _ROOT_INFO, size=32)


def thumbnails_key(hour: bytes) -> bytes:
    """The key of an hour's thumbnails: dies with the hour's."""
    return _derived(hour, _THUMBNAILS_INFO, size=KEY_BYTES)


def _derived(secret: bytes, info: bytes, *, size: int) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=hashes.SHA256(), length=size, salt=None, info=info).derive(secret)


def hour_of(at_us: int) -> int:
    """Start of the UTC hour of an instant."""
    return at_us // HOUR_US * HOUR_US


def new_key() -> bytes:
    """16 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def wrap(key: bytes, *, under: bytes) -> bytes:
    """24 bytes that give `key` back to whoever has `under`."""
    from cryptography.hazmat.primitives.keywrap import aes_key_wrap

    return aes_key_wrap(under, key)


def unwrap(wrapped: bytes, *, under: bytes) -> bytes:
    """The key in 24 bytes.

    Errors: FootageSealed when `under` is not the key that wrapped it.
    """
    from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

    try:
        return aes_key_unwrap(under, wrapped)
    except (InvalidUnwrap, ValueError):
        raise sealed() from None


def sealed() -> FootageSealed:
    """The one thing to say of footage without a key."""
    return FootageSealed(
        "No key opens these pictures: they were destroyed, or their node's vault was not given (--vault).",
        message_fr="Aucune clé n'ouvre ces images : elles ont été détruites, ou le coffre de leur enregistreur "
        "n'a pas été donné (--vault).",
    )
