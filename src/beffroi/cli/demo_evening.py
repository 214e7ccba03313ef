"""The evening before the demo's first start: twenty minutes of six cameras, a bin fire at 21 h 40, held."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tqdm import tqdm

from beffroi.cli import init
from beffroi.core.clock import SystemClock
from beffroi.core.config import Config
from beffroi.core.instants import US_PER_S, to_us
from beffroi.engine.contract import GapCause, StreamName
from beffroi.engine.decode import pictures, thumbs
from beffroi.engine.keys import open_vault
from beffroi.engine.record.footage import Footage
from beffroi.engine.record.recorder import StreamRecorder
from beffroi.engine.rtp.parameter_sets import ParameterSets
from beffroi.engine.stream import AccessUnit, Codec, CodecConfig
from beffroi.engine.vault.vault import Vault
from beffroi.engine.vault.wrapping import thumbnails_key
from beffroi.simulator.cameras import CameraSpec, read_cameras
from beffroi.simulator.evening import Evening, Shot
from beffroi.simulator.preparation import default_cache

CAMERAS = ("c08", "c07", "c22", "c04", "c03", "c24")
"""Those around the Place de la Capelle; half of them see the fire."""
LASTS = timedelta(minutes=20)
HELD = timedelta(days=30)
_ASKED_FROM_S, _ASKED_S = 60, 120
"""What the resident asks about: two minutes of the evening."""
_POOL_WAITING_BYTES = 64_000_000
_THUMBNAIL_US = 10 * US_PER_S
_WRITER_S = 0.05
"""Left to the disk each time so much waits for it."""


class EveningBefore:
    """Written beside the drawing of the town, in a thread of its own, once; the node must wait for it."""

    def __init__(self, config: Config, town: Path) -> None:
        self._thread = threading.Thread(target=_write_once, args=(config, town), name="evening", daemon=True)

    def start(self) -> None:
        """Begins; Django must be ready."""
        self._thread.start()

    def is_over(self) -> bool:
        """True when the footage is in its folder, or could not be made: a thread's own error is on stderr."""
        return not self._thread.is_alive()


def _write_once(config: Config, town: Path) -> None:
    """Writes the evening before now into the local node's footage, and holds it; nothing when it is there already."""
    from django.db import connection

    from beffroi.evidence.hold_rules import HoldKind
    from beffroi.evidence.models import Hold, Requisition
    from beffroi.evidence.services import HoldRequest, hold

    if Hold.objects.filter(pk=_hold_id(CAMERAS[0])).exists():
        return
    evening = _evening_before(datetime.now(ZoneInfo("Europe/Paris")), town)
    specs = [spec for spec in read_cameras(town) if spec.id in CAMERAS]
    fire = Requisition.objects.filter(facts="Incendie de conteneurs").first()
    for spec in specs:  # before the footage: an evening cut short is not written twice
        hold(
            HoldRequest(
                id=_hold_id(spec.id),
                camera=spec.id,
                from_at_us=evening.from_at_us,
                to_at_us=evening.to_at_us,
                until_at_us=evening.to_at_us + HELD // timedelta(microseconds=1),
                subject="Feu de poubelle, place de la Capelle (jeu fictif)",
                kind=HoldKind.INQUIRY if fire else HoldKind.INCIDENT,
                requisition=fire,
            )
        )
    _ask_for_access(evening, specs[0].id)
    connection.close()  # this thread's
    bar: tqdm[Any] = tqdm(desc="the evening before", unit="scene", disable=None, leave=False)
    with bar:
        evening.prepare(specs, lambda done, total: _show(bar, done, total))
    asyncio.run(_record(config, evening, specs))


def _ask_for_access(evening: Evening, camera: str) -> None:
    """A resident who crossed the square that evening wants to see it: the receipt is sent, the identity confirmed."""
    from beffroi.core.instants import from_us
    from beffroi.evidence.access import services
    from beffroi.evidence.access.rules import Kind
    from beffroi.evidence.models import AccessRequest
    from beffroi.people.models import Agent

    officer = Agent.objects.filter(username="dpo").first()
    if officer is None or AccessRequest.objects.exists():
        return
    new = services.NewRequest(
        kind=Kind.ACCESS,
        asker="M. Untel (jeu fictif)",
        address="1 rue Inventée, Millau (jeu fictif)",
        received_on=from_us(services.clock.now_us()).date(),
        place="place de la Capelle",
        cameras=(camera,),
        from_at_us=evening.from_at_us + _ASKED_FROM_S * US_PER_S,
        to_at_us=evening.from_at_us + (_ASKED_FROM_S + _ASKED_S) * US_PER_S,
    )
    row = services.register(new, by=officer)
    services.note_receipt(row, by=officer)
    services.confirm_identity(row, by=officer)


def _hold_id(camera: str) -> str:
    return f"evening-{camera}"


def _evening_before(now: datetime, town: Path) -> Evening:
    """From 21 h 30 to 21 h 50 of yesterday, town time."""
    nine = datetime.combine(now.date() - timedelta(days=1), time(21), tzinfo=now.tzinfo)
    start = to_us(nine + timedelta(minutes=30))
    return Evening(
        from_at_us=start,
        to_at_us=start + LASTS // timedelta(microseconds=1),
        fire_at_us=to_us(nine),
        town=town,
        cache=default_cache(),
    )


def _show(bar: tqdm[Any], done: int, total: int) -> None:
    bar.total, bar.n = total, done
    bar.refresh()


async def _record(config: Config, evening: Evening, specs: list[CameraSpec]) -> None:
    mirror = config.data / config.node.vault_mirror if config.node.vault_mirror else None
    vault = open_vault(config.data / "node", mirror=mirror)
    footage = Footage.open(config.footage, clock=SystemClock(), node=init.LOCAL_NODE, create=True, vault=vault)
    still = partial(_keep_still, folder=config.footage, vault=vault)
    await footage.start()
    try:
        for spec in specs:
            await _record_stream(footage, evening.shots(spec, "main"), footage.recorder(spec.id, StreamName.MAIN))
            shots = _with_stills(partial(still, spec.id), evening.shots(spec, "sub"))
            await _record_stream(footage, shots, footage.recorder(spec.id, StreamName.SUB))
    finally:
        await footage.close()


async def _record_stream(footage: Footage, shots: Iterator[Shot], recorder: StreamRecorder) -> None:
    at_us = None
    for shot in shots:
        if at_us is None:
            recorder.open_run(_config(shot), shot.at_us)
        at_us = shot.at_us
        parts = [piece for nal in shot.nals for piece in (len(nal).to_bytes(4, "big"), nal)]
        size_bytes = sum(map(len, parts))
        recorder.frame(AccessUnit(parts, size_bytes, shot.ticks90k, at_us=at_us, is_key=shot.is_key))
        if footage.pool.bytes > _POOL_WAITING_BYTES:
            await asyncio.sleep(_WRITER_S)
    if at_us is not None:
        recorder.close_run(GapCause.CLOSED, at_us)


def _config(shot: Shot) -> CodecConfig:
    codec: Codec = "h264" if len(shot.parameter_sets) == 2 else "h265"
    config = ParameterSets(codec, shot.parameter_sets).config()
    assert config is not None, "the simulator gives whole parameter sets"
    return config


def _keep_still(camera: str, still: thumbs.Thumbnail, *, folder: Path, vault: Vault) -> None:
    thumbs.append(folder, camera, still, key=thumbnails_key(vault.hour_key(camera, still.at_us)))


def _with_stills(keep: Callable[[thumbs.Thumbnail], None], shots: Iterator[Shot]) -> Iterator[Shot]:
    """The same shots; keeps one thumbnail each ten seconds on the way, as a node does."""
    due_at_us = 0
    for shot in shots:
        if shot.is_key and shot.at_us >= due_at_us:
            due_at_us = shot.at_us + _THUMBNAIL_US
            sample = b"".join(len(nal).to_bytes(4, "big") + nal for nal in shot.nals)
            picture = pictures.last_picture(_config(shot), [(shot.ticks90k, sample)], shot.ticks90k)
            if picture is not None:
                jpeg = pictures.jpeg(picture, width_px=pictures.THUMBNAIL_WIDTH_PX)
                keep(thumbs.Thumbnail(at_us=shot.at_us, jpeg=jpeg))
        yield shot
