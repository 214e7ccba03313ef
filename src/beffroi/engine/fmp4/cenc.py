"""Common Encryption of fragments, scheme `cenc`: AES-128 in counter mode. Source: ISO/IEC 23001-7, design/keys.md.

A fragment keeps its length when it is decrypted: the boxes that say how (`saiz`, `saio`, `senc`; `sinf` in the
initialisation segment) become one `free` box of zeros. Offsets, sizes and tables hold for both forms.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from beffroi.engine.fmp4.init import IV_BYTES
from beffroi.engine.fmp4.reader import MalformedFile, children, find
from beffroi.engine.stream import Codec

if TYPE_CHECKING:  # plain footage pays nothing for keys: 2 MB
    from cryptography.hazmat.primitives.ciphers import CipherContext

KEY_BYTES = 16
_MOOF_AT, _TRAF_AT, _TRUN_AT, _SAMPLES_AT = 32, 56, 100, 124
_DATA_OFFSET_AT = 116
_MOST_NALS = 40
"""`saiz` gives a sample's part of `senc` in one byte: 8 + 2 + 6 × 40 = 250."""
_WHOLE = struct.Struct(">QHHI")
_PART = struct.Struct(">HI")
_U32 = struct.Struct(">I")
_SUBSAMPLES = 2

Buffer = bytearray | memoryview
Part = tuple[int, int]
"""Bytes left clear, then bytes encrypted."""


def _context(key: bytes) -> CipherContext:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    return Cipher(algorithms.AES128(key), modes.CTR(bytes(16))).encryptor()


def _apply(cipher: CipherContext, view: memoryview, *, iv: int, parts: Sequence[Part]) -> None:
    """Encrypt or decrypt one sample in place: one keystream over its encrypted parts."""
    cipher.reset_nonce(iv.to_bytes(IV_BYTES, "big") + bytes(16 - IV_BYTES))
    at = 0
    for clear, size in parts:
        protected = view[at + clear : at + clear + size]
        cipher.update_into(protected, protected)
        at += clear + size


def _parts(sample: memoryview, clear: int) -> list[Part]:
    """The NAL units of a sample: `clear` bytes of length and header, the rest encrypted.

    What is no whole NAL unit, and what follows the fortieth, is encrypted as one part.
    """
    parts: list[Part] = []
    at = 0
    while at < len(sample):
        left = len(sample) - at
        size = 4 + _U32.unpack_from(sample, at)[0] if left >= 4 else left
        if size > left or len(parts) == _MOST_NALS - 1:
            size = left
        parts.append((min(clear, size), max(size - clear, 0)))
        at += size
    return parts


class FragmentCipher:
    """Encrypts the fragments of one file, in order. Its key serves this file alone: an IV is never used twice."""

    __slots__ = ("_cipher", "_clear", "_next_iv")

    def __init__(self, key: bytes, codec: Codec) -> None:
        self._cipher = _context(key)
        self._clear = 4 + (1 if codec == "h264" else 2)
        self._next_iv = 0

    def encrypt(self, header: bytes, sizes: Sequence[int], payload: bytearray) -> bytes:
        """Encrypt the samples in `payload` in place; returns the header to write before them."""
        view, clear = memoryview(payload), self._clear
        iv, at, body, lengths = self._next_iv, 0, bytearray(), bytearray()
        for size in sizes:
            if size > clear and _U32.unpack_from(view, at)[0] == size - 4:
                body += _WHOLE.pack(iv, 1, clear, size - clear)
                parts: Sequence[Part] = ((clear, size - clear),)
            else:
                parts = _parts(view[at : at + size], clear)
                body += struct.pack(">QH", iv, len(parts))
                for part in parts:
                    body += _PART.pack(*part)
            _apply(self._cipher, view[at : at + size], iv=iv, parts=parts)
            lengths.append(IV_BYTES + 2 + 6 * len(parts))
            iv += 1
            at += size
        self._next_iv = iv
        return _with_boxes(header, bytes(body), bytes(lengths))


def _with_boxes(header: bytes, body: bytes, lengths: bytes) -> bytes:
    """The header with `saiz`, `saio` and `senc` behind `trun`."""
    count = len(lengths)
    same = lengths.count(lengths[0]) == count
    listed = b"" if same else lengths
    saiz = struct.pack(">I4sIBI", 17 + len(listed), b"saiz", 0, lengths[0] if same else 0, count) + listed
    first_iv_at = len(header) - 8 - _MOOF_AT + len(saiz) + 20 + 16
    saio = struct.pack(">I4sIII", 20, b"saio", 0, 1, first_iv_at)
    senc = struct.pack(">I4sII", 16 + len(body), b"senc", _SUBSAMPLES, count)
    grown = len(saiz) + len(saio) + len(senc) + len(body)
    made = bytearray().join((header[:-8], saiz, saio, senc, body, header[-8:]))
    for offset in (_MOOF_AT, _TRAF_AT, _DATA_OFFSET_AT):
        _U32.pack_into(made, offset, _U32.unpack_from(header, offset)[0] + grown)
    return bytes(made)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Of an encrypted fragment: where its extra boxes lie, and each sample's IV, size and parts."""

    boxes: Part
    first_sample_at: int
    samples: tuple[tuple[int, int, list[Part]], ...]


def decrypt(fragment: Buffer, key: bytes) -> None:
    """Make a whole encrypted fragment plain, in place; one that is plain already stays as it is.

    Errors: MalformedFile.
    """
    view = memoryview(fragment)
    try:
        layout = _layout(view)
    except (struct.error, IndexError, ValueError) as error:
        raise MalformedFile(f"encrypted fragment: {error}") from None
    if layout is None:
        return
    cipher, at = _context(key), layout.first_sample_at
    for iv, size, parts in layout.samples:
        _apply(cipher, view[at : at + size], iv=iv, parts=parts)
        at += size
    start, end = layout.boxes
    view[start:end] = _free(end - start)


ALTERED = b"altered\0"
"""What the `free` box of an opened fragment begins with when its samples no longer have their digest."""


def mark_altered(plain: Buffer) -> None:
    """Say in an opened fragment that its samples are not what was recorded. Length and offsets stay.

    Errors: MalformedFile when it has no box that was opened.
    """
    view = memoryview(plain)
    (trun_bytes,) = _U32.unpack_from(view, _TRUN_AT)
    at = _TRUN_AT + trun_bytes
    if bytes(view[at + 4 : at + 8]) != b"free":
        raise MalformedFile("a fragment that was never encrypted")
    view[at + 8 : at + 8 + len(ALTERED)] = ALTERED


def digest_of(fragment: bytes, key: bytes) -> bytes:
    """SHA-256 of the samples of a whole encrypted fragment, as they were before encryption.

    Errors: MalformedFile.
    """
    plain = bytearray(fragment)
    decrypt(plain, key)
    return samples_digest(plain)


def samples_digest(plain: Buffer) -> bytes:
    """SHA-256 of the samples of a whole fragment that is plain."""
    (moof_bytes,) = _U32.unpack_from(plain, _MOOF_AT)
    return hashlib.sha256(memoryview(plain)[_MOOF_AT + moof_bytes + 8 :]).digest()


def _layout(view: memoryview) -> _Layout | None:
    (moof_bytes,) = _U32.unpack_from(view, _MOOF_AT)
    header = bytes(view[: _MOOF_AT + moof_bytes + 8])
    (trun_bytes,) = _U32.unpack_from(header, _TRUN_AT)
    start, end = _TRUN_AT + trun_bytes, len(header) - 8
    found = {kind: span for kind, *span in children(header, start, end)}
    if b"senc" not in found:
        return None
    version_flags, count = struct.unpack_from(">II", header, _TRUN_AT + 8)
    stride = 12 if version_flags & 0x800 else 8
    sizes = [_U32.unpack_from(header, _SAMPLES_AT + 4 + stride * number)[0] for number in range(count)]
    senc = header[slice(*found[b"senc"])]
    flags, listed = struct.unpack_from(">II", senc)
    if flags != _SUBSAMPLES or listed != count or start + 8 > end or len(header) + sum(sizes) > len(view):
        raise MalformedFile("a senc that is not one of ours")
    return _Layout((start, end), len(header), tuple(_protected(senc, sizes)))


def _protected(senc: bytes, sizes: Sequence[int]) -> Iterator[tuple[int, int, list[Part]]]:
    at = 8
    for size in sizes:
        iv, count = struct.unpack_from(">QH", senc, at)
        at += 10
        parts = [_PART.unpack_from(senc, at + 6 * number) for number in range(count)]
        at += 6 * count
        if sum(clear + protected for clear, protected in parts) != size:
            raise MalformedFile("a map that does not fit its sample")
        yield iv, size, parts


def plain_init(segment: bytes) -> bytes:
    """An initialisation segment whose samples are no longer encrypted, of the same length.

    Errors: MalformedFile.
    """
    made = bytearray(segment)
    try:
        _, *moov = next(box for box in children(segment, 0, len(segment)) if box[0] == b"moov")
        for kind, start, end in children(segment, *moov):
            if kind == b"trak":
                _make_plain(made, *find(segment, start, end, b"mdia", b"minf", b"stbl", b"stsd"))
    except (struct.error, StopIteration) as error:
        raise MalformedFile(f"initialisation segment: {error}") from None
    return bytes(made)


def _make_plain(made: bytearray, start: int, end: int) -> None:
    for kind, inner, stop in children(bytes(made), start + 8, end):
        if kind == b"encv":
            sinf, sinf_end = find(bytes(made), inner + 78, stop, b"sinf")
            original, _ = find(bytes(made), sinf, sinf_end, b"frma")
            made[inner - 4 : inner] = made[original : original + 4]
            made[sinf - 8 : sinf_end] = _free(sinf_end - sinf + 8)


def _free(size: int) -> bytes:
    return struct.pack(">I4s", size, b"free") + bytes(size - 8)
