"""What goes over the Unix socket between recorder and gateway, and between a decoding child and its parent.

Every record is `u32 bytes that follow`, `u8 kind`, then the body. JSON records carry the dataclasses below
with a `type`; a frame record carries one access unit behind a fixed head and is written without joining it.
"""

from __future__ import annotations

import asyncio
import json
import struct
from dataclasses import dataclass, field
from typing import Any

from beffroi.core.errors import InvalidInput
from beffroi.engine.contract import (
    CameraState,
    FactKind,
    GapCause,
    GrantKey,
    StreamName,
    decode,
    encode,
)
from beffroi.engine.stream import CodecConfig

HEAD = struct.Struct(">IB")
FRAME = struct.Struct(">IBBHqqq")  # bytes that follow, kind, flags, channel, ticks90k, at_us, sent_at_us
KIND_JSON, KIND_FRAME = 0, 1
FLAG_KEY = 1
RECORD_MAX_BYTES = 32 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Gateway: send this stream on `channel`.

    `peek`: only its last group of pictures, then `Closed`; `most_frames`: of those at most so many, 0 for all.
    """

    channel: int
    camera: str
    stream: StreamName
    peek: bool = False
    most_frames: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwatch:
    """Gateway: stop sending on `channel`."""

    channel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Gateway: a question answered by an `Answer` with the same id. `what`: `fragments`, `health`, `nudge`."""

    id: int
    what: str
    camera: str = ""
    stream: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Gateway: a fact for the outbox; the `Answer` comes when it is on disk. `ends_at_us`: of the grant."""

    id: int
    kind: FactKind
    at_us: int
    camera: str
    detail: dict[str, str | int | bool]
    ends_at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Recorder: the answer to an `Ask` or `Report`; `refusal` is empty when it was done."""

    id: int
    body: Any = None
    refusal: str = ""
    refusal_fr: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCamera:
    """What the gateway may know of a camera: no address, no password."""

    id: str
    streams: tuple[StreamName, ...]
    not_after_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDesired:
    """Recorder: the desired state, at the start and at each change. `opened`: grants already opened, with their end."""

    node: str
    cameras: tuple[LinkCamera, ...] = ()
    barred: tuple[str, ...] = ()
    grant_keys: tuple[GrantKey, ...] = ()
    origins: tuple[str, ...] = ()
    revoked_agents: dict[str, int] = field(default_factory=dict)
    opened: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """Recorder: the state of one stream changed."""

    camera: str
    stream: StreamName
    state: CameraState
    cause: GapCause | None
    since_at_us: int
    clock_offset_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Recorder: the configuration of the frames that follow on `channel`. Bytes are hexadecimal."""

    channel: int
    codec: str
    width_px: int
    height_px: int
    parameter_sets: tuple[str, ...]
    decoder_record: str
    mime_codec: str
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Recorder: the run on `channel` ended, or a peek is complete (`cause` None)."""

    channel: int
    cause: GapCause | None
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """Recorder: the link was full; so many frames of `channel` were left out."""

    channel: int
    frames: int


Message = Watch | Unwatch | Ask | Report | Answer | LinkDesired | LinkState | Opened | Closed | Skipped
_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in Message.__args__}


def pack(message: Message) -> bytes:
    """A JSON record of a message."""
    name = type(message).__name__.encode()
    body = b'{"' + name + b'":' + encode(message) + b"}"
    return HEAD.pack(len(body) + 1, KIND_JSON) + body


def unpack(body: bytes) -> Message:
    """The message of a JSON record's body.

    Errors: InvalidInput when it is none of ours.
    """
    try:
        ((name, fields),) = json.loads(body).items()
        message: Message = decode(_KINDS[name], json.dumps(fields))
    except (ValueError, KeyError, AttributeError):
        raise InvalidInput(
            "The link carried a message that is none of ours.",
            message_fr="Le lien a porté un message qui n'est pas des nôtres.",
        ) from None
    return message


def opened(channel: int, config: CodecConfig, at_us: int) -> Opened:
    """The message that carries a configuration."""
    return Opened(
        channel=channel,
        codec=config.codec,
        width_px=config.width_px,
        height_px=config.height_px,
        parameter_sets=tuple(nal.hex() for nal in config.parameter_sets),
        decoder_record=config.decoder_record.hex(),
        mime_codec=config.mime_codec,
        at_us=at_us,
    )


def config_of(message: Opened) -> CodecConfig:
    """The configuration an `Opened` carries."""
    return CodecConfig(
        codec="h265" if message.codec == "h265" else "h264",
        width_px=message.width_px,
        height_px=message.height_px,
        parameter_sets=tuple(bytes.fromhex(nal) for nal in message.parameter_sets),
        decoder_record=bytes.fromhex(message.decoder_record),
        mime_codec=message.mime_codec,
    )


class Records(asyncio.Protocol):
    """Cuts what arrives into records and calls `on_record(kind, body)` for each, in order."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport) or hasattr(transport, "write")
        self.transport = transport  # type: ignore[assignment]  # uvloop's transports are no subclass

    def data_received(self, chunk: bytes) -> None:
        waiting = self._waiting
        waiting += chunk
        at, end = 0, len(waiting)
        while end - at >= HEAD.size:
            length, kind = HEAD.unpack_from(waiting, at)
            if not 0 < length <= RECORD_MAX_BYTES:
                self.abort()
                return
            if end - at < 4 + length:
                break
            self.on_record(kind, bytes(memoryview(waiting)[at + 5 : at + 4 + length]))
            at += 4 + length
        del waiting[:at]

    def on_record(self, kind: int, body: bytes) -> None:
        raise NotImplementedError

    def abort(self) -> None:
        """Close the connection at once."""
        if self.transport is not None:
            self.transport.abort()
