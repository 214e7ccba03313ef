"""The recorders of `bench ingest`: how each is started and where it leaves its files. All stop on SIGINT."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

SEGMENT_S = 60
RECORD_S = 24 * 3600
"""Longer than any round: the bench ends each recorder by a signal."""

Commands = Callable[[list[str], Path], list[list[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One recorder.

    In `files`, `{number}` counts the cameras from 0 and `{ordinal}` from 1; empty: files that nobody can read.
    """

    name: str
    commands: Commands
    files: str = "cam{number}-*.mp4"
    program: str = ""
    version: list[str] = field(default_factory=list)
    transports: tuple[str, ...] = ("tcp",)

    @property
    def is_present(self) -> bool:
        """Whether its program is on PATH; recorders in Python always are."""
        return not self.program or shutil.which(self.program) is not None

    def version_text(self) -> str:
        """The first line that says a version, or the interpreter's."""
        if not self.version:
            return f"Python {sys.version.split()[0]}"
        said = subprocess.run(self.version, capture_output=True, text=True, timeout=20, check=False)
        return next((line.strip() for line in (said.stdout + said.stderr).splitlines() if re.search(r"\d", line)), "?")

    def recorded(self, folder: Path, number: int) -> list[Path]:
        """Files of camera `number`, oldest first."""
        return sorted(folder.glob(self.files.format(number=number, ordinal=number + 1)))


def _bare(urls: list[str], folder: Path) -> list[list[str]]:
    return [[sys.executable, "-m", "bench.recorders.bare", str(folder), *urls]]


def _ours(urls: list[str], folder: Path) -> list[list[str]]:
    beffroi = [sys.executable, "-m", "beffroi.cli.main"]
    return [[*beffroi, "record", *urls, "--into", str(folder / "ours"), "--for", str(RECORD_S), "--json"]]


def _ffmpeg(urls: list[str], folder: Path) -> list[list[str]]:
    quiet = ["ffmpeg", "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp"]
    cut = ["-an", "-c", "copy", "-f", "segment", "-segment_time", str(SEGMENT_S), "-reset_timestamps", "1"]
    return [[*quiet, "-i", url, *cut, str(folder / f"cam{number}-%03d.mp4")] for number, url in enumerate(urls)]


def _pyav(urls: list[str], folder: Path) -> list[list[str]]:
    return [[sys.executable, "-m", "bench.recorders.pyav", str(folder), *urls]]


def _gstreamer(urls: list[str], folder: Path) -> list[list[str]]:
    pipeline: list[str] = []
    for number, url in enumerate(urls):
        pipeline += f"rtspsrc protocols=tcp latency=200 location={url} ! rtph264depay ! h264parse !".split()
        pipeline += f"splitmuxsink max-size-time={SEGMENT_S}000000000 location={folder}/cam{number}-%03d.mp4".split()
    return [["gst-launch-1.0", "-q", "-e", *pipeline]]


def _mediamtx(urls: list[str], folder: Path) -> list[list[str]]:
    paths = "".join(f"  cam{number}:\n    source: {url}\n" for number, url in enumerate(urls))
    settings = folder / "mediamtx.yml"
    off = "".join(f"{door}: no\n" for door in ("rtsp", "rtmp", "hls", "webrtc", "srt", "api"))
    settings.write_text(
        f"logLevel: error\n{off}pathDefaults:\n  rtspTransport: tcp\n  record: yes\n  recordFormat: fmp4\n"
        f"  recordPath: {folder}/%path-%s-%f\n  recordSegmentDuration: {SEGMENT_S}s\npaths:\n{paths}"
    )
    return [["mediamtx", str(settings)]]


PEERS = (
    Peer(name="bare", commands=_bare, files=""),
    Peer(name="ours", commands=_ours, files="ours/footage/c{ordinal}/main/*/*.mp4"),
    Peer(name="ffmpeg", commands=_ffmpeg, program="ffmpeg", version=["ffmpeg", "-version"]),
    Peer(name="pyav", commands=_pyav),
    Peer(name="gstreamer", commands=_gstreamer, program="gst-launch-1.0", version=["gst-launch-1.0", "--version"]),
    Peer(name="mediamtx", commands=_mediamtx, program="mediamtx", version=["mediamtx", "--version"]),
)
