"""A recorder tells its facts to web alone: to who proves its name under the authority it was given, and in HTTPS."""

from __future__ import annotations

import http.server
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from beffroi.core.errors import Unavailable
from beffroi.engine.control import WebAddress, post

PEM = serialization.Encoding.PEM
Pair = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def certificate(folder: Path, name: str, *, by: Pair | None = None, host: str = "127.0.0.1", days: int = 1) -> Pair:
    """A certificate, of an authority of its own without `by`; negative `days`: it ended then."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by[0].subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if by is not None:
        made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(host))]), critical=False)
    signed = made.sign(by[1] if by else key, hashes.SHA256())
    private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / f"{name}.pem").write_bytes(signed.public_bytes(PEM) + private)
    return signed, key


class Listening(http.server.BaseHTTPRequestHandler):
    """A web that keeps what it is told."""

    told: list[bytes] = []  # noqa: RUF012
    answer = 200

    def do_POST(self) -> None:
        self.told.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.answer)
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def web(chain: Path, *, answer: int = 200, newest: ssl.TLSVersion | None = None) -> Iterator[tuple[str, list[bytes]]]:
    handler = type("Handler", (Listening,), {"told": [], "answer": answer})
    server = http.server.HTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    if newest is not None:
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = newest
        context.set_ciphers("ALL:@SECLEVEL=0")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", handler.told  # type: ignore[attr-defined]  # made above
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def say(url: str, ca: Path) -> bytes:
    return post(WebAddress(url=url, ca=str(ca)), "/node/exchange", b"what only web may hear", headers={})


def test_web_is_told_when_its_authority_is_the_one_given(tmp_path: Path) -> None:
    town = certificate(tmp_path, "town")
    certificate(tmp_path, "web", by=town)
    with web(tmp_path / "web.pem") as (url, told):
        assert say(url, tmp_path / "town.pem") == b"{}"
        assert told == [b"what only web may hear"]


@pytest.mark.parametrize("wrong", ["another authority", "ended", "another name", "of its own making"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_who_does_not_prove_to_be_web_is_told_nothing(tmp_path: Path, wrong: str) -> None:
    town, other = certificate(tmp_path, "town"), certificate(tmp_path, "other")
    certificate(
        tmp_path,
        "web",
        by={"another authority": other, "of its own making": None}.get(wrong, town),
        host="127.0.0.9" if wrong == "another name" else "127.0.0.1",
        days=-1 if wrong == "ended" else 1,
    )
    with web(tmp_path / "web.pem") as (url, told):
        with pytest.raises(Unavailable):
            say(url, tmp_path / "town.pem")
        assert told == []


@pytest.mark.filterwarnings("ignore:.*TLSv1:DeprecationWarning")
@pytest.mark.parametrize("old", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_an_old_protocol_is_not_spoken(tmp_path: Path, old: ssl.TLSVersion) -> None:
    certificate(tmp_path, "web", by=certificate(tmp_path, "town"))
    with web(tmp_path / "web.pem", newest=old) as (url, told):
        with pytest.raises(Unavailable):
            say(url, tmp_path / "town.pem")
        assert told == []


def test_a_redirect_of_web_is_followed_nowhere(tmp_path: Path) -> None:
    certificate(tmp_path, "web", by=certificate(tmp_path, "town"))
    with web(tmp_path / "web.pem", answer=307) as (url, told):
        with pytest.raises(Unavailable):
            say(url, tmp_path / "town.pem")
        assert len(told) == 1


@pytest.mark.slow
@pytest.mark.parametrize("where", ["http://192.0.2.1:8400", "http://web.ville.example", "http://"])
def test_a_node_asks_web_beyond_this_machine_in_https_only(tmp_path: Path, where: str) -> None:
    command = [sys.executable, "-m", "beffroi.cli.main", "node", "--folder", str(tmp_path / "node")]
    command += ["--footage", str(tmp_path / "footage"), "--port", "18401", "--web", where, "--code", "x"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "HTTPS" in refused.stderr
    assert not (tmp_path / "node").exists()
