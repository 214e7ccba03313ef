"""Export: one file of a span, samples bit for bit. Source: ref/wire.md §6."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from functools import partial
from typing import Any

from starlette.responses import JSONResponse, Response, StreamingResponse
from typing_extensions import TypedDict

from beffroi.core.clock import synchronisation
from beffroi.core.errors import InvalidInput
from beffroi.core.instants import from_us
from beffroi.engine.contract import StreamName
from beffroi.engine.export import Export, ExportedRun, ExportManifest, manifest_of
from beffroi.engine.gateway.door import Visit
from beffroi.engine.gateway.gate import Gate
from beffroi.engine.gateway.pieces import in_thread, pending_of
from beffroi.engine.gateway.replay import GapForm, from_thread
from beffroi.engine.gateway.replies import integer
from beffroi.engine.originals import FRESH_US, evidence_of, too_fresh
from beffroi.engine.originals import original as original_of

EXPORT_MOST_US = 24 * 3600 * 1_000_000
TICK_MOST_S = 15.0
"""The longest durability tick is 10 s."""


class ConfigForm(TypedDict):
    """How to decode a track; the decoder record in hexadecimal."""

    codec: str
    mime_codec: str
    width_px: int
    height_px: int
    decoder_record: str


class Manifest(TypedDict):
    """What an export holds; see `ExportManifest`."""

    camera: str
    stream: StreamName
    asked_from_at_us: int
    asked_to_at_us: int
    given_from_at_us: int
    given_to_at_us: int
    frames: int
    bytes: int
    sha256: str
    runs: list[ExportedRun]
    gaps: list[GapForm]
    configs: list[ConfigForm]


async def _acknowledged(gate: Gate, visit: Visit) -> None:
    """Wait until the span's newest fragments are indexed: an export holds only what survives a power cut."""
    until_s = gate.clock.monotonic_s() + TICK_MOST_S
    while gate.clock.monotonic_s() < until_s:
        pending = await pending_of(gate, visit.camera, StreamName.MAIN)
        if not any(piece.start_at_us < visit.to_at_us and piece.end_at_us > visit.from_at_us for piece in pending):
            return
        await asyncio.sleep(0.5)


def _checked(visit: Visit) -> None:
    if visit.to_at_us - visit.from_at_us > EXPORT_MOST_US:
        raise InvalidInput("At most one day in one export.", message_fr="Un jour au plus par export.", field="to_at_us")


async def export(gate: Gate, visit: Visit) -> Response:
    """`GET /export/{camera}`: the file."""
    _checked(visit)
    await _acknowledged(gate, visit)
    planned = await in_thread(
        partial(
            Export,
            gate.reader,
            visit.camera,
            StreamName.MAIN,
            from_at_us=visit.from_at_us,
            to_at_us=visit.to_at_us,
        )
    )
    name = f"{visit.camera}-{from_us(planned.given_from_at_us):%Y%m%dT%H%M%SZ}.mp4"
    headers = {"Content-Length": str(planned.bytes), "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(from_thread(planned.chunks()), media_type="video/mp4", headers=headers)


async def evidence(gate: Gate, visit: Visit) -> Response:
    """`GET /export/{camera}/evidence`: what the span's originals are, and what proves them. Reads no picture."""
    _checked(visit)
    if visit.to_at_us > gate.clock.now_us() - FRESH_US:
        raise too_fresh()
    query = visit.request.query_params
    head = query.get("folder", ""), integer(query.get("size"), field="size")
    told = await in_thread(
        partial(evidence_of, gate.reader, visit.camera, (visit.from_at_us, visit.to_at_us), head=head)
    )
    return JSONResponse(told | {"clock": _clock(gate, visit.camera)})


def _clock(gate: Gate, camera: str) -> dict[str, Any]:
    """The camera's clock against ours, as RTCP last told, and what the kernel says of ours."""
    state = gate.uplink.states.get((camera, StreamName.MAIN))
    own = synchronisation()
    return {
        "offset_ms": state.clock_offset_ms if state else None,
        "measured_at_us": gate.clock.now_us(),
        "node_synchronised": own.is_synchronised,
        "node_error_ms": own.error_ms,
    }


async def original(gate: Gate, visit: Visit) -> Response:
    """`GET /export/{camera}/original`: one of those files."""
    _checked(visit)
    number = integer(visit.request.query_params.get("number"), field="number")
    span = visit.from_at_us, visit.to_at_us
    planned = await in_thread(partial(original_of, gate.reader, visit.camera, span, number=number))
    headers = {"Content-Length": str(planned.bytes)}
    return StreamingResponse(from_thread(planned.chunks()), media_type="video/mp4", headers=headers)


async def manifest(gate: Gate, visit: Visit) -> Response:
    """`GET /export/{camera}/manifest`: what that file holds. Reads all of it once."""
    _checked(visit)
    await _acknowledged(gate, visit)
    made = await in_thread(
        partial(
            manifest_of,
            gate.reader,
            visit.camera,
            StreamName.MAIN,
            from_at_us=visit.from_at_us,
            to_at_us=visit.to_at_us,
        )
    )
    return JSONResponse(manifest_fields(made))


def manifest_fields(made: ExportManifest) -> dict[str, Any]:
    """The manifest as JSON: bytes as hexadecimal."""
    fields = asdict(made)
    fields["gaps"] = [{name: gap[name] for name in ("from_at_us", "to_at_us", "cause")} for gap in fields["gaps"]]
    fields["configs"] = [
        {
            "codec": config.codec,
            "mime_codec": config.mime_codec,
            "width_px": config.width_px,
            "height_px": config.height_px,
            "decoder_record": config.decoder_record.hex(),
        }
        for config in made.configs
    ]
    return fields
