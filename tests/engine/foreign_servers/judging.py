"""Films whose every frame is numbered, the command that records them, and programs of other hands that judge."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.clip import Clip, ClipFormat, annex_b, load
from bench.match import match

FRAMES, FPS = 125, 25
ROOT = Path(__file__).parents[3]


def film(codec: str, cache: Path, *, frames: int = FRAMES) -> Clip:
    """A clip of 320×240, a key frame a second; five seconds unless told otherwise."""
    wanted = ClipFormat(width_px=320, height_px=240, fps=FPS, bit_s=400_000, gop=FPS, frames=frames, codec=codec)
    return load(wanted, cache=cache)


def write_film(clip: Clip, path: Path) -> None:
    """An MP4 of the clip with an AAC track beside it, made by ffmpeg."""
    stream = path.with_suffix("." + clip.format.codec)
    stream.write_bytes(b"".join(annex_b(clip)))
    source = ["-framerate", str(FPS), "-f", clip.format.codec.replace("h265", "hevc"), "-i", str(stream)]
    tone = ["-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=48000:duration={len(clip.slices) / FPS}"]
    made = _run(["ffmpeg", "-v", "error", "-y", *source, *tone, "-c:v", "copy", "-c:a", "aac", str(path)])
    assert made.returncode == 0, made.stderr


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


def judge(clip: Clip, folder: Path, number: int, *, loop: bool = False) -> Verdict:
    """Match the frames of camera `number` (from 1), then have FFmpeg decode and FFprobe list every file."""
    files = sorted((folder / "footage" / f"c{number}").rglob("*.mp4"))
    matched = match(clip, files, loop=loop)
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
