"""SOAP to one camera: deadlines on every question, bounded answers, no redirect, nothing fetched but from that camera.

Credentials go as a WS-Security digest and as an HTTP digest, never in clear and never to another host: addresses
that the camera gives of its services keep their path alone. Source: ONVIF Core §5.9, §5.12.
"""

from __future__ import annotations

import importlib.util
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from zeep import Client, Settings
from zeep.exceptions import TransportError
from zeep.transports import Transport
from zeep.wsse.username import UsernameToken

from beffroi.engine import reach
from beffroi.engine.rtsp.auth import Credentials, best_challenge

QUESTION_S = 5.0
UNAUTHORIZED = 401
ANSWER_MAX_BYTES = 1 << 20
DEVICE_NS, MEDIA2_NS = "http://www.onvif.org/ver10/device/wsdl", "http://www.onvif.org/ver20/media/wsdl"
_DEVICE_WSDL, _MEDIA2_WSDL = "ver10/device/wsdl/devicemgmt.wsdl", "ver20/media/wsdl/media.wsdl"


class _OneCamera(Transport):
    """Carries questions to one host; schemas come from the disk. `credentials`: for those who ask for them."""

    credentials = Credentials("", "")

    def load(self, url: str) -> bytes:
        if urlsplit(url).scheme in ("http", "https"):
            raise TransportError(f"no schema is fetched from {urlsplit(url).hostname}")
        return bytes(super().load(url))

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> requests.Response:
        answer = self._post(address, message, headers)
        if answer.status_code == UNAUTHORIZED:
            challenge = best_challenge(answer.raw.headers.getlist("WWW-Authenticate"))
            if challenge is not None and challenge.scheme == "digest" and self.credentials.given:
                self.credentials.accept(challenge)
                answer = self._post(address, message, headers)
        return answer

    def _post(self, address: str, message: bytes, headers: dict[str, str]) -> requests.Response:
        parts = urlsplit(address)
        authorization = self.credentials.authorization("POST", f"{parts.path}?{parts.query}".rstrip("?"))
        signed = {"Authorization": authorization} if authorization else {}
        due_s = time.monotonic() + QUESTION_S
        answer = self.session.post(
            address, data=message, headers=headers | signed, timeout=QUESTION_S, allow_redirects=False, stream=True
        )
        with answer:
            content = b"" if answer.is_redirect else _content(answer, due_s)
        if answer.is_redirect or len(content) > ANSWER_MAX_BYTES:
            raise TransportError("redirected" if answer.is_redirect else "too long", status_code=answer.status_code)
        answer._content = content
        return answer


def _content(answer: requests.Response, due_s: float) -> bytes:
    """An answer's body, one byte over the bound when it is longer; a camera that sends it byte by byte is given up."""
    content = bytearray()
    while len(content) <= ANSWER_MAX_BYTES:
        part = answer.raw.read1(ANSWER_MAX_BYTES + 1 - len(content), decode_content=True)
        content += part
        if not part:
            break
        if time.monotonic() > due_s:
            raise TransportError("too slow", status_code=answer.status_code)
    return bytes(content)


class Camera:
    """The services of one camera. Every call may raise what `requests` and `zeep` raise.

    Errors: as `reach.pinned()`.
    """

    def __init__(self, address: str, username: str, password: str) -> None:
        self._address = reach.pinned(address)
        self._username, self._password = username, password

    def media2(self) -> Any:
        """The Media2 service, or None when the camera has none."""
        client = self._client(_DEVICE_WSDL)
        device = client.create_service(f"{{{DEVICE_NS}}}DeviceBinding", self._address)
        skew = _clock_of(device) - _utc_now()
        self._sign(client, skew)
        for service in device.GetServices(IncludeCapability=False):
            if service.Namespace == MEDIA2_NS:
                media = self._client(_MEDIA2_WSDL)
                self._sign(media, skew)
                return media.create_service(f"{{{MEDIA2_NS}}}Media2Binding", self._here(str(service.XAddr)))
        return None

    def _here(self, address: str) -> str:
        """The path a camera gives, at the host we were told to ask."""
        told, ours = urlsplit(address), urlsplit(self._address)
        return urlunsplit((ours.scheme, ours.netloc, told.path, told.query, ""))

    def _client(self, wsdl: str) -> Client:
        session = requests.Session()
        session.trust_env = False
        session.verify = False  # as for rtsps: encrypted, without proof of who answers
        return Client(
            str(_wsdl_folder() / wsdl),
            transport=_OneCamera(session=session, timeout=QUESTION_S, operation_timeout=QUESTION_S),
            # SOAP knows no document type. Source: SOAP 1.2 part 1 §5
            settings=Settings(strict=False, forbid_dtd=True, forbid_external=True, forbid_entities=True),
        )

    def _sign(self, client: Client, skew: timedelta) -> None:
        if self._username:
            client.transport.credentials = Credentials(self._username, self._password)
            client.wsse = UsernameToken(
                self._username, self._password, use_digest=True, created=_utc_now() + skew, zulu_timestamp=True
            )


def _utc_now() -> datetime:
    """As WS-Security writes it, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def _clock_of(device: Any) -> datetime:
    """A camera's own clock: digests are dated, and many cameras are adrift. Asked without credentials."""
    told = device.GetSystemDateAndTime().UTCDateTime
    if told is None:
        return _utc_now()
    day, hour = told.Date, told.Time
    return datetime(day.Year, day.Month, day.Day, hour.Hour, hour.Minute, min(hour.Second, 59))


def _wsdl_folder() -> Path:
    """The schemas are in a package whose code we do not run."""
    found = importlib.util.find_spec("onvif")
    assert found is not None and found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "wsdl"
