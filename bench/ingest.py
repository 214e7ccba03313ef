"""`beffroi bench ingest`: CPU, memory and loss of recorders in steady state, all fed by the same source.

Method: every round runs every peer once, in rotated order, against a fresh load generator; the window opens when
all cameras play and the settling time has passed; what came before is reported apart as start-up. CPU is user +
system of the whole process tree, memory the sum of PSS when the window closes, loss by matching every recorded
access unit.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from beffroi.core.errors import InvalidInput
from bench import report, simulated
from bench.children import LoadSource, MeasureFailed, running
from bench.clip import Clip, ClipFormat, load
from bench.match import Matched, demuxed, match
from bench.meters import measure
from bench.peers import PEERS, Peer
from bench.report import Figure, Measured, Target

START_S = 60.0
"""All cameras must play within this time of the recorder's start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure."""

    peers: tuple[Peer, ...]
    cameras: int
    mode: str
    seconds: float
    settle_s: float
    rounds: int
    folder: Path | None
    clip_format: ClipFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One recorder once.

    Attributes:
        lost: frames that were sent and are missing or damaged in the files.
        dropped: frames the source gave up because the recorder read too slowly.
        unfinished: frames sent last and in no file, of the camera with most of them.
    """

    start_s: float
    start_cpu_ms: float
    cpu_ms: float
    source_cpu_ms: float
    pss_bytes: int
    pool_bytes: int
    frames: int
    lost: int
    dropped: int
    repeated: int
    unfinished: int
    source_late_ms: float


def run(arguments: argparse.Namespace) -> Measured:
    """Measure every recorder asked for."""
    if arguments.source == "simulator":
        return simulated.run(arguments)
    plan = plan_of(arguments)
    if not plan.peers:
        raise InvalidInput("No recorder of that name is installed here.", field="peers")
    rounds = measure_rounds(plan)
    targets = targets_of(plan, rounds)
    if arguments.against:
        targets.append(_against(plan, arguments.against, rounds))
    document = {
        "bench": "ingest",
        "machine": report.machine(),
        "cameras": plan.cameras,
        "mode": plan.mode,
        "window_s": plan.seconds,
        "settle_s": plan.settle_s,
        "rounds": plan.rounds,
        "recorders": {peer.name: _document(peer, rounds[peer.name]) for peer in plan.peers},
        "targets": [target.document() for target in targets],
    }
    return Measured(document, _text(plan, rounds), targets)


def plan_of(arguments: argparse.Namespace) -> Plan:
    """The plan asked for; peers that are not installed are said and left out."""
    quick = arguments.quick
    wanted = arguments.peers.split(",") if arguments.peers else [peer.name for peer in PEERS]
    peers = []
    for peer in PEERS:
        if peer.name in wanted and peer.is_present:
            peers.append(peer)
        elif peer.name in wanted:
            report.say(f"{peer.name}: not installed here, left out")
    return Plan(
        peers=tuple(peers),
        cameras=arguments.cameras or (4 if quick else 30),
        mode=arguments.mode,
        seconds=arguments.seconds or (4.0 if quick else 18.0),
        settle_s=3.0 if quick else 12.0,
        rounds=arguments.rounds or (1 if quick else 3),
        folder=arguments.folder,
        clip_format=ClipFormat(),
    )


def measure_rounds(plan: Plan) -> dict[str, list[Round]]:
    """All rounds, in rotated order."""
    clip = load(plan.clip_format)
    rounds: dict[str, list[Round]] = {peer.name: [] for peer in plan.peers}
    for number in range(plan.rounds):
        turn = number % len(plan.peers)
        for peer in plan.peers[turn:] + plan.peers[:turn]:
            measured = _round(plan, peer, clip)
            rounds[peer.name].append(measured)
            report.say(
                f"round {number + 1}/{plan.rounds}  {peer.name:10} {measured.cpu_ms:6.2f} ms per camera-second, "
                f"{measured.frames} frames, {measured.lost} lost, {measured.dropped} dropped at the source"
            )
    return rounds


def _round(plan: Plan, peer: Peer, clip: Clip) -> Round:
    folder = Path(tempfile.mkdtemp(prefix=f"bench-{peer.name}-", dir=plan.folder))
    try:
        with LoadSource(plan.cameras, plan.mode, plan.clip_format) as source:
            return _record(plan, peer, (clip, source, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _record(plan: Plan, peer: Peer, stage: tuple[Clip, LoadSource, Path]) -> Round:
    clip, source, folder = stage
    begun_s = time.monotonic()
    with running(peer.commands(source.urls, folder), folder) as children:
        pids = [child.pid for child in children]
        _await_cameras(peer, source, (children, folder))
        start_s = time.monotonic() - begun_s
        time.sleep(plan.settle_s)
        source.report()  # lateness counts from here
        before, source_before, opened_s = measure(pids), measure([source.pid]), time.monotonic()
        time.sleep(plan.seconds)
        after, source_after = measure(pids), measure([source.pid])
        window_s = time.monotonic() - opened_s
        sent = source.report()
    camera_s = plan.cameras * window_s / 1e3
    matched = [match(clip, peer.recorded(folder, number)) for number in range(plan.cameras)] if peer.files else []
    _cross_check(peer, folder, matched)
    return Round(
        start_s=start_s,
        start_cpu_ms=before.cpu_s / plan.cameras * 1e3,
        cpu_ms=(after.cpu_s - before.cpu_s) / camera_s,
        source_cpu_ms=(source_after.cpu_s - source_before.cpu_s) / camera_s,
        pss_bytes=after.pss_bytes,
        pool_bytes=_pool_bytes(folder),
        frames=sum(camera.frames for camera in matched),
        lost=lost_by_recorder(matched, sent),
        dropped=sum(frames for session in sent["sessions"] for _, frames in session["dropped"]),
        repeated=sum(camera.repeated for camera in matched),
        unfinished=_unfinished(matched, sent),
        source_late_ms=sent["late_ms"],
    )


def _pool_bytes(folder: Path) -> int:
    """What the recorder says its stall pool held at most; 0 for those that have none."""
    said = (folder / "out.0").read_text(errors="replace")
    return int(json.loads(said)["max_pool_bytes"]) if said.startswith("{") else 0


def _await_cameras(peer: Peer, source: LoadSource, ran: tuple[list[subprocess.Popen[Any]], Path]) -> None:
    children, folder = ran
    deadline_s = time.monotonic() + START_S
    while (report_ := source.report())["sending"] < source.cameras:
        ended = [number for number, child in enumerate(children) if child.poll() is not None]
        if ended or time.monotonic() > deadline_s:
            words = (folder / f"err.{ended[0] if ended else 0}").read_text(errors="replace").strip()[-400:]
            raise MeasureFailed(f"{peer.name}: {report_['sending']} of {source.cameras} cameras play. {words}")
        time.sleep(0.2)


def lost_by_recorder(matched: list[Matched], sent: dict[str, Any]) -> int:
    """Missing between the first and the last frame of each camera, less those that were never sent."""
    dropped = {session["camera"]: session["dropped"] for session in sent["sessions"]}
    lost = 0
    for number, camera in enumerate(matched):
        unsent = sum(frames for first, frames in dropped.get(number, ()) if camera.first < first < camera.last)
        lost += max(0, camera.lost - unsent) + camera.damaged + (not camera.frames)
    return lost


def _unfinished(matched: list[Matched], sent: dict[str, Any]) -> int:
    """Frames of the camera with most that the recorder still held, or gave up, when it was stopped."""
    last = {session["camera"]: session["last"] for session in sent["sessions"]}
    return max((last.get(number, 0) - camera.last for number, camera in enumerate(matched)), default=0)


def _cross_check(peer: Peer, folder: Path, matched: list[Matched]) -> None:
    """The files of one camera, read by FFmpeg's demuxer, hold as many pictures as were matched."""
    if matched and matched[0].frames:
        read = demuxed(peer.recorded(folder, 0))
        if read != matched[0].frames + matched[0].repeated:
            raise MeasureFailed(f"{peer.name}: {matched[0].frames} frames matched, {read} read by a demuxer")


def _against(plan: Plan, cameras: int, rounds: dict[str, list[Round]]) -> Target:
    """Ours again with another number of cameras: how much dearer a camera-second is with more of them."""
    ours = tuple(peer for peer in PEERS if peer.name == "ours")
    others = measure_rounds(replace(plan, peers=ours, cameras=cameras))["ours"]
    one, other = (Figure.of([ran.cpu_ms for ran in measured]).median for measured in (rounds["ours"], others))
    many, few = (one, other) if plan.cameras > cameras else (other, one)
    few_cameras, many_cameras = sorted((plan.cameras, cameras))
    lost, dropped = max(ran.lost for ran in others), max(ran.dropped for ran in others)
    report.say(
        f"{cameras} cameras: {other:.2f} ms per camera-second, {lost} frames lost, {dropped} dropped at the source"
    )
    return Target(name=f"CPU a camera-second, {many_cameras} ÷ {few_cameras} cameras", limit=1.1, reached=many / few)


def targets_of(plan: Plan, rounds: dict[str, list[Round]]) -> list[Target]:
    """Ours against the others, as far as they were measured."""
    if "ours" not in rounds:
        return []
    ours = rounds["ours"]
    targets = [
        Target(name="frames lost by ours", limit=0, reached=max(one.lost for one in ours)),
        Target(name="frames dropped at the source, ours behind", limit=0, reached=max(one.dropped for one in ours)),
    ]
    megabytes = Figure.of([(one.pss_bytes - one.pool_bytes) / plan.cameras / 1e6 for one in ours]).median
    targets.append(Target(name="ours, MB a camera, stall pool apart", limit=3, reached=megabytes))
    ratios = {"bare": 1.5, "ffmpeg": 1 / 3 if plan.mode == "packet" else 1 / 4, "mediamtx": 1.0, "moonfire": 1.0}
    for name, limit in ratios.items():
        if name in rounds:
            pairs = zip(ours, rounds[name], strict=True)
            ratio = Figure.of([mine.cpu_ms / theirs.cpu_ms for mine, theirs in pairs]).median
            targets.append(Target(name=f"CPU, ours ÷ {name}", limit=limit, reached=ratio))
    return targets


def _document(peer: Peer, rounds: list[Round]) -> dict[str, Any]:
    def spread(values: list[float]) -> dict[str, float]:
        figure = Figure.of(values)
        return {"median": figure.median, "low": figure.low, "high": figure.high}

    return {
        "version": peer.version_text(),
        "cpu_ms_per_camera_s": spread([one.cpu_ms for one in rounds]),
        "start_cpu_ms_per_camera": spread([one.start_cpu_ms for one in rounds]),
        "start_s": spread([one.start_s for one in rounds]),
        "pss_bytes": spread([float(one.pss_bytes) for one in rounds]),
        "pool_bytes": spread([float(one.pool_bytes) for one in rounds]),
        "frames": [one.frames for one in rounds],
        "lost": [one.lost for one in rounds] if peer.files else None,
        "dropped_at_source": [one.dropped for one in rounds],
        "repeated": [one.repeated for one in rounds],
        "unfinished": [one.unfinished for one in rounds],
        "source_cpu_ms_per_camera_s": spread([one.source_cpu_ms for one in rounds]),
        "source_late_ms": [one.source_late_ms for one in rounds],
    }


def _text(plan: Plan, rounds: dict[str, list[Round]]) -> str:
    heading = ["recorder", "CPU ms per camera-second", "start-up CPU ms a camera", "PSS MB"]
    rows = [[*heading, "frames lost", "dropped at source", "late ms"]]
    for peer in plan.peers:
        ran = rounds[peer.name]
        rows.append(
            [
                peer.name,
                Figure.of([one.cpu_ms for one in ran]).text(),
                Figure.of([one.start_cpu_ms for one in ran]).text(0),
                Figure.of([one.pss_bytes / 1e6 for one in ran]).text(0),
                str(max(one.lost for one in ran)) if peer.files else "–",
                str(max(one.dropped for one in ran)),
                f"{max(one.source_late_ms for one in ran):.0f}",
            ]
        )
    sent = "frames at once" if plan.mode == "frame" else "each packet in its own write"
    title = f"{plan.cameras} cameras, {sent}, {plan.seconds:g} s windows, {plan.rounds} rounds (median, range)"
    return f"{title}\n{report.table(rows)}"
