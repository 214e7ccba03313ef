"""The few H.264 syntax elements the simulator writes itself.

A picture is up to three slices: a band of macroblock rows holding the burnt-in texts (I_PCM, written here for
every frame), a still part (coded once a loop, skipped in other frames), and the moving part (coded by libx264
as a picture of its own and renumbered). Slices do not predict across each other and nothing is deblocked, so
each can be replaced alone. Source: ITU-T H.264 §7.3, constrained baseline profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from beffroi.simulator.bits import BitReader, BitWriter, escape, packed, respliced, unescape

MB_PX = 16
NAL_SLICE, NAL_IDR, NAL_SEI, NAL_SPS, NAL_PPS = 1, 5, 6, 7, 8
_SLICE_HEADER = {True: 0x65, False: 0x61}  # IDR and non-IDR, nal_ref_idc 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSize:
    """Size shown; coded size is the next multiple of 16."""

    width_px: int
    height_px: int

    @property
    def columns(self) -> int:
        return -(-self.width_px // MB_PX)

    @property
    def rows(self) -> int:
        return -(-self.height_px // MB_PX)


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceSyntax:
    """What the slice headers of one encoder need: widths and values found in its parameter sets."""

    frame_num_bits: int
    pic_init_qp: int
    deblocking_control: bool


def split_annex_b(stream: bytes) -> list[bytes]:
    """NAL units of an Annex B stream, without start codes."""
    nals = (
        part.rstrip(b"\x00") for part in stream.replace(b"\x00\x00\x00\x01", b"\x00\x00\x01").split(b"\x00\x00\x01")
    )
    return [nal for nal in nals if nal]


def read_syntax(sps: bytes, pps: bytes) -> SliceSyntax:
    """`SliceSyntax` of libx264's baseline parameter sets (CAVLC, POC type 2)."""
    reader = BitReader(unescape(sps[4:]))
    reader.ue()
    frame_num_bits = reader.ue() + 4
    if reader.ue() != 2:
        raise ValueError("expected pic_order_cnt_type 2")
    picture = BitReader(unescape(pps[1:]))
    picture.ue(), picture.ue()
    if picture.u(2) != 0 or picture.ue() != 0:
        raise ValueError("expected CAVLC and one slice group")
    picture.ue(), picture.ue(), picture.u(3)
    pic_init_qp = picture.se() + 26
    picture.se(), picture.se()
    return SliceSyntax(frame_num_bits=frame_num_bits, pic_init_qp=pic_init_qp, deblocking_control=bool(picture.u(1)))


def write_sps(size: PictureSize, fps: int, frame_num_bits: int) -> bytes:
    """Constrained baseline, level 3.1, POC type 2, one reference, BT.709 limited range, fixed frame rate."""
    w = BitWriter().u(66, 8).u(0b11000000, 8).u(31, 8).ue(0)
    w.ue(frame_num_bits - 4).ue(2).ue(1).u(0, 1)
    w.ue(size.columns - 1).ue(size.rows - 1).u(1, 1).u(1, 1)
    crop_px = size.rows * MB_PX - size.height_px
    w.u(1 if crop_px else 0, 1)
    if crop_px:
        w.ue(0).ue(0).ue(0).ue(crop_px // 2)
    w.u(1, 1).u(0, 1).u(0, 1)  # VUI: no aspect ratio, no overscan
    w.u(1, 1).u(5, 3).u(0, 1).u(1, 1).u(1, 8).u(1, 8).u(1, 8).u(0, 1)
    w.u(1, 1).u(1, 32).u(2 * fps, 32).u(1, 1)
    w.u(0, 1).u(0, 1).u(0, 1)
    w.u(1, 1).u(1, 1).ue(0).ue(0).ue(10).ue(10).ue(0).ue(1)
    return b"\x67" + escape(w.to_rbsp())


def is_key(nal: bytes) -> bool:
    """True for a slice of an IDR picture."""
    return nal[0] & 0x1F == NAL_IDR


def renumber(
    nal: bytes, syntax: SliceSyntax, *, first_mb: int, frame_num: int, idr_pic_id: int, stays_key: bool = True
) -> bytes:
    """A slice of libx264 moved to `first_mb` of a larger picture, with these numbers. Source: §7.3.3.

    Args:
        stays_key: False makes of an IDR picture's slice an I slice of a picture that is none.
    """
    rbsp = unescape(nal[1:])
    reader = BitReader(rbsp)
    reader.ue()
    slice_type = reader.ue()
    reader.ue(), reader.u(syntax.frame_num_bits)
    head = (
        BitWriter().ue(first_mb).ue(slice_type).ue(0).u(frame_num % (1 << syntax.frame_num_bits), syntax.frame_num_bits)
    )
    if is_key(nal):
        reader.ue()
        if stays_key:
            head.ue(idr_pic_id)
        else:
            reader.u(2)
            head.u(0, 1)
            return bytes([_SLICE_HEADER[False]]) + escape(respliced(rbsp, head.text(), reader.at_bit))
    return nal[:1] + escape(respliced(rbsp, head.text(), reader.at_bit))


def slice_header(syntax: SliceSyntax, *, key: bool, first_mb: int, frame_num: int, idr_pic_id: int = 0) -> str:
    """Bits of a slice header of ours: I slice of an IDR picture, or P slice on the previous frame."""
    w = BitWriter().ue(first_mb).ue(7 if key else 5).ue(0)
    w.u(frame_num % (1 << syntax.frame_num_bits), syntax.frame_num_bits)
    if key:
        w.ue(idr_pic_id).u(0, 2)
    else:
        w.u(1, 1).ue(0).u(0, 1).u(0, 1)  # one reference, its order, no marking
    w.se(0)
    if syntax.deblocking_control:
        w.ue(1)
    return w.text()


def skip_slice(syntax: SliceSyntax, *, first_mb: int, macroblocks: int, frame_num: int) -> bytes:
    """A P slice that repeats `macroblocks` macroblocks of the previous frame."""
    bits = BitWriter([slice_header(syntax, key=False, first_mb=first_mb, frame_num=frame_num)]).ue(macroblocks)
    return bytes([_SLICE_HEADER[False]]) + escape(bits.to_rbsp())


_PCM_IN_I = packed("000011010")  # mb_type 25, then alignment zeros


def pcm_key_slice(syntax: SliceSyntax, macroblocks: list[bytes], idr_pic_id: int) -> bytes:
    """An I slice of I_PCM macroblocks from the picture's first one. Samples must be >= 4: they are not escaped."""
    head = slice_header(syntax, key=True, first_mb=0, frame_num=0, idr_pic_id=idr_pic_id)
    first = escape(packed(head + "000011010"))
    return bytes([_SLICE_HEADER[True]]) + first + _PCM_IN_I.join(macroblocks) + b"\x80"


@cache
def _pcm_after_skip(skip: int) -> bytes:
    return escape(packed(_pcm_in_p(skip)))


@cache
def _end_after_skip(skip: int) -> bytes:
    return escape(BitWriter().ue(skip).to_rbsp()) if skip else b"\x80"


def _pcm_in_p(skip: int) -> str:
    return BitWriter().ue(skip).ue(30).text()


def pcm_delta_slice(
    syntax: SliceSyntax, changed: list[tuple[int, bytes]], *, macroblocks: int, frame_num: int
) -> bytes:
    """A P slice of the first `macroblocks` macroblocks: those of `changed` (in order) I_PCM, the others skipped."""
    if not changed:
        return skip_slice(syntax, first_mb=0, macroblocks=macroblocks, frame_num=frame_num)
    head = _delta_head(syntax, frame_num % (1 << syntax.frame_num_bits), changed[0][0])
    pieces = [head, changed[0][1]]
    at = changed[0][0] + 1
    for index, pcm in changed[1:]:
        pieces.append(_pcm_after_skip(index - at))
        pieces.append(pcm)
        at = index + 1
    pieces.append(_end_after_skip(macroblocks - at))
    return b"".join(pieces)


@cache
def _delta_head(syntax: SliceSyntax, frame_num: int, skip: int) -> bytes:
    head = slice_header(syntax, key=False, first_mb=0, frame_num=frame_num)
    return bytes([_SLICE_HEADER[False]]) + escape(packed(head + _pcm_in_p(skip)))
