"""One connection to a camera, from DESCRIBE to the end of its media."""

from __future__ import annotations

import asyncio
import logging
import secrets
import ssl
import struct
from collections.abc import Callable, Coroutine

from beffroi.core.clock import Clock
from beffroi.core.redact import redact
from beffroi.engine.contract import StreamSource, Transport
from beffroi.engine.rtp import rtcp
from beffroi.engine.rtp.parameter_sets import ParameterSets
from beffroi.engine.rtp.udp import UdpReceiver
from beffroi.engine.rtp.walk import Channels, Walk, WalkCounters
from beffroi.engine.rtsp import refusals
from beffroi.engine.rtsp.address import parse_address
from beffroi.engine.rtsp.auth import Challenge, Credentials
from beffroi.engine.rtsp.client import Client
from beffroi.engine.rtsp.connection import Connection, connect
from beffroi.engine.rtsp.sdp import SessionDescription, Track
from beffroi.engine.source.limits import Limits
from beffroi.engine.source.runs import Runs
from beffroi.engine.source.ticker import shared_ticker

log = logging.getLogger(__name__)

FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, struct.error, TypeError, ValueError)
"""What a mistake of ours raises: logged, and the camera is tried again, for its recording must not end for good."""
_MAX_READ_BYTES = 4 << 20
"""Taken from one camera before the others get their turn. TLS gives 16 KiB a read."""
_MAX_READ_S = 0.05
"""And no longer than this: a flood of tiny packets costs more than its bytes. What waits holds back its sender."""
_REPORT_S = 5.0
"""Between RTCP receiver reports. Source: RFC 3550 §6.2."""


class Session:
    """Connects, sets up the video track, reads it into `runs` until it ends.

    Attributes:
        refused_tracks: tracks of the description that are not set up, e.g. `audio PCMU`.
        ended: done, with the reason, when no more will come.
    """

    def __init__(
        self,
        source: StreamSource,
        runs: Runs,
        *,
        clock: Clock,
        limits: Limits,
        counters: WalkCounters,
        tls: ssl.SSLContext | None = None,
        challenge: Challenge | None = None,
    ) -> None:
        self._source = source
        self._runs = runs
        self._clock = clock
        self._limits = limits
        self._counters = counters
        self._tls = tls
        self._challenge = challenge
        self._loop = asyncio.get_running_loop()
        self._connection: Connection | None = None
        self._client: Client | None = None
        self._walk: Walk | None = None
        self._udp: UdpReceiver | None = None
        self._ticker = shared_ticker(limits)
        self._take: Callable[[], None] = self._take_stream
        self._live = False
        self._reading = False
        self._settling: asyncio.TimerHandle | None = None
        self._ssrc = secrets.randbits(32)
        self.refused_tracks: tuple[str, ...] = ()
        self._sender_report: rtcp.SenderReport | None = None
        self.ended: asyncio.Future[refusals.StreamEnd] = self._loop.create_future()

    @property
    def clock_offset_ms(self) -> int | None:
        """Camera clock minus node clock, None before the first sender report. It may come before the first picture."""
        report = self._sender_report
        return None if report is None else self._runs.offset_ms(report.at_us, report.timestamp)

    @property
    def unanswered(self) -> Challenge | None:
        """A challenge behind which the camera closed the connection: to be answered on the next."""
        return self._client.unanswered if self._client is not None else None

    # -- opening --------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """From nothing to playing. Errors: Refusal, Unreachable; call `close()` in every case."""
        limits = self._limits
        address = parse_address(self._source.url)
        self._connection = await connect(address, deadline_s=limits.connect_s, tls=self._tls)
        credentials = Credentials(self._source.username, self._source.password)
        if self._challenge is not None:
            credentials.accept(self._challenge)
        self._client = Client(self._connection, address, credentials, deadline_s=limits.response_s)
        track = self._choose(await self._client.describe())
        assert track.codec is not None
        sets = ParameterSets(track.codec, track.parameter_sets())
        if self._source.transport is Transport.UDP:
            await self._play_udp(track, sets)
        else:
            await self._play_tcp(track, sets)
        self._reading = True
        self._settling = self._loop.call_later(limits.settle_s, self._settle)
        self._attach(batched=False)

    def _choose(self, description: SessionDescription) -> Track:
        """The first video track we can record; the others are listed. Errors: NoVideo, UnsupportedCodec."""
        videos = [track for track in description.tracks if track.media == "video"]
        chosen = next((track for track in videos if track.codec), None)
        self.refused_tracks = tuple(track.label for track in description.tracks if track is not chosen)
        if chosen is not None:
            return chosen
        raise refusals.UnsupportedCodec(videos[0].encoding or "an unnamed codec") if videos else refusals.no_video()

    async def _play_tcp(self, track: Track, sets: ParameterSets) -> None:
        assert self._client is not None
        setup = await self._client.setup(track, Transport.TCP)
        self._walk = self._make_walk(sets, setup.channels, track)
        await self._client.play(self._read)

    async def _play_udp(self, track: Track, sets: ParameterSets) -> None:
        assert self._client is not None and self._connection is not None
        sock = self._connection.sock
        self._udp = UdpReceiver(sock.family, sock.getsockname()[0])
        setup = await self._client.setup(track, Transport.UDP, client_port=self._udp.port)
        self._walk = self._make_walk(sets, (0, 1), track)
        self._take = self._take_datagrams
        self._udp.connect(sock.getpeername()[0], setup.server_ports)
        await self._client.play(None)
        self._loop.add_reader(self._connection.fd, self._read_texts)
        self._loop.add_reader(self._udp.rtcp.fileno(), self._read_rtcp)
        self.report()

    def _make_walk(self, sets: ParameterSets, channels: tuple[int, int], track: Track) -> Walk:
        assert self._client is not None
        self._runs.connected(sets)
        return Walk(
            sets,
            Channels(rtp=channels[0], rtcp=channels[1], payload_type=track.payload_type),
            pictures=self._runs,
            on_text=self._on_text,
            on_rtcp=self._on_rtcp,
            counters=self._counters,
        )

    # -- reading --------------------------------------------------------------------------------------------

    def set_live(self, live: bool) -> None:
        """Read at each arrival, or in batches."""
        self._live = live
        if self._reading and self._settling is None:
            self._attach(batched=not live)

    def _settle(self) -> None:
        self._settling = None
        self._attach(batched=not self._live)

    def _attach(self, *, batched: bool) -> None:
        if self.ended.done() or self._connection is None:
            return
        if self._udp is not None and not self._udp.can_batch:
            batched = False
        fd = self._connection.fd if self._udp is None else self._udp.rtp.fileno()
        if batched:
            self._loop.remove_reader(fd)
            self._ticker.add(self._read)
        else:
            self._ticker.remove(self._read)
            self._loop.add_reader(fd, self._read)
            self._read()  # what came before, and what TLS holds already

    def _read(self) -> None:
        """Take what arrived. What one camera sends never fails those that the same timer reads after it."""
        try:
            self._take()
        except OSError:
            self._end(refusals.broken())
        except FAULTS:
            log.exception("session.fault url=%s", redact(self._source.url))
            self._detach()
            self._walk = None
            self._end(refusals.our_fault())

    def _take_stream(self) -> None:
        connection, walk = self._connection, self._walk
        assert connection is not None and walk is not None
        left = _MAX_READ_BYTES
        began_s = now_s = self._clock.monotonic_s()
        while left > 0 and now_s - began_s <= _MAX_READ_S:
            chunk, more = connection.receive()
            if not chunk:
                if chunk is None:
                    self._end(refusals.broken())
                return
            now_s = self._clock.monotonic_s()
            self._runs.received(self._clock.now_us(), now_s)
            used = walk.feed(chunk)
            if used < len(chunk):
                connection.kept = chunk[used:]
            if not more:
                return
            left -= len(chunk)

    def _take_datagrams(self) -> None:
        assert self._udp is not None and self._walk is not None
        left = _MAX_READ_BYTES
        began_s = now_s = self._clock.monotonic_s()
        while left > 0 and now_s - began_s <= _MAX_READ_S:
            chunk, more = self._udp.read(now_s)
            now_s = self._clock.monotonic_s()
            if chunk:
                self._runs.received(self._clock.now_us(), now_s)
                self._walk.feed(chunk)
            if not more:
                return
            left -= len(chunk)

    def _read_texts(self) -> None:
        """RTSP connection of a UDP session: answers to keep-alives, requests of the server, its end."""
        assert self._client is not None
        try:
            self._client.read_texts()
        except (refusals.Refusal, refusals.Unreachable) as reason:
            self._end(reason)
        except OSError:
            self._end(refusals.broken())
        self._check_client()

    def _read_rtcp(self) -> None:
        assert self._udp is not None
        try:
            self._on_rtcp(self._udp.rtcp.recv(2048))
        except (BlockingIOError, ConnectionRefusedError):
            return
        except OSError:
            self._end(refusals.broken())

    def _on_text(self, raw: bytes) -> None:
        assert self._client is not None
        self._client.on_text(raw)
        self._check_client()

    def _check_client(self) -> None:
        if self._client is not None and self._client.ended is not None:
            self._end(self._client.ended)

    def _on_rtcp(self, packet: bytes) -> None:
        for message in rtcp.parse(packet):
            if isinstance(message, rtcp.Bye):
                self._end(refusals.broken())
            else:
                self._sender_report = message

    # -- life -----------------------------------------------------------------------------------------------

    async def watch(self) -> refusals.StreamEnd:
        """Keep the session alive and wait for its end, or for silence; returns why it is over."""
        malformed = self._counters.malformed
        limits, clock = self._limits, self._clock
        assert self._client is not None
        keep_alive_s = max(1.0, min(self._client.session_s / 2, 30.0))
        open_s = clock.monotonic_s()
        quiet_due = open_s + limits.silent_s
        alive_due = clock.monotonic_s() + keep_alive_s
        report_due = clock.monotonic_s() + (_REPORT_S if self._udp else float("inf"))
        async with _Asking(self._keep_alive) as asking:
            while not self.ended.done():
                due = min(quiet_due, alive_due, report_due)
                await asyncio.wait((self.ended,), timeout=max(0.0, due - clock.monotonic_s()))
                now_s = clock.monotonic_s()
                if now_s >= quiet_due:
                    quiet_due = self._runs.last_unit_s + limits.silent_s
                    if now_s >= quiet_due:
                        return self._quiet(self._counters.malformed > malformed)
                    open_s = now_s if self._runs.is_open else open_s
                    if now_s - open_s > limits.key_s:
                        return refusals.no_key_frame(limits.key_s)
                if now_s >= report_due:
                    self.report()
                    report_due = now_s + _REPORT_S
                if now_s >= alive_due and not self.ended.done():
                    asking.ask()
                    alive_due = now_s + keep_alive_s
        return self.ended.result()

    async def _keep_alive(self) -> None:
        """A camera that streams but does not answer keep-alives is a camera that streams."""
        assert self._client is not None
        try:
            await self._client.keep_alive()
        except refusals.Silent:
            return
        except (refusals.Refusal, refusals.Unreachable) as reason:
            self._end(reason)

    def _quiet(self, malformed: bool) -> refusals.StreamEnd:
        if malformed:
            return refusals.unusable_packets(self._limits.silent_s)
        return refusals.no_packet(self._limits.silent_s, udp=self._udp is not None)

    def report(self) -> None:
        """Send an RTCP receiver report: keeps UDP paths and some cameras alive."""
        if self._udp is None:
            return
        try:
            self._udp.rtcp.send(rtcp.receiver_report(self._ssrc))
        except OSError:
            return  # not connected, or an ICMP answer: silence decides

    def _end(self, reason: refusals.StreamEnd) -> None:
        if not self.ended.done():
            self.ended.set_result(reason)
            if self._reading and self._udp is not None:
                self._read()  # a farewell on another socket overtakes the pictures sent before it
            self._detach()
            if self._client is not None and self._client.ended is None:
                self._client.ended = reason

    def _detach(self) -> None:
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None
        self._reading = False
        self._ticker.remove(self._read)
        if self._connection is not None:
            self._loop.remove_reader(self._connection.fd)
        if self._udp is not None:
            self._loop.remove_reader(self._udp.rtp.fileno())
            self._loop.remove_reader(self._udp.rtcp.fileno())

    async def close(self) -> None:
        """Take what has arrived, say goodbye, leave within the deadline."""
        if self._reading:
            self._read()
        self._detach()
        if self._walk is not None:
            self._walk.flush()
        try:
            if self._client is not None and not self.ended.done():
                self._client.send_teardown()
                await self._goodbye()
        finally:
            if self._udp is not None:
                self._udp.close()
            if self._connection is not None:
                self._connection.close()

    async def _goodbye(self) -> None:
        """Wait for the answer: closing with unread bytes would reset the connection before TEARDOWN is read."""
        assert self._connection is not None
        try:
            async with asyncio.timeout(self._limits.teardown_s):
                while True:
                    received, more = self._connection.receive()
                    if received is None or b"RTSP/1.0 " in received:
                        return
                    if not more:
                        await self._connection.readable(self._limits.teardown_s)
        except OSError:  # TimeoutError is one
            return


class _Asking:
    """Asks in the background, one question at a time: a camera that does not answer must not hide that it is silent."""

    def __init__(self, ask: Callable[[], Coroutine[None, None, None]]) -> None:
        self._ask = ask
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> _Asking:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    def ask(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._ask())
