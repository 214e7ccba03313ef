"""Decoder configuration records: back from a file to a `CodecConfig`."""

from __future__ import annotations

import struct

from beffroi.engine.stream import Codec, CodecConfig


class MalformedRecord(ValueError):
    """Bytes that are not the record they should be."""


def config_from_record(codec: Codec, record: bytes, *, width_px: int, height_px: int) -> CodecConfig:
    """The configuration held in a sample entry.

    Errors: MalformedRecord.
    """
    try:
        sets = _avc_sets(record) if codec == "h264" else _hevc_sets(record)
        mime = mime_codec(codec, record)
    except (struct.error, IndexError):
        raise MalformedRecord(f"truncated {codec} decoder record") from None
    return CodecConfig(
        codec=codec,
        width_px=width_px,
        height_px=height_px,
        parameter_sets=tuple(sets),
        decoder_record=record,
        mime_codec=mime,
    )


def mime_codec(codec: Codec, record: bytes) -> str:
    """`avc1.PPCCLL` or `hvc1.…`. Source: RFC 6381 §3.3; ISO/IEC 14496-15 annex E.3."""
    if codec == "h264":
        return f"avc1.{record[1]:02x}{record[2]:02x}{record[3]:02x}"
    space = ("", "A", "B", "C")[record[1] >> 6]
    tier = "H" if record[1] & 0x20 else "L"
    (compatibility,) = struct.unpack_from(">I", record, 2)
    reversed_bits = int(f"{compatibility:032b}"[::-1], 2)
    constraints = record[6:12].rstrip(b"\0")
    tail = "".join(f".{byte:X}" for byte in constraints)
    return f"hvc1.{space}{record[1] & 0x1F}.{reversed_bits:X}.{tier}{record[12]}{tail}"


def _avc_sets(record: bytes) -> list[bytes]:
    """Source: ISO/IEC 14496-15 §5.3.3.1.2."""
    sets, at = [], 5
    for mask in (0x1F, 0xFF):
        count = record[at] & mask
        at += 1
        for _ in range(count):
            nal, at = _length_prefixed(record, at)
            sets.append(nal)
    return sets


def _hevc_sets(record: bytes) -> list[bytes]:
    """Source: ISO/IEC 14496-15 §8.3.3.1.2."""
    sets, at = [], 23
    for _ in range(record[22]):
        (count,) = struct.unpack_from(">H", record, at + 1)
        at += 3
        for _ in range(count):
            nal, at = _length_prefixed(record, at)
            sets.append(nal)
    return sets


def _length_prefixed(record: bytes, at: int) -> tuple[bytes, int]:
    (size,) = struct.unpack_from(">H", record, at)
    nal = record[at + 2 : at + 2 + size]
    if len(nal) != size:
        raise MalformedRecord("a parameter set runs past the record")
    return nal, at + 2 + size
