"""A child that relays what a test tells it to: one word a line of its request after the source.

`open WIDTH`, `frame`, `key`, `pause SECONDS`, `end CODE`.
"""

from __future__ import annotations

import sys
import time

from beffroi.core.clock import SystemClock
from beffroi.core.instants import us_to_ticks90k
from beffroi.engine.link_records import FLAG_KEY, FRAME, KIND_FRAME, opened, pack
from beffroi.engine.stream import CodecConfig


def config(width_px: int) -> CodecConfig:
    return CodecConfig(
        codec="h264", width_px=width_px, height_px=96, parameter_sets=(b"s",), decoder_record=b"r", mime_codec="avc1"
    )


def main() -> None:
    output = sys.stdout.buffer
    for line in sys.stdin.buffer.readline().decode().split(","):
        word, _, value = line.strip().partition(" ")
        now_us = SystemClock().now_us()
        if word == "open":
            output.write(pack(opened(0, config(int(value)), now_us)))
        elif word in ("frame", "key"):
            flags = FLAG_KEY if word == "key" else 0
            ticks = us_to_ticks90k(now_us)
            output.write(FRAME.pack(FRAME.size - 4 + 4, KIND_FRAME, flags, 0, ticks, now_us, now_us) + b"\0\0\0\0")
        elif word == "pause":
            time.sleep(float(value))
        elif word == "end":
            output.flush()
            sys.exit(int(value))
        output.flush()


if __name__ == "__main__":
    main()
