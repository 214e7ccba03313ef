"""Run alone by a test: feeds one parser what costs most, and prints how much memory that took, in bytes.

`python -m tests.engine.hostile.gluttons NAME`
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Iterable, Iterator

from beffroi.engine.rtp.bits import Malformed
from beffroi.engine.rtp.parameter_sets import ParameterSets
from beffroi.engine.rtp.walk import Channels, Walk, WalkCounters
from beffroi.engine.rtsp.auth import best_challenge, unknown_scheme
from beffroi.engine.rtsp.message import MessageReader
from beffroi.engine.rtsp.sdp import parse_sdp
from beffroi.engine.source.runs import Runs
from beffroi.engine.stream import AccessUnit, CodecConfig

READ = 1 << 19
"""What is received at once."""
SPS = bytes.fromhex("6742c00bda0a37e484000003000400000300ca3c50aa80")
PPS = bytes.fromhex("68ce023c80")


def messages(received: bytes) -> None:
    """Before PLAY: a connection's worth of what is no message."""
    reader = MessageReader()
    try:
        for _ in range(8):
            reader.feed(received)
    except Malformed:
        return


class _Keeps:
    """As the hub keeps a group of pictures."""

    def __init__(self) -> None:
        self.units: list[AccessUnit] = []
        self.bytes = 0

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        self.units.clear()

    def frame(self, unit: AccessUnit) -> None:
        self.units.append(unit)
        self.bytes += unit.size_bytes
        if self.bytes > 8 << 20:
            self.units.clear()
            self.bytes = 0

    def close_run(self, cause: object, at_us: int) -> None:
        self.units.clear()


def packets(reads: Iterable[bytes]) -> None:
    """While it plays."""
    sets = ParameterSets("h264", (SPS, PPS))
    keeps = _Keeps()
    runs = Runs(keeps, on_open=lambda: None)
    runs.connected(sets)
    walk = Walk(sets, Channels(rtp=0, rtcp=1, payload_type=96), pictures=runs, on_text=lambda _: None,
                on_rtcp=lambda _: None, counters=WalkCounters())  # fmt: skip
    kept = b""
    for number, received in enumerate(reads):
        runs.received(1_700_000_000_000_000 + number * 200_000, number * 0.2)
        chunk = kept + received
        kept = chunk[walk.feed(chunk) :]
        assert len(kept) < 256 << 10, len(kept)


def crumbs() -> Iterator[bytes]:
    """Pictures in pieces of two bytes: as many objects as there are pieces would weigh twenty times their bytes."""
    pieces = 150_000
    for picture in range(10):
        first, stamp = picture * pieces, (picture * 18_000).to_bytes(4, "big") + bytes(4)
        yield b"".join(
            b"$\0\0\x10\x80\x60" + (first + n & 0xFFFF).to_bytes(2, "big") + stamp
            + bytes((0x7C, 5 | (not n) << 7 | (n == pieces - 1) << 6)) + b"\x88b"
            for n in range(pieces)
        )  # fmt: skip


WORK: dict[str, Callable[[], None]] = {
    "empty lines": lambda: messages(b"\r\n" * (READ // 2)),
    "empty frames before play": lambda: messages(b"$\0\0\0" * (READ // 4)),
    "heads without end": lambda: messages(b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * (READ // 6)),
    "starts of texts": lambda: packets([b"RTSP/1.0" * (READ // 8)] * 8),
    "starts of texts between frames": lambda: packets([b"$\0\0\0RTSP" * (READ // 8)] * 8),
    "marks and rubbish": lambda: packets([b"\xffRTSP/1.0\xff" * (READ // 10)] * 8),
    "rubbish": lambda: packets([b"\xff" * READ] * 8),
    "empty frames": lambda: packets([b"$\7\0\0" * (READ // 4)] * 8),
    "tiny packets": lambda: packets([(b"$\0\0\x0d\x80\x60" + bytes(11)) * (READ // 17)] * 4),
    "crumbs": lambda: packets(crumbs()),
    "challenges": lambda: _challenged(["Digest " + "a" * 2040] * 8),
    "names of challenges": lambda: _challenged(["x " + "a-" * 1020] * 8),
    "tracks": lambda: _described(b"v=0\r\n" + b"m=video 0 RTP/AVP 96\r\n" * 2900),
    "parameters": lambda: _described(b"v=0\r\nm=video 0 RTP/AVP 96\r\na=fmtp:96 " + b"a=;" * 21_000),
    "parameter sets": lambda: _offer(2000),
}


def _challenged(values: list[str]) -> None:
    for _ in range(400):
        best_challenge(values)
        unknown_scheme(values)


def _described(body: bytes) -> None:
    try:
        parse_sdp(body)
    except Malformed:
        return


def _offer(times: int) -> None:
    sets = ParameterSets("h264", (SPS, PPS))
    for number in range(times):
        try:
            sets.offer(b"\x67" + b"\xff" * (4000 - number % 64) + number.to_bytes(4, "big"))
            sets.config()
        except Malformed:
            continue


def main() -> None:
    """Errors: whatever the parser lets through; killed past ten seconds of processor time."""
    resource.setrlimit(resource.RLIMIT_CPU, (resource.getrusage(resource.RUSAGE_SELF).ru_utime.__ceil__() + 10,) * 2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    WORK[sys.argv[1]]()
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)


if __name__ == "__main__":
    main()
