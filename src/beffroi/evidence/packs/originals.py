"""Originals on their way into a pack: read from the node, hashed while they are written, never held in memory."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from beffroi.core.errors import DataLoss, Unavailable
from beffroi.core.instants import from_us
from beffroi.evidence.packs.boxes import meta_box
from beffroi.evidence.packs.contract import PackCamera

FOLDER = "original"
_PRFT_BYTES = 32
_MDAT_HEADER_BYTES = 8


class Reading(Protocol):
    """What an answer of a node is to us."""

    def readinto(self, buffer: memoryview, /) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What the file says of its making."""

    camera: PackCamera
    town: str
    operator: str
    exported_at_us: int


@dataclass(slots=True)
class Names:
    """Names given in this pack; none twice."""

    given: set[str] = field(default_factory=set)

    def new(self, camera: PackCamera, start_at_us: int) -> str:
        """`original/C03-20261106T154208Z.mp4`; the camera's own words never reach a path."""
        mark = "".join(one for one in camera.number if one.isascii() and one.isalnum()) or camera.id
        stem = f"{FOLDER}/{mark}-{from_us(start_at_us):%Y%m%dT%H%M%SZ}"
        name, turn = f"{stem}.mp4", 2
        while name in self.given:
            name, turn = f"{stem}-{turn}.mp4", turn + 1
        self.given.add(name)
        return name


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the node said of an original, and by recorded file the digests of its fragments."""

    told: Mapping[str, Any]
    digests: list[list[str]]


def write(reply: Reading, path: Path, expected: Expected, *, label: Label) -> dict[str, Any]:
    """Write one original durably; returns what the manifest says of it, but its path and camera.

    Errors: DataLoss when a fragment is not the one that was recorded, Unavailable when the node broke off.
    """
    told, whole = expected.told, hashlib.sha256()
    with path.open("xb") as out:
        head = bytes(_read(reply, told["head_bytes"])) + meta_box(
            told["start_at_us"],
            unit=label.town,
            operator=label.operator,
            camera=f"{label.camera.number} {label.camera.name}",
            exported_at_us=label.exported_at_us,
        )
        out.write(head)
        whole.update(head)
        offset, fragments = len(head), []
        for one, part in _parts(reply, told["fragments"]):
            fragment = _fragment(part, one, offset)
            known = expected.digests[one["file"]]
            if known and known[one["number"]] != fragment["payload_sha256"]:
                raise _changed(path.name, offset)
            out.write(part)
            whole.update(part)
            fragments.append(fragment)
            offset += one["bytes"]
        out.flush()
        os.fsync(out.fileno())
    kept = ("run", "codec", "mime_codec", "width_px", "height_px", "start_at_us", "end_at_us", "frames")
    return {name: told[name] for name in kept} | {
        "bytes": offset,
        "sha256": whole.hexdigest(),
        "head_bytes": len(head),
        "head_sha256": hashlib.sha256(head).hexdigest(),
        "fragments": fragments,
    }


def _parts(reply: Reading, told: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Mapping[str, Any], memoryview]]:
    """Each fragment with its bytes; the next is read while one is hashed: node and worker do not wait in turn."""
    with ThreadPoolExecutor(1) as ahead:
        coming = [ahead.submit(_read, reply, one["bytes"]) for one in told[:1]]
        for number, one in enumerate(told):
            part = coming.pop().result()
            coming += [ahead.submit(_read, reply, after["bytes"]) for after in told[number + 1 : number + 2]]
            yield one, part


def _fragment(part: memoryview, told: Mapping[str, Any], offset: int) -> dict[str, Any]:
    kind, moof_bytes = bytes(part[_PRFT_BYTES + 4 : _PRFT_BYTES + 8]), struct.unpack_from(">I", part, _PRFT_BYTES)[0]
    cut = _PRFT_BYTES + moof_bytes + _MDAT_HEADER_BYTES
    if kind != b"moof" or cut > len(part):
        raise _changed("original", offset)
    return dict(told) | {
        "offset": offset,
        "boxes": cut,
        "boxes_sha256": hashlib.sha256(part[:cut]).hexdigest(),
        "payload_sha256": hashlib.sha256(part[cut:]).hexdigest(),
    }


def _read(reply: Reading, size: int) -> memoryview:
    view = memoryview(bytearray(size))
    at = 0
    while at < size:
        count = reply.readinto(view[at:])
        if not count:
            raise Unavailable(
                "The recorder broke off in the middle of a file; the pack is made again from the start.",
                message_fr="L'enregistreur s'est interrompu au milieu d'un fichier ; le dossier est refait du début.",
                field="node",
            )
        at += count
    return view


def _changed(name: str, offset: int) -> DataLoss:
    return DataLoss(
        f"{name}: the images at byte {offset} are not those that were recorded; run `beffroi footage check`.",
        message_fr=f"{name} : les images à l'octet {offset} ne sont pas celles qui ont été enregistrées ; lancez "
        "`beffroi footage check`.",
    )
