"""Datagrams come out in order, framed for the walk; real sockets."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator

import pytest

from beffroi.engine.rtp.udp import UdpReceiver


class Line:
    """A sender and a receiver on loopback."""

    def __init__(self) -> None:
        self.receiver = UdpReceiver(socket.AF_INET, "127.0.0.1")
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self, *sequences: int) -> None:
        for sequence in sequences:
            packet = b"\x80\x60" + (sequence & 0xFFFF).to_bytes(2, "big") + bytes(8) + b"x" * ((sequence & 0xFFFF) % 50)
            self.sender.sendto(packet, ("127.0.0.1", self.receiver.port))
        select.select([self.receiver.rtp], [], [], 1)

    def read(self, now_s: float = 0.0) -> list[int]:
        chunk, more = self.receiver.read(now_s)
        assert not more
        found, at = [], 0
        while at < len(chunk):
            assert chunk[at : at + 2] == b"$\0"
            size = int.from_bytes(chunk[at + 2 : at + 4], "big")
            found.append(int.from_bytes(chunk[at + 6 : at + 8], "big"))
            assert size == 12 + found[-1] % 50
            at += 4 + size
        return found


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.receiver.close()
    made.sender.close()


def test_packets_in_order_pass_across_the_wrap(line: Line) -> None:
    line.send(65_534, 65_535, 65_536, 65_537)
    assert line.read() == [65_534, 65_535, 0, 1]


def test_swapped_packets_are_put_back(line: Line) -> None:
    line.send(10, 12, 11, 13, 16, 15, 14, 17)
    assert line.read() == [10, 11, 12, 13, 14, 15, 16, 17]


def test_a_missing_packet_is_waited_for_a_moment_only(line: Line) -> None:
    line.send(10, 12, 13)
    assert line.read(0.0) == [10]
    line.send(14)
    assert line.read(0.05) == []
    line.send(15)
    assert line.read(0.2) == [12, 13, 14, 15]
    line.send(11, 16)
    assert line.read(0.3) == [16]
    assert line.receiver.late == 1


def test_what_is_held_is_bounded(line: Line) -> None:
    line.send(10, *range(12, 12 + 70))
    assert line.read() == [10, *range(12, 12 + 70)]


def test_a_sender_that_restarts_is_followed(line: Line) -> None:
    line.send(10, 11, 30_000, 30_001)
    assert line.read() == [10, 11, 30_000, 30_001]


def test_duplicates_and_runts_are_dropped(line: Line) -> None:
    line.send(10, 11)
    line.sender.sendto(b"runt", ("127.0.0.1", line.receiver.port))
    line.send(11, 12)
    assert line.read() == [10, 11, 12]


def test_ports_are_a_pair(line: Line) -> None:
    assert line.receiver.port % 2 == 0
    assert line.receiver.rtcp.getsockname()[1] == line.receiver.port + 1
