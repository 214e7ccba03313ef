"""The site key: 32 random bytes in DATA/keys/site.key, from which every other secret of web is derived.

One file to protect and to save; losing it loses the sealed camera passwords and ends every session.
Source: RFC 5869 (HKDF), NIST SP 800-38D (GCM), RFC 8032 (Ed25519).
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from beffroi.core.errors import DataLoss, InvalidInput

FILE_NAME = "site.key"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class SiteKey:
    """The secrets derived from one site key, each for its own purpose."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) != _KEY_BYTES:
            raise InvalidInput(
                f"A site key has {_KEY_BYTES} bytes.",
                message_fr=f"Une clé de site a {_KEY_BYTES} octets.",
                field=FILE_NAME,
            )
        self._raw = raw

    def derived(self, purpose: str) -> bytes:
        """32 bytes that serve `purpose` only."""
        return HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"beffroi." + purpose.encode()).derive(self._raw)

    @property
    def django_secret(self) -> str:
        """Django's SECRET_KEY: sessions, CSRF."""
        return self.derived("django-secret").hex()

    @property
    def grant_key(self) -> Ed25519PrivateKey:
        """The key that signs viewing grants."""
        return Ed25519PrivateKey.from_private_bytes(self.derived("viewing-grants"))

    @property
    def grant_key_id(self) -> str:
        """Short name of the grant key, from its public half."""
        return hashlib.sha256(self.grant_key.public_key().public_bytes_raw()).hexdigest()[:16]

    @property
    def journal_head_key(self) -> Ed25519PrivateKey:
        """The key that signs the heads of the journal."""
        return Ed25519PrivateKey.from_private_bytes(self.derived("journal-heads"))

    @property
    def journal_seal_key(self) -> bytes:
        """The key that seals each line of the journal to the one before it."""
        return self.derived("journal-seals")

    def seal(self, secret: str, *, purpose: str) -> bytes:
        """`secret` under AES-256-GCM; only the same `purpose` opens it. Empty stays empty."""
        if not secret:
            return b""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self.derived("sealed-fields")).encrypt(nonce, secret.encode(), purpose.encode())

    def unseal(self, sealed: bytes, *, purpose: str) -> str:
        """What `seal` closed.

        Errors: DataLoss when another site key, or another purpose, closed it.
        """
        if not sealed:
            return ""
        box = AESGCM(self.derived("sealed-fields"))
        try:
            return box.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode()).decode()
        except InvalidTag:
            raise DataLoss(
                "A sealed password cannot be opened with this site key; type it again, or put the right key back.",
                message_fr="Un mot de passe scellé ne s'ouvre pas avec cette clé de site ; saisissez-le à nouveau, "
                "ou remettez la bonne clé.",
            ) from None


def load(folder: Path) -> SiteKey:
    """The site key that systemd handed over (`LoadCredential=site.key`), else that of `DATA/keys`.

    Errors: InvalidInput when there is none, or when others than its owner may read it.
    """
    handed = Path(os.environ.get("CREDENTIALS_DIRECTORY") or folder, FILE_NAME)
    path = handed if handed.exists() else folder / FILE_NAME
    try:
        raw, mode = path.read_bytes(), path.stat().st_mode
    except OSError:
        raise InvalidInput(
            f"{path} is missing; run `beffroi init` first.",
            message_fr=f"{path} manque ; lancez d'abord `beffroi init`.",
            field=FILE_NAME,
        ) from None
    if mode & 0o077:
        raise InvalidInput(
            f"{path} can be read by others; chmod 600 it.",
            message_fr=f"{path} peut être lu par d'autres ; faites chmod 600.",
            field=FILE_NAME,
        )
    return SiteKey(raw)


def make(folder: Path) -> bool:
    """Creates the key, mode 0600, in a folder of mode 0700; False when there is one already."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return write_secret(folder / FILE_NAME, secrets.token_bytes(_KEY_BYTES))


def write_secret(path: Path, secret: bytes) -> bool:
    """Creates `path` with mode 0600 and puts `secret` in it, on disk; False when it exists."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return True
