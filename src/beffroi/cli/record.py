"""`beffroi record`: the engine alone, a few cameras into a folder of plain files. No web, no Django, no decoding."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import logging
import resource
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from beffroi.cli.main import print_json, said
from beffroi.core.clock import Clock, SystemClock
from beffroi.core.errors import InvalidInput
from beffroi.core.instants import to_rfc3339
from beffroi.core.lifecycle import stop_event
from beffroi.core.redact import redact
from beffroi.engine.contract import CameraState, StreamSource, Transport
from beffroi.engine.record.footage import Footage
from beffroi.engine.record.recorder import StreamRecorder
from beffroi.engine.rtsp import refusals
from beffroi.engine.rtsp.refusals import StreamEnd
from beffroi.engine.source import Source, stream_source

_MAX_CAMERAS = 1000
_NAMES = "cameras.json"
_MAX_SECONDS = 31 * 24 * 3600.0
_BAR = "{desc}: {percentage:3.0f}% |{bar}| {n:.0f}/{total:.0f} s {postfix}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("urls", nargs="+", metavar="URL", help="rtsp://[user:password@]host[:port]/path")
    parser.add_argument("--into", required=True, type=Path, metavar="DIR", help="footage folder, made when absent")
    parser.add_argument("--for", dest="seconds", required=True, type=float, metavar="SECONDS", help="how long")
    parser.add_argument("--transport", choices=[one.value for one in Transport], default="tcp", help="default: tcp")
    parser.add_argument("--json", action="store_true", help="report as JSON on stdout")


@dataclass(frozen=True, slots=True)
class _Camera:
    """One address being recorded."""

    name: str
    url: str
    source: Source
    recorder: StreamRecorder


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recorded:
    """What one run of the command gave; `complaints`: one line for each thing that was refused or lost."""

    cameras: list[dict[str, Any]]
    complaints: list[str]
    max_pool_bytes: int


def run(arguments: argparse.Namespace) -> int:
    """Errors: InvalidInput, Conflict before anything is recorded."""
    if not 0 < arguments.seconds <= _MAX_SECONDS:
        raise InvalidInput(
            "--for takes a number of seconds above 0, at most 31 days.",
            message_fr="--for prend un nombre de secondes supérieur à 0, 31 jours au plus.",
            field="for",
        )
    if len(arguments.urls) > _MAX_CAMERAS:
        raise InvalidInput(
            f"At most {_MAX_CAMERAS} cameras.", message_fr=f"{_MAX_CAMERAS} caméras au plus.", field="url"
        )
    logging.basicConfig(level=logging.ERROR, format="beffroi: %(message)s", stream=sys.stderr)
    transport = Transport(arguments.transport)
    addresses = [_address(number, url, transport) for number, url in enumerate(arguments.urls, 1)]
    clock = SystemClock()
    _allow_many_files()
    footage = Footage.open(arguments.into, clock=clock, node="record", create=True)
    named = dict(zip(_names(arguments.into, addresses), addresses, strict=True))
    recorded = uvloop.run(_record(footage, named, arguments.urls, seconds=arguments.seconds, clock=clock))
    for line in recorded.complaints:
        print(f"beffroi: {line}", file=sys.stderr)
    _print(recorded, as_json=arguments.json)
    return 1 if recorded.complaints else 0


def _address(number: int, url: str, transport: Transport) -> StreamSource:
    """Errors: InvalidInput that says which one it is by its place; it is not repeated, for it may hold a password."""
    try:
        return stream_source(url, transport=transport)
    except refusals.InvalidAddress as error:
        raise InvalidInput(
            f"URL {number}: {error.message}", message_fr=f"URL {number} : {error.message_fr}", field="url"
        ) from None


def _names(folder: Path, addresses: list[StreamSource]) -> list[str]:
    """`c1`, `c2`, …: in a folder that is used again an address keeps its name, and a new one takes the next.

    Addresses are kept as digests: some cameras take their password in the query.
    """
    path = folder / _NAMES
    known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    names: list[str] = []
    for address in addresses:
        digest = hashlib.sha256(address.url.encode()).hexdigest()
        kept = (name for name, of in known.items() if of == digest and name not in names)
        name = next(kept, f"c{len(known) + 1}")
        known[name] = digest
        names.append(name)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(known))
    fresh.replace(path)
    return names


def _allow_many_files() -> None:
    """A camera takes two to four descriptors; systems give 1024 by default and allow more when asked."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _max_rss_bytes() -> int:
    """High-water mark of this program; `ru_maxrss` would count the process that started it too. Source: proc(5)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _print(recorded: _Recorded, *, as_json: bool) -> None:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    if as_json:
        print_json(
            {
                "cameras": recorded.cameras,
                "cpu_s": round(usage.ru_utime + usage.ru_stime, 3),
                "max_rss_bytes": _max_rss_bytes(),
                "max_pool_bytes": recorded.max_pool_bytes,
            }
        )
        return
    for camera in recorded.cameras:
        print(f"{camera['url']}  {camera['frames']} frames  {camera['bytes']} bytes  {len(camera['gaps'])} gaps")


async def _record(
    footage: Footage, named: dict[str, StreamSource], urls: list[str], *, seconds: float, clock: Clock
) -> _Recorded:
    began_s = clock.monotonic_s()
    await footage.start()
    cameras = []
    for (name, address), url in zip(named.items(), urls, strict=True):
        recorder = footage.recorder(name, address.stream)
        source = Source(address, recorder, clock=clock)
        cameras.append(_Camera(name, redact(url), source, recorder))
    stop = stop_event()
    try:
        await asyncio.gather(*(camera.source.start() for camera in cameras))
        await _watch(cameras, stop, until_s=began_s + seconds, clock=clock)
    finally:
        reasons = [_reason(camera.source) for camera in cameras]
        await asyncio.gather(*(camera.source.close() for camera in cameras))
        await footage.close()
    return _Recorded(
        cameras=[_figures(camera, clock.now_us()) for camera in cameras],
        complaints=[line for pair in zip(cameras, reasons, strict=True) for line in _complaints(*pair)],
        max_pool_bytes=footage.pool.high_water_bytes,
    )


def _reason(source: Source) -> StreamEnd | None:
    """Why it does not record now, None when it does."""
    if source.refusal is not None or source.health.frames:
        return source.refusal
    return refusals.stopped_early(is_connected=source.is_connected)


async def _watch(cameras: list[_Camera], stop: asyncio.Event, *, until_s: float, clock: Clock) -> None:
    """Until the time is over or a signal comes; a progress bar when somebody looks."""
    bar = _progress(until_s - clock.monotonic_s()) if sys.stderr.isatty() else None
    shown_s = clock.monotonic_s()
    while not stop.is_set() and (left_s := until_s - clock.monotonic_s()) > 0:
        try:
            async with asyncio.timeout(min(left_s, 1.0) if bar is not None else left_s):
                await stop.wait()
        except TimeoutError:
            pass
        if bar is not None:
            now_s = clock.monotonic_s()
            recording = sum(camera.source.health.state is CameraState.RECORDING for camera in cameras)
            bar.set_postfix_str(f"{recording}/{len(cameras)} cameras", refresh=False)
            bar.update(round(now_s - shown_s, 1))
            shown_s = now_s
    if bar is not None:
        bar.close()


def _progress(seconds: float) -> Any:
    from tqdm import tqdm  # only on a terminal: a recorder in the background should not pay its memory

    return tqdm(total=round(seconds, 1), unit="s", desc="record", file=sys.stderr, bar_format=_BAR)


def _figures(camera: _Camera, stopped_at_us: int) -> dict[str, Any]:
    health, recorder = camera.source.health, camera.recorder
    return {
        "url": camera.url,
        "frames": recorder.frames,
        "bytes": recorder.bytes,
        "gaps": [
            {
                "from_at": to_rfc3339(gap.from_at_us),
                "to_at": to_rfc3339(gap.to_at_us if gap.to_at_us is not None else stopped_at_us),
                "cause": gap.cause.value,
            }
            for gap in recorder.gaps
        ],
        "codec": health.codec or None,
        "width": health.width_px or None,
        "height": health.height_px or None,
        "first_at": to_rfc3339(recorder.first_at_us) if recorder.frames else None,
        "last_at": to_rfc3339(recorder.last_at_us) if recorder.frames else None,
        "refused_tracks": list(camera.source.refused_tracks),
        "camera": camera.name,
    }


def _complaints(camera: _Camera, reason: StreamEnd | None) -> list[str]:
    """One line for each thing lost; none when everything was recorded."""
    recorder = camera.recorder
    if not recorder.frames:
        return [f"{camera.url}: {said(reason or refusals.stopped_early(is_connected=True))}"]
    causes = Counter(gap.cause.value for gap in recorder.gaps)
    lines = [f"{camera.url}: {count} gap(s), cause {cause}." for cause, count in causes.items()]
    if recorder.dropped_frames and not lines:
        lines = [f"{camera.url}: {recorder.dropped_frames} frames were not written."]
    if reason is not None:
        lines.append(f"{camera.url}: {said(reason)}")
    return lines
