"""A node asks declared cameras alone: no name leads it to its own machine, nor any address where no camera can be."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from beffroi.engine import reach
from beffroi.engine.contract import StreamName, StreamSource
from beffroi.engine.decode.fence import fenced
from beffroi.engine.onvif.setting import Refusal, set_masks
from beffroi.engine.rtsp import refusals
from beffroi.engine.rtsp.address import parse_address
from beffroi.engine.source import Limits, probe
from tests.engine.hostile.test_onvif import asked

SHORT = Limits(connect_s=1.0, response_s=0.5, silent_s=0.5, teardown_s=0.2)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": False}  # its resolver can be replaced


class Canary:
    """A service of this machine that must never be visited."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self.visits = 0
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def _count(self) -> None:
        while True:
            try:
                visitor, _ = self._door.accept()
            except OSError:
                return
            self.visits += 1
            visitor.close()

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join(5)


@pytest.fixture
def canary() -> Iterator[Canary]:
    made = Canary()
    yield made
    made.close()


@pytest.mark.parametrize(
    "number",
    ["0.0.0.0", "::", "169.254.169.254", "fe80::1", "fe80::1%lo", "224.0.0.1", "ff02::1", "255.255.255.255",
     "240.0.0.1"],
)  # fmt: skip
def test_no_camera_is_at(number: str) -> None:
    assert reach.is_barred(number, number)


@pytest.mark.parametrize("number", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_no_name_leads_to_this_machine(number: str) -> None:
    assert reach.is_barred(number, "cam.example")


@pytest.mark.parametrize(
    ("number", "host"),
    [("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "localhost"), ("::1", "[::1]"), ("::1", "localhost")],
)
def test_this_machine_is_asked_when_the_address_says_so(number: str, host: str) -> None:
    assert not reach.is_barred(number, host)


@pytest.mark.parametrize("number", ["10.0.0.4", "192.168.1.64", "172.16.3.2", "fd12::4", "203.0.113.9"])
def test_a_camera_may_be_at(number: str) -> None:
    assert not reach.is_barred(number, "cam.example")


def test_the_machine_s_own_address_is_no_camera_s() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe_socket:
        try:
            probe_socket.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback")
        own = probe_socket.getsockname()[0]
    assert reach.is_barred(own, "cam.example")
    assert not reach.is_barred(own, own)


@pytest.mark.anyio
async def test_a_name_bound_to_this_machine_is_refused_before_a_byte(
    canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    _rebind(monkeypatch)
    source = StreamSource(stream=StreamName.MAIN, url=f"rtsp://rebound.example:{canary.port}/stream")
    with pytest.raises(refusals.Barred) as refused:
        await probe(source, 3.0, limits=SHORT)
    assert "rebound.example" in refused.value.message and refused.value.message_fr != refused.value.message
    assert canary.visits == 0


def test_the_fallback_and_the_masks_are_refused_alike(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    _rebind(monkeypatch)
    with pytest.raises(refusals.Barred), fenced(parse_address(f"rtsp://rebound.example:{canary.port}/s"), deadline_s=1):
        pass
    assert set_masks(asked(f"http://rebound.example:{canary.port}/onvif/device_service")) is Refusal.BARRED
    assert canary.visits == 0


def test_a_name_is_asked_at_the_number_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second answer of the resolver changes nothing: it is not asked a second time."""
    answers = iter(["10.0.0.4", "127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **_: [(2, 1, 6, "", (next(answers), port))])
    assert reach.pinned("http://cam.example:8080/onvif?a=b") == "http://10.0.0.4:8080/onvif?a=b"


def _rebind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A town's resolver that says that `rebound.example` is this machine."""
    asked_of = socket.getaddrinfo

    def answer(host: str, port: int, *args: int, **options: int) -> object:
        return asked_of("127.0.0.1" if host == "rebound.example" else host, port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
