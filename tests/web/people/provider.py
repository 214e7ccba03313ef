"""An identity provider on this machine, whose every answer a test can spoil."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "beffroi-essai", "a-secret-of-the-town-and-its-provider"


class Provider:
    """Its keys, the codes it gave, and how it misbehaves: `claims` and `header` replace, `forge` makes the token."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.codes: dict[str, str] = {}
        self.claims: dict[str, Any] = {}
        self.forge = ""
        self.issuer = ""
        self.told_issuer = ""
        self.forms: list[dict[str, list[str]]] = []

    def code(self, nonce: str) -> str:
        """The browser signed in: a code that serves once."""
        code = f"code-{len(self.codes)}-{time.time_ns()}"
        self.codes[code] = nonce
        return code

    def token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": "person-1", "iat": now, "exp": now + 60, "nonce": nonce}
        claims = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        match self.forge:
            case "none":
                return jwt.encode(claims, "", algorithm="none", headers={"kid": "k1"})
            case "HS256":
                return self._hs256(claims)
            case "other key":
                return jwt.encode(claims, self.other_key, algorithm="RS256", headers={"kid": "k1"})
            case "unknown kid":
                return self._signed(claims, "k9")
            case "changed":
                head, _, signature = self._signed(claims, "k1").split(".")
                return f"{head}.{_b64(json.dumps({**claims, 'sub': 'person-2'}).encode())}.{signature}"
            case "crit":
                return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "k1", "crit": ["x"]})
        return self._signed(claims, "k1")

    def _signed(self, claims: dict[str, Any], kid: str) -> str:
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": kid})

    def _hs256(self, claims: dict[str, Any]) -> str:
        """The classic confusion: our secret, which both know, signs."""
        head = _b64(json.dumps({"alg": "HS256", "kid": "k1", "typ": "JWT"}).encode())
        signed = f"{head}.{_b64(json.dumps(claims).encode())}"
        return f"{signed}.{_b64(hmac.digest(SECRET.encode(), signed.encode(), hashlib.sha256))}"

    def answer(self, path: str, form: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        if path == "/.well-known/openid-configuration":
            found = {"issuer": self.told_issuer or self.issuer, "authorization_endpoint": f"{self.issuer}/authorize"}
            found |= {"token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks"}
            return 200, found | {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        if path == "/jwks":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return 200, {"keys": [{**public, "kid": "k1", "alg": "RS256", "use": "sig"}]}
        if path == "/token":
            self.forms.append(form)
            nonce = self.codes.pop(form.get("code", [""])[0], None)
            if nonce is None or form.get("client_secret") != [SECRET]:
                return 400, {"error": "invalid_grant"}
            return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.token(nonce)}
        return 404, {}


@contextmanager
def running() -> Iterator[Provider]:
    """A provider on a free port of loopback."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            self._reply(parse_qs(self.rfile.read(length).decode()))

        def _reply(self, form: dict[str, list[str]]) -> None:
            status, found = provider.answer(self.path, form)
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *unused: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
