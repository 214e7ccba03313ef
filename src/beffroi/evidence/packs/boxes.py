"""The `meta` box of an original: where its clock begins and who exported it. Source: ONVIF Export File Format 26.06."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta

from beffroi.core.instants import from_us

_1601, _1904 = datetime(1601, 1, 1, tzinfo=UTC), datetime(1904, 1, 1, tzinfo=UTC)
_TRACK = 1


def meta_box(start_at_us: int, *, unit: str, operator: str, camera: str, exported_at_us: int) -> bytes:
    """`hdlr`, `cstb` and `suep`; there is no URL nor hardware address: those of a town's cameras are secret."""
    handler = _full_box(b"hdlr", 0, struct.pack(">I4s12xx", 0, b"null"))
    since_1601 = (from_us(start_at_us) - _1601) // timedelta(microseconds=1) * 10
    start = _box(b"cstb", struct.pack(">IIQ", 1, _TRACK, since_1601))
    export = struct.pack(">Q", int((from_us(exported_at_us) - _1904).total_seconds()))
    source = struct.pack(">IH", 1, _TRACK) + _text(camera) + _text("") * 3
    who = _text(unit) + _text("") * 2 + export + _text(operator)
    return _full_box(b"meta", 0, handler + start + _full_box(b"suep", 1, who + source))


def _text(text: str) -> bytes:
    return text.replace("\0", "").encode() + b"\0"


def _box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def _full_box(kind: bytes, version: int, payload: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24) + payload)
