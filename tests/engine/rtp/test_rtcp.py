"""RTCP, read and written."""

from __future__ import annotations

from struct import pack

from hypothesis import given
from hypothesis import strategies as st

from beffroi.engine.rtp.rtcp import Bye, SenderReport, parse, receiver_report

AT_US = 1_790_000_000_250_000


def sender_report(at_us: int = AT_US, timestamp: int = 900) -> bytes:
    seconds, rest = divmod(at_us, 1_000_000)
    ntp = (seconds + 2_208_988_800) << 32 | (rest << 32) // 1_000_000
    return pack(">BBHIQIII", 0x80, 200, 6, 7, ntp, timestamp, 10, 1000)


def test_a_sender_report_gives_the_cameras_clock() -> None:
    (report,) = parse(sender_report())
    assert isinstance(report, SenderReport)
    assert (report.ssrc, report.timestamp) == (7, 900)
    assert abs(report.at_us - AT_US) <= 1


def test_a_compound_packet_is_read_to_its_end() -> None:
    kinds = [type(one) for one in parse(sender_report() + receiver_report(3) + pack(">BBHI", 0x81, 203, 1, 7))]
    assert kinds == [SenderReport, Bye]


def test_a_clock_that_was_never_set_says_nothing() -> None:
    assert list(parse(pack(">BBHIQIII", 0x80, 200, 6, 7, 5 << 32, 900, 10, 1000))) == []


@given(st.binary(max_size=200))
def test_noise_never_raises(packet: bytes) -> None:
    list(parse(packet))


def test_our_report_is_whole_words() -> None:
    report = receiver_report(0xFFFFFFFF)
    assert len(report) % 4 == 0
    assert report[1] == 201 and report[9] == 202
    assert len(report) == 8 + 4 + 4 * int.from_bytes(report[10:12], "big")
