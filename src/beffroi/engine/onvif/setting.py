"""The child that sets a camera's masks by ONVIF Media2, and reads them back. Source: ONVIF Media2 §5.12 (masks).

A mask is taken off only after what replaces it was accepted. What the camera cannot cover is refused by name; no mask
is ever made smaller. Whether it shows in the picture is for the proof to say.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Iterator
from enum import StrEnum
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError
from zeep.exceptions import Error as SoapError
from zeep.exceptions import TransportError

from beffroi.core.errors import BeffroiError, InvalidInput
from beffroi.core.lifecycle import die_with_parent
from beffroi.core.polygons import FULL, Polygon, outward
from beffroi.engine.contract import CameraMasks, decode
from beffroi.engine.onvif.asking import Asked
from beffroi.engine.onvif.soap import Camera
from beffroi.engine.rtsp.refusals import Barred

YCBCR: Final = "http://www.onvif.org/ver10/colorspace/YCbCr"
RGB: Final = "http://www.onvif.org/ver10/colorspace/RGB"
_BLACK: dict[str, float | str] = {"X": 0.0, "Y": 128.0, "Z": 128.0, "Colorspace": YCBCR}
_BLACK_MAX = 48.0
_NEAR = 0.002
"""Cameras round: a thousandth of the picture."""
_REFUSALS: Final = (401, 403)
_NONSENSE: Final = (SoapError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading an answer raises when it is not the one that the schema describes."""


class Refusal(StrEnum):
    """Why a camera's masks could not be set."""

    BARRED = "barred"  # this machine, or where no camera can be
    UNREACHABLE = "unreachable"
    REFUSED = "refused"  # name or password
    REDIRECTED = "redirected"
    NO_MEDIA2 = "no-media2"
    NO_MASKS = "no-masks"
    NO_BLACK = "no-black"
    WHICH_SOURCE = "which-source"  # several sensors, none of whose streams is ours
    TOO_MANY = "too-many"
    CANNOT_COVER = "cannot-cover"
    PRESET = "preset"  # ONVIF masks know no preset
    NOT_KEPT = "not-kept"  # accepted, then read back otherwise
    FAULT = "fault"


class _Refused(Exception):  # a refusal, not a fault
    def __init__(self, why: Refusal) -> None:
        super().__init__(why.value)
        self.why = why


def set_masks(asked: Asked) -> Refusal | None:
    """Sets the masks; None when the camera says it has them."""
    try:
        service = Camera(asked.masks.onvif_url, asked.username, asked.password).media2()
        if service is None:
            return Refusal.NO_MEDIA2
        _set(service, asked)
    except _Refused as refused:
        return refused.why
    except TransportError as error:
        return _of_status(error)
    except Barred:
        return Refusal.BARRED
    except (requests.RequestException, HTTPError, HTTPException, OSError):
        return Refusal.UNREACHABLE
    except _NONSENSE as error:
        return _of_fault(str(error))
    return None


def _of_status(error: TransportError) -> Refusal:
    if "redirected" in str(error.message):
        return Refusal.REDIRECTED
    return Refusal.REFUSED if error.status_code in _REFUSALS else Refusal.FAULT


def _of_fault(text: str) -> Refusal:
    words = text.lower()
    return Refusal.REFUSED if "notauthorized" in words or "not authorized" in words else Refusal.FAULT


def _set(service: Any, asked: Asked) -> None:
    source = _source_of(service, asked.stream_url)
    options = service.GetMaskOptions(ConfigurationToken=source)
    if not options or not options.MaxMasks:
        raise _Refused(Refusal.NO_MASKS)
    wanted = [_onvif(polygon) for polygon in _fitted(asked.masks, options)]
    colour = _black(options)
    kept, surplus = _sorted(service, source, wanted)
    missing = [polygon for polygon in wanted if polygon not in kept]
    room = int(options.MaxMasks) - len(kept) - len(surplus)
    for polygon in missing:
        mask = _mask(source, polygon, colour)
        if room > 0:
            service.CreateMask(Mask=mask)
            room -= 1
        elif surplus:
            service.SetMask(Mask=mask | {"token": surplus.pop()})
        else:
            raise _Refused(Refusal.TOO_MANY)
    for token in surplus:
        service.DeleteMask(Token=token)
    kept, _ = _sorted(service, source, wanted)
    if len(kept) < len(wanted):
        raise _Refused(Refusal.NOT_KEPT)


def _source_of(service: Any, stream_url: str) -> str:
    """Token of the video source configuration of our stream."""
    profiles = service.GetProfiles(Type=["VideoSource"])
    tokens = {
        profile.token: profile.Configurations.VideoSource.token
        for profile in profiles
        if profile.Configurations and profile.Configurations.VideoSource
    }
    if len(set(tokens.values())) == 1:
        return str(next(iter(tokens.values())))
    ours = urlsplit(stream_url)
    for profile, token in tokens.items():
        told = urlsplit(str(service.GetStreamUri(Protocol="RTSP", ProfileToken=profile)))
        if (told.path, told.query) == (ours.path, ours.query):
            return str(token)
    raise _Refused(Refusal.WHICH_SOURCE)


def _fitted(masks: CameraMasks, options: Any) -> list[Polygon]:
    """The polygons as this camera takes them, none smaller."""
    if any(polygon.preset for polygon in masks.polygons):
        raise _Refused(Refusal.PRESET)
    if len(masks.polygons) > int(options.MaxMasks):
        raise _Refused(Refusal.TOO_MANY)
    try:
        return [
            outward(polygon.points, points_max=int(options.MaxPoints or 4), rectangles_only=bool(options.RectangleOnly))
            for polygon in masks.polygons
        ]
    except InvalidInput:
        raise _Refused(Refusal.CANNOT_COVER) from None


def _black(options: Any) -> dict[str, float | str]:
    """The darkest colour the camera has. Errors: none is dark enough, or it only blurs."""
    if "Color" not in list(options.Types or ()):
        raise _Refused(Refusal.NO_BLACK)
    colours = list(options.Color.ColorList or ()) if options.Color is not None else []
    if not colours:
        return dict(_BLACK)
    darkest = min(colours, key=_brightness)
    if _brightness(darkest) > _BLACK_MAX:
        raise _Refused(Refusal.NO_BLACK)
    return {"X": darkest.X, "Y": darkest.Y, "Z": darkest.Z, "Colorspace": darkest.Colorspace or YCBCR}


def _brightness(colour: Any) -> float:
    if (colour.Colorspace or YCBCR) == RGB:
        return 0.299 * float(colour.X) + 0.587 * float(colour.Y) + 0.114 * float(colour.Z)
    return float(colour.X)


def _onvif(polygon: Polygon) -> tuple[tuple[float, float], ...]:
    """From −1 to 1, upwards. Source: ONVIF schema, `Vector`."""
    return tuple((round(2 * x / FULL - 1, 5), round(1 - 2 * y / FULL, 5)) for x, y in polygon)


def _mask(source: str, polygon: tuple[tuple[float, float], ...], colour: dict[str, float | str]) -> dict[str, Any]:
    return {
        "ConfigurationToken": source,
        "Polygon": {"Point": [{"x": x, "y": y} for x, y in polygon]},
        "Type": "Color",
        "Color": colour,
        "Enabled": True,
    }


def _sorted(
    service: Any, source: str, wanted: list[tuple[tuple[float, float], ...]]
) -> tuple[list[tuple[tuple[float, float], ...]], list[str]]:
    """Of the masks in the camera: which of ours are there, and the tokens of the others."""
    kept: list[tuple[tuple[float, float], ...]] = []
    others: list[str] = []
    for mask in _masks(service, source):
        corners = [(float(point.x), float(point.y)) for point in mask.Polygon.Point]
        same = next((one for one in wanted if one not in kept and _is_same(one, corners)), None)
        if same is not None and mask.Enabled and mask.Type == "Color":
            kept.append(same)
        else:
            others.append(str(mask.token))
    return kept, others


def _masks(service: Any, source: str) -> Iterator[Any]:
    yield from service.GetMasks(ConfigurationToken=source) or ()


def _is_same(one: tuple[tuple[float, float], ...], corners: list[tuple[float, float]]) -> bool:
    return len(one) == len(corners) and all(
        abs(x - u) <= _NEAR and abs(y - v) <= _NEAR for (x, y), (u, v) in zip(one, corners, strict=True)
    )


def main() -> int:
    """Entry point: `Asked` as a line of JSON on the input; `{"refused": code or nothing}` on the output."""
    die_with_parent()
    logging.disable(logging.CRITICAL)  # a library that logs an envelope logs its credentials
    warnings.simplefilter("ignore")  # certificates of cameras are nobody's
    try:
        asked = decode(Asked, sys.stdin.buffer.readline())
    except BeffroiError:
        return 1
    refused = set_masks(asked)
    print(json.dumps({"refused": refused.value if refused else ""}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
