"""What listens, and what it costs to knock: one town served, seen from outside."""

from __future__ import annotations

import http.client
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from beffroi.web import patience
from tests.web.cli.serving import READY_S, Serving, free_ports, run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(READY_S + 120)]
LISTENS = "0A"
"""Source: Linux, include/net/tcp_states.h."""


@dataclass(frozen=True)
class Served:
    pid: int
    port: int


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, password: Path) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("doors") / "town"
    answer = run(folder, "init", "--admin-name", "anne", "--admin-password-file", str(password))
    assert answer.returncode == 0, answer.stderr
    port = free_ports()
    with Serving(folder, BEFFROI_PORT=str(port)) as serving:
        assert serving.first_line().startswith("Beffroi is ready")
        yield Served(serving.process.pid, port)
    shutil.rmtree(folder)


def family(pid: int) -> list[int]:
    """A process and all that came from it."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def sockets(pids: list[int]) -> set[str]:
    """Inodes of the sockets that these processes hold."""
    links = (link for pid in pids for link in Path(f"/proc/{pid}/fd").iterdir())
    names = (str(link.readlink()) for link in links if link.is_symlink())
    return {name.removeprefix("socket:[").removesuffix("]") for name in names if name.startswith("socket:[")}


def listening(pids: list[int]) -> set[tuple[str, str, int]]:
    """Protocol, address as the kernel writes it, and port of what these processes listen on."""
    ours, found = sockets(pids), set()
    for protocol in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{protocol}").read_text().splitlines()[1:]:
            _, local, _, state, *_rest = line.split()
            inode = line.split()[9]
            if inode in ours and (protocol.startswith("udp") or state == LISTENS):
                address, _, port = local.partition(":")
                found.add((protocol, address, int(port, 16)))
    return found


def test_web_and_node_listen_on_their_ports_of_this_machine_and_nothing_else_does(served: Served) -> None:
    """127.0.0.1 as the kernel writes it; no database, no worker, no control socket, no datagram."""
    here = "0100007F"
    assert listening(family(served.pid)) == {("tcp", here, served.port), ("tcp", here, served.port + 1)}


def test_the_recorder_s_own_socket_is_a_file_for_its_owner_alone(served: Served) -> None:
    ours = sockets(family(served.pid))
    lines = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    listening_there = [line[7] for line in lines if line[6] in ours and line[3] == "00010000" and len(line) > 7]
    assert listening_there
    for name in listening_there:
        assert name.endswith("node/link.sock"), name


def answers(port: int, *, within_s: float = 5.0) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=within_s)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def knock(held: ExitStack, port: int, said: bytes = b"") -> socket.socket:
    """From another address of this machine."""
    sock = held.enter_context(socket.create_connection(("127.0.0.1", port), 5, source_address=("127.0.0.2", 0)))
    if said:
        sock.sendall(said)
    return sock


HEAD = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
FORM = b"POST /compte/connexion/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\nlogin="


@pytest.mark.parametrize("offset", [0, 1], ids=["web", "node"])
@pytest.mark.parametrize("said", [b"", b"G", HEAD, FORM], ids=["nothing", "a byte", "half a head", "half a form"])
def test_sixty_clients_that_do_not_finish_keep_nobody_else_waiting(served: Served, offset: int, said: bytes) -> None:
    port = served.port + offset
    with ExitStack() as held:
        for _ in range(60):
            knock(held, port, said)
        time.sleep(0.3)
        assert all(answers(port) for _ in range(5))


def test_clients_that_take_their_answer_and_stay_keep_nobody_else_waiting(served: Served) -> None:
    with ExitStack() as held:
        for _ in range(20):
            knock(held, served.port, b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
        began_s = time.monotonic()
        assert answers(served.port)
        assert time.monotonic() - began_s < 5.0  # gunicorn's own loop would stay two seconds with each


@pytest.mark.parametrize("offset", [0, 1], ids=["web", "node"])
def test_one_address_holds_its_share_of_the_connections_and_gets_them_back(served: Served, offset: int) -> None:
    port = served.port + offset
    with ExitStack() as held:
        taken = [knock(held, port) for _ in range(patience.OF_ADDRESS_MAX + 20)]
        time.sleep(1)
        assert sum(is_hung_up(sock) for sock in taken) >= 20
    deadline_s = time.monotonic() + 10
    while not answers(port):
        assert time.monotonic() < deadline_s


def is_hung_up(sock: socket.socket) -> bool:
    sock.setblocking(False)
    try:
        return sock.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


@pytest.mark.parametrize("offset", [0, 1], ids=["web", "node"])
def test_a_head_that_takes_too_long_is_hung_up_on(served: Served, offset: int) -> None:
    with socket.create_connection(("127.0.0.1", served.port + offset), 5) as sock:
        began_s = time.monotonic()
        try:
            while time.monotonic() - began_s < 2 * patience.HEAD_S:
                sock.sendall(b"G" if time.monotonic() - began_s < 0.1 else b"E")
                time.sleep(1)
                if is_hung_up(sock):
                    break
                sock.setblocking(True)
        except ConnectionError:
            pass
        assert time.monotonic() - began_s < 2 * patience.HEAD_S


@pytest.mark.parametrize("offset", [0, 1], ids=["web", "node"])
@pytest.mark.parametrize(
    "said",
    [
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        HEAD + b"X: " + b"a" * 200_000 + b"\r\n\r\n",
        HEAD + b"X: y\r\n" * 20_000 + b"\r\n",
    ],
    ids=["a long address", "a long header", "many headers"],
)
def test_a_head_without_measure_is_refused(served: Served, offset: int, said: bytes) -> None:
    with socket.create_connection(("127.0.0.1", served.port + offset), 5) as sock:
        try:
            sock.sendall(said)
            told = sock.recv(100)
        except ConnectionError:
            told = b""
    assert not told.startswith(b"HTTP/1.1 200") and b" 500 " not in told
    assert answers(served.port + offset)
