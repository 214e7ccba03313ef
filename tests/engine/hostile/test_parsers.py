"""Every parser of what a camera sends gives an answer or refuses by its own kind, whatever it is fed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.engine.rtp import rtcp
from beffroi.engine.rtp.bits import Malformed
from beffroi.engine.rtp.parameter_sets import ParameterSets
from beffroi.engine.rtp.timeline import Discontinuity, Timeline
from beffroi.engine.rtp.walk import Channels, Walk, WalkCounters
from beffroi.engine.rtsp.address import resolve_control
from beffroi.engine.rtsp.auth import Credentials, best_challenge, unknown_scheme
from beffroi.engine.rtsp.message import MessageReader, parse_message
from beffroi.engine.rtsp.sdp import parse_sdp
from beffroi.engine.source.runs import Runs
from beffroi.engine.stream import Codec
from tests.engine.hostile.shapes import hostile, many, spoilt, words
from tests.engine.rtp.clips import Packetiser, clip, framed, stream
from tests.engine.rtsp.camera import Camera
from tests.engine.source.collecting import Collector

CODECS: list[Codec] = ["h264", "h265"]
SDPS = [Camera(codec="h264", audio=True).sdp(), Camera(codec="h265").sdp()]
ANSWER = (
    b'RTSP/1.0 401 No\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm="r", nonce="n"\r\nContent-Length: 4\r\n\r\nv=0\n'
)
RTSP_WORDS = [b"RTSP/1.0 ", b"200 OK", b"\r\n", b"\r\n\r\n", b"$\0\0\4abcd", b"Content-Length: ", b"99999999999", b"-1",
              b"CSeq: ", "²".encode(), b"REDIRECT ", b"Session: ", b"\0", b" ", b"Transport: "]  # fmt: skip
SDP_WORDS = [b"v=0\r\n", b"m=", b"video ", b"0 RTP/AVP ", b"96", "٣".encode(), b"\r\n", b"a=control:", b"rtsp://", b"*",
             b"a=rtpmap:96 ", b"H264/90000", b"a=fmtp:96 ", b"sprop-parameter-sets=", b"Z0IAKQ==", b";", b"=",
             b"packetization-mode=2", b"\xff\xfe"]  # fmt: skip
REPORT = bytes.fromhex("80c80006") + bytes(24) + bytes.fromhex("81cb0001") + bytes(4)


def cut(received: bytes, cuts: Iterable[int]) -> list[bytes]:
    """As the network may cut it."""
    edges = sorted({min(at, len(received)) for at in cuts} | {0, len(received)})
    return [received[before:after] for before, after in pairwise(edges)]


@many
@given(received=hostile([ANSWER, ANSWER * 3], RTSP_WORDS), cuts=st.lists(st.integers(0, 400), max_size=6))
def test_rtsp_messages(received: bytes, cuts: list[int]) -> None:
    reader = MessageReader()
    try:
        for piece in cut(received, cuts):
            for raw in reader.feed(piece):
                message = parse_message(raw)
                values = message.headers.all("www-authenticate")
                unknown_scheme(values)
                challenge = best_challenge(values)
                if challenge is not None:
                    credentials = Credentials("someone", "s3cret")
                    credentials.accept(challenge)
                    assert (
                        "s3cret" not in credentials.authorization("DESCRIBE", "rtsp://c/")
                        or challenge.scheme == "basic"
                    )
    except Malformed:
        return


@many
@given(body=hostile(SDPS, SDP_WORDS))
def test_session_descriptions(body: bytes) -> None:
    try:
        described = parse_sdp(body)
    except Malformed:
        return
    for track in described.tracks:
        assert isinstance(track.codec, str | None)
        assert "\n" not in resolve_control("rtsp://camera/stream", track.control)
        assert track.label.isprintable()
        if track.codec is not None:
            sets = ParameterSets(track.codec, track.parameter_sets())
            assert len(sets.known) <= 32


@pytest.mark.parametrize("codec", CODECS)
@many
@given(data=st.data())
def test_parameter_sets(codec: Codec, data: st.DataObject) -> None:
    sets = ParameterSets(codec)
    for nal in data.draw(st.lists(spoilt(clip(codec).sets), min_size=1, max_size=8)):
        try:
            sets.offer(nal)
            config = sets.config()
        except Malformed:
            continue
        assert config is None or (0 < config.width_px <= 16_384 and 0 < config.height_px <= 16_384)


@many
@given(packet=hostile([REPORT], [b"\x80\xc8\0\6", b"\x81\xcb\0\1", b"\x80\xc8\0\0", b"\xff\xff"]))
def test_rtcp(packet: bytes) -> None:
    assert len(list(rtcp.parse(packet))) <= len(packet) // 4


def _read_report(packet: bytes) -> None:
    list(rtcp.parse(packet))


@pytest.mark.parametrize("codec", CODECS)
@many
@given(data=st.data())
def test_packets_to_runs(codec: Codec, data: st.DataObject) -> None:
    """The whole way from bytes to recorded pictures: those that come out are dated and fit their boxes."""
    source = clip(codec)
    right = [
        stream(source, Packetiser(codec)),
        framed(Packetiser(codec).picture((*source.sets, *source.pictures[0]), 0)),
    ]
    fragments = [
        *(b"$\0\0\x11", bytes.fromhex("8060"), b"\0\1", bytes(8), b"\x7c\x85", b"\x7c\x45", b"\x62\x01\x93", b"\x18\0"),
        *(b"$\1\0\4abcd", b"$\7\0\0", b"RTSP/1.0 200 OK\r\n", b"Content-Length: 70000\r\n\r\n", b"RTSP/1.0"),
    ]
    collector = Collector()
    runs = Runs(collector, on_open=lambda: None)
    sets = ParameterSets(codec, source.sets)
    runs.connected(sets)
    walk = Walk(sets, Channels(rtp=0, rtcp=1, payload_type=96), pictures=runs, on_text=lambda _: None,
                on_rtcp=_read_report, counters=WalkCounters())  # fmt: skip
    received = data.draw(st.one_of(spoilt(right), words([*right, *fragments])))
    kept = b""
    for number, piece in enumerate(cut(received, data.draw(st.lists(st.integers(0, 60_000), max_size=6)))):
        runs.received(1_700_000_000_000_000 + number * 40_000, number * 0.04)
        chunk = kept + piece
        used = walk.feed(chunk)
        assert 0 <= used <= len(chunk)
        kept = chunk[used:]
    walk.flush()
    for unit in collector.units:
        assert len(unit.sample()) == unit.size_bytes <= 8 << 20
        assert abs(unit.at_us - 1_700_000_000_000_000) < 60_000_000


@many
@given(steps=st.lists(st.tuples(st.integers(0, 0xFFFFFFFF), st.integers(0, 50_000)), max_size=60))
def test_timestamps(steps: list[tuple[int, int]]) -> None:
    """Whatever a camera writes as time, a picture is dated within half a minute of its receipt, or its run ends."""
    receipt_us = 1_700_000_000_000_000
    timeline = Timeline(0, receipt_us)
    for timestamp, later_us in steps:
        receipt_us += later_us
        try:
            _, at_us = timeline.place(timestamp, receipt_us)
        except Discontinuity:
            timeline = Timeline(timestamp, receipt_us)
            continue
        assert abs(at_us - receipt_us) < 45_000_000
