"""Basic and Digest authentication. Source: RFC 2617, RFC 7616, RFC 7617; used by RTSP as RFC 2326 §14 says."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import Final

_PARAMETER = re.compile(r'(?<![A-Za-z0-9_-])([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_STRENGTH: Final = {"SHA-256-SESS": 4, "SHA-256": 4, "MD5-SESS": 3, "MD5": 3, "": 3}
MAX_CHALLENGE_CHARACTERS: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What a camera asks for; `algorithm` is upper case, empty for Basic or when not named."""

    scheme: str
    realm: str
    nonce: str = ""
    opaque: str = ""
    algorithm: str = ""
    qop_auth: bool = False
    stale: bool = False


def best_challenge(values: list[str]) -> Challenge | None:
    """The strongest challenge we can answer among `WWW-Authenticate` values; None when there is none."""
    found = [challenge for value in values if (challenge := _parse(value[:MAX_CHALLENGE_CHARACTERS]))]
    return max(found, key=_strength, default=None)


def unknown_scheme(values: list[str]) -> str:
    """What is asked for when none of these challenges can be answered, e.g. `Negotiate`; empty when one can."""
    if not values or best_challenge(values) is not None:
        return ""
    scheme, _, rest = values[0][:MAX_CHALLENGE_CHARACTERS].strip().partition(" ")
    fields = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
    return f"{scheme} {fields.get('algorithm', '')}".strip()


def _strength(challenge: Challenge) -> int:
    return _STRENGTH[challenge.algorithm] if challenge.scheme == "digest" else 1


def _parse(value: str) -> Challenge | None:
    scheme, _, rest = value.strip().partition(" ")
    fields = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
    if scheme.lower() == "basic":
        return Challenge(scheme="basic", realm=fields.get("realm", ""))
    algorithm = fields.get("algorithm", "").upper()
    if scheme.lower() != "digest" or algorithm not in _STRENGTH or "nonce" not in fields:
        return None
    qop = {word.strip().lower() for word in fields.get("qop", "").split(",")}
    if "qop" in fields and "auth" not in qop:
        return None
    return Challenge(
        scheme="digest",
        realm=fields.get("realm", ""),
        nonce=fields["nonce"],
        opaque=fields.get("opaque", ""),
        algorithm=algorithm,
        qop_auth="qop" in fields,
        stale=fields.get("stale", "").lower() == "true",
    )


class Credentials:
    """A name and password, and the challenge in force. The password appears in no repr."""

    def __init__(self, username: str, password: str) -> None:
        self.username = username
        self._password = password
        self.challenge: Challenge | None = None
        self._count = 0
        self._client_nonce = ""

    @property
    def given(self) -> bool:
        """Whether there is anything to authenticate with."""
        return bool(self.username or self._password)

    def accept(self, challenge: Challenge) -> None:
        """Answer this challenge from now on."""
        self.challenge = challenge
        self._count = 0
        self._client_nonce = secrets.token_hex(8)

    def authorization(self, method: str, uri: str) -> str:
        """Value of the `Authorization` header; empty before a challenge."""
        challenge = self.challenge
        if challenge is None or not self.given:
            return ""
        if challenge.scheme == "basic":
            return "Basic " + base64.b64encode(f"{self.username}:{self._password}".encode()).decode()
        self._count += 1
        return self._digest(challenge, method, uri)

    def _digest(self, challenge: Challenge, method: str, uri: str) -> str:
        count = f"{self._count:08x}"
        first = self._secret(challenge)
        second = _hash(challenge, f"{method}:{uri}")
        middle = f"{challenge.nonce}:{count}:{self._client_nonce}:auth" if challenge.qop_auth else challenge.nonce
        fields = {
            "username": self.username,
            "realm": challenge.realm,
            "nonce": challenge.nonce,
            "uri": uri,
            "response": _hash(challenge, f"{first}:{middle}:{second}"),
        }
        if challenge.opaque:
            fields["opaque"] = challenge.opaque
        fields["username"] = self.username.replace("\\", r"\\").replace('"', r"\"")
        text = ", ".join(f'{name}="{value}"' for name, value in fields.items())
        if challenge.algorithm:
            text += f", algorithm={challenge.algorithm.replace('SESS', 'sess')}"
        if challenge.qop_auth:
            text += f', qop=auth, nc={count}, cnonce="{self._client_nonce}"'
        elif challenge.algorithm.endswith("-SESS"):
            text += f', cnonce="{self._client_nonce}"'
        return f"Digest {text}"

    def _secret(self, challenge: Challenge) -> str:
        secret = _hash(challenge, f"{self.username}:{challenge.realm}:{self._password}")
        if challenge.algorithm.endswith("-SESS"):
            return _hash(challenge, f"{secret}:{challenge.nonce}:{self._client_nonce}")
        return secret


def _hash(challenge: Challenge, text: str) -> str:
    name = "sha256" if challenge.algorithm.startswith("SHA-256") else "md5"
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()
