"""Looks at one picture through a child, and takes the first picture of a camera in memory, where it is dropped."""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from dataclasses import dataclass, field

from beffroi.engine.contract import CameraMasks, GapCause, MaskVerdict, encode
from beffroi.engine.lanes import LaneKey, OpenInput, WantedStream
from beffroi.engine.link_records import opened
from beffroi.engine.masks.rules import NO_PICTURE
from beffroi.engine.stream import AccessUnit, CodecConfig

LOOK_S = 30.0
"""A child starts, decodes one key frame and answers in a second; a machine under load takes its time."""
FIRST_S = 20.0
_CHECK_S = 0.5
_ANSWER_MAX_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Picture:
    """A key frame and how to decode it."""

    config: CodecConfig
    unit: AccessUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a picture says; `jpeg` is small, and blackened inside the masks unless it proves them."""

    verdict: MaskVerdict
    cause: str = ""
    levels: int = 0
    at_us: int = 0
    jpeg: bytes = field(default=b"", repr=False)

    @property
    def sha256(self) -> str:
        """Of the picture; empty without one."""
        return hashlib.sha256(self.jpeg).hexdigest() if self.jpeg else ""


NOTHING_SEEN = Looked(verdict=MaskVerdict.UNPROVED, cause=NO_PICTURE)


async def look(picture: Picture, masks: CameraMasks) -> Looked:
    """The verdict on one picture; UNPROVED with a cause when the child cannot tell."""
    sample, at_us = picture.unit.sample(), picture.unit.at_us
    head = {"config": json.loads(encode(opened(0, picture.config, at_us))), "masks": json.loads(encode(masks))}
    request = json.dumps(head | {"sample_bytes": len(sample)}).encode() + b"\n" + sample
    try:
        told, _, jpeg = (await answer_of("beffroi.engine.decode.prove", request, deadline_s=LOOK_S)).partition(b"\n")
        fields = json.loads(told)
        return Looked(
            verdict=MaskVerdict(fields["verdict"]),
            cause=str(fields["cause"]),
            levels=int(fields["levels"]),
            at_us=at_us,
            jpeg=jpeg,
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):  # TimeoutError is one
        return Looked(verdict=MaskVerdict.UNPROVED, cause="no-answer", at_us=at_us)


async def answer_of(module: str, request: bytes, *, deadline_s: float) -> bytes:
    """What a child of ours says to a request on its input, at most a few megabytes.

    Errors: OSError, TimeoutError among them, when it does not start or does not end.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(deadline_s):
            return await _asked(child, request)
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def _asked(child: asyncio.subprocess.Process, request: bytes) -> bytes:
    """Sends all, then reads until the child is done or has said too much: what it decodes may have taken it over."""
    assert child.stdin is not None and child.stdout is not None
    child.stdin.write(request)
    await child.stdin.drain()
    child.stdin.close()
    answer = bytearray()
    while len(answer) < _ANSWER_MAX_BYTES and (part := await child.stdout.read(_ANSWER_MAX_BYTES - len(answer))):
        answer += part
    return bytes(answer)


class _FirstKey:
    """A sink that keeps one key frame and nothing else."""

    def __init__(self) -> None:
        self.found: asyncio.Future[Picture] = asyncio.get_running_loop().create_future()
        self._config: CodecConfig | None = None

    def open_run(self, config: CodecConfig, _at_us: int) -> None:
        self._config = config

    def frame(self, unit: AccessUnit) -> None:
        if unit.is_key and self._config is not None and not self.found.done():
            unit.sample()
            self.found.set_result(Picture(self._config, unit))

    def close_run(self, _cause: GapCause, _at_us: int) -> None:
        self._config = None


async def first_picture(open_input: OpenInput, key: LaneKey, wanted: WantedStream) -> Picture | None:
    """A key frame of a stream that nobody records or watches; None when none comes."""
    sink = _FirstKey()
    camera = open_input(key, wanted, sink)
    await camera.start()
    try:
        async with asyncio.timeout(FIRST_S):
            while not sink.found.done():
                await asyncio.wait((sink.found,), timeout=_CHECK_S)
                camera.check()
        return sink.found.result()
    except TimeoutError:
        return None
    finally:
        await camera.close()
