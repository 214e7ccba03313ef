"""Thumbnails of a camera, packed in one file an hour: `thumbnails/CAMERA/YYYY-MM-DD/HH.thumbs`.

A file is records end to end: `thmb`, u32 bytes, i64 instant, u32 CRC-32 of what follows, the picture (JPEG). In an
encrypted record, `thme`, what follows is a nonce and the picture under AES-128-GCM, bound to camera and instant.
Appending is crash-safe: a torn last record fails its checksum and is cut off before the next one is written.
They are derived pictures: they die with the hour they show, counted from its start. No `av` here.
"""

from __future__ import annotations

import os
import secrets
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from beffroi.core.instants import US_PER_S, to_us
from beffroi.engine.contract import Erasure
from beffroi.engine.index.rows import thumbnails_path
from beffroi.engine.vault.ring import KeyRing
from beffroi.engine.vault.wrapping import FootageSealed

FOLDER = "thumbnails"
LEGAL_RETENTION_S = 30 * 86_400
"""For a camera whose retention is not known any more. Source: CSI L252-5."""
_HEAD = struct.Struct(">4sIqI")
_MAGIC, _SEALED = b"thmb", b"thme"
_NONCE_BYTES = 12
_PICTURE_MAX_BYTES = 1 << 20
_HOUR_US = 3600 * US_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """One picture and its instant."""

    at_us: int
    jpeg: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunedHour:
    """A file that was destroyed."""

    camera: str
    start_at_us: int
    bytes: int


def hour_path(folder: Path, camera: str, at_us: int) -> Path:
    """The file that holds the thumbnails of an instant's hour."""
    return folder / thumbnails_path(camera, at_us)


def key_of(keys: KeyRing | None, camera: str, at_us: int) -> bytes:
    """The key of an instant's thumbnails; nothing when pictures are kept plain.

    Errors: FootageSealed when it is not made yet, or gone.
    """
    return keys.thumbnails_key(camera, at_us) if keys is not None else b""


def _bound(camera: str, at_us: int) -> bytes:
    return f"{camera} {at_us}".encode()


def append(folder: Path, camera: str, thumbnail: Thumbnail, *, key: bytes = b"") -> None:
    """Add a picture to its hour, encrypted when there is a key. Blocking.

    Errors: OSError.
    """
    path = hour_path(folder, camera, thumbnail.at_us)
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        end = max((one.offset + _HEAD.size + one.size for one in _records(fd)), default=0)
        os.ftruncate(fd, end)
        content = thumbnail.jpeg
        if key:
            nonce = secrets.token_bytes(_NONCE_BYTES)
            content = nonce + AESGCM(key).encrypt(nonce, content, _bound(camera, thumbnail.at_us))
        head = _HEAD.pack(_SEALED if key else _MAGIC, len(content), thumbnail.at_us, zlib.crc32(content))
        os.pwrite(fd, head + content, end)
    finally:
        os.close(fd)


def nearest(folder: Path, camera: str, at_us: int, *, within_us: int, keys: KeyRing | None = None) -> Thumbnail | None:
    """The kept thumbnail nearest to an instant, within a distance; none that no key opens. Blocking."""
    best: Thumbnail | None = None
    hours = {hour_path(folder, camera, moment) for moment in (at_us - within_us, at_us, at_us + within_us)}
    for path in hours:
        open_one = partial(_open, camera=camera, keys=keys)
        found = _nearest_in(path, at_us, within_us if best is None else abs(best.at_us - at_us) - 1, open_one=open_one)
        best = found or best
    return best


def _open(record: _Record, content: bytes, *, camera: str, keys: KeyRing | None) -> bytes | None:
    """The picture in a record; None when it is not whole, or its key is gone."""
    if len(content) != record.size or zlib.crc32(content) != record.checksum:
        return None
    if record.magic == _MAGIC:
        return content
    try:
        key = key_of(keys, camera, record.at_us)
        nonce, content = content[:_NONCE_BYTES], content[_NONCE_BYTES:]
        return AESGCM(key).decrypt(nonce, content, _bound(camera, record.at_us)) if key else None
    except (FootageSealed, InvalidTag):
        return None


def _nearest_in(
    path: Path, at_us: int, within_us: int, *, open_one: Callable[[_Record, bytes], bytes | None]
) -> Thumbnail | None:
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        near = [record for record in _records(fd) if abs(record.at_us - at_us) <= within_us]
        for record in sorted(near, key=lambda record: abs(record.at_us - at_us)):
            picture = open_one(record, os.pread(fd, record.size, record.offset + _HEAD.size))
            if picture is not None:
                return Thumbnail(at_us=record.at_us, jpeg=picture)
        return None
    finally:
        os.close(fd)


class _Record(NamedTuple):
    magic: bytes
    size: int
    at_us: int
    checksum: int
    offset: int


def _records(fd: int) -> Iterator[_Record]:
    """Each whole record; stops at the first torn one."""
    offset, end = 0, os.fstat(fd).st_size
    while offset + _HEAD.size <= end:
        magic, size, at_us, checksum = _HEAD.unpack(os.pread(fd, _HEAD.size, offset))
        next_offset = offset + _HEAD.size + size
        if magic not in (_MAGIC, _SEALED) or size > _PICTURE_MAX_BYTES or next_offset > end:
            return
        if next_offset == end and zlib.crc32(os.pread(fd, size, offset + _HEAD.size)) != checksum:
            return
        yield _Record(magic, size, at_us, checksum, offset)
        offset = next_offset


def prune(folder: Path, retentions_s: Mapping[str, int], now_us: int) -> list[PrunedHour]:
    """Destroy the hours whose retention, by camera, is over; returns them. Blocking; may be repeated after a crash.

    A hold keeps files, not these: the hour's other minutes may not outlive their own.
    A camera that is no longer known keeps the retention it last had, or the longest the law allows.
    """
    pruned: list[PrunedHour] = []
    root = folder / FOLDER
    for camera in sorted(root.iterdir()) if root.is_dir() else ():
        retention_s = _retention_s(camera, retentions_s.get(camera.name))
        for path in sorted(camera.glob("????-??-??/??.thumbs")):
            start_us = _start_us(path)
            if start_us is None or not is_due(start_us, retention_s, now_us):
                continue
            pruned.append(_destroyed(path, start_us))
    return pruned


def erase(folder: Path, erasures: Iterable[Erasure]) -> list[PrunedHour]:
    """Destroy the hours that these spans touch, whatever their retention and holds; returns them. Blocking."""
    erased: list[PrunedHour] = []
    for one in erasures:
        for path in sorted((folder / FOLDER / one.camera).glob("????-??-??/??.thumbs")):
            start_us = _start_us(path)
            if start_us is not None and start_us < one.before_at_us and one.from_at_us < start_us + _HOUR_US:
                erased.append(_destroyed(path, start_us))
    return erased


def _destroyed(path: Path, start_us: int) -> PrunedHour:
    size = path.stat().st_size
    path.unlink()
    _remove_if_empty(path.parent)
    return PrunedHour(camera=path.parent.parent.name, start_at_us=start_us, bytes=size)


def is_due(start_us: int, retention_s: int, now_us: int) -> bool:
    """True when the hour that starts here must be gone: counted from its start."""
    return start_us + retention_s * US_PER_S <= now_us


def _retention_s(camera: Path, known: int | None) -> int:
    kept = camera / "retention_s"
    if known is None:
        try:
            return min(int(kept.read_text()), LEGAL_RETENTION_S)
        except (OSError, ValueError):
            return LEGAL_RETENTION_S
    if not kept.exists() or kept.read_text() != str(known):
        kept.write_text(str(known))
    return known


def _start_us(path: Path) -> int | None:
    try:
        start = datetime.strptime(f"{path.parent.name} {path.stem}", "%Y-%m-%d %H")
    except ValueError:
        return None
    return to_us(start.replace(tzinfo=UTC))


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return  # not empty: other hours of the day are kept
