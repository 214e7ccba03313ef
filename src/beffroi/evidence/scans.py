"""Scans of a requisition's papers, sealed under a key of their own."""

from __future__ import annotations

from django.conf import settings

from beffroi.core import scans
from beffroi.core.scans import ENDINGS, MAX_BYTES, checked_type

__all__ = ["ENDINGS", "MAX_BYTES", "checked_type", "seal", "unseal"]


def seal(content: bytes, *, scan: str) -> bytes:
    """`content` under the site key; only this scan's id opens it."""
    return scans.seal(content, scan=scan, key=_key())


def unseal(sealed: bytes, *, scan: str) -> bytes:
    """What `seal` closed. Errors: DataLoss when it was changed, or another site key closed it."""
    return scans.unseal(sealed, scan=scan, key=_key())


def _key() -> bytes:
    key: bytes = settings.SITE_KEY.derived("evidence-scans")
    return key
