"""Sources by way of a child: it decodes what our own client does not take, or what must be burnt, and encodes H.264.

The recorder itself never loads `av`: it reads records, framed as on the link, from the child's output.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from dataclasses import dataclass, field

from beffroi.core.clock import Clock
from beffroi.core.errors import BeffroiError
from beffroi.core.redact import redact
from beffroi.engine.contract import CameraState, GapCause, StreamHealth, StreamSource, encode
from beffroi.engine.link import FLAG_KEY, FRAME, HEAD, KIND_FRAME, RECORD_MAX_BYTES, Opened, config_of, unpack
from beffroi.engine.stream import AccessUnit, CodecConfig, FrameSink
from beffroi.engine.vital import vital

log = logging.getLogger(__name__)

FALLBACKS_MAX = 4
"""Each takes a good part of a core: 1080p at 25 frames/s is 0.1 s to decode and 0.3 s to encode a second."""
SILENT_S = 10.0
RETRY_S = (1.0, 2.0, 4.0, 8.0, 10.0)
_BODY_HEAD = FRAME.size - HEAD.size


class FallbackSlots:
    """How many fallback sources run at once on this node."""

    def __init__(self, limit: int = FALLBACKS_MAX) -> None:
        self._free = limit

    def take(self) -> bool:
        """One place, or False."""
        if not self._free:
            return False
        self._free -= 1
        return True

    def give_back(self) -> None:
        """A place is free again."""
        self._free += 1


@dataclass(slots=True)
class _Counts:
    frames: int = 0
    bytes: int = 0
    connections: int = 0
    last_at_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why there is no picture, in both languages; empty when there is."""

    message: str = ""
    message_fr: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A child that relays a stream: its module, what it reads on its input, how its silence is told."""

    module: str
    request: bytes = field(repr=False)
    silence: Trouble
    is_fallback: bool = False


class ChildSource:
    """As `Source`, by way of a child process."""

    def __init__(self, source: StreamSource, sink: FrameSink, *, clock: Clock, program: Program) -> None:
        self._source = source
        self._sink = sink
        self._clock = clock
        self._program = program
        self._task: asyncio.Task[None] | None = None
        self._counts = _Counts()
        self._config: CodecConfig | None = None
        self._state = CameraState.SILENT
        self._since_at_us = clock.now_us()
        self._trouble = Trouble()
        self._started_s = clock.monotonic_s()

    async def start(self) -> None:
        self._task = vital(self._live_for_ever(), name="child-source")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        self._end_run(GapCause.CLOSED)

    def set_live(self, live: bool) -> None:
        """The child always sends each frame at once."""

    def check(self) -> None:
        """Nothing to swap."""

    @property
    def health(self) -> StreamHealth:
        config, counts = self._config, self._counts
        elapsed_s = max(self._clock.monotonic_s() - self._started_s, 1.0)
        return StreamHealth(
            stream=self._source.stream,
            state=self._state,
            since_at_us=self._since_at_us,
            last_at_us=counts.last_at_us,
            message=self._trouble.message,
            message_fr=self._trouble.message_fr,
            codec=config.codec if config else "",
            width_px=config.width_px if config else 0,
            height_px=config.height_px if config else 0,
            fps=round(counts.frames / elapsed_s, 1),
            bit_s=int(counts.bytes * 8 / elapsed_s),
            frames=counts.frames,
            reconnections=max(0, counts.connections - 1),
            fallback=self._program.is_fallback,
        )

    async def _live_for_ever(self) -> None:
        failures = 0
        while True:
            before = self._counts.frames
            cause = await self._one_child()
            self._end_run(cause)
            failures = 0 if self._counts.frames > before else failures + 1
            await asyncio.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])

    async def _one_child(self) -> GapCause:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._program.module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert child.stdin is not None and child.stdout is not None
        try:
            # The password travels through the pipe, never on a command line.
            child.stdin.write(self._program.request)
            await child.stdin.drain()
            while True:
                async with asyncio.timeout(SILENT_S):
                    await self._take(child.stdout)
        except TimeoutError:
            return GapCause.SILENT
        except (asyncio.IncompleteReadError, ConnectionError, BeffroiError):
            return GapCause.CONNECT
        finally:
            if child.returncode is None:
                child.kill()
            await child.wait()

    async def _take(self, output: asyncio.StreamReader) -> None:
        length, kind = HEAD.unpack(await output.readexactly(HEAD.size))
        if length > RECORD_MAX_BYTES:
            raise asyncio.IncompleteReadError(b"", length)
        body = await output.readexactly(length - 1)
        if kind == KIND_FRAME:
            self._frame(body)
            return
        message = unpack(body)
        if isinstance(message, Opened):
            self._counts.connections += 1
            self._config = config_of(message)
            self._sink.open_run(self._config, message.at_us)
            self._turn(CameraState.RECORDING, Trouble())

    def _frame(self, body: bytes) -> None:
        sample = body[_BODY_HEAD:]
        ticks90k, at_us = (int.from_bytes(body[at : at + 8], "big", signed=True) for at in (3, 11))
        self._counts.frames += 1
        self._counts.bytes += len(sample)
        self._counts.last_at_us = at_us
        self._sink.frame(AccessUnit([sample], len(sample), ticks90k, at_us=at_us, is_key=bool(body[0] & FLAG_KEY)))

    def _end_run(self, cause: GapCause) -> None:
        if self._config is not None:
            self._config = None
            self._sink.close_run(cause, self._clock.now_us())
        self._turn(CameraState.SILENT, self._program.silence)

    def _turn(self, state: CameraState, trouble: Trouble) -> None:
        self._trouble = trouble
        if state is not self._state:
            self._state = state
            self._since_at_us = self._clock.now_us()


class FallbackSource(ChildSource):
    """For a codec that is not ours; its health says `fallback`."""

    def __init__(self, source: StreamSource, sink: FrameSink, *, clock: Clock, slots: FallbackSlots) -> None:
        url = redact(source.url)
        program = Program(
            module="beffroi.engine.decode.fallback_child",
            request=encode(source) + b"\n",
            silence=Trouble(
                message=f"No pictures from {url} through the fallback source.",
                message_fr=f"Aucune image de {url} par la source de secours.",
            ),
            is_fallback=True,
        )
        super().__init__(source, sink, clock=clock, program=program)
        self._slots = slots

    async def close(self) -> None:
        if self._task is not None:
            self._slots.give_back()
        await super().close()
