"""Films whose every frame is numbered, the command that records them, and programs of other hands that judge."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from bench.clip import Clip, ClipFormat, annex_b, load
from bench.match import match

FRAMES, FPS = 125, 25
ROOT = Path(__file__).parents[3]


def film(codec: str, cache: Path) -> Clip:
    """Five seconds, 320×240, a key frame a second."""
    wanted = ClipFormat(width_px=320, height_px=240, fps=FPS, bit_s=400_000, gop=FPS, frames=FRAMES, codec=codec)
    return load(wanted, cache=cache)


def write_film(clip: Clip, path: Path) -> None:
    """An MP4 of the clip with an AAC track beside it."""
    with av.open(str(path), "w") as output:
        video: Any = output.add_stream("libx264" if clip.format.codec == "h264" else "hevc", rate=FPS)
        video.width, video.height = clip.format.width_px, clip.format.height_px
        video.codec_context.extradata = b"".join(b"\0\0\0\1" + nal for nal in clip.parameter_sets)
        audio: Any = output.add_stream("aac", rate=48_000, layout="mono")
        packets = [_packet(unit, number, clip.format.gop, video) for number, unit in enumerate(annex_b(clip))]
        packets += _tone(audio)
        for packet in sorted(packets, key=lambda packet: float(packet.dts * packet.time_base)):
            output.mux(packet)


def _packet(unit: bytes, number: int, gop: int, stream: Any) -> Any:
    packet = av.Packet(unit)
    packet.stream, packet.time_base = stream, Fraction(1, FPS)
    packet.pts = packet.dts = number
    packet.duration = 1
    packet.is_keyframe = number % gop == 0
    return packet


def _tone(stream: Any) -> list[Any]:
    packets = []
    for at in range(0, 48_000 * FRAMES // FPS, 1024):
        samples = np.sin(np.arange(at, at + 1024) * 2 * np.pi * 440 / 48_000).astype(np.float32) * 0.1
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, at, Fraction(1, 48_000)
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def record(urls: list[str], folder: Path, *, seconds: float, transport: str = "tcp") -> tuple[int, dict[str, Any]]:
    """`beffroi record … --json`: its exit code and report."""
    command = [sys.executable, "-m", "beffroi.cli.main", "record", *urls, "--into", str(folder)]
    command += ["--for", str(seconds), "--transport", transport, "--json"]
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    ran = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )
    assert ran.stdout, ran.stderr
    report: dict[str, Any] = json.loads(ran.stdout)
    return ran.returncode, report


@dataclass(frozen=True)
class Verdict:
    """What was kept of one camera."""

    frames: int
    first: int
    lost: int
    damaged: int
    complaints: str
    kinds: set[str]
    read_frames: int


def judge(clip: Clip, folder: Path, number: int) -> Verdict:
    """Match the frames of camera `number` (from 1), then have FFmpeg decode and FFprobe list every file."""
    files = sorted((folder / "footage" / f"c{number}").rglob("*.mp4"))
    matched = match(clip, files)
    complaints, kinds, read = "", set(), 0
    for path in files:
        decoded = _run(["ffmpeg", "-v", "warning", "-xerror", "-i", str(path), "-f", "null", "-"])
        complaints += decoded.stderr
        shown = "stream=codec_type,nb_read_packets"
        probed = _run(["ffprobe", "-v", "warning", "-count_packets", "-show_entries", shown, "-of", "json", str(path)])
        complaints += probed.stderr
        for stream in json.loads(probed.stdout)["streams"]:
            kinds.add(stream["codec_type"])
            read += int(stream["nb_read_packets"])
    return Verdict(matched.frames, matched.first, matched.lost, matched.damaged, complaints, kinds, read)


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
