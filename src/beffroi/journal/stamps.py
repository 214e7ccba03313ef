"""Tokens of third-party time, as verified: the line that announced each, its imprint, its authority."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from cryptography import x509
from django.conf import settings
from rfc3161_client import TimeStampResponse, VerificationError, VerifierBuilder, decode_timestamp_response

from beffroi.core.errors import InvalidInput
from beffroi.journal.findings import Finding, Kind, Report
from beffroi.journal.models import Head
from beffroi.journal.queries import statement_of


def check(stamped: Mapping[str, Head], announced: Mapping[str, str], *, first_head: int, report: Report) -> None:
    """Tells of tokens that no line announced, that were changed, that are gone, or that date something else.

    `announced`: the number of a head → the detail of its line. With `journal.timestamp_ca`, signatures too.
    """
    roots = _roots()
    for number in {*stamped, *(one for one in announced if one.isdecimal() and int(one) >= first_head)}:
        head = stamped.get(number)
        detail = "missing" if head is None else _fault(head, announced.get(number, "{}"), roots)
        if detail:
            report.add(Finding(kind=Kind.STAMP, head=int(number), detail=detail))
    report.stamps = len(stamped)


def _fault(head: Head, announced: str, roots: list[x509.Certificate]) -> str:
    token, text = bytes(head.token), statement_of(head).text
    try:
        if json.loads(announced).get("sha256") != hashlib.sha256(token).hexdigest():
            return "not the token that its line announced"
        told = decode_timestamp_response(token)
        if told.tst_info.message_imprint.message != hashlib.sha256(text).digest():
            return "imprint"
        _check_signature(told, text, roots)
    except ValueError:
        return "unreadable"
    except VerificationError as error:
        return str(error)
    return ""


def _check_signature(told: TimeStampResponse, text: bytes, roots: list[x509.Certificate]) -> None:
    if not roots:
        return
    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    builder.build().verify_message(told, text)


def _roots() -> list[x509.Certificate]:
    config = settings.BEFFROI
    if not config.journal.timestamp_ca:
        return []
    path: Path = config.data / config.journal.timestamp_ca
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"journal.timestamp_ca: {path}: {error}.",
            message_fr=f"journal.timestamp_ca : {path} : {error}.",
            field="journal.timestamp_ca",
        ) from None
