"""The gateway as an OpenAPI document, made from its table of doors: `python -m beffroi.engine.gateway.openapi`.

Live (a WebSocket) is in `ref/wire.md` §4: OpenAPI has no words for it.
"""

from __future__ import annotations

import sys
from typing import Any

from beffroi.core.openapi import Operation, Parameter, document, slugs, written
from beffroi.engine.contract import StreamName
from beffroi.engine.gateway.app import DOORS
from beffroi.engine.gateway.door import Door

_INSTANT = {"type": "integer", "minimum": 0, "exclusiveMaximum": 1 << 62}
_TEXT = {"type": "string", "maxLength": 63}
_GUARDED = (400, 401, 403, 404, 503, 507)
_SCHEMES = {
    "grant": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "A viewing grant: `Beffroi-Grant TOKEN`, signed by web (ref/wire.md §2).",
    },
    "web": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "Web's signature of this request: `Beffroi-Web key=…, at=…, sig=…` (ref/wire.md §3).",
    },
}


def openapi() -> dict[str, Any]:
    """The document."""
    return document("Beffroi: a node's gateway", map(_operation, DOORS), schemes=_SCHEMES)


def _operation(door: Door) -> Operation:
    asked = {"nothing": (), "span": ("from_at_us", "to_at_us"), "instant": ("at_us",)}[door.asks]
    query = [Parameter(name=name, place="query", schema=_INSTANT, is_required=not door.kinds_now) for name in asked]
    query += [Parameter(name=name, place="query", schema=_TEXT if name == "folder" else _INSTANT) for name in door.also]
    path = [_stream(one) for one in slugs(door.path)]
    kinds = ", ".join(sorted(door.kinds | door.kinds_now))
    return Operation(
        method=door.method.lower(),
        path=door.path,
        summary=_summary(door) + (f" Opened by a grant of kind {kinds}." if kinds else ""),
        gives=door.gives,
        takes=door.takes,
        parameters=(*path, *query),
        refuses=_GUARDED if door.kinds or door.takes else (400, 403, 503),
        other=(204,) if door.kinds or not door.gives else (),
        security=("grant",) if door.kinds else ("web",) if door.takes else (),
    )


def _stream(parameter: Parameter) -> Parameter:
    if parameter.name != "stream":
        return parameter
    return Parameter(name="stream", schema={"type": "string", "enum": [one.value for one in StreamName]})


def _summary(door: Door) -> str:
    endpoint = door.endpoint or door.public
    said = (endpoint.__doc__ or "").strip().splitlines()[0]
    return said.split(": ", 1)[-1] if said.startswith("`") else said


if __name__ == "__main__":
    sys.stdout.write(written(openapi()))
