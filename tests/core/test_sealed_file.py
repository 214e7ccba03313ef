"""A sealed file opens whole with its passphrase, or not at all."""

from __future__ import annotations

import io

import pytest

from beffroi.core.errors import InvalidInput
from beffroi.core.sealed_file import CHUNK_BYTES, seal, unseal

PASSPHRASE = "une phrase de passe"


def sealed(clear: bytes) -> bytes:
    target = io.BytesIO()
    seal(io.BytesIO(clear), target, PASSPHRASE)
    return target.getvalue()


def opened(content: bytes, passphrase: str = PASSPHRASE) -> bytes:
    target = io.BytesIO()
    unseal(io.BytesIO(content), target, passphrase)
    return target.getvalue()


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES])
def test_what_was_sealed_opens(size: int) -> None:
    clear = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert opened(sealed(clear)) == clear


def test_another_passphrase_opens_nothing() -> None:
    with pytest.raises(InvalidInput):
        opened(sealed(b"x"), "une autre phrase de passe")


def test_a_file_that_was_cut_or_changed_does_not_open() -> None:
    content = sealed(b"x" * (CHUNK_BYTES + 5))
    whole_chunk = len(content) - 5 - 16
    for spoilt in (content[:whole_chunk], content[:-1], content[:60] + b"?" + content[61:], content[:20], b"other"):
        with pytest.raises(InvalidInput):
            opened(spoilt)


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(InvalidInput):
        seal(io.BytesIO(b""), io.BytesIO(), "short")
