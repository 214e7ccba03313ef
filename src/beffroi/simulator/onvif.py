"""A camera's ONVIF service, as far as masks need it: clock, services, profiles, masks. Source: ONVIF Core, Media2.

Who asks proves who they are by a WS-Security digest or by an HTTP digest; the clock is told to anybody.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from beffroi.core.instants import from_us, to_us
from beffroi.core.polygons import FULL, Polygon
from beffroi.simulator.digest import Digest

SKEW_MAX_US = 300 * 1_000_000
_NONCES_MAX = 1024
_WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
_WSU = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd}"
_MEDIA2, _SCHEMA = "{http://www.onvif.org/ver20/media/wsdl}", "{http://www.onvif.org/ver10/schema}"
SOURCE = "source-1"
_PROFILES = {"profile-main": "main", "profile-sub": "sub"}
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:tr2="http://www.onvif.org/ver20/media/wsdl" '
    'xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>{}</s:Body>'
    "</s:Envelope>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskLimits:
    """What a camera can do."""

    masks: int = 8
    points: int = 8
    rectangles_only: bool = False
    colour: float = 16.0
    """Brightness of the only colour it has."""


MASK_LIMITS = MaskLimits()
NO_MASKS = MaskLimits(masks=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who asks, at which address, and when by the camera's clock."""

    root: str
    digest: Digest
    now_us: int
    is_proved: bool
    limits: MaskLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mask:
    points: tuple[tuple[float, float], ...]
    is_enabled: bool


class _Fault(Exception):  # its SOAP name
    """An answer of its own: a SOAP fault with this ONVIF code."""


class OnvifDevice:
    """The masks of one camera, and how it answers about them."""

    def __init__(self) -> None:
        self._masks: dict[str, _Mask] = {}
        self._made = 0
        self._nonces: OrderedDict[str, None] = OrderedDict()

    def polygons(self) -> tuple[Polygon, ...]:
        """What is masked, in 0..10,000 from the top left."""
        return tuple(
            tuple((round((x + 1) / 2 * FULL), round((1 - y) / 2 * FULL)) for x, y in mask.points)
            for mask in self._masks.values()
            if mask.is_enabled
        )

    def answer(self, body: bytes, door: Door) -> tuple[int, bytes] | None:
        """Status and envelope; None when who asks did not prove who they are."""
        from lxml import etree  # only a town whose cameras are asked pays for it

        try:
            envelope = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
            request = next(one for one in envelope if _local(one) == "Body")[0]
        except (etree.XMLSyntaxError, StopIteration, IndexError):
            return 400, b""
        name = _local(request)
        if name != "GetSystemDateAndTime" and not (door.is_proved or self._is_signed(envelope, door)):
            return None
        answers: dict[str, Callable[[Any, Door], str]] = {
            "GetSystemDateAndTime": _clock, "GetServices": _services, "GetProfiles": _profiles,
            "GetStreamUri": _stream_uri, "GetMaskOptions": _options, "GetMasks": self._told,
            "CreateMask": self._create, "SetMask": self._set, "DeleteMask": self._delete,
        }  # fmt: skip
        try:
            content = answers[name](request, door)
        except KeyError:
            return 400, _fault("ter:ActionNotSupported")
        except _Fault as fault:
            return 400, _fault(str(fault))
        prefix = "tds" if name in ("GetSystemDateAndTime", "GetServices") else "tr2"
        return 200, _ENVELOPE.format(f"<{prefix}:{name}Response>{content}</{prefix}:{name}Response>").encode()

    def _is_signed(self, envelope: Any, door: Door) -> bool:
        """Source: WS-Security UsernameToken Profile 1.0, PasswordDigest."""
        token = envelope.find(f".//{_WSSE}UsernameToken")
        if token is None or door.digest.username is None:
            return door.digest.username is None
        name, password, nonce, created = (
            token.findtext(one, "")
            for one in (f"{_WSSE}Username", f"{_WSSE}Password", f"{_WSSE}Nonce", f"{_WSU}Created")
        )
        try:
            raw, at = base64.b64decode(nonce), datetime.fromisoformat(created.replace("Z", "+00:00"))
        except ValueError:
            return False
        at_us = to_us(at if at.tzinfo else at.replace(tzinfo=UTC))
        if name != door.digest.username or abs(at_us - door.now_us) > SKEW_MAX_US or nonce in self._nonces:
            return False
        wanted = hashlib.sha1(raw + created.encode() + door.digest.password.encode()).digest()  # noqa: S324 - the profile's
        if not hmac.compare_digest(base64.b64encode(wanted).decode(), password):
            return False
        self._nonces[nonce] = None
        while len(self._nonces) > _NONCES_MAX:
            self._nonces.popitem(last=False)
        return True

    # -- masks ----------------------------------------------------------------------------------------------

    def _told(self, request: Any, door: Door) -> str:
        wanted = request.findtext(f"{_MEDIA2}Token")
        return "".join(
            f"<tr2:Masks token={quoteattr(token)}><tr2:ConfigurationToken>{SOURCE}</tr2:ConfigurationToken>"
            f"<tr2:Polygon>{_points(mask)}</tr2:Polygon>"
            f"<tr2:Type>Color</tr2:Type>{_colour(door.limits, 'tr2:Color')}"
            f"<tr2:Enabled>{str(mask.is_enabled).lower()}</tr2:Enabled></tr2:Masks>"
            for token, mask in self._masks.items()
            if wanted in (None, token)
        )

    def _create(self, request: Any, door: Door) -> str:
        if len(self._masks) >= door.limits.masks:
            raise _Fault("ter:MaxMasks")
        mask = _mask(request.find(f"{_MEDIA2}Mask"), door.limits)
        self._made += 1
        token = f"mask-{self._made}"
        self._masks[token] = mask
        return f"<tr2:Token>{token}</tr2:Token>"

    def _set(self, request: Any, door: Door) -> str:
        asked = request.find(f"{_MEDIA2}Mask")
        token = self._known(asked.get("token", ""))
        self._masks[token] = _mask(asked, door.limits)
        return ""

    def _delete(self, request: Any, _: Door) -> str:
        del self._masks[self._known(request.findtext(f"{_MEDIA2}Token", ""))]
        return ""

    def _known(self, token: str) -> str:
        if token not in self._masks:
            raise _Fault("ter:NoConfig")
        return token


def _points(mask: _Mask) -> str:
    return "".join(f'<tt:Point x="{x}" y="{y}"/>' for x, y in mask.points)


def _mask(asked: Any, limits: MaskLimits) -> _Mask:
    points = tuple((float(one.get("x")), float(one.get("y"))) for one in asked.iter(f"{_SCHEMA}Point"))
    xs, ys = {x for x, _ in points}, {y for _, y in points}
    is_rectangle = len(points) == 4 and len(xs) == len(ys) == 2
    if not 3 <= len(points) <= limits.points or (limits.rectangles_only and not is_rectangle):
        raise _Fault("ter:InvalidPolygon")
    if asked.findtext(f"{_MEDIA2}Type") != "Color" or asked.findtext(f"{_MEDIA2}ConfigurationToken") != SOURCE:
        raise _Fault("ter:ConfigModify")
    return _Mask(points=points, is_enabled=asked.findtext(f"{_MEDIA2}Enabled") in ("true", "1"))


def _clock(_: Any, door: Door) -> str:
    at = from_us(door.now_us)
    return (
        "<tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
        f"<tt:UTCDateTime><tt:Time><tt:Hour>{at.hour}</tt:Hour><tt:Minute>{at.minute}</tt:Minute>"
        f"<tt:Second>{at.second}</tt:Second></tt:Time><tt:Date><tt:Year>{at.year}</tt:Year>"
        f"<tt:Month>{at.month}</tt:Month><tt:Day>{at.day}</tt:Day></tt:Date></tt:UTCDateTime></tds:SystemDateAndTime>"
    )


def _services(_: Any, door: Door) -> str:
    return "".join(
        f"<tds:Service><tds:Namespace>{namespace}</tds:Namespace><tds:XAddr>{escape(f'http://{door.root}/onvif/{path}')}"
        f"</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>6</tt:Minor></tds:Version></tds:Service>"
        for namespace, path in (
            ("http://www.onvif.org/ver10/device/wsdl", "device_service"),
            ("http://www.onvif.org/ver20/media/wsdl", "media2_service"),
        )
    )


def _profiles(_: Any, door: Door) -> str:
    return "".join(
        f'<tr2:Profiles token="{token}" fixed="true"><tr2:Name>{name}</tr2:Name><tr2:Configurations>'
        f'<tr2:VideoSource token="{SOURCE}"><tt:Name>source</tt:Name><tt:UseCount>2</tt:UseCount><tt:SourceToken>sensor'
        '</tt:SourceToken><tt:Bounds x="0" y="0" width="1920" height="1080"/></tr2:VideoSource></tr2:Configurations>'
        "</tr2:Profiles>"
        for token, name in _PROFILES.items()
    )


def _stream_uri(request: Any, door: Door) -> str:
    stream = _PROFILES.get(request.findtext(f"{_MEDIA2}ProfileToken", ""))
    if stream is None:
        raise _Fault("ter:NoProfile")
    return f"<tr2:Uri>{escape(f'rtsp://{door.root}/{stream}')}</tr2:Uri>"


def _options(_: Any, door: Door) -> str:
    limits = door.limits
    return (
        f'<tr2:Options RectangleOnly="{str(limits.rectangles_only).lower()}" SingleColorOnly="true">'
        f"<tr2:MaxMasks>{limits.masks}</tr2:MaxMasks><tr2:MaxPoints>{limits.points}</tr2:MaxPoints>"
        f"<tr2:Types>Color</tr2:Types><tr2:Color>{_colour(limits, 'tt:ColorList')}</tr2:Color></tr2:Options>"
    )


def _colour(limits: MaskLimits, name: str) -> str:
    space = "http://www.onvif.org/ver10/colorspace/YCbCr"
    return f'<{name} X="{limits.colour}" Y="128" Z="128" Colorspace="{space}"/>'


def _fault(code: str) -> bytes:
    return _ENVELOPE.format(
        f"<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{code}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{code}</s:Text></s:Reason></s:Fault>'
    ).encode()


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
