"""Identifiers that travel: made by us, safe in a path, a URL and a header."""

from __future__ import annotations

import re
import secrets

from beffroi.core.errors import InvalidInput

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


def new_id() -> str:
    """128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


def checked_slug(text: str, *, field: str) -> str:
    """`text` when it is a slug (a-z, 0-9, inner hyphens, at most 63 characters): a camera, stream or node id.

    Errors: InvalidInput naming `field`. A slug can stand as one path component without escaping.
    """
    if not _SLUG.fullmatch(text):
        raise InvalidInput(
            f"{field}: {text!r} is not an identifier; use a-z, 0-9 and inner hyphens, at most 63 characters.",
            message_fr=f"{field} : {text!r} n'est pas un identifiant ; employez a-z, 0-9 et des tirets, 63 au plus.",
            field=field,
        )
    return text
