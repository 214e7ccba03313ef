"""A sign-in by an OpenID Connect provider (ProConnect): code flow, ID token checked here, nothing else believed.

Our own, small, on PyJWT: django-allauth's skips the token's signature, has no nonce and pins no algorithm.
Source: OpenID Connect Core 1.0, 3.1; RFC 9700; ProConnect (state and nonce of 32 characters or more, unknown
parameters refused).
"""

from __future__ import annotations

import base64
import json
import secrets
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt

from beffroi.core.config import is_loopback
from beffroi.core.errors import NotAuthenticated, Unavailable

ALGORITHMS = ("RS256", "ES256")
"""Never `none`, never one that shares our secret (HS256)."""
DEADLINE_S = 5.0
ANSWER_MAX_BYTES = 256 << 10
LATE_S = 600
"""A sign-in begun longer ago is begun again."""
_LEEWAY_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The town at its provider."""

    issuer: str
    client_id: str
    secret: str
    redirect_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A sign-in under way, kept in the session; serves once."""

    state: str
    nonce: str
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who the provider says came: its name for itself and for the person."""

    issuer: str
    subject: str


def begin() -> Begun:
    """Fresh secrets of one sign-in: 43 characters each."""
    return Begun(state=secrets.token_urlsafe(32), nonce=secrets.token_urlsafe(32), at_s=time.time())


def address(client: Client, begun: Begun) -> str:
    """Where the browser goes; no parameter that the provider may not know.

    Errors: Unavailable when the provider does not answer as it should.
    """
    asked = {"response_type": "code", "client_id": client.client_id, "redirect_uri": client.redirect_uri}
    asked |= {"scope": "openid", "state": begun.state, "nonce": begun.nonce}
    return f"{_discovered(client)['authorization_endpoint']}?{urlencode(asked)}"


def check_state(begun: Begun | None, state: str) -> Begun:
    """The sign-in that this answer belongs to. Errors: NotAuthenticated."""
    if begun is None or not secrets.compare_digest(begun.state.encode(), state.encode()):
        raise _refused("state")
    if time.time() - begun.at_s > LATE_S:
        raise _refused("late")
    return begun


def finish(client: Client, begun: Begun, code: str) -> Subject:
    """Who came back with `code`.

    Errors: NotAuthenticated when the code or the token does not stand, Unavailable when the provider does not answer.
    """
    provider = _discovered(client)
    token = _exchange(client, provider, code)
    keys = _get(provider["jwks_uri"])
    claims = _claims(client, token, keys)
    if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), begun.nonce.encode()):
        raise _refused("nonce")
    return Subject(issuer=client.issuer, subject=str(claims["sub"]))


def _claims(client: Client, token: str, keys: dict[str, Any]) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS or "crit" in header:
            raise _refused("alg")
        found = [key for key in jwt.PyJWKSet.from_dict(keys).keys if key.key_id == header.get("kid")]
        if len(found) != 1 or found[0].algorithm_name != algorithm:
            raise _refused("kid")
        claims: dict[str, Any] = jwt.decode(
            token,
            found[0].key,
            algorithms=[algorithm],
            audience=client.client_id,
            issuer=client.issuer,
            leeway=_LEEWAY_S,
            options={"require": ["exp", "iat", "aud", "iss", "sub", "nonce"]},
        )
    except jwt.PyJWTError as error:
        raise _refused(type(error).__name__) from None
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != client.client_id:
        raise _refused("azp")
    return claims


def _exchange(client: Client, provider: dict[str, Any], code: str) -> str:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri}
    headers = {}
    methods = provider.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if "client_secret_post" in methods:
        form |= {"client_id": client.client_id, "client_secret": client.secret}
    else:
        both = base64.b64encode(f"{client.client_id}:{client.secret}".encode()).decode()
        headers["Authorization"] = f"Basic {both}"
    answer = _get(provider["token_endpoint"], body=urlencode(form).encode(), headers=headers)
    if not isinstance(answer.get("id_token"), str):
        raise _refused("id_token")
    token: str = answer["id_token"]
    return token


def _discovered(client: Client) -> dict[str, Any]:
    provider = _get(f"{client.issuer.rstrip('/')}/.well-known/openid-configuration")
    if provider.get("issuer") != client.issuer:
        raise _refused("issuer")
    return provider


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *unused: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def _get(url: str, *, body: bytes | None = None, headers: dict[str, str] | None = None) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "nowhere")):
        raise _refused("address")
    request = urllib.request.Request(url, data=body, headers={"Accept": "application/json", **(headers or {})})  # noqa: S310 - checked above
    try:
        with _opener.open(request, timeout=DEADLINE_S) as answer:
            text = answer.read(ANSWER_MAX_BYTES + 1)
        found = json.loads(text) if len(text) <= ANSWER_MAX_BYTES else None
    except urllib.error.HTTPError as error:
        error.close()
        if body is not None and 400 <= error.code < 500:
            raise _refused("code") from None
        raise _unavailable() from None
    except (OSError, ValueError):
        raise _unavailable() from None
    if not isinstance(found, dict):
        raise _unavailable()
    return found


def _refused(what: str) -> NotAuthenticated:
    return NotAuthenticated(
        f"The provider's answer does not stand ({what}); sign in again.",
        message_fr=f"La réponse du fournisseur d'identité n'est pas valable ({what}) ; reconnectez-vous.",
        field="oidc",
    )


def _unavailable() -> Unavailable:
    return Unavailable(
        "The identity provider does not answer; sign in with your password.",
        message_fr="Le fournisseur d'identité ne répond pas ; connectez-vous avec votre mot de passe.",
        field="oidc",
    )
