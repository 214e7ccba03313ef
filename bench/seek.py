"""One seek as the console makes it: the group of the instant over a connection kept open, then the decoder.

PyAV stands in for the browser's decoder: one thread for the key picture, both cores for a whole group.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import av

from beffroi.engine.contract import GrantKind
from beffroi.engine.fmp4.reader import fragments, read_init
from bench.children import MeasureFailed
from bench.node import BenchNode, Span

OPENING, INSIDE = "opening a view", "inside a view"
_HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Milliseconds from the wish: to the answer's last byte, the first picture of its group, the instant's own."""

    answer_ms: float
    first_ms: float
    exact_ms: float


@dataclass(frozen=True, slots=True)
class _Sample:
    at_us: int
    is_key: bool
    content: bytes


class Seeker:
    """A viewer of one node."""

    def __init__(self, node: BenchNode) -> None:
        self._node = node
        self._connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=10)

    def close(self) -> None:
        self._connection.close()

    def grant(self, camera: str, at_us: int) -> str:
        """A token for the whole hours around an instant, as the console asks them."""
        hour = at_us // _HOUR_US
        token, _ = self._node.grant(camera, GrantKind.REPLAY, Span((hour - 1) * _HOUR_US, (hour + 2) * _HOUR_US))
        return token

    def seek(self, camera: str, at_us: int, token: str) -> Wait:
        """Ask and decode."""
        path = f"/replay/{camera}/main/media?from_at_us={at_us}&to_at_us={at_us + 1}"
        begun_s = time.monotonic()
        self._connection.request("GET", path, headers={"Authorization": f"Beffroi-Grant {token}"})
        answer = self._connection.getresponse()
        media = answer.read()
        answered_s = time.monotonic()
        if answer.status != 200:
            raise MeasureFailed(f"replay: {answer.status} {media[:300].decode(errors='replace')}")
        record, group = _group(media, at_us)
        _decode(record, group[:1], threads=1)
        first_s = time.monotonic()
        _decode(record, group, threads=0)
        exact_s = time.monotonic() - (first_s - answered_s)
        return Wait(
            answer_ms=(answered_s - begun_s) * 1e3,
            first_ms=(first_s - begun_s) * 1e3,
            exact_ms=(exact_s - begun_s) * 1e3,
        )


def _group(media: bytes, at_us: int) -> tuple[bytes, list[_Sample]]:
    """The decoder's configuration, and what must be decoded for the picture of an instant, key picture first."""
    with _in_memory(media) as fd:
        init = read_init(fd)
        known = [
            _Sample(fragment.at_us(sample), sample.is_key, media[sample.offset : sample.offset + sample.size])
            for fragment in fragments(fd, init.size_bytes, len(media))
            for sample in fragment.samples
        ]
    until = [sample for sample in known if sample.at_us <= at_us]
    key = max((number for number, sample in enumerate(until) if sample.is_key), default=None)
    if key is None:
        raise MeasureFailed("the answer holds no key picture before the instant")
    return init.configs[0].decoder_record, until[key:]


@contextlib.contextmanager
def _in_memory(media: bytes) -> Iterator[int]:
    fd = os.memfd_create("media")
    try:
        os.write(fd, media)
        yield fd
    finally:
        os.close(fd)


def _decode(record: bytes, samples: Sequence[_Sample], *, threads: int) -> None:
    decoder: Any = av.CodecContext.create("h264", "r")
    decoder.extradata = record
    decoder.thread_count = threads
    decoder.thread_type = "AUTO"
    decoded = sum(len(decoder.decode(av.Packet(sample.content))) for sample in samples) + len(decoder.decode(None))
    if decoded != len(samples):
        raise MeasureFailed(f"{len(samples)} pictures to decode, {decoded} decoded")
