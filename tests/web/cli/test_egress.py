"""Nothing leaves but to the addresses that the town set: a town served in a network whose every packet is seen.

Covers web, node and worker from their start until each configured address was called: cameras, witness of the journal,
timestamping authority, identity provider. Names are looked up at a server that is seen too. It does not cover what an
agent's browser fetches (the pages' policy does: `tests/web/project/test_permissions.py`), nor `beffroi` commands that
a person runs by hand.

Source: Code pénal 226-22-1.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import beffroi
from tests.web.cli.serving import READY_S, Serving, environ, run
from tests.web.cli.test_https import inside

CAMERA, WITNESS, AUTHORITY, PROVIDER = "192.0.2.10", "192.0.2.20", "192.0.2.30", "192.0.2.40"
NAMES, ELSEWHERE = "192.0.2.53", "203.0.113.9"
"""Where names are asked; somebody nobody set. Source: RFC 5737, documentation only."""
SEEN_S = 120.0
"""Heads are signed, sent and dated each minute."""
PORT = 8400
NETWORK = ["unshare", "--map-root-user", "--net", "--mount"]
SEALED = f"""
set -e
mount --bind "$RESOLV" /etc/resolv.conf
ip link set lo up
ip link add away type veth peer name wall
for end in away wall; do ip link set $end addrgenmode none arp off up; done
ip address add 198.51.100.2/24 dev away
ip route add default dev away
"{sys.executable}" -c "$WATCH" $$ >"$SEEN" 2>/dev/null &
exec "$@"
"""
"""Every way out is `away`, a cable whose other end answers nothing; the watcher runs before the town does."""
WATCH = """
import os, socket, sys
mother = int(sys.argv[1])
door = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
door.bind(("away", 0))
door.settimeout(1)
while os.getppid() == mother:
    try:
        packet, (_, kind, *_) = door.recvfrom(65535)
    except TimeoutError:
        continue
    if kind == 0x0800:
        print(socket.inet_ntoa(packet[16:20]), flush=True)
    elif kind == 0x86DD:
        print(socket.inet_ntop(socket.AF_INET6, packet[24:40]), flush=True)
    else:
        print(hex(kind), flush=True)
"""
OUT = f"""
import socket
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("{ELSEWHERE}", 9))
try:
    socket.getaddrinfo("somewhere.example", 80)
except OSError:
    pass
"""
ASKED = f"""
import urllib.error, urllib.request
for path in ("health", "compte/connexion/", "compte/oidc/"):
    try:
        urllib.request.urlopen("http://127.0.0.1:{PORT}/" + path, timeout=60).read()
    except urllib.error.HTTPError as error:
        print(path, error.code)
"""
TOWN = f"""
import sys
from pathlib import Path
from beffroi.cli import civil
civil.configured(Path(sys.argv[1]))
civil.open_civil()
from beffroi.authorise.services import import_town
from beffroi.operate.services import DeviceForm, put_devices
from beffroi.plan.models import Camera
import_town(Path(sys.argv[2]))
form = DeviceForm(node="n1", main_url="rtsp://{CAMERA}/main")
put_devices(dict.fromkeys(Camera.objects.values_list("pk", flat=True)[:2], form))
"""


@pytest.fixture
def sealed(tmp_path: Path) -> tuple[str, ...]:
    """What starts a program in a network of its own, watched."""
    wrapper = (*NETWORK, "sh", "-c", SEALED, "sh")
    (tmp_path / "resolv.conf").write_text(f"nameserver {NAMES}\noptions timeout:1 attempts:1\n")
    tried = shutil.which("unshare") and subprocess.run(
        [*wrapper, "true"], env=environ(tmp_path, **watching(tmp_path)), capture_output=True, check=False
    )
    if not tried or tried.returncode:
        pytest.skip("this machine lets nobody make a network namespace (unshare, ip, mount)")
    return wrapper


def watching(folder: Path) -> dict[str, str]:
    return {"RESOLV": str(folder / "resolv.conf"), "SEEN": str(folder / "seen"), "WATCH": WATCH}


def town(folder: Path, password: Path) -> Path:
    """The demo's town without buildings: no dwelling is in view, its cameras are called as soon as a node runs."""
    answer = run(folder, "init", "--admin-name", "anne", "--admin-password-file", str(password))
    assert answer.returncode == 0, answer.stderr
    secret = folder / "keys" / "oidc"
    secret.write_text("secret")
    secret.chmod(0o600)
    text = folder.with_name("text")
    shutil.copytree(Path(beffroi.__file__).parent / "demo_town", text, ignore=shutil.ignore_patterns("buildings.csv"))
    made = subprocess.run(
        [sys.executable, "-c", TOWN, str(folder), str(text)],
        env=environ(folder), capture_output=True, text=True, check=False, timeout=150,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return folder


def called(folder: Path) -> set[str]:
    """Where packets went so far."""
    return set((folder / "seen").read_text().split())


@pytest.mark.slow
@pytest.mark.timeout(READY_S + SEEN_S + 200)
def test_a_town_at_work_calls_the_addresses_that_were_set_and_no_other(
    sealed: tuple[str, ...], tmp_path: Path, password: Path
) -> None:
    folder, wanted = town(tmp_path / "town", password), {CAMERA, WITNESS, AUTHORITY, PROVIDER}
    config = {
        "BEFFROI_PORT": str(PORT),
        "BEFFROI_JOURNAL_WITNESS_URL": f"http://{WITNESS}/heads",
        "BEFFROI_JOURNAL_TIMESTAMP_URL": f"http://{AUTHORITY}/tsa",
        "BEFFROI_PEOPLE_OIDC_ISSUER": f"https://{PROVIDER}",
        "BEFFROI_PEOPLE_OIDC_CLIENT": "beffroi",
        "BEFFROI_PEOPLE_OIDC_SECRET_FILE": "keys/oidc",
    }
    with Serving(folder, wrapper=sealed, **config, **watching(tmp_path)) as serving:
        assert serving.first_line().startswith("Beffroi is ready")
        inside(serving.process.pid, sys.executable, "-c", ASKED)
        until_s = time.monotonic() + SEEN_S
        while not wanted <= called(tmp_path) and time.monotonic() < until_s:
            time.sleep(1)
        assert called(tmp_path) == wanted
        enter = ["nsenter", "--target", str(serving.process.pid), "--user", "--net", "--mount"]
        subprocess.run([*enter, "--preserve-credentials", sys.executable, "-c", OUT], check=True, timeout=60)
        time.sleep(1)
        assert called(tmp_path) == wanted | {ELSEWHERE, NAMES}, "a packet to anybody, and a name, would be seen"
