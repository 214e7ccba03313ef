"""RTSP addresses: what to connect to, what to write in requests, never a password in either."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from beffroi.engine.contract import StreamName, StreamSource, Transport
from beffroi.engine.rtsp.refusals import InvalidAddress

MAX_URL_CHARACTERS: Final = 2048
_PORTS: Final = {"rtsp": 554, "rtsps": 322}  # Source: IANA service names
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to connect and the URL of requests, which holds no credentials."""

    host: str
    port: int
    tls: bool
    request_url: str

    @property
    def where(self) -> str:
        """Host and port for people."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(url: str) -> Address:
    """The parts of an `rtsp:` or `rtsps:` URL; credentials in it are left out.

    Errors: InvalidAddress.
    """
    try:
        if len(url) > MAX_URL_CHARACTERS or _FORBIDDEN.search(url):
            raise ValueError
        parts = urlsplit(url)
        usual_port = _PORTS[parts.scheme]
        port = parts.port if parts.port is not None else usual_port
        if not parts.hostname or port == 0:
            raise ValueError
    except (ValueError, KeyError):
        raise _not_an_address(url) from None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = f"{host}:{parts.port}" if parts.port is not None else host
    query = f"?{parts.query}" if parts.query else ""
    return Address(
        host=parts.hostname,
        port=port,
        tls=parts.scheme == "rtsps",
        request_url=f"{parts.scheme}://{netloc}{parts.path}{query}",
    )


def _not_an_address(url: str) -> InvalidAddress:
    hint, hint_fr = "", ""
    if "@" in url:
        hint = " In a password, write / ? # @ : % as %2F %3F %23 %40 %3A %25."
        hint_fr = " Dans un mot de passe, écrivez / ? # @ : % ainsi : %2F %3F %23 %40 %3A %25."
    return InvalidAddress(
        f"This is not a camera address; it looks like rtsp://192.168.1.64:554/path.{hint}",
        message_fr=f"Ce n'est pas une adresse de caméra ; elle ressemble à rtsp://192.168.1.64:554/chemin.{hint_fr}",
        field="url",
    )


def stream_source(
    url: str, *, stream: StreamName = StreamName.MAIN, transport: Transport = Transport.TCP
) -> StreamSource:
    """A `StreamSource` from a URL that may carry credentials: they are taken out of it.

    Errors: InvalidAddress.
    """
    address = parse_address(url)
    parts = urlsplit(url)
    return StreamSource(
        stream=stream,
        url=address.request_url,
        transport=transport,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def resolve_control(base: str, control: str) -> str:
    """URL of an `a=control` attribute. Source: RFC 2326 §C.1.1.

    Relative ones are appended, not resolved as RFC 3986 says: that is what cameras expect, whose base often
    has no final slash or ends in a query.
    """
    if not control or control == "*":
        return base
    if re.match(r"rtsps?://", control, re.IGNORECASE):
        return control
    return f"{base.rstrip('/')}/{control.lstrip('/')}"
