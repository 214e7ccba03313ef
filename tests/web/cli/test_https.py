"""`serve` beyond loopback, in a network of its own: HTTPS everywhere, one chain, the town's name."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.web.cli.serving import READY_S, Serving, run

NAME, ADDRESS = "beffroi.ville.example", "192.0.2.1"
"""Source: RFC 2606 and RFC 5737: documentation only."""
WEB, NODE = 8400, 8401
NETWORK = ["unshare", "--map-root-user", "--net"]
WITH_ADDRESS = f'ip link set lo up && ip address add {ADDRESS}/32 dev lo && exec "$@"'


@pytest.fixture
def beyond_loopback() -> tuple[str, ...]:
    """What starts a program in a network where only `ADDRESS` exists."""
    wrapper = (*NETWORK, "sh", "-c", WITH_ADDRESS, "sh")
    tried = shutil.which("unshare") and subprocess.run([*wrapper, "true"], capture_output=True, check=False)
    if not tried or tried.returncode:
        pytest.skip("this machine lets nobody make a network namespace (unshare, ip)")
    return wrapper


def town(folder: Path, password: Path) -> Path:
    """A prepared folder that serves `ADDRESS` under `NAME`, with a certificate of the town's authority."""
    asked = ["--tls", "own-ca", "--name", NAME, "--host", ADDRESS]
    answer = run(folder, "init", *asked, "--admin-name", "anne", "--admin-password-file", str(password))
    assert answer.returncode == 0, answer.stderr
    return folder


def inside(pid: int, *command: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """A program in the network of process `pid`."""
    enter = ["nsenter", "--target", str(pid), "--user", "--net", "--preserve-credentials"]
    return subprocess.run([*enter, *command], input=said, capture_output=True, text=True, check=False, timeout=30)


def health(pid: int, port: int, *, trust: Path | None, name: str = NAME) -> subprocess.CompletedProcess[str]:
    """`/health` through openssl, which says nothing to the server unless the chain and the name are proved."""
    proof = ["-CAfile", str(trust)] if trust else []
    proof += ["-verify_return_error", "-verify_hostname", name, "-servername", name]
    command = ["openssl", "s_client", "-connect", f"{ADDRESS}:{port}", "-quiet", "-no_ign_eof", *proof]
    request = f"GET /health HTTP/1.1\r\nHost: {name}:{port}\r\nConnection: close\r\n\r\n"
    return inside(pid, "sh", "-c", '{ cat; sleep 1; } | "$@"', "sh", *command, said=request)


SPOKEN_PLAINLY = f"""
import socket, sys
with socket.create_connection(("{ADDRESS}", int(sys.argv[1])), 5) as door:
    door.sendall(b"GET /health HTTP/1.1\\r\\nHost: {NAME}\\r\\n\\r\\n")
    print(door.recv(1000))
"""


@pytest.mark.slow
@pytest.mark.timeout(READY_S + 60)
def test_beyond_loopback_web_and_node_prove_the_town_s_name_and_never_speak_plainly(
    beyond_loopback: tuple[str, ...], tmp_path: Path, password: Path
) -> None:
    folder = town(tmp_path / "town", password)
    authority = folder / "keys" / "town-ca.pem"
    with Serving(folder, wrapper=beyond_loopback, BEFFROI_PORT=str(WEB)) as serving:
        assert serving.first_line() == f"Beffroi is ready: https://{NAME}:{WEB}\n"
        pid = serving.process.pid
        for port in (WEB, NODE):
            proved = health(pid, port, trust=authority)
            assert '"ready"' in proved.stdout, proved.stderr
            for doubtful in (
                health(pid, port, trust=authority, name="other.example"),
                health(pid, port, trust=None),
            ):
                assert "certificate verify failed" in doubtful.stderr and not doubtful.stdout
            assert "200" not in inside(pid, sys.executable, "-c", SPOKEN_PLAINLY, str(port)).stdout
