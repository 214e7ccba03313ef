"""RTP over UDP: drains the socket, puts packets back in order, gives the walk one chunk."""

from __future__ import annotations

import socket
from struct import Struct
from typing import Final

BUFFER_BYTES: Final = 1 << 20
BUFFER: Final = bytearray(BUFFER_BYTES)
"""Of the whole process: a read ends before the next begins."""
VIEW: Final = memoryview(BUFFER)
RECEIVE_BUFFER_BYTES: Final = 4 << 20
BATCH_BUFFER_BYTES: Final = 1 << 20
"""With a smaller kernel buffer a key frame can overflow it between two batched reads."""
_MAX_DATAGRAM_BYTES: Final = 65_535
_MAX_HELD: Final = 64
_REORDER_S: Final = 0.1
_FAR: Final = 512
_FRAME = Struct(">HH")
_PORT_TRIES: Final = 20
_MAX_DATAGRAMS: Final = 4096
"""Taken in one read: those that are thrown away fill no buffer, and a flood of them would never end."""


class UdpReceiver:
    """Two sockets, RTP on an even port and RTCP on the next. Source: RFC 3550 §11.

    Attributes:
        late: packets that came after they had been given up.
    """

    def __init__(self, family: int, local: str) -> None:
        self.rtp, self.rtcp = _port_pair(family, local)
        self.rtp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        self.port: int = self.rtp.getsockname()[1]
        self.late = 0
        self._want = -1
        self._stranger = ""  # the camera's host, while its port is not known
        self._held: dict[int, bytes] = {}
        self._held_since_s = 0.0

    @property
    def can_batch(self) -> bool:
        """Whether the kernel grants a buffer that holds a batch."""
        return self.rtp.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= BATCH_BUFFER_BYTES

    def connect(self, host: str, ports: tuple[int, int]) -> None:
        """Take packets of the camera's ports only; of the first it sends from when it did not say which (0, 0)."""
        if not all(ports):
            self._stranger = host
            return
        self._stranger = ""
        self.rtp.connect((host, ports[0]))
        self.rtcp.connect((host, ports[1]))

    def close(self) -> None:
        self.rtp.close()
        self.rtcp.close()

    def read(self, now_s: float) -> tuple[bytes, bool]:
        """All packets waiting, framed, in order; and whether more may be waiting."""
        if self._stranger and not self._met(self._stranger):
            return b"", False
        receive = self.rtp.recv_into
        at = 0
        more = True
        for _ in range(_MAX_DATAGRAMS):
            if at + 4 + _MAX_DATAGRAM_BYTES > BUFFER_BYTES:
                break
            try:
                size = receive(VIEW[at + 4 :])
            except BlockingIOError:
                more = False
                break
            except ConnectionRefusedError:
                continue  # an ICMP answer to a report of ours; silence decides
            if size < 12:
                continue
            sequence = BUFFER[at + 6] << 8 | BUFFER[at + 7]
            if sequence == self._want and not self._held:
                self._want = sequence + 1 & 0xFFFF
                _FRAME.pack_into(BUFFER, at, 0x2400, size)
                at += 4 + size
            else:
                at = self._out_of_order(sequence, at, size, now_s=now_s)
        if self._held and now_s - self._held_since_s > _REORDER_S:
            at = self._give_up(at)
        return bytes(VIEW[:at]), more

    def _met(self, host: str) -> bool:
        """Pass over packets of others until the camera's first one, which says from where it sends."""
        for _ in range(_MAX_DATAGRAMS):
            try:
                _, sender = self.rtp.recvfrom_into(VIEW, 1, socket.MSG_PEEK | socket.MSG_TRUNC)
            except (BlockingIOError, ConnectionRefusedError):
                return False
            if sender[0] == host:
                self.connect(host, (sender[1], min(sender[1] + 1, 65_535)))
                return True
            self.rtp.recv_into(VIEW)
        return False

    def _out_of_order(self, sequence: int, at: int, size: int, *, now_s: float) -> int:
        """Keep, drop or accept the packet at `at`; returns where the next one goes."""
        ahead = sequence - self._want & 0xFFFF
        if self._want < 0 or _FAR < ahead < 0x10000 - _FAR:
            at = self._restart(at, size)
            self._want = sequence + 1 & 0xFFFF
            return at
        if ahead >= 0x8000:
            self.late += 1
            return at
        if not self._held:
            self._held_since_s = now_s
        self._held[sequence] = bytes(VIEW[at + 4 : at + 4 + size])
        at = self._drain(at)
        if len(self._held) > _MAX_HELD:
            at = self._give_up(at)
        return at

    def _restart(self, at: int, size: int) -> int:
        """A first packet, or one far from where we were: nothing held matters any more."""
        self._held.clear()
        _FRAME.pack_into(BUFFER, at, 0x2400, size)
        return at + 4 + size

    def _give_up(self, at: int) -> int:
        """Stop waiting for what is missing: go on with the oldest packet held."""
        self._want = min(self._held, key=lambda sequence: sequence - self._want & 0xFFFF)
        return self._drain(at)

    def _drain(self, at: int) -> int:
        while (packet := self._held.get(self._want)) is not None:
            if at + 4 + len(packet) > BUFFER_BYTES:
                break  # the next read goes on with it
            del self._held[self._want]
            _FRAME.pack_into(BUFFER, at, 0x2400, len(packet))
            BUFFER[at + 4 : at + 4 + len(packet)] = packet
            at += 4 + len(packet)
            self._want = self._want + 1 & 0xFFFF
        return at


def _port_pair(family: int, local: str) -> tuple[socket.socket, socket.socket]:
    """An even port and the next one. Errors: OSError when no pair is free."""
    for _ in range(_PORT_TRIES):
        first = _bound(family, local, 0)
        port: int = first.getsockname()[1]
        sibling = port + 1 if port % 2 == 0 else port - 1
        try:
            second = _bound(family, local, sibling)
        except OSError:
            first.close()
            continue
        return (first, second) if port % 2 == 0 else (second, first)
    raise OSError("no pair of UDP ports is free")


def _bound(family: int, local: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_DGRAM)
    try:
        made.bind((local, port))
    except OSError:
        made.close()
        raise
    made.setblocking(False)
    return made
