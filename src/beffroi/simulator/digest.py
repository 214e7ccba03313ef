"""HTTP Digest authentication, server side. Source: RFC 7616; RFC 2617 for clients without `algorithm`."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass, field

REALM = "simulator"
NONCE_LIFE_S = 600.0
_MAX_NONCES = 4096
_PAIR = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')
_ALGORITHMS = {"MD5": "md5", "SHA-256": "sha256"}


@dataclass(slots=True)
class Digest:
    """Checks the Authorization header of each request; None as `username` lets everybody in."""

    username: str | None
    password: str = ""
    _nonces: dict[str, float] = field(default_factory=dict)

    def challenges(self) -> list[str]:
        """WWW-Authenticate values. MD5 stands last: clients that know only one scheme keep the last they read."""
        nonce = secrets.token_hex(16)
        self._nonces[nonce] = time.monotonic() + NONCE_LIFE_S
        while len(self._nonces) > _MAX_NONCES:
            del self._nonces[next(iter(self._nonces))]
        return [
            f'Digest realm="{REALM}", nonce="{nonce}", algorithm={algorithm}, qop="auth"'
            if algorithm != "MD5"
            else f'Digest realm="{REALM}", nonce="{nonce}"'
            for algorithm in reversed(_ALGORITHMS)
        ]

    def accepts(self, method: str, authorization: str) -> bool:
        """Whether `authorization` proves the password for this method and the URI it names."""
        if self.username is None:
            return True
        scheme, _, rest = authorization.partition(" ")
        if scheme.lower() != "digest":
            return False
        said = {name.lower(): quoted or bare for name, quoted, bare in _PAIR.findall(rest)}
        algorithm = _ALGORITHMS.get(said.get("algorithm", "MD5").upper())
        nonce_ends = self._nonces.get(said.get("nonce", ""), 0.0)
        if algorithm is None or said.get("username") != self.username or nonce_ends < time.monotonic():
            return False
        return hmac.compare_digest(said.get("response", ""), self._response(algorithm, method, said))

    def _response(self, algorithm: str, method: str, said: dict[str, str]) -> str:
        def digest(text: str) -> str:
            return hashlib.new(algorithm, text.encode()).hexdigest()

        secret = digest(f"{self.username}:{REALM}:{self.password}")
        request = digest(f"{method}:{said.get('uri', '')}")
        if "qop" in said:
            middle = f"{said['nonce']}:{said.get('nc', '')}:{said.get('cnonce', '')}:{said['qop']}"
            return digest(f"{secret}:{middle}:{request}")
        return digest(f"{secret}:{said['nonce']}:{request}")
