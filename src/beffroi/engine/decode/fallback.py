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
from beffroi.engine.link_records import FLAG_KEY, FRAME, HEAD, KIND_FRAME, RECORD_MAX_BYTES, Opened, config_of, unpack
from beffroi.engine.source.backoff import Backoff
from beffroi.engine.source.limits import Limits
from beffroi.engine.stream import AccessUnit, CodecConfig, FrameSink
from beffroi.engine.vital import EXIT_SILENT, vital

log = logging.getLogger(__name__)

FALLBACKS_MAX = 4
"""Each takes a good part of a core: 1080p at 25 frames/s is 0.1 s to decode and 0.3 s to encode a second."""
SILENT_S = 10.0
_EXIT_S = 1.0
_CHILD_LIMITS = Limits(retry_first_s=1.0, quick_tries=1)
"""A child costs a second of processor time to start."""
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
        self._absence: GapCause | None = None
        self._backoff = Backoff(clock, _CHILD_LIMITS)

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
        while True:
            await self._live_once()
            await asyncio.sleep(self._backoff.delay_s(refused=False))

    async def _live_once(self) -> None:
        """One child from beginning to end."""
        before = self._counts.frames
        self._backoff.tried()
        self._end_run(await self._one_child())
        if self._counts.frames > before:
            self._backoff.healthy()

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
        except asyncio.IncompleteReadError:
            return GapCause.SILENT if await _exit_code(child) == EXIT_SILENT else GapCause.CONNECT
        except (ConnectionError, BeffroiError):
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
            self._open_run(config_of(message), message.at_us)

    def _open_run(self, config: CodecConfig, at_us: int) -> None:
        """Other parameters follow without a gap; the same again say that the clock jumped."""
        if self._config is None:
            self._counts.connections += 1
        elif self._config == config:
            self._sink.close_run(GapCause.CLOCK, at_us)
        self._config, self._absence = config, None
        self._sink.open_run(config, at_us)
        self._turn(CameraState.RECORDING, Trouble())

    def _frame(self, body: bytes) -> None:
        sample = body[_BODY_HEAD:]
        ticks90k, at_us = (int.from_bytes(body[at : at + 8], "big", signed=True) for at in (3, 11))
        self._counts.frames += 1
        self._counts.bytes += len(sample)
        self._counts.last_at_us = at_us
        self._sink.frame(AccessUnit([sample], len(sample), ticks90k, at_us=at_us, is_key=bool(body[0] & FLAG_KEY)))

    def _end_run(self, cause: GapCause) -> None:
        """There is no stream: the sink is told once a cause, also when there was none before."""
        if self._config is not None or cause is not self._absence:
            self._config, self._absence = None, cause
            self._sink.close_run(cause, self._clock.now_us())
        self._turn(CameraState.SILENT, self._program.silence)

    def _turn(self, state: CameraState, trouble: Trouble) -> None:
        self._trouble = trouble
        if state is not self._state:
            self._state = state
            self._since_at_us = self._clock.now_us()


async def _exit_code(child: asyncio.subprocess.Process) -> int | None:
    """Of a child that closed its output."""
    try:
        async with asyncio.timeout(_EXIT_S):
            return await child.wait()
    except TimeoutError:
        return None


class FallbackSource(ChildSource):
    """For a codec that is not ours; its health says `fallback`. Takes a place that it gives back.

    One life: when the camera left, our own client asks it why, and whether its codec is still another.

    Attributes:
        is_over: it gives no pictures any more.
    """

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
        self._trouble = program.silence
        self._slots = slots
        self.is_over = False

    @property
    def has_shown(self) -> bool:
        """It gave pictures."""
        return self._counts.frames > 0

    async def start(self) -> None:
        self._end_run(GapCause.CONNECT)
        await super().start()

    async def _live_for_ever(self) -> None:
        await self._live_once()
        self._leave()

    async def close(self) -> None:
        await super().close()
        self._leave()

    def _leave(self) -> None:
        if not self.is_over:
            self.is_over = True
            self._slots.give_back()
