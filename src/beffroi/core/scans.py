"""What a scanned paper may be, told by its content, and how it is sealed. No path, no name from outside."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from beffroi.core.errors import DataLoss, InvalidInput

MAX_BYTES = 10 * 2**20
_NONCE_BYTES = 12
_TYPES = ((b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


def checked_type(content: bytes) -> str:
    """The media type that the first bytes tell.

    Errors: InvalidInput when it is too large, or neither PDF, JPEG nor PNG.
    """
    if len(content) > MAX_BYTES:
        raise InvalidInput(
            "A scan has at most 10 MB; scan it in grey at 200 dpi.",
            message_fr="Une numérisation fait 10 Mo au plus ; numérisez en gris à 200 points par pouce.",
            field="scan",
        )
    for start, media_type in _TYPES:
        if content.startswith(start):
            return media_type
    raise InvalidInput(
        "A scan is a PDF, JPEG or PNG file.",
        message_fr="Une numérisation est un fichier PDF, JPEG ou PNG.",
        field="scan",
    )


def seal(content: bytes, *, scan: str, key: bytes) -> bytes:
    """`content` under `key` (32 bytes); only this scan's id opens it."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, scan.encode())


def unseal(sealed: bytes, *, scan: str, key: bytes) -> bytes:
    """What `seal` closed.

    Errors: DataLoss when it was changed, or another key closed it.
    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], scan.encode())
    except InvalidTag:
        raise DataLoss(
            "This scan cannot be opened with this site key; scan the paper again.",
            message_fr="Cette numérisation ne s'ouvre pas avec cette clé de site ; numérisez la pièce à nouveau.",
        ) from None
