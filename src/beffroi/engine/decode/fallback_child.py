"""The child of `FallbackSource`: reads a camera with FFmpeg, writes H.264 records on its output.

FFmpeg reaches the camera through a fence (`fence.py`) and by TCP only, whatever transport the camera is set to.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from fractions import Fraction
from typing import BinaryIO
from urllib.parse import quote, urlsplit, urlunsplit

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from beffroi.core.clock import Clock, SystemClock
from beffroi.core.confine import confine
from beffroi.core.instants import us_to_ticks90k
from beffroi.core.lifecycle import die_with_parent
from beffroi.engine.contract import StreamSource, decode
from beffroi.engine.decode.fence import fenced
from beffroi.engine.decode.h264_encoder import H264Encoder
from beffroi.engine.link_records import FLAG_KEY, FRAME, KIND_FRAME, opened, pack
from beffroi.engine.rtsp.address import parse_address
from beffroi.engine.rtsp.refusals import Barred
from beffroi.engine.vital import EXIT_SILENT

OPEN_S, READ_S = 5.0, 8.0
FPS_MAX = 60
KEY_S = 2.0
CLOCK_JUMP_US = 1_000_000
PICTURE_MAX_PX = 3840 * 2160


def _url(source: StreamSource, door: str) -> str:
    """The camera's address with its credentials, at the fence's door."""
    credentials = f"{quote(source.username, safe='')}:{quote(source.password, safe='')}@" if source.username else ""
    return urlunsplit(urlsplit(source.url)._replace(scheme="rtsp", netloc=credentials + door))


class WallClock:
    """When a picture was taken: now."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._skew_us: int | None = None

    def now_us(self) -> tuple[int, bool]:
        """The instant, and whether the clock was set since it was last asked."""
        now_us = self._clock.now_us()
        skew_us = now_us - int(self._clock.monotonic_s() * 1e6)
        has_jumped = self._skew_us is not None and abs(skew_us - self._skew_us) > CLOCK_JUMP_US
        self._skew_us = skew_us if has_jumped or self._skew_us is None else self._skew_us
        return now_us, has_jumped


def _pictures(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Those that can be decoded; one that is damaged is left out."""
    for packet in container.demux(stream):
        with suppress(av.error.InvalidDataError):
            yield from packet.decode()


def _write(output: BinaryIO, encoder: H264Encoder, picture: VideoFrame, *, wall: WallClock, is_key: bool) -> None:
    now_us, has_jumped = wall.now_us()
    before = None if has_jumped else encoder.config
    is_key = is_key or has_jumped
    for unit in encoder.encode(picture, ticks90k=us_to_ticks90k(now_us), at_us=now_us, is_key=is_key):
        if encoder.config is not None and encoder.config != before:
            output.write(pack(opened(0, encoder.config, now_us)))
            before = encoder.config
        flags = FLAG_KEY if unit.is_key else 0
        output.write(
            FRAME.pack(FRAME.size - 4 + unit.size_bytes, KIND_FRAME, flags, 0, unit.ticks90k, unit.at_us, unit.at_us)
        )
        output.write(unit.sample())
    output.flush()


Prepare = Callable[[VideoFrame], VideoFrame]
"""What becomes of a decoded picture before it is encoded; its size is that of the stream."""


def even(picture: VideoFrame) -> VideoFrame:
    """The picture as it is, on even boundaries."""
    return picture.reformat(width=picture.width & ~1, height=picture.height & ~1)


def alone(door: str) -> None:
    """What decodes a camera's stream reads no file and calls nobody but the fence, which has the camera already."""
    confine(ports=[int(door.rpartition(":")[2])])


def relay(
    source: StreamSource, output: BinaryIO, prepare: Prepare = even, *, reached: Callable[[str], None] = lambda _: None
) -> None:
    """Read the camera until it ends; `reached` is called with the fence's door before a byte of it is decoded.

    Errors: av.error.FFmpegError, OSError, when it cannot be read or nobody listens any more; of these
    av.error.ExitError when it sent nothing for too long.
    """
    options = {
        "rtsp_transport": "tcp",
        "allowed_media_types": "video",
        "protocol_whitelist": "rtsp,tcp",
        "fflags": "nobuffer",
    }
    with ExitStack() as held:
        door = held.enter_context(fenced(parse_address(source.url), deadline_s=OPEN_S))
        reached(door)
        url, deadlines = _url(source, door), (OPEN_S, READ_S)
        container = held.enter_context(av.open(url, options=options, timeout=deadlines))
        stream = container.streams.video[0]
        encoder: H264Encoder | None = None
        key_due_s = 0.0
        wall = WallClock()
        for picture in _pictures(container, stream):
            if picture.width * picture.height > PICTURE_MAX_PX:
                return
            ready = prepare(picture)
            is_first = encoder is None or (encoder.width_px, encoder.height_px) != (ready.width, ready.height)
            if encoder is None or is_first:
                encoder = H264Encoder(ready.width, ready.height, fps=_fps(stream.average_rate))
            # Cameras that tell no rate, or slow down at night, would stretch a group counted in frames.
            is_key = is_first or time.monotonic() >= key_due_s
            if is_key:
                key_due_s = time.monotonic() + KEY_S
            _write(output, encoder, ready, wall=wall, is_key=is_key)


def _fps(told: Fraction | None) -> float:
    """Cameras tell no rate, or the ticks of their clock."""
    return float(told) if told and 1 <= told <= FPS_MAX else 25.0


def main() -> int:
    """Entry point: the source as one line of JSON on the input."""
    die_with_parent()
    source = decode(StreamSource, sys.stdin.buffer.readline())
    return exit_code(lambda: relay(source, sys.stdout.buffer, reached=alone))


def exit_code(work: Callable[[], None]) -> int:
    """What a child that relays leaves with."""
    try:
        work()
    except av.error.ExitError:
        return EXIT_SILENT
    except (av.error.FFmpegError, OSError, IndexError, Barred):
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
