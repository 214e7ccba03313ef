"""A sealed pack of invented footage, as `ref/pack.md` §2 lays it out: recorded by the real recorder, cut by the real
originals, each picture with its instant burnt in. It begins twenty seconds before October's second 02:00."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from beffroi.core.clock import FakeClock
from beffroi.engine.contract import GapCause, StreamName
from beffroi.engine.fmp4.cenc import samples_digest
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.originals import Original, originals_of
from beffroi.engine.record.footage import Footage
from beffroi.engine.record.settings import FootageSettings
from beffroi.evidence.packs.reader import reader_page
from beffroi.simulator.burnt_clock import CELL_H_PX, CELL_W_PX, burn, clock_text, first_column, glyph
from tests.engine.fmp4.clips import Clip, Picture, encoded
from tests.engine.record.driving import feed

US = 1_000_000
FPS = 10
FRAME_US = US // FPS
WIDTH_PX, HEIGHT_PX = 640, 360
START_AT_US = round(datetime(2026, 10, 25, 0, 59, 40, tzinfo=UTC).timestamp()) * US
SECONDS = 40
GAP_S = (16, 22)
"""Of camera C01: nothing was recorded in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPack:
    """The folder, and its manifest as it was written."""

    folder: Path
    manifest: dict[str, Any]

    def originals(self, camera: str) -> list[Any]:
        return [one for one in self.manifest["originals"] if one["camera"] == camera]


@dataclass(frozen=True, slots=True)
class _Camera:
    id: str
    number: str
    name: str
    codec: Any
    b_frames: int
    stretches_s: tuple[tuple[int, int], ...]


CAMERAS = (
    _Camera("c01", "C01", "Place du Mandarous → bd de Bonald", "h264", 0, ((0, GAP_S[0]), (GAP_S[1], SECONDS))),
    _Camera("c02", "C02", "Rue de la Capelle", "h264", 3, ((0, SECONDS),)),
    _Camera("c03", "C03", "Passage du beffroi", "h265", 0, ((0, 6),)),
)


def sealed_pack(folder: Path) -> SealedPack:
    """Records, cuts and writes the pack `R-2026-039` under `folder`. Its data are invented: jeu fictif."""
    footage = folder / "footage"
    # The browser's driver keeps a loop in this thread.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(lambda: asyncio.run(_record(footage))).result()
    pack = folder / "R-2026-039"
    (pack / "original").mkdir(parents=True)
    (pack / "lecteur").mkdir()
    (pack / "lecteur/index.html").write_bytes(reader_page())
    cameras, originals = [], []
    with FootageReader(footage) as reader:
        for camera in CAMERAS:
            mine = [
                _original(pack, camera, one)
                for one in originals_of(reader, camera.id, (START_AT_US, START_AT_US + SECONDS * US))
            ]
            gaps = reader.gaps(camera.id, StreamName.MAIN, START_AT_US, START_AT_US + SECONDS * US)
            cameras.append(_fields(camera, mine, [(gap.from_at_us, gap.to_at_us, gap.cause.value) for gap in gaps]))
            originals += mine
    manifest = _manifest(pack, cameras, originals)
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
    (pack / "manifest.json").write_text(text)
    return SealedPack(folder=pack, manifest=manifest)


async def _record(folder: Path) -> None:
    clock = FakeClock(START_AT_US + SECONDS * US)
    settings = FootageSettings(tick_s=0.05)
    footage = Footage.open(folder, clock=clock, node="n1", create=True, settings=settings)
    await footage.start()
    for camera in CAMERAS:
        recorder = footage.recorder(camera.id, StreamName.MAIN)
        for from_s, to_s in camera.stretches_s:
            start = START_AT_US + from_s * US
            recorder.close_run(GapCause.SILENT, feed(recorder, _clip(camera, from_s, to_s), from_at_us=start))
    await footage.close()


def _clip(camera: _Camera, from_s: int, to_s: int) -> Clip:
    pictures = (_picture(START_AT_US + number * FRAME_US) for number in range(from_s * FPS, to_s * FPS))
    return encoded(pictures, camera.codec, fps=FPS, gop=FPS, b_frames=camera.b_frames)


@cache
def _ground(turn: int) -> Picture:
    """A slow gradient."""
    across = np.arange(WIDTH_PX)[None, :, None] / 4 + turn
    down = np.arange(HEIGHT_PX)[:, None, None] / 3
    return np.asarray((across + down + np.array([0, 40, 80])) % 160, np.uint8)


def _picture(at_us: int) -> Picture:
    rgb = _ground(at_us // FRAME_US % 20).copy()
    text = clock_text(at_us, dated=True)
    for place, char in enumerate(text, first_column(WIDTH_PX, text)):
        cell = np.s_[:CELL_H_PX, place * CELL_W_PX : (place + 1) * CELL_W_PX]
        rgb[cell] = burn(rgb[cell].astype(np.float32), *glyph(char))
    return rgb


def _original(pack: Path, camera: _Camera, made: Original) -> dict[str, Any]:
    content = b"".join(made.chunks())
    fields = made.fields({row.id: 0 for row, _ in made.seats})
    start = datetime.fromtimestamp(fields["start_at_us"] / US, UTC)
    path = f"original/{camera.number}-{start:%Y%m%dT%H%M%SZ}.mp4"
    (pack / path).write_bytes(content)
    fragments = list(_fragments(content, fields["fragments"]))
    head = hashlib.sha256(content[: fields["head_bytes"]]).hexdigest()
    mine = {"path": path, "camera": camera.id, "head_sha256": head, "sha256": hashlib.sha256(content).hexdigest()}
    return {**fields, **mine, "fragments": fragments}


def _fragments(content: bytes, listed: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in listed:
        whole = content[one["offset"] : one["offset"] + one["bytes"]]
        boxes = whole.index(b"mdat") + 4
        digests = {
            "boxes_sha256": hashlib.sha256(whole[:boxes]).hexdigest(),
            "payload_sha256": samples_digest(memoryview(whole)).hex(),
        }
        yield {**one, "boxes": boxes, **digests}


def _fields(
    camera: _Camera, originals: list[dict[str, Any]], gaps: list[tuple[int, int | None, str]]
) -> dict[str, Any]:
    return {
        "id": camera.id,
        "number": camera.number,
        "name": camera.name,
        "place": "Millau, place du Mandarous",
        "node": "n1",
        "gaps": [{"from_at_us": start, "to_at_us": end, "cause": cause} for start, end, cause in gaps],
        "clock": {"offset_ms": 40, "measured_at_us": START_AT_US, "node_synchronised": True, "node_error_ms": 2},
        "masks": [],
        "originals": [one["path"] for one in originals],
        "working_copies": [],
    }


def _manifest(pack: Path, cameras: list[dict[str, Any]], originals: list[dict[str, Any]]) -> dict[str, Any]:
    paths = sorted(str(path.relative_to(pack)) for path in pack.rglob("*") if path.is_file())
    files = [(path, (pack / path).read_bytes()) for path in paths]
    lines = "".join(f"{one['sha256']}  {one['path']}\n" for one in sorted(originals, key=lambda one: str(one["path"])))
    return {
        "format": "beffroi-pack",
        "version": 1,
        "number": "R-2026-039",
        "town": {"name": "Millau", "service": "CSU", "time_zone": "Europe/Paris", "fictional": True},
        "requisition": {"frame": "60-1", "article": "CPP, art. 60-1", "procedure": "2026/01234"},
        "asked": {"from_at_us": START_AT_US, "to_at_us": START_AT_US + SECONDS * US},
        "cameras": cameras,
        "originals": originals,
        "files": [
            {"path": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for path, content in files
        ],
        "originals_sha256": hashlib.sha256(lines.encode()).hexdigest(),
        "stamp": "non horodaté par un tiers",
        "has_reader": True,
    }
