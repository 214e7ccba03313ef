"""The initialisation segment: `ftyp` and `moov`, what a player needs before the first fragment.

```
ftyp
moov
 ├ mvhd
 ├ trak ─ tkhd, mdia ─ mdhd, hdlr, minf ─ vmhd, dinf, stbl ─ stsd ─ avc1 | hvc1 …
 ├ mvex ─ (mehd), trex
 └ udta ─ bffr (JSON: whose footage this is)
```
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from beffroi.core.instants import TICKS90K_PER_S
from beffroi.engine.stream import CodecConfig

TRACK_ID = 1
"""Of a recorded file's only track, and of an export's first."""
SYNC_SAMPLE = 0x02000000
"""Sample flags of a key frame: depends on no other. Source: ISO/IEC 14496-12 §8.8.3.1."""
NON_SYNC_SAMPLE = 0x01010000
"""Sample flags of any other frame: depends on others, is not a sync sample."""
IV_BYTES = 8
"""Of each encrypted sample."""

_IDENTITY_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_DPI_72 = 0x480000  # Source: ISO/IEC 14496-12 §12.1.3
_UNDETERMINED_LANGUAGE = 0x55C4  # "und", three 5-bit letters
_SELF_CONTAINED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The `bffr` box: enough for a file that lost its index row to say whose it is."""

    camera: str
    stream: str
    run: int
    file: int
    start_at_us: int
    start_ticks90k: int
    node: str
    key: str = ""
    """The file's key, wrapped under its camera-hour's, hexadecimal; empty when the file is plain."""


def key_id(file: int) -> bytes:
    """`default_KID` of a file: its id."""
    return file.to_bytes(16, "big")


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box around the concatenation of `parts`."""
    payload = b"".join(parts)
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def full_box(kind: bytes, version_flags: int, *parts: bytes) -> bytes:
    """A box with version and flags."""
    return box(kind, struct.pack(">I", version_flags), *parts)


def init_segment(
    configs: Sequence[CodecConfig], identity: Identity | None, *, duration_ticks90k: int = 0, kid: bytes = b""
) -> bytes:
    """`ftyp` and `moov`: track `i + 1` for `configs[i]`. A recorded file has one; an export, those it touches.

    `duration_ticks90k`: total length when it is known beforehand (an export), else 0. `kid`: 16 bytes, `tenc`'s
    default_KID, when samples are encrypted (`fmp4/cenc.py`).
    """
    tracks = range(TRACK_ID, TRACK_ID + len(configs))
    trex = b"".join(full_box(b"trex", 0, struct.pack(">5I", track, 1, 0, 0, NON_SYNC_SAMPLE)) for track in tracks)
    traks = b"".join(_trak(config, track, kid) for config, track in zip(configs, tracks, strict=True))
    mehd = full_box(b"mehd", 0x01000000, struct.pack(">Q", duration_ticks90k)) if duration_ticks90k else b""
    owner = box(b"udta", box(b"bffr", _owner(identity))) if identity else b""
    moov = box(b"moov", _mvhd(tracks.stop), traks, box(b"mvex", mehd, trex), owner)
    return box(b"ftyp", b"iso6", struct.pack(">I", 0), b"iso6", b"mp41") + moov


def _owner(identity: Identity) -> bytes:
    fields = asdict(identity)
    if not identity.key:
        del fields["key"]
    return json.dumps(fields).encode()


def _mvhd(next_track: int) -> bytes:
    fields = struct.pack(">IIIIIH10x", 0, 0, TICKS90K_PER_S, 0, 0x10000, 0x100)
    return full_box(b"mvhd", 0, fields, _IDENTITY_MATRIX, bytes(24), struct.pack(">I", next_track))


def _trak(config: CodecConfig, track: int, kid: bytes) -> bytes:
    size = struct.pack(">II", config.width_px << 16, config.height_px << 16)
    enabled_in_movie_and_preview = 7
    tkhd = full_box(
        b"tkhd", enabled_in_movie_and_preview, struct.pack(">5I16x", 0, 0, track, 0, 0), _IDENTITY_MATRIX, size
    )
    mdhd = full_box(b"mdhd", 0, struct.pack(">IIIIHH", 0, 0, TICKS90K_PER_S, 0, _UNDETERMINED_LANGUAGE, 0))
    hdlr = full_box(b"hdlr", 0, struct.pack(">I4s12xx", 0, b"vide"))
    dinf = box(b"dinf", full_box(b"dref", 0, struct.pack(">I", 1), full_box(b"url ", _SELF_CONTAINED)))
    minf = box(b"minf", full_box(b"vmhd", 1, bytes(8)), dinf, _stbl(config, kid))
    return box(b"trak", tkhd, box(b"mdia", mdhd, hdlr, minf))


def _stbl(config: CodecConfig, kid: bytes) -> bytes:
    stsd = full_box(b"stsd", 0, struct.pack(">I", 1), _sample_entry(config, kid))
    empty = struct.pack(">I", 0)
    return box(
        b"stbl",
        stsd,
        full_box(b"stts", 0, empty),
        full_box(b"stsc", 0, empty),
        full_box(b"stsz", 0, empty, empty),
        full_box(b"stco", 0, empty),
    )


def _sample_entry(config: CodecConfig, kid: bytes) -> bytes:
    """`avc1` or `hvc1`, or `encv` around it. Source: ISO/IEC 14496-15 §5.4.2.1, §8.4.1.1; ISO/IEC 14496-12 §12.1.3."""
    entry, record = (b"avc1", b"avcC") if config.codec == "h264" else (b"hvc1", b"hvcC")
    visual = struct.pack(">6xH16xHHIIIH32xHh", 1, config.width_px, config.height_px, _DPI_72, _DPI_72, 0, 1, 0x18, -1)
    if kid:
        return box(b"encv", visual, box(record, config.decoder_record), _sinf(entry, kid))
    return box(entry, visual, box(record, config.decoder_record))


def _sinf(entry: bytes, kid: bytes) -> bytes:
    """Scheme `cenc`, version 1.0, 8-byte IVs. Source: ISO/IEC 14496-12 §8.12; ISO/IEC 23001-7 §8.2."""
    schm = full_box(b"schm", 0, struct.pack(">4sI", b"cenc", 0x10000))
    tenc = full_box(b"tenc", 0, struct.pack(">xxBB", 1, IV_BYTES), kid)
    return box(b"sinf", box(b"frma", entry), schm, box(b"schi", tenc))
