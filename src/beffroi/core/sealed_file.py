"""A file under a passphrase: scrypt, then AES-256-GCM in chunks that cannot be cut, swapped or left out.

Source: RFC 7914 (scrypt), NIST SP 800-38D, the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, 2015).
Layout: magic, 16 bytes of salt, 7 bytes of nonce, then chunks of `CHUNK_BYTES` and their 16-byte tags.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from beffroi.core.errors import InvalidInput

MAGIC = b"beffroi-sealed-1\n"
CHUNK_BYTES = 1 << 20
_SALT_BYTES, _NONCE_BYTES, _TAG_BYTES = 16, 7, 16
PASSPHRASE_MIN = 12


def check_passphrase(passphrase: str) -> None:
    """Nothing, when `passphrase` may seal a file.

    Errors: InvalidInput when it is too short.
    """
    if len(passphrase) < PASSPHRASE_MIN:
        raise InvalidInput(
            f"The passphrase needs {PASSPHRASE_MIN} characters at least.",
            message_fr=f"La phrase de passe doit avoir {PASSPHRASE_MIN} caractères au moins.",
            field="passphrase-file",
        )


def seal(source: BinaryIO, target: BinaryIO, passphrase: str) -> None:
    """Writes `source` sealed into `target`.

    Errors: InvalidInput when the passphrase is too short.
    """
    check_passphrase(passphrase)
    salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    target.write(MAGIC + salt + nonce)
    box = _box(passphrase, salt)
    chunk, counter = source.read(CHUNK_BYTES), 0
    while True:
        following = source.read(CHUNK_BYTES)
        target.write(box.encrypt(_nonce(nonce, counter, is_last=not following), chunk, None))
        if not following:
            return
        chunk, counter = following, counter + 1


def unseal(source: BinaryIO, target: BinaryIO, passphrase: str) -> None:
    """Writes what was sealed in `source` into `target`.

    Errors: InvalidInput when it is not such a file, the passphrase is another, or a byte was changed or cut.
    """
    if source.read(len(MAGIC)) != MAGIC:
        raise InvalidInput("This is not a backup of Beffroi.", message_fr="Ce n'est pas une sauvegarde de Beffroi.")
    salt, nonce = source.read(_SALT_BYTES), source.read(_NONCE_BYTES)
    box = _box(passphrase, salt)
    chunk, counter = source.read(CHUNK_BYTES + _TAG_BYTES), 0
    try:
        while True:
            following = source.read(CHUNK_BYTES + _TAG_BYTES)
            target.write(box.decrypt(_nonce(nonce, counter, is_last=not following), chunk, None))
            if not following:
                return
            chunk, counter = following, counter + 1
    except (InvalidTag, ValueError):
        raise InvalidInput(
            "The passphrase is another, or the file is damaged.",
            message_fr="La phrase de passe est autre, ou le fichier est abîmé.",
            field="passphrase-file",
        ) from None


def _box(passphrase: str, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=2**16, r=8, p=1).derive(passphrase.encode()))


def _nonce(prefix: bytes, counter: int, *, is_last: bool) -> bytes:
    return prefix + counter.to_bytes(4, "big") + bytes([is_last])
