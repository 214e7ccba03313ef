"""H.264 parameter sets: size, decoder record, codec string."""

from __future__ import annotations

from beffroi.engine.rtp.bits import BitReader, Malformed

SPS, PPS = 7, 8
_CHROMA_PROFILES = frozenset((100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135))
_MAX_SIDE_PX = 16384


def set_key(nal: bytes) -> tuple[int, int]:
    """Type and id of a parameter set: the same key replaces the older one. Errors: Malformed."""
    kind = nal[0] & 31
    bits = BitReader(nal[1:40])
    if kind == SPS:
        bits.skip(24)
    return kind, bits.ue()


def size_px(sps: bytes) -> tuple[int, int]:
    """Width and height after cropping. Source: ITU-T H.264 §7.3.2.1.1, §7.4.2.1.1. Errors: Malformed."""
    bits = BitReader(sps[1:])
    profile = bits.u(8)
    bits.skip(16)
    bits.ue()
    chroma, separate_planes = _chroma(bits) if profile in _CHROMA_PROFILES else (1, False)
    bits.ue()
    _skip_order_count(bits)
    bits.ue()
    bits.skip(1)
    width = (bits.ue() + 1) * 16
    map_height = (bits.ue() + 1) * 16
    frame_only = bits.flag()
    if not frame_only:
        bits.skip(1)
    bits.skip(1)
    height = map_height * (1 if frame_only else 2)
    if bits.flag():
        left, right, top, bottom = (bits.ue() for _ in range(4))
        unit_x = 2 if chroma in (1, 2) and not separate_planes else 1
        unit_y = (2 if chroma == 1 and not separate_planes else 1) * (1 if frame_only else 2)
        width -= (left + right) * unit_x
        height -= (top + bottom) * unit_y
    return checked_size(width, height)


def checked_size(width: int, height: int) -> tuple[int, int]:
    """The size when a picture can have it. Errors: Malformed."""
    if not (0 < width <= _MAX_SIDE_PX and 0 < height <= _MAX_SIDE_PX):
        raise Malformed(f"impossible picture size {width}x{height}")
    return width, height


def _chroma(bits: BitReader) -> tuple[int, bool]:
    chroma = bits.ue()
    separate_planes = chroma == 3 and bits.flag()
    bits.ue()
    bits.ue()
    bits.skip(1)
    if bits.flag():
        for index in range(8 if chroma != 3 else 12):
            if bits.flag():
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma, separate_planes


def _skip_scaling_list(bits: BitReader, count: int) -> None:
    last = following = 8
    for _ in range(count):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _skip_order_count(bits: BitReader) -> None:
    kind = bits.ue()
    if kind == 0:
        bits.ue()
    elif kind == 1:
        bits.skip(1)
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()


def mime_codec(sps: bytes) -> str:
    """`avc1.PPCCLL`. Source: RFC 6381 §3.3."""
    return f"avc1.{sps[1:4].hex().upper()}"


def decoder_record(sps: list[bytes], pps: list[bytes]) -> bytes:
    """AVCDecoderConfigurationRecord with 4-byte lengths. Source: ISO/IEC 14496-15 §5.3.3.1.2."""
    first = sps[0]
    record = bytes((1, first[1], first[2], first[3], 0xFF, 0xE0 | len(sps)))
    record += b"".join(len(nal).to_bytes(2, "big") + nal for nal in sps)
    record += bytes((len(pps),)) + b"".join(len(nal).to_bytes(2, "big") + nal for nal in pps)
    if first[1] in (100, 110, 122, 144):
        record += _high_profile_fields(first)
    return record


def _high_profile_fields(sps: bytes) -> bytes:
    bits = BitReader(sps[1:])
    bits.skip(24)
    bits.ue()
    chroma = bits.ue()
    if chroma == 3:
        bits.skip(1)
    return bytes((0xFC | chroma & 3, 0xF8 | bits.ue() & 7, 0xF8 | bits.ue() & 7, 0))
