"""`beffroi bench pack`: evidence packs as the worker makes them, from a real node's gateway, until they are on disk.

Four cameras of the demo's town at 1080p25, encrypted, written by the node's recorder faster than real time; a node in
its own process serves them. Measured: ten minutes of one camera, then an hour of all four, without working copy;
each pack is verified afterwards, apart, by the verifier that lies in it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beffroi.core.clock import SystemClock
from beffroi.engine.contract import EngineFact, FactKind, grant_key
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.keys import open_vault
from beffroi.engine.record.folder import read_marker
from bench import report
from bench.children import MeasureFailed
from bench.clip import load
from bench.footage import build
from bench.node import NODE, BenchNode
from bench.report import Figure, Measured, Target

if TYPE_CHECKING:
    from beffroi.evidence.packs.contract import PackOrder

CAMERAS, US = 4, 1_000_000
SHORT_S, SHORT_TARGET_S, LONG_TARGET_S = 600, 30.0, 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One pack: its bytes, how long it took to make and to verify."""

    bytes: int
    seconds: float
    verified_s: float


def run(arguments: argparse.Namespace) -> Measured:
    """Make the town and its footage, then packs in turn."""
    minutes = arguments.minutes or (2 if arguments.quick else 60)
    rounds = arguments.rounds or 1
    folder = Path(tempfile.mkdtemp(prefix="bench-pack-", dir=arguments.folder))
    try:
        cameras = _town(folder)
        start_us = SystemClock().now_us() - (minutes * 60 + 900) * US
        vault = open_vault(folder / "node")
        build(folder / "footage", load(), dict.fromkeys(cameras, minutes * 60), start_at_us=start_us, vault=vault)
        short_s = min(SHORT_S, minutes * 60 - 10)
        spans = {"1 camera": (cameras[:1], short_s), f"{CAMERAS} cameras": (cameras, minutes * 60)}
        made = _made(folder, spans, start_us=start_us, rounds=rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _measured(made, minutes=minutes, short_s=short_s)


def _town(folder: Path) -> list[str]:
    """The demo's town in a civil database of its own; ids of four cameras in service."""
    os.environ["BEFFROI_DATA"] = str(folder)
    from beffroi.cli import civil, demo, demo_masks, demo_people
    from beffroi.core import site_key

    site_key.make(folder / "keys")
    civil.configured(folder)
    civil.open_civil()
    civil.migrate()
    from beffroi.authorise.services import import_town
    from beffroi.operate import gates, services
    from beffroi.operate.models import Device
    from beffroi.plan.models import Camera

    import_town(demo.TOWN)
    demo_people.add_accounts(folder / "keys" / "accounts.txt")
    services.add_node(NODE, name="Enregistreur", url="http://127.0.0.1:9", public="A" * 43)
    for camera in Camera.objects.all():
        form = services.DeviceForm(node=NODE, main_url=f"rtsp://127.0.0.1:9/{camera.pk}")
        services.put_device(camera.pk, form)
    demo_masks.draw(demo.TOWN)
    opened = gates.gates(Device.objects.select_related("camera"), SystemClock().now_us())
    found = sorted(camera for camera, gate in opened.items() if gate.is_open and not gate.is_test)[:CAMERAS]
    if len(found) < CAMERAS:
        raise MeasureFailed(f"{len(found)} cameras of the demo's town are in service")
    return found


def _made(
    folder: Path, spans: dict[str, tuple[list[str], int]], *, start_us: int, rounds: int
) -> dict[str, list[Made]]:
    from django.conf import settings

    from beffroi.operate.models import Node

    site = settings.SITE_KEY
    keys = (grant_key(site.grant_key_id, site.grant_key.public_key()),)
    cameras = dict.fromkeys(next(reversed(spans.values()))[0], "")
    _tell_head(folder / "footage")
    made: dict[str, list[Made]] = {name: [] for name in spans}
    with BenchNode(folder / "node", folder / "footage", cameras, grant_keys=keys) as node:
        Node.objects.filter(pk=NODE).update(url=node.url)
        for number in range(rounds):
            for name, (chosen, seconds) in spans.items():
                one = _pack(f"r{number}-{len(chosen)}", chosen, (start_us, start_us + seconds * US))
                report.say(f"{name}  {one.bytes / 1e6:.0f} MB  {one.seconds:.1f} s, verified in {one.verified_s:.1f} s")
                made[name].append(one)
    return made


def _tell_head(footage: Path) -> None:
    """What the node tells each minute, as web keeps it: this node's web is away."""
    from beffroi.journal.services import append
    from beffroi.operate import registers

    with FootageReader(footage) as reader:
        head = reader.log_head()
    detail: dict[str, str | int | bool] = {
        "folder": read_marker(footage).id, "size": head.size, "root": head.root.hex()
    }  # fmt: skip
    fact = EngineFact(seq=1, kind=FactKind.FOOTAGE_HEAD, at_us=SystemClock().now_us(), detail=detail)
    append(registers.of_fact(NODE, fact))


def _pack(name: str, cameras: list[str], span: tuple[int, int]) -> Made:
    from beffroi.evidence.packs.making import make_pack
    from beffroi.evidence.packs.verifier import Verifier

    begun_s = time.monotonic()
    made = make_pack(_order(name, cameras, span))
    seconds = time.monotonic() - begun_s
    begun_s = time.monotonic()
    checked = Verifier(made.folder)
    checked.run()
    verified_s = time.monotonic() - begun_s
    if checked.found:
        raise MeasureFailed(f"pack {name}: {checked.found[0].line()}")
    shutil.rmtree(made.folder)
    return Made(bytes=made.bytes, seconds=seconds, verified_s=verified_s)


def _order(name: str, cameras: list[str], span: tuple[int, int]) -> PackOrder:
    from beffroi.evidence.packs.contract import PackCamera, PackOrder, PackPerson
    from beffroi.people.models import Agent
    from beffroi.people.rules import Role

    chief = Agent.objects.filter(assignments__role=Role.CHIEF, is_active=True).first()
    if chief is None:
        raise MeasureFailed("nobody may export")
    officer = PackPerson(name="OPJ", quality="OPJ", unit="jeu fictif")
    return PackOrder(
        id=name,
        number=f"R-{name.upper()}",
        frame="60-1",
        article="CPP, art. 60-1",
        procedure="bench",
        requester=officer,
        recipient=officer,
        chooser=PackPerson(name=chief.name, id=chief.pk),
        cameras=tuple(PackCamera(id=one, number=one.upper(), name=one) for one in cameras),
        from_at_us=span[0],
        to_at_us=span[1],
        received_at_us=span[1],
    )


def _measured(made: dict[str, list[Made]], *, minutes: int, short_s: int) -> Measured:
    limits = dict(zip(made, (SHORT_TARGET_S, LONG_TARGET_S), strict=True))
    spans = dict(zip(made, (f"{short_s / 60:.0f} min", f"{minutes} min"), strict=True))
    targets, rows = [], [["pack", "footage", "MB", "made, s", "MB/s", "verified, s"]]
    for name, ran in made.items():
        seconds = Figure.of([one.seconds for one in ran])
        speed = Figure.of([one.bytes / one.seconds / 1e6 for one in ran])
        checked = Figure.of([one.verified_s for one in ran])
        targets.append(Target(name=f"{name}, {spans[name]}, seconds", limit=limits[name], reached=seconds.median))
        megabytes = f"{ran[0].bytes / 1e6:.0f}"
        rows.append([name, spans[name], megabytes, seconds.text(1), speed.text(0), checked.text(1)])
    document: dict[str, Any] = {
        "bench": "pack",
        "machine": report.machine(),
        "packs": {name: [_told(one) for one in ran] for name, ran in made.items()},
        "targets": [target.document() for target in targets],
    }
    return Measured(document, report.table(rows), targets)


def _told(one: Made) -> dict[str, float]:
    """For the document."""
    return {"bytes": one.bytes, "seconds": round(one.seconds, 2), "verified_s": round(one.verified_s, 2)}
