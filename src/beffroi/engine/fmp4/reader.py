"""Reads back what `init` and `fragment` write, from bytes nobody vouches for.

Every length is checked against what is there, every loop advances, nothing larger than `MAX_HEADER_BYTES`
is read into memory at once. A file cut anywhere parses up to its last whole fragment.
"""

from __future__ import annotations

import json
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from beffroi.engine.fmp4.fragment import FIXED_BYTES, Clocks, from_ntp64, pack_header
from beffroi.engine.fmp4.init import SYNC_SAMPLE, Identity
from beffroi.engine.fmp4.records import MalformedRecord, config_from_record
from beffroi.engine.stream import Codec, CodecConfig

MAX_HEADER_BYTES = 4 << 20
"""Largest `moov` or `moof` accepted: one with 300,000 samples."""
_FIRST_READ_BYTES = 4096
_WRAPPED_KEY = re.compile(r"([0-9a-f]{48})?")
_TRUN_AT = 100
_LAYOUT = (b"mfhd", b"traf", b"tfhd", b"tfdt", b"trun")


class MalformedFile(ValueError):
    """Bytes that are not a file of ours; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InitSegment:
    """What the start of a file says. `size_bytes` is where the first fragment begins."""

    size_bytes: int
    configs: tuple[CodecConfig, ...]
    identity: Identity | None

    @property
    def wrapped_key(self) -> bytes:
        """The wrapped key of an encrypted file; nothing when it is plain."""
        return bytes.fromhex(self.identity.key) if self.identity else b""


@dataclass(frozen=True, slots=True)
class Sample:
    """One frame of a fragment. `offset` is absolute in the file; `ticks90k` is presentation time in the file."""

    offset: int
    size: int
    decode_ticks90k: int
    duration_ticks90k: int
    ticks90k: int
    is_key: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFragment:
    """A whole fragment: `header` holds its bytes up to the first sample, `size` all of them.

    `start_at_us` is the instant of its first sample (`prft`), `start_ticks90k` that sample's presentation time.
    """

    offset: int
    size: int
    start_at_us: int
    start_ticks90k: int
    header: bytes
    samples: tuple[Sample, ...]

    @property
    def is_key(self) -> bool:
        return self.samples[0].is_key

    @property
    def duration_ticks90k(self) -> int:
        """From the first sample's presentation to the end of the last one shown."""
        last = max(self.samples, key=lambda sample: sample.ticks90k)
        end = max(self.samples[-1].decode_ticks90k + self.samples[-1].duration_ticks90k, last.ticks90k + 1)
        return end - self.start_ticks90k

    def at_us(self, sample: Sample) -> int:
        """The instant of a sample of this fragment."""
        return self.start_at_us + round((sample.ticks90k - self.start_ticks90k) * 100 / 9)


def _pread(fd: int, size: int, offset: int) -> bytes:
    chunks = []
    while size > 0:
        chunk = os.pread(fd, size, offset)
        if not chunk:
            break
        chunks.append(chunk)
        size -= len(chunk)
        offset += len(chunk)
    return b"".join(chunks)


def children(buffer: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, payload start, end) of each box in `buffer[start:end]`.

    Errors: MalformedFile at the first box that does not fit.
    """
    while start < end:
        if end - start < 8:
            raise MalformedFile("a box header is cut")
        size, kind = struct.unpack_from(">I4s", buffer, start)
        if size < 8 or start + size > end:
            raise MalformedFile(f"box {kind!r} runs past its parent")
        yield kind, start + 8, start + size
        start += size


def find(buffer: bytes, start: int, end: int, *path: bytes) -> tuple[int, int]:
    """Payload of the first box of each kind in turn, one inside the other.

    Errors: MalformedFile when there is none.
    """
    for wanted in path:
        for kind, inner, stop in children(buffer, start, end):
            if kind == wanted:
                start, end = inner, stop
                break
        else:
            raise MalformedFile(f"no {wanted.decode('ascii', 'replace')} box")
    return start, end


def read_init(fd: int) -> InitSegment:
    """The initialisation segment at the start of the file.

    Errors: MalformedFile.
    """
    try:
        return _read_init(fd)
    except (struct.error, IndexError, MalformedRecord) as error:
        raise MalformedFile(f"initialisation segment: {error}") from None


def _read_init(fd: int) -> InitSegment:
    offset = 0
    for _ in range(8):
        size, kind = struct.unpack(">I4s", _pread(fd, 8, offset))
        if size < 8 or size > MAX_HEADER_BYTES:
            raise MalformedFile(f"box {kind!r} has an impossible size")
        if kind == b"moov":
            moov = _pread(fd, size, offset)
            if len(moov) != size:
                raise MalformedFile("moov is cut")
            configs = _configs(moov)
            if not configs:
                raise MalformedFile("no track")
            return InitSegment(size_bytes=offset + size, configs=configs, identity=_identity(moov))
        offset += size
    raise MalformedFile("no moov box")


def _configs(moov: bytes) -> tuple[CodecConfig, ...]:
    tracks = [(start, end) for kind, start, end in children(moov, 8, len(moov)) if kind == b"trak"]
    return tuple(_config(moov, *track) for track in tracks)


def _config(moov: bytes, start: int, end: int) -> CodecConfig:
    """The configuration of one track, which has one sample entry."""
    start, end = find(moov, start, end, b"mdia", b"minf", b"stbl", b"stsd")
    for kind, inner, stop in children(moov, start + 8, end):
        if kind == b"encv":
            original, _ = find(moov, inner + 78, stop, b"sinf", b"frma")
            kind = moov[original : original + 4]
        record_kind = {b"avc1": b"avcC", b"hvc1": b"hvcC"}.get(kind)
        if record_kind is None:
            raise MalformedFile(f"sample entry {kind!r} is not one of ours")
        width_px, height_px = struct.unpack_from(">HH", moov, inner + 24)
        begin, finish = find(moov, inner + 78, stop, record_kind)
        codec: Codec = "h264" if kind == b"avc1" else "h265"
        return config_from_record(codec, moov[begin:finish], width_px=width_px, height_px=height_px)
    raise MalformedFile("no sample entry")


def _identity(moov: bytes) -> Identity | None:
    try:
        start, end = find(moov, 8, len(moov), b"udta", b"bffr")
        identity = Identity(**json.loads(moov[start:end]))
    except (MalformedFile, ValueError, TypeError, RecursionError):
        return None
    texts = (identity.camera, identity.stream, identity.node, identity.key)
    numbers = (identity.run, identity.file, identity.start_at_us, identity.start_ticks90k)
    sound = all(type(text) is str for text in texts) and all(type(number) is int for number in numbers)
    sound = sound and _WRAPPED_KEY.fullmatch(identity.key) is not None
    return identity if sound else None


def fragments(fd: int, offset: int, end: int) -> Iterator[ReadFragment]:
    """Whole fragments of `[offset, end)` in order; stops without error at the first that is cut or malformed."""
    while offset < end:
        try:
            fragment = read_fragment(fd, offset, end)
        except MalformedFile:
            return
        yield fragment
        offset += fragment.size


def read_fragment(fd: int, offset: int, end: int) -> ReadFragment:
    """The fragment at `offset`, whole before `end`.

    Errors: MalformedFile.
    """
    try:
        header = _fragment_header(fd, offset, end)
        return _parse_fragment(header, offset, end)
    except (struct.error, IndexError, OverflowError) as error:
        raise MalformedFile(f"fragment at {offset}: {error}") from None


def _fragment_header(fd: int, offset: int, end: int) -> bytes:
    """Bytes from `prft` to the header of `mdat`."""
    buffer = _pread(fd, min(_FIRST_READ_BYTES, end - offset), offset)
    prft_bytes, kind, moof_bytes, next_kind = struct.unpack_from(">I4s24xI4s", buffer)
    if kind != b"prft" or prft_bytes != 32 or next_kind != b"moof" or not 8 <= moof_bytes <= MAX_HEADER_BYTES:
        raise MalformedFile(f"no fragment at {offset}")
    wanted = prft_bytes + moof_bytes + 8
    if wanted > len(buffer):
        buffer += _pread(fd, min(wanted, end - offset) - len(buffer), offset + len(buffer))
    if len(buffer) < wanted:
        raise MalformedFile(f"the fragment at {offset} is cut")
    return buffer[:wanted]


def _parse_fragment(header: bytes, offset: int, end: int) -> ReadFragment:
    mdat_bytes, kind = struct.unpack_from(">I4s", header, len(header) - 8)
    size = len(header) - 8 + mdat_bytes
    if kind != b"mdat" or mdat_bytes < 8 or offset + size > end:
        raise MalformedFile(f"the fragment at {offset} is cut")
    if tuple(header[at : at + 4] for at in (44, 60, 68, 84, 104)) != _LAYOUT:
        raise MalformedFile(f"the fragment at {offset} is not laid out as ours")
    ntp, start_ticks90k = struct.unpack_from(">QQ", header, 16)
    (decode_ticks,) = struct.unpack_from(">Q", header, 92)
    (trun_bytes,) = struct.unpack_from(">I", header, _TRUN_AT)
    if trun_bytes > len(header) - 8 - _TRUN_AT:
        raise MalformedFile(f"the fragment at {offset} has a trun too long")
    samples = _samples(header[108 : _TRUN_AT + trun_bytes], offset + len(header), decode_ticks)
    if not samples or sum(sample.size for sample in samples) != mdat_bytes - 8:
        raise MalformedFile(f"the fragment at {offset} does not hold its samples")
    return ReadFragment(
        offset=offset,
        size=size,
        start_at_us=from_ntp64(ntp),
        start_ticks90k=start_ticks90k,
        header=header,
        samples=samples,
    )


def _samples(trun: bytes, offset: int, decode_ticks90k: int) -> tuple[Sample, ...]:
    version_flags, count, _, first_flags = struct.unpack_from(">IIII", trun)
    signed = version_flags & 0x800
    row = struct.Struct(">IIi" if signed else ">II")
    if version_flags & 0xFFFFFF not in (0x305, 0xB05) or 16 + count * row.size != len(trun):
        raise MalformedFile("trun is not one of ours")
    samples = []
    is_key = first_flags == SYNC_SAMPLE
    for fields in row.iter_unpack(trun[16:]):
        duration, size = fields[0], fields[1]
        shift = fields[2] if signed else 0
        samples.append(Sample(offset, size, decode_ticks90k, duration, decode_ticks90k + shift, is_key))
        offset += size
        decode_ticks90k += duration
        is_key = False
    return tuple(samples)


def trimmed(fragment: ReadFragment, frames: int) -> bytes:
    """The header of a fragment with only its first `frames` frames; its samples follow unchanged."""
    ntp, presentation = struct.unpack_from(">QQ", fragment.header, 16)
    (sequence,) = struct.unpack_from(">I", fragment.header, 52)
    (decode,) = struct.unpack_from(">Q", fragment.header, 92)
    version_flags, _, _, first_flags = struct.unpack_from(">4I", fragment.header, 108)
    fields_each = 3 if version_flags & 0x800 else 2
    return pack_header(
        Clocks(ntp, presentation, decode),
        struct.unpack_from(f">{fields_each * frames}I", fragment.header, FIXED_BYTES),
        sequence=sequence,
        version_flags=version_flags,
        frames=frames,
        first_flags=first_flags,
        payload_bytes=sum(sample.size for sample in fragment.samples[:frames]),
    )
