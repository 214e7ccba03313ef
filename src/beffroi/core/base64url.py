"""Keys and signatures as text: base64url without padding. Source: RFC 4648 §5."""

from __future__ import annotations

import base64


def b64(raw: bytes) -> str:
    """The text of these bytes."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes of this text. Errors: ValueError when it is not base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
