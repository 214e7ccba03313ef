"""Seals a manifest: detached CMS with the town's certificate. Source: ref/pack.md §4, RFC 5652."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from django.conf import settings

from beffroi.core import certificates
from beffroi.core.errors import InvalidInput

_OPTIONS = [
    pkcs7.PKCS7Options.DetachedSignature,
    pkcs7.PKCS7Options.Binary,
    pkcs7.PKCS7Options.NoCapabilities,
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealer:
    """The certificate that seals, the authorities above it, its key."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = field(repr=False)

    def sign(self, manifest: bytes) -> bytes:
        """Detached CMS SignedData, DER."""
        builder = pkcs7.PKCS7SignatureBuilder().set_data(manifest)
        builder = builder.add_signer(self.certificate, self.key, hashes.SHA256())
        for one in self.chain:
            builder = builder.add_certificate(one)
        return builder.sign(Encoding.DER, _OPTIONS)

    @property
    def certificate_pem(self) -> bytes:
        """Of the pack: who sealed."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def sha256(self) -> str:
        """Digest of the certificate, as the town publishes it."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    @property
    def chain_pem(self) -> bytes:
        """Of the pack: whom to trust; the certificate itself where nobody stands above it."""
        return b"".join(one.public_bytes(Encoding.PEM) for one in self.chain or (self.certificate,))


def sealer(now: dt.datetime) -> Sealer:
    """The town's: `evidence.seal_cert` when it has its own, else one under the town's authority, made when absent.

    Errors: InvalidInput naming what cannot be read.
    """
    config = settings.BEFFROI
    if config.evidence.seal_cert:
        return _read(config.data / config.evidence.seal_cert, config.data / config.evidence.seal_key)
    files = certificates.TownFiles(folder=config.keys)
    certificates.ensure_seal(files, now)
    return _read(files.seal_cert, files.seal_key)


def _read(cert: Path, key: Path) -> Sealer:
    certificates.check_pair(cert, key, field="evidence.seal_cert")
    first, *chain = x509.load_pem_x509_certificates(cert.read_bytes())
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    if not isinstance(private, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise InvalidInput(
            "The sealing key is neither RSA nor on an elliptic curve.",
            message_fr="La clé du sceau n'est ni RSA ni à courbe elliptique.",
            field="evidence.seal_key",
        )
    return Sealer(certificate=first, chain=tuple(chain), key=private)
