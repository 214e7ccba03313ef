"""Who a node is: its key, its enrolment, and what only it can read again."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from beffroi.core.base64url import b64
from beffroi.core.errors import BeffroiError, InvalidInput
from beffroi.engine.contract import DesiredState, decode, encode

_NONCE_BYTES = 12
_SEAL_INFO = b"beffroi desired state 1"


def write_durably(path: Path, content: bytes) -> None:
    """Replace a file's content: after a power cut it is the old or the new one, whole. Mode 0600."""
    fresh = path.with_name(path.name + ".new")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def node_key(folder: Path) -> Ed25519PrivateKey:
    """The node's private key, made at the first start.

    Errors: InvalidInput when the file is not one.
    """
    path = folder / "node.key"
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_durably(path, pem)
        return key
    try:
        loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except ValueError:
        loaded = None
    if not isinstance(loaded, Ed25519PrivateKey):
        raise InvalidInput(
            f"{path} is not a node's key; restore it, or remove it and enrol again.",
            message_fr=f"{path} n'est pas la clé d'un nœud ; restaurez-la, ou ôtez-la et inscrivez le nœud de nouveau.",
            field="folder",
        )
    return loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """Who web says this node is."""

    node: str
    web: str


def read_enrolment(folder: Path) -> Enrolment | None:
    """The enrolment kept in the folder; None before the first."""
    try:
        return decode(Enrolment, (folder / "node.json").read_bytes())
    except FileNotFoundError:
        return None


def is_enrolled(folder: Path) -> bool:
    """True when the node of this folder has an enrolment."""
    return (folder / "node.json").exists()


def keep_enrolment(folder: Path, enrolment: Enrolment) -> None:
    """Keep an enrolment."""
    write_durably(folder / "node.json", json.dumps({"node": enrolment.node, "web": enrolment.web}).encode())


def public_text(key: Ed25519PrivateKey) -> str:
    """The public key as 32 bytes, base64url without padding."""
    return b64(key.public_key().public_bytes_raw())


def authorization(key: Ed25519PrivateKey, node: str, *, path: str, at_us: int, body: bytes) -> str:
    """The header of a `POST` from node to web. Source: ref/wire.md §3."""
    signed = f"beffroi-node.POST.{path}.{at_us}.{hashlib.sha256(body).hexdigest()}".encode()
    return f"Beffroi-Node id={node}, at={at_us}, sig={b64(key.sign(signed))}"


class SealedCache:
    """The desired state on disk, readable with the node's key only: it holds camera passwords.

    AES-256-GCM under a key derived from the node's by HKDF-SHA256. Source: NIST SP 800-38D, RFC 5869.
    """

    def __init__(self, folder: Path, key: Ed25519PrivateKey) -> None:
        self._path = folder / "desired.sealed"
        derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_SEAL_INFO)
        self._cipher = AESGCM(derived.derive(key.private_bytes_raw()))

    def keep(self, desired: DesiredState) -> None:
        """Replace what is kept."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        write_durably(self._path, nonce + self._cipher.encrypt(nonce, encode(desired), _SEAL_INFO))

    def load(self) -> DesiredState | None:
        """What was kept; None when there is nothing or it cannot be opened: web will tell again."""
        try:
            sealed = self._path.read_bytes()
            opened = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _SEAL_INFO)
            return decode(DesiredState, opened)
        except (FileNotFoundError, InvalidTag, ValueError, BeffroiError):
            return None
