"""The node's files have no names in its addresses: a camera is a slug, an instant a number, nothing is a path."""

from __future__ import annotations

import http.client
from urllib.parse import quote

import pytest

from beffroi.engine.contract import GrantKind
from beffroi.engine.gateway.app import DOORS
from tests.engine.node.town import Town
from tests.hostile_paths import FILE, MARK, names


@pytest.fixture
def canary(running: Town) -> str:
    for folder in (running.folder, running.folder.parent):
        (folder / FILE).write_text(MARK)
    return str(running.folder / FILE)


def test_no_door_leads_out_of_the_footage_and_none_breaks(running: Town, canary: str) -> None:
    token = running.token(kind=GrantKind.EXPORT, from_at_us=1, to_at_us=2**60)
    wrong = []
    for door in DOORS:
        if "{camera}" not in door.path:
            continue
        for name in names(canary):
            for written in (quote(name, safe="/\\%"), quote(name, safe="")):
                path = door.path.replace("{camera}", written).replace("{stream}", "main")
                asked = f"{path}?from_at_us=1&to_at_us=2&folder={written}&size=1&number=1"
                status, body = _get(running, asked, token)
                if status >= 500 or MARK.encode() in body:
                    wrong.append((door.path, name[:60], status))
    assert not wrong


def test_a_folder_s_name_is_compared_and_never_opened(running: Town, canary: str) -> None:
    """`folder` of the evidence door names a disk by its id."""
    token = running.token(kind=GrantKind.EXPORT, from_at_us=1, to_at_us=2**60)
    for name in names(canary):
        asked = f"/export/c01/evidence?from_at_us=1&to_at_us=2&folder={quote(name, safe='')}&size=1"
        status, body = _get(running, asked, token)
        assert status < 500 and MARK.encode() not in body, name


def _get(town: Town, path: str, token: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", town.port, timeout=10)
    connection._validate_path = lambda _: None  # type: ignore[attr-defined]  # the server is to be tried, not the client
    try:
        connection.putrequest("GET", path.encode("utf-8").decode("latin-1"), skip_accept_encoding=True)
        connection.putheader("Authorization", f"Beffroi-Grant {token}")
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (http.client.HTTPException, ConnectionError):
        return 400, b""  # what is no request is hung up on
    finally:
        connection.close()


def test_the_footage_folder_is_where_the_index_says_and_nowhere_else(running: Town) -> None:
    """Names of files are the recorder's own: camera, stream, hour, number."""
    footage = running.folder / "footage"
    files = [path.relative_to(footage).as_posix() for path in footage.rglob("*.mp4")]
    assert files and all(".." not in name and not name.startswith("/") for name in files)
