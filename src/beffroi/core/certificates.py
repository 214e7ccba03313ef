"""The town's own certificate authority, and the certificate of its servers.

Source: RFC 5280; lifetimes after what browsers accept (825 days for a private authority).
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from beffroi.core.errors import InvalidInput
from beffroi.core.site_key import write_secret

CA_DAYS, SERVER_DAYS, SEAL_DAYS, RENEW_BEFORE_DAYS = 3650, 820, 1825, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TownFiles:
    """Where the authority and the server's certificate lie."""

    folder: Path

    @property
    def ca_cert(self) -> Path:
        """The authority: browsers import this one."""
        return self.folder / "town-ca.pem"

    @property
    def ca_key(self) -> Path:
        """The authority's private key."""
        return self.folder / "town-ca.key"

    @property
    def cert(self) -> Path:
        """Certificate of web and of the local node."""
        return self.folder / "web.pem"

    @property
    def key(self) -> Path:
        """Its private key."""
        return self.folder / "web.key"

    @property
    def seal_cert(self) -> Path:
        """Certificate that seals evidence packs, the authority behind it."""
        return self.folder / "seal.pem"

    @property
    def seal_key(self) -> Path:
        """Its private key."""
        return self.folder / "seal.key"


def ensure(files: TownFiles, names: tuple[str, ...], now: dt.datetime) -> bool:
    """Makes the authority when absent, and the server's certificate when absent, near its end or for other names.

    Returns True when a certificate was made.
    """
    if not files.ca_cert.exists():
        _make_ca(files, now)
    if files.cert.exists() and files.key.exists() and _still_good(files.cert, names, now):
        return False
    _make_server(files, names, now)
    return True


def ensure_seal(files: TownFiles, now: dt.datetime) -> bool:
    """Makes the certificate that seals evidence packs, and its authority, when absent or near its end.

    It says neither server nor mail: openssl verifies what it signed with `-purpose any`. True when one was made.
    """
    if not files.ca_cert.exists():
        _make_ca(files, now)
    if files.seal_cert.exists() and files.seal_key.exists():
        certificate = x509.load_pem_x509_certificate(files.seal_cert.read_bytes())
        if certificate.not_valid_after_utc - now > dt.timedelta(days=RENEW_BEFORE_DAYS):
            return False
    authority = x509.load_pem_x509_certificate(files.ca_cert.read_bytes())
    signer = _authority_key(files)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Beffroi, sceau de la ville")])
    end = min(authority.not_valid_after_utc, now + dt.timedelta(days=SEAL_DAYS))
    certificate = (
        _builder(subject, authority.subject, key.public_key(), span=(now, end))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False, seals=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    _write_key(files.seal_key, key)
    pem = serialization.Encoding.PEM
    files.seal_cert.write_bytes(certificate.public_bytes(pem) + authority.public_bytes(pem))
    return True


def check_pair(cert: Path, key: Path, *, field: str = "web.tls_cert") -> None:
    """Nothing, when `cert` is a PEM certificate that has not ended and `key` is its private key.

    Errors: InvalidInput naming what does not fit.
    """
    try:
        chain = x509.load_pem_x509_certificates(cert.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise InvalidInput(
            f"The certificate or its key cannot be read: {error}.",
            message_fr=f"Le certificat ou sa clé ne peut pas être lu : {error}.",
            field=field,
        ) from None
    if _spki(chain[0].public_key()) != _spki(private.public_key()):
        raise InvalidInput(
            "The private key is not that of the certificate.",
            message_fr="La clé privée n'est pas celle du certificat.",
            field=field.replace("cert", "key"),
        )
    if chain[0].not_valid_after_utc < dt.datetime.now(dt.UTC):
        raise InvalidInput(
            f"The certificate ended on {chain[0].not_valid_after_utc:%Y-%m-%d}; renew it.",
            message_fr=f"Le certificat a pris fin le {chain[0].not_valid_after_utc:%Y-%m-%d} ; renouvelez-le.",
            field=field,
        )


def _spki(key: object) -> bytes:
    raw: bytes = key.public_bytes(  # type: ignore[attr-defined]  # every public key type has it; there is no common base
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return raw


def _still_good(path: Path, names: tuple[str, ...], now: dt.datetime) -> bool:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return list(said) == _alternatives(names) and certificate.not_valid_after_utc - now > dt.timedelta(
        days=RENEW_BEFORE_DAYS
    )


def _alternatives(names: tuple[str, ...]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in dict.fromkeys((*names, "localhost", "127.0.0.1", "::1")):
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found


def _make_ca(files: TownFiles, now: dt.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Beffroi, autorité de la ville")])
    certificate = (
        _builder(name, name, key.public_key(), span=(now, now + dt.timedelta(days=CA_DAYS)))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write_key(files.ca_key, key)
    files.ca_cert.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _make_server(files: TownFiles, names: tuple[str, ...], now: dt.datetime) -> None:
    authority = x509.load_pem_x509_certificate(files.ca_cert.read_bytes())
    signer = serialization.load_pem_private_key(files.ca_key.read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise InvalidInput(
            f"{files.ca_key} is not the key that Beffroi made.",
            message_fr=f"{files.ca_key} n'est pas la clé que Beffroi a faite.",
            field="town-ca.key",
        )
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, (names or ("localhost",))[0])])
    certificate = (
        _builder(subject, authority.subject, key.public_key(), span=(now, now + dt.timedelta(days=SERVER_DAYS)))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    _write_key(files.key, key)
    pem = serialization.Encoding.PEM
    files.cert.write_bytes(certificate.public_bytes(pem) + authority.public_bytes(pem))


def _authority_key(files: TownFiles) -> ec.EllipticCurvePrivateKey:
    signer = serialization.load_pem_private_key(files.ca_key.read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise InvalidInput(
            f"{files.ca_key} is not the key that Beffroi made; put it back from a copy of the keys.",
            message_fr=f"{files.ca_key} n'est pas la clé que Beffroi a faite ; remettez celle d'une copie des clés.",
            field="town-ca.key",
        )
    return signer


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, span: tuple[dt.datetime, dt.datetime]
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(span[0] - dt.timedelta(hours=1))
        .not_valid_after(span[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs: bool, seals: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=seals,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.unlink(missing_ok=True)
    write_secret(
        path,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
