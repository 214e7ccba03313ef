"""H.265 parameter sets: size, decoder record, codec string."""

from __future__ import annotations

from dataclasses import dataclass

from beffroi.engine.rtp.bits import BitReader
from beffroi.engine.rtp.h264 import checked_size

VPS, SPS, PPS = 32, 33, 34


@dataclass(frozen=True, slots=True, kw_only=True)
class SpsFields:
    """What the decoder record and the codec string take from an SPS.

    `general_ptl`: the 12 bytes from general_profile_space to general_level_idc. Source: ITU-T H.265 §7.3.3.
    """

    general_ptl: bytes
    temporal_layers: int
    temporal_nested: bool
    chroma: int
    luma_depth_minus8: int
    chroma_depth_minus8: int
    width_px: int
    height_px: int


def set_key(nal: bytes) -> tuple[int, int]:
    """Type and id of a parameter set. Source: ITU-T H.265 §7.3.2.1–7.3.2.3. Errors: Malformed."""
    kind = nal[0] >> 1 & 63
    bits = BitReader(nal[2:200])
    if kind == VPS:
        return kind, bits.u(4)
    if kind == SPS:
        bits.skip(4)
        _profile_tier_level(bits)
    return kind, bits.ue()


def parse_sps(sps: bytes) -> SpsFields:
    """Fields of an SPS, size after the conformance window. Source: ITU-T H.265 §7.3.2.2. Errors: Malformed."""
    bits = BitReader(sps[2:])
    bits.skip(4)
    layers_minus1, nested, general = _profile_tier_level(bits)
    bits.ue()
    chroma = bits.ue()
    separate_planes = chroma == 3 and bits.flag()
    width, height = bits.ue(), bits.ue()
    if bits.flag():
        left, right, top, bottom = (bits.ue() for _ in range(4))
        width -= (left + right) * (2 if chroma in (1, 2) and not separate_planes else 1)
        height -= (top + bottom) * (2 if chroma == 1 and not separate_planes else 1)
    width, height = checked_size(width, height)
    return SpsFields(
        general_ptl=general,
        temporal_layers=layers_minus1 + 1,
        temporal_nested=nested,
        chroma=chroma,
        luma_depth_minus8=bits.ue(),
        chroma_depth_minus8=bits.ue(),
        width_px=width,
        height_px=height,
    )


def _profile_tier_level(bits: BitReader) -> tuple[int, bool, bytes]:
    """Sub-layers minus 1, nesting flag, general part; `bits` stands after the four bits of the VPS id."""
    layers_minus1 = bits.u(3)
    nested = bits.flag()
    general = bits.u(96).to_bytes(12, "big")
    present = [(bits.flag(), bits.flag()) for _ in range(layers_minus1)]
    if layers_minus1:
        bits.skip(2 * (8 - layers_minus1))
    for profile, level in present:
        bits.skip(88 * profile + 8 * level)
    return layers_minus1, nested, general


def mime_codec(fields: SpsFields) -> str:
    """`hvc1.…`. Source: ISO/IEC 14496-15 annex E.3."""
    general = fields.general_ptl
    space = ("", "A", "B", "C")[general[0] >> 6]
    compatibility = int(f"{int.from_bytes(general[1:5], 'big'):032b}"[::-1], 2)
    tier = "H" if general[0] & 0x20 else "L"
    constraints = general[5:11].rstrip(b"\0")
    tail = "".join(f".{byte:X}" for byte in constraints)
    return f"hvc1.{space}{general[0] & 31}.{compatibility:X}.{tier}{general[11]}{tail}"


def decoder_record(fields: SpsFields, sets: dict[int, list[bytes]]) -> bytes:
    """HEVCDecoderConfigurationRecord with 4-byte lengths; `sets` by NAL type. Source: ISO/IEC 14496-15 §8.3.3.1.2."""
    record = b"\x01" + fields.general_ptl
    record += b"\xf0\x00\xfc"
    record += bytes(
        (0xFC | fields.chroma & 3, 0xF8 | fields.luma_depth_minus8 & 7, 0xF8 | fields.chroma_depth_minus8 & 7)
    )
    record += b"\0\0"
    record += bytes(((fields.temporal_layers & 7) << 3 | fields.temporal_nested << 2 | 3, len(sets)))
    for kind, nals in sets.items():
        record += bytes((0x80 | kind,)) + len(nals).to_bytes(2, "big")
        record += b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)
    return record
