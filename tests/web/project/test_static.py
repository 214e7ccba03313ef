"""Static addresses are public by design: nothing of the town lies behind one, and none leads out of its folder."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.test import Client

PUBLIC_KINDS = {".css", ".js", ".svg", ".woff", ".woff2", ".ico", ".json", ".txt", ".png", ".html", ".map", ".pmtiles"}
"""What the build makes; no footage, no database, no key."""
FILES = sorted({path for finder in get_finders() for path, _ in finder.list([])})
OUT = ["../settings.py", "..%2fsettings.py", "%2e%2e/settings.py", "console/../../settings.py", "/etc/passwd", "..\\x"]


def test_only_what_the_build_makes_is_served_without_a_login() -> None:
    assert FILES
    assert [path for path in FILES if PurePosixPath(path).suffix not in PUBLIC_KINDS] == []
    assert not settings.MEDIA_URL.strip("/") and not settings.MEDIA_ROOT


def test_every_static_file_is_the_same_for_anybody(client: Client) -> None:
    for path in FILES:
        answer = client.get(settings.STATIC_URL + path)
        length = len(b"".join(answer.streaming_content))  # type: ignore[attr-defined]  # a file is streamed
        assert answer.status_code == 200 and length > 0, path
        assert not answer.cookies and "no-store" not in answer.get("Cache-Control", "")


@pytest.mark.django_db
@pytest.mark.parametrize("path", OUT)
def test_no_static_address_leads_out_of_its_folder(client: Client, path: str) -> None:
    answer = client.get(settings.STATIC_URL + path)
    assert answer.status_code == 404
    assert b"SECRET" not in answer.content
