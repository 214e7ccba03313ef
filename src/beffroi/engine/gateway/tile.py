"""One stream in one window: what waits to be sent, and how it is packed. Source: ref/wire.md §4."""

from __future__ import annotations

import base64
import json
import struct
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from beffroi.core.clock import Clock
from beffroi.core.errors import BeffroiError
from beffroi.engine.contract import GapCause
from beffroi.engine.fmp4.fragment import DEFAULT_DURATION_TICKS90K, FragmentBuilder
from beffroi.engine.fmp4.init import init_segment
from beffroi.engine.gateway.replies import Counters
from beffroi.engine.gateway.uplink import StreamKey, Uplink
from beffroi.engine.gateway.views import View
from beffroi.engine.hub import HubReader
from beffroi.engine.link_records import LinkState
from beffroi.engine.stream import AccessUnit, CodecConfig

LATE_S = 1.0
"""A frame that waited this long for its window is worth nothing any more."""
TILE_MAX_BYTES = 16 << 20
FRAME_HEAD = struct.Struct(">BBHIqqq")
WIRE_FRAME_VERSION = 1
LONGEST_FRAME_TICKS90K = 2 * 90_000
FLAG_KEY, FLAG_BREAK, FLAG_INIT = 1, 2, 4


class Packer(Protocol):
    """Turns access units into the payloads of one tile."""

    def open_run(self, config: CodecConfig) -> None:
        """The frames that follow have this configuration."""

    def payload(self, unit: AccessUnit) -> tuple[int, bytes]:
        """Extra flags and the payload of one frame."""


class SamplePacker:
    """Format `frames`: the sample as it is."""

    def open_run(self, config: CodecConfig) -> None:
        pass

    def payload(self, unit: AccessUnit) -> tuple[int, bytes]:
        return 0, unit.sample()


class FragmentPacker:
    """Format `fmp4`: each frame is a fragment of its own; an init segment precedes the first of a run."""

    def __init__(self) -> None:
        self._config: CodecConfig | None = None
        self._builder: FragmentBuilder | None = None
        self._last_ticks90k = 0

    def open_run(self, config: CodecConfig) -> None:
        self._config, self._builder = config, None

    def payload(self, unit: AccessUnit) -> tuple[int, bytes]:
        init = b""
        if self._builder is None:
            assert self._config is not None
            self._builder = FragmentBuilder(unit.ticks90k)
            self._last_ticks90k = unit.ticks90k
            init = init_segment([self._config], None)
        # The next frame is not known yet: this one is said to last as long as the one before it.
        duration = unit.ticks90k - self._last_ticks90k
        self._last_ticks90k = unit.ticks90k
        if not 0 < duration <= LONGEST_FRAME_TICKS90K:
            duration = DEFAULT_DURATION_TICKS90K
        header = self._builder.header([unit], unit.ticks90k + duration)
        return (FLAG_INIT if init else 0), b"".join((init, header, unit.sample()))


class Feed(Protocol):
    """Where a tile's frames come from: the link, or a transcoder."""

    @property
    def transcoded(self) -> bool: ...

    def attach(self, key: StreamKey, reader: HubReader) -> None: ...

    def detach(self, key: StreamKey, reader: HubReader) -> None: ...


class LinkFeed:
    """Frames as they were recorded."""

    transcoded = False

    def __init__(self, uplink: Uplink) -> None:
        self.attach = uplink.watch
        self.detach = uplink.unwatch


class TileWindow(Protocol):
    """What a tile asks of its window."""

    clock: Clock
    counters: Counters

    @property
    def states(self) -> Mapping[StreamKey, LinkState]: ...

    def has_waiting(self, tile: Tile) -> None: ...


class Tile:
    """A hub reader with a bounded queue; the window takes its messages in turn with the other tiles'."""

    def __init__(self, window: TileWindow, number: int, key: StreamKey, *, packer: Packer, feed: Feed) -> None:
        self.number = number
        self.key = key
        self.view: View | None = None
        self.cut: Callable[[BeffroiError], None] | None = None
        self.packer = packer
        self.feed = feed
        self._window = window
        self._waiting: deque[tuple[float, str | AccessUnit]] = deque()
        self._waiting_bytes = 0
        self._skipped = 0
        self._is_break = True
        self.has_begun = False
        """Its first picture was sent."""

    @property
    def is_waiting(self) -> bool:
        """True when something waits to be sent."""
        return bool(self._waiting)

    def has_room(self) -> bool:
        if not self._waiting_bytes:
            return True
        is_late = self._window.clock.monotonic_s() - self._waiting[0][0] > LATE_S
        if not is_late and self._waiting_bytes < TILE_MAX_BYTES:
            return True
        texts = deque(waiting for waiting in self._waiting if isinstance(waiting[1], str))
        self._skipped += len(self._waiting) - len(texts)
        self._waiting, self._waiting_bytes = texts, 0
        return False

    def open_run(self, config: CodecConfig, at_us: int) -> None:
        self._is_break = True
        self.tell(
            "stream",
            camera=self.key[0],
            stream=self.key[1],
            codec=config.mime_codec,
            width_px=config.width_px,
            height_px=config.height_px,
            description=base64.b64encode(config.decoder_record).decode(),
            transcoded=self.feed.transcoded,
        )
        self.packer.open_run(config)
        self.tell_state()

    def missed(self, frames: int) -> None:
        self._skipped += frames

    def frame(self, unit: AccessUnit) -> None:
        self._waiting_bytes += unit.size_bytes
        self._queue(unit)

    def close_run(self, cause: GapCause, at_us: int) -> None:
        self._is_break = True

    def tell(self, kind: str, **fields: Any) -> None:
        """Queue a text message about this tile, in order with its frames."""
        self._queue(_text(kind, self.number, **fields))

    def tell_state(self) -> None:
        """Queue the camera's state, as far as it is known."""
        state = self._window.states.get(self.key)
        if state is not None:
            self.tell(
                "state",
                state=state.state,
                cause=state.cause or "",
                since_at_us=state.since_at_us,
                clock_offset_ms=state.clock_offset_ms,
            )

    def next_message(self) -> str | bytes:
        """The oldest waiting message, taken out; what was skipped is told once, before the next frame."""
        waiting = self._waiting[0][1]
        if isinstance(waiting, str):
            self._waiting.popleft()
            return waiting
        if self._skipped:
            return self._told_skipped()
        self._waiting.popleft()
        self._waiting_bytes -= waiting.size_bytes
        return self._packed(waiting)

    def _told_skipped(self) -> str:
        skipped, self._skipped = self._skipped, 0
        self._is_break = True
        self._window.counters["live_frames_skipped"] += skipped
        return _text("skipped", self.number, frames=skipped)

    def _queue(self, item: str | AccessUnit) -> None:
        self._waiting.append((self._window.clock.monotonic_s(), item))
        self._window.has_waiting(self)

    def _packed(self, unit: AccessUnit) -> bytes:
        flags, payload = self.packer.payload(unit)
        flags |= (FLAG_KEY if unit.is_key else 0) | (FLAG_BREAK if self._is_break else 0)
        self._is_break = False
        self.has_begun = True
        sent_at_us = getattr(unit, "sent_at_us", unit.at_us)
        head = FRAME_HEAD.pack(
            WIRE_FRAME_VERSION, flags, self.number, len(payload), unit.ticks90k, unit.at_us, sent_at_us
        )
        if self.view is not None:
            self.view.served(len(payload), frames=1)
        return head + payload


def _text(kind: str, tile: int, **fields: Any) -> str:
    return json.dumps({"type": kind, "tile": tile, **fields}, ensure_ascii=False)
