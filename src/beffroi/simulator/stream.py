"""One stream of a simulated camera: its frames at their instants, to every client that plays it."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass, field
from typing import Protocol

from beffroi.simulator import rtp
from beffroi.simulator.faults import SOUND, Faults
from beffroi.simulator.motion_jpeg import QUALITY, JpegWriter
from beffroi.simulator.reel import Projector, Reel

FPS = 12
REPORT_EVERY_US = 5_000_000
_GARBAGE_BYTES = 300


class Wire(Protocol):
    """Carries the packets of one viewer; never blocks, and refuses a frame rather than queue without bound."""

    def video(self, headers: list[bytes], payloads: list[bytes]) -> bool: ...

    def report(self, packet: bytes) -> None: ...

    def audio(self, packet: bytes) -> None: ...


@dataclass(slots=True)
class Viewer:
    """A client that plays a stream; each has its own numbering."""

    wire: Wire
    with_audio: bool = False
    ssrc: int = field(default_factory=lambda: secrets.randbits(32))
    seq: int = field(default_factory=lambda: secrets.randbits(16))
    waiting_for_key: bool = True
    packets: int = 0
    payload_bytes: int = 0
    dropped_frames: int = 0
    report_at_us: int = 0
    audio_seq: int = 0
    audio_samples: int = 0

    def send(self, payloads: list[bytes], ticks90k: int, faults: Faults) -> None:
        """One access unit, less the packets that get lost."""
        kind = rtp.JPEG_TYPE if faults.mjpeg else rtp.VIDEO_TYPE
        loss = faults.loss
        headers = rtp.headers(len(payloads), self.seq, ticks90k, ssrc=self.ssrc, kind=kind)
        self.seq = (self.seq + len(payloads)) & 0xFFFF
        self.packets += len(payloads)
        self.payload_bytes += sum(map(len, payloads))
        if loss:
            kept = [random.random() >= loss for _ in payloads]
            headers = [header for header, keep in zip(headers, kept, strict=True) if keep]
            payloads = [payload for payload, keep in zip(payloads, kept, strict=True) if keep]
        if not self.wire.video(headers, payloads):
            self.dropped_frames += 1
            self.waiting_for_key = True

    def accompany(self, at_us: int, shown_us: int) -> None:
        """Silence for one frame when sound was set up, and a sender report when due."""
        if self.with_audio:
            until = at_us * 8 // 1000
            samples = min(until - self.audio_samples, 1600) if self.audio_samples else 667
            self.wire.audio(rtp.audio_packet(self.audio_seq, until - samples, self.ssrc ^ 1, samples=samples))
            self.audio_seq += 1
            self.audio_samples = until
        if at_us >= self.report_at_us:
            self.report_at_us = at_us + REPORT_EVERY_US
            sent = (self.packets, self.payload_bytes)
            self.wire.report(rtp.sender_report(self.ssrc, shown_us, rtp.ticks_at(at_us), sent=sent))


class CameraStream:
    """Main or sub-stream of a camera."""

    def __init__(self, projector: Projector) -> None:
        self._projector = projector
        self._small: Projector | None = None
        self._is_small = False
        self._next: Projector | None = None
        self._frozen_key: list[bytes] | None = None
        self._jpegs: JpegWriter | None = None
        self.live: list[bytes] | None = None
        """NAL units of the frame to send, while the camera turns; back to None at the first key frame of `show`."""
        self.viewers: list[Viewer] = []
        self.faults: Faults = SOUND
        self._shot = 0
        """Index of the frame before."""

    @property
    def reel(self) -> Reel:
        """What is being shown."""
        return self._projector.reel

    def show(self, projector: Projector) -> None:
        """Changes to another reel at its next key frame."""
        self._next = projector

    def show_live(self) -> None:
        """Shows what `live` holds instead of a reel, from the next frame on."""
        self._next, self.live = None, []

    def show_small(self, projector: Projector) -> None:
        """What to show while the size is wrong."""
        self._small = projector

    def key_after_us(self, at_us: int, phase_us: int) -> int:
        """Instant of the first key frame at or after `at_us`."""
        span_us = self.reel.gop * 1_000_000 // FPS
        return -(-(at_us - phase_us) // span_us) * span_us + phase_us

    def shoot(self, index: int, at_us: int) -> None:
        """Sends frame `index` of the minute, taken at `at_us`, to every viewer."""
        if self._next is not None and self._next.is_key(index):
            self._projector, self._next, self.live = self._next, None, None
        if index != (self._shot + 1) % (60 * FPS):
            self._wait_for_key()
        self._shot = index
        if not self.viewers:
            return
        faults = self.faults
        shown_us = at_us + round(faults.drift * 1_000_000)
        is_key = self._current(index).is_key(index)
        nals = [] if faults.silent else self._nals(index, shown_us)
        if nals and faults.garbage and random.random() < faults.garbage:
            nals = [*nals, bytes([nals[-1][0]]) + random.randbytes(_GARBAGE_BYTES)]
        payloads = self._payloads(nals, is_key=is_key) if nals else []
        for viewer in self.viewers:
            if payloads and (is_key or faults.mjpeg or not viewer.waiting_for_key):
                viewer.waiting_for_key = False
                viewer.send(payloads, rtp.ticks_at(at_us), faults)
            if not faults.silent:
                viewer.accompany(at_us, shown_us)

    def _wait_for_key(self) -> None:
        """A frame was missed: nobody can decode what refers to it."""
        for viewer in self.viewers:
            viewer.waiting_for_key = True

    def _payloads(self, nals: list[bytes], *, is_key: bool) -> list[bytes]:
        if not self.faults.mjpeg:
            self._jpegs = None
            return rtp.payloads(nals, self.reel.codec)
        if self._jpegs is None:
            self._jpegs = JpegWriter(self.reel.codec)
        jpeg = self._jpegs.picture(nals, is_key=is_key)
        return rtp.jpeg_payloads(jpeg, QUALITY) if jpeg is not None else []

    def _nals(self, index: int, shown_us: int) -> list[bytes]:
        if self.live is not None:
            return self.live
        projector = self._current(index)
        if projector.is_key(index):
            if not self.faults.frozen:
                self._frozen_key = None
            elif self._frozen_key is None:
                self._frozen_key = projector.frame(index, shown_us)
            if self._frozen_key is not None:
                return self._frozen_key
        return projector.frame(index, shown_us) if self._frozen_key is None else projector.still_frame(index)

    def _current(self, index: int) -> Projector:
        """The projector, changed at a key frame of the one it changes to."""
        if self._small is None:
            return self._projector
        if self._is_small != self.faults.small:
            wanted = self._small if self.faults.small else self._projector
            self._is_small = self.faults.small if wanted.is_key(index) else self._is_small
        return self._small if self._is_small else self._projector
