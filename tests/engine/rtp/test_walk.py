"""The packet path gives the pictures that were sent, whatever the network makes of them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beffroi.engine.rtp.parameter_sets import ParameterSets
from beffroi.engine.rtp.walk import MAX_UNIT_BYTES, Channels, Walk, WalkCounters
from beffroi.engine.stream import Codec
from tests.engine.rtp.clips import Clip, Packetiser, clip, framed, sample, stream

CODECS: list[Codec] = ["h264", "h265"]
both = pytest.mark.parametrize("codec", CODECS)


class Seen:
    """What a walk found."""

    def __init__(self, codec: Codec, sets: tuple[bytes, ...] = ()) -> None:
        self.samples: list[bytes] = []
        self.timestamps: list[int] = []
        self.keys: list[int] = []
        self.events: list[str] = []
        self.texts: list[bytes] = []
        self.reports: list[bytes] = []
        self.counters = WalkCounters()
        self.sets = ParameterSets(codec, sets)
        self.walk = Walk(
            self.sets,
            Channels(rtp=0, rtcp=1, payload_type=96),
            pictures=self,
            on_text=self.texts.append,
            on_rtcp=self.reports.append,
            counters=self.counters,
        )
        self._kept = b""

    def feed(self, received: bytes) -> None:
        """As a connection does: what was not used comes again."""
        chunk = self._kept + received
        self._kept = chunk[self.walk.feed(chunk) :]

    def picture(self, parts: list[bytes], size_bytes: int, timestamp: int, *, is_key: bool) -> None:
        joined = b"".join(parts)
        assert len(joined) == size_bytes
        if is_key:
            self.keys.append(len(self.samples))
        self.samples.append(joined)
        self.timestamps.append(timestamp)

    def lost(self, packets: int) -> None:
        self.events.append(f"lost {packets}")

    def malformed(self) -> None:
        self.events.append("malformed")


def walked(codec: Codec, received: bytes) -> Seen:
    seen = Seen(codec)
    seen.feed(received)
    seen.walk.flush()
    return seen


def expected(source: Clip) -> list[bytes]:
    return [sample(nals) for nals in source.pictures]


@both
def test_pictures_come_out_as_they_were_encoded(codec: Codec) -> None:
    source = clip(codec)
    seen = walked(codec, stream(source, Packetiser(codec)))
    assert seen.samples == expected(source)
    assert seen.keys == [0, 8, 16]
    assert seen.timestamps == [number * 3600 for number in range(24)]
    assert (seen.counters.lost_packets, seen.counters.malformed, seen.events) == (0, 0, [])


@both
@settings(max_examples=40, deadline=None)
@given(cuts=st.lists(st.integers(0, 200_000), max_size=60))
def test_any_split_of_the_bytes_gives_the_same_pictures(codec: Codec, cuts: list[int]) -> None:
    source = clip(codec)
    received = stream(source, Packetiser(codec)) + b"RTSP/1.0 200 OK\r\nCSeq: 9\r\nContent-Length: 2\r\n\r\nok"
    edges = sorted({min(cut, len(received)) for cut in cuts} | {0, len(received)})
    seen = Seen(codec)
    for before, after in itertools.pairwise(edges):
        seen.feed(received[before:after])
    seen.walk.flush()
    assert seen.samples == expected(source)
    assert len(seen.texts) == 1
    assert seen.counters.malformed == 0


@both
def test_lone_bytes_give_the_same_pictures(codec: Codec) -> None:
    source = clip(codec, frames=8)
    seen = Seen(codec)
    for byte in stream(source, Packetiser(codec)):
        seen.feed(bytes((byte,)))
    seen.walk.flush()
    assert seen.samples == expected(source)


@both
@settings(max_examples=150, deadline=None)
@given(noise=st.lists(st.one_of(st.binary(max_size=80), st.integers(0, 30)), max_size=12))
def test_garbage_never_raises(codec: Codec, noise: list[bytes | int]) -> None:
    packetiser = Packetiser(codec)
    packets = [packet for nals in clip(codec).pictures[:3] for packet in packetiser.picture(nals, 0)]
    received = b""
    for piece in noise:
        received += framed([packets[piece % len(packets)]]) if isinstance(piece, int) else piece
        if isinstance(piece, bytes):
            received += framed([packets[0][:12] + piece])
    seen = Seen(codec)
    for at in range(0, len(received), 37):
        seen.feed(received[at : at + 37])
    seen.walk.flush()


@both
def test_a_missing_marker_ends_pictures_by_their_timestamp(codec: Codec) -> None:
    source = clip(codec)
    seen = walked(codec, stream(source, Packetiser(codec), markers="never"))
    assert seen.samples == expected(source)[:-1]  # the end of the last one cannot be known
    assert seen.events == []


@both
def test_a_marker_on_every_slice_does_not_cut_pictures(codec: Codec) -> None:
    source = clip(codec, height=288, slices=3, frames=24)
    assert len(source.pictures[3]) >= 2
    seen = walked(codec, stream(source, Packetiser(codec), markers="each"))
    assert seen.samples == expected(source)
    assert seen.events == []


def test_a_marker_that_starts_to_lie_costs_one_group_and_is_never_trusted_again() -> None:
    source = clip("h264", height=288, slices=3, frames=24)
    packetiser = Packetiser("h264")
    seen = Seen("h264")
    for number, nals in enumerate(source.pictures):
        seen.feed(framed(packetiser.picture(nals, number * 3600, markers="last" if number < 12 else "each")))
    seen.walk.flush()
    assert seen.events == ["malformed"]
    assert seen.samples[:12] == expected(source)[:12]
    assert seen.samples[-11:] == expected(source)[-11:]


@both
def test_a_lost_packet_drops_its_picture_and_says_so(codec: Codec) -> None:
    source = clip(codec)
    packetiser = Packetiser(codec)
    pictures = [packetiser.picture(nals, number * 3600) for number, nals in enumerate(source.pictures)]
    del pictures[10][2]
    seen = walked(codec, b"".join(map(framed, pictures)))
    assert seen.events == ["lost 1"]
    assert seen.samples == [one for number, one in enumerate(expected(source)) if number != 10]
    assert seen.counters.lost_packets == 1


def test_pictures_lost_between_two_whole_ones_are_counted() -> None:
    source = clip("h264")
    packetiser = Packetiser("h264")
    pictures = [packetiser.picture(nals, number * 3600) for number, nals in enumerate(source.pictures)]
    missing = sum(map(len, pictures[5:8]))
    seen = walked("h264", b"".join(map(framed, pictures[:5] + pictures[8:])))
    assert seen.events == [f"lost {missing}"]
    assert len(seen.samples) == 21


@both
def test_aggregated_units_and_in_band_sets_are_taken_apart(codec: Codec) -> None:
    source = clip(codec, width=64, height=48)
    packetiser = Packetiser(codec, mtu=60_000)
    received = b""
    for number, nals in enumerate(source.pictures):
        payload = packetiser.aggregate([*source.sets, *nals])
        received += framed([packetiser.packet(payload, number * 3600, marker=True)])
    seen = walked(codec, received)
    assert seen.samples == expected(source)
    config = seen.sets.config()
    assert config is not None and (config.width_px, config.height_px) == (64, 48)


@both
def test_a_unit_without_content_in_an_aggregate_spoils_no_picture(codec: Codec) -> None:
    source = clip(codec, width=64, height=48)
    packetiser = Packetiser(codec, mtu=60_000)
    end_of_sequence = b"\x0a" if codec == "h264" else b"\x48\x01"
    received = b""
    for number, nals in enumerate(source.pictures):
        payload = packetiser.aggregate([*nals, end_of_sequence])
        received += framed([packetiser.packet(payload, number * 3600, marker=True)])
    seen = walked(codec, received)
    assert seen.samples == expected(source)
    assert seen.counters.malformed == 0


@both
def test_an_extension_and_padding_are_not_taken_for_payload(codec: Codec) -> None:
    source = clip(codec, width=64, height=48)
    packetiser = Packetiser(codec, mtu=60_000)
    received = b""
    for number, nals in enumerate(source.pictures):
        for nal in nals:
            payload = b"\xab\xac\0\1abcd" + nal + b"\0\0\0\4"
            received += framed([packetiser.packet(payload, number * 3600, marker=nal is nals[-1], flags=0xB0)])
    assert walked(codec, received).samples == expected(source)


@both
def test_fragments_in_packets_with_an_extension_are_put_together(codec: Codec) -> None:
    source = clip(codec)
    packetiser = Packetiser(codec)
    received = b""
    for number, nals in enumerate(source.pictures):
        for packet in packetiser.picture(nals, number * 3600):
            received += framed([b"\x90" + packet[1:12] + b"\xab\xac\0\0" + packet[12:]])
    assert walked(codec, received).samples == expected(source)


def test_reports_texts_and_other_channels_between_packets_disturb_nothing() -> None:
    source = clip("h264")
    packetiser = Packetiser("h264")
    received = b""
    for number, nals in enumerate(source.pictures):
        received += framed(packetiser.picture(nals, number * 3600))
        received += framed([b"report"], channel=1) + framed([b"audio"], channel=2)
        received += b"OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n"
    seen = walked("h264", received)
    assert seen.samples == expected(source)
    assert seen.reports == [b"report"] * 24
    assert len(seen.texts) == 24
    assert seen.counters.malformed == 24  # the frames of a channel we never set up


def test_after_garbage_the_walk_finds_the_next_packet() -> None:
    source = clip("h264")
    packetiser = Packetiser("h264")
    first, second = (framed(packetiser.picture(nals, at * 3600)) for at, nals in enumerate(source.pictures[:2]))
    seen = walked("h264", first + b"\xff\xfe\x00garbage" + second)
    assert seen.samples == expected(source)[:2]
    assert seen.counters.malformed == 1


def test_a_unit_that_never_ends_is_forgotten() -> None:
    packetiser = Packetiser("h264")
    start = packetiser.packet(b"\x7c\x85" + bytes(60_000), 0)
    seen = Seen("h264")
    seen.feed(framed([start]))
    for _ in range(3 * MAX_UNIT_BYTES // 60_000):
        seen.feed(framed([packetiser.packet(b"\x7c\x05" + bytes(60_000), 0)]))
    held = sum(map(len, seen.walk._parts))
    assert held <= MAX_UNIT_BYTES + 70_000
    source = clip("h264")
    for number, nals in enumerate(source.pictures, 1):
        seen.feed(framed(packetiser.picture(nals, number * 3600)))
    seen.walk.flush()
    assert seen.samples == expected(source)


def test_a_new_source_identifier_breaks_the_stream_once() -> None:
    source = clip("h264")
    packetiser = Packetiser("h264")
    received = stream(source, packetiser)
    again = stream(source, Packetiser("h264", sequence=300)).replace(b"\0\0\x12\x34", b"\0\0\x43\x21")
    seen = walked("h264", received + again)
    assert seen.events == ["lost 1"]
    assert seen.samples == expected(source) * 2
