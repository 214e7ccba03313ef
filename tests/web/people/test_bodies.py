"""What is sent is bounded before anything of it is written to disk."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files import uploadhandler
from django.test import Client, override_settings

from beffroi.people.rules import Role

pytestmark = pytest.mark.django_db
BOUNDARY = "beffroi"


def multipart(size_bytes: int) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="scan"; filename="a.pdf"\r\n\r\n'.encode()
    return head + b"0" * size_bytes + f"\r\n--{BOUNDARY}--\r\n".encode()


def status_of(client: Client, size_bytes: int) -> int:
    client.handler.enforce_csrf_checks = True
    client.cookies["beffroi_csrf_8400"] = "a" * 32  # anybody can give themselves one
    content = multipart(size_bytes)
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    return client.generic("POST", "/requisitions/appel/", content, content_type=kind).status_code


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the pieces of files that reached an upload handler."""
    seen: list[int] = []

    def count(_self: object, raw_data: bytes, _start: int) -> None:
        seen.append(len(raw_data))

    monkeypatch.setattr(uploadhandler.TemporaryFileUploadHandler, "receive_data_chunk", count)
    monkeypatch.setattr(uploadhandler.MemoryFileUploadHandler, "receive_data_chunk", count)
    return seen


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100_000, BODY_MAX_BYTES=300_000)
def test_nobody_fills_the_disk_before_they_logged_in_nor_beyond_what_a_page_takes(
    written: list[int], client_of: Callable[..., Client]
) -> None:
    assert status_of(Client(), 200_000) == 400 and not written
    assert status_of(client_of(Role.OPERATOR), 400_000) == 400 and not written
    status_of(client_of(Role.OPERATOR), 200_000)
    assert written
