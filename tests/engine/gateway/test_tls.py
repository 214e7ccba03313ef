from __future__ import annotations

import http.client
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.engine.gateway.windows import Window
from tests.engine.node.town import ORIGIN, Town, wait_for

pytestmark = pytest.mark.slow


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "node")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    cert_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    key_path.write_bytes(key.private_bytes(*pem))
    return cert_path, key_path


def test_a_node_with_a_certificate_speaks_https_and_wss(tmp_path: Path) -> None:
    cert, key = self_signed(tmp_path)
    context = ssl.create_default_context(cafile=str(cert))
    running = Town(tmp_path, ("c01",))

    def health() -> bytes:
        connection = http.client.HTTPSConnection("127.0.0.1", running.port, timeout=5, context=context)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().read()
        except OSError:
            return b""
        finally:
            connection.close()

    try:
        running.start(tls_cert=str(cert), tls_key=str(key))
        assert b'"ready":true' in wait_for(health)
        with connect(
            f"wss://127.0.0.1:{running.port}/live",
            ssl=context,
            origin=Origin(ORIGIN),
            subprotocols=[Subprotocol("beffroi.live.1")],
            max_size=None,
        ) as socket:
            browser = Window(socket)
            browser.subscribe(1, "c01", running.token())
            assert len(browser.take_frames(30)) == 30
    finally:
        running.close()
