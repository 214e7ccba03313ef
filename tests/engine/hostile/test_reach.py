"""A node asks declared cameras alone: not its own machine, nor where no camera can be, whatever a name says."""

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


@pytest.fixture(autouse=True)
def _in_a_town(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a node is by default; the tests' own permission is taken back."""
    monkeypatch.delenv(reach.LOOPBACK)


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
    ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::", "169.254.169.254", "fe80::1", "fe80::1%lo",
     "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1"],
)  # fmt: skip
def test_no_camera_is_at(number: str) -> None:
    assert reach.is_barred(number)


@pytest.mark.parametrize("number", ["10.0.0.4", "192.168.1.64", "172.16.3.2", "fd12::4", "203.0.113.9"])
def test_a_camera_may_be_at(number: str) -> None:
    assert not reach.is_barred(number)


def test_the_machine_s_own_address_is_no_camera_s() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe_socket:
        try:
            probe_socket.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback")
        own = probe_socket.getsockname()[0]
    assert reach.is_barred(own)


def test_the_machine_itself_is_asked_by_an_explicit_setting_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(reach.LOOPBACK, "true")
    assert not reach.is_barred("127.0.0.1")
    assert reach.is_barred("169.254.169.254")


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "rebound.example"])
async def test_a_stream_of_this_machine_is_refused_before_a_byte(
    host: str, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    _rebind(monkeypatch)
    source = StreamSource(stream=StreamName.MAIN, url=f"rtsp://{host}:{canary.port}/stream")
    with pytest.raises(refusals.Barred) as refused:
        await probe(source, 3.0, limits=SHORT)
    assert host in refused.value.message and refused.value.message_fr != refused.value.message
    assert canary.visits == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "rebound.example"])
def test_the_fallback_and_the_masks_are_refused_alike(
    host: str, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    _rebind(monkeypatch)
    with pytest.raises(refusals.Barred), fenced(parse_address(f"rtsp://{host}:{canary.port}/s"), deadline_s=1):
        pass
    assert set_masks(asked(f"http://{host}:{canary.port}/onvif/device_service")) is Refusal.BARRED
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
