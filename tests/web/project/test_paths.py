"""A file is reached by the id that web gave it: whatever an address says, nothing outside is read, nothing breaks."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import transaction

from beffroi.operate.models import Device
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from tests.hostile_paths import FILE, MARK, names
from tests.web.project.matrix import foreign_camera, logged_in, make_world, own, routes

pytestmark = pytest.mark.django_db
HOLED = [route for route in routes() if route.holes and route.who != "node"]


@pytest.fixture
def canary(tmp_path: Path) -> str:
    """A file beside the town's folders, at every height that a way up may reach."""
    for folder in (tmp_path, tmp_path / "access", tmp_path / "dossiers", tmp_path / "packs", tmp_path.parent):
        folder.mkdir(exist_ok=True)
        (folder / FILE).write_text(MARK)
    return str(tmp_path / FILE)


class Caller:
    """Asks as a socket would: nothing tidies the path on its way."""

    def __init__(self, cookies: str) -> None:
        self._cookies = cookies
        self._web = get_wsgi_application()

    def get(self, raw: str) -> tuple[int, bytes]:
        path, _, query = raw.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET", "PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "QUERY_STRING": query,
            "SERVER_NAME": "localhost", "SERVER_PORT": "8400", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost",
            "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(), "wsgi.url_scheme": "http",
            "HTTP_COOKIE": self._cookies,
            "SCRIPT_NAME": "", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.version": (1, 0), "wsgi.multithread": True,
            "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip
        told: list[str] = []

        def start(status: str, headers: Any, error: Any = None, /) -> Callable[[bytes], object]:
            told.append(status)
            return lambda _: None

        with transaction.atomic():
            answer = self._web(environ, start)
            body = b"".join(answer)
            answer.close() if hasattr(answer, "close") else None
            transaction.set_rollback(True)
        return int(told[0][:3]), body


ROLES = (Role.CHIEF, Role.ADMIN, Role.DPO, Role.OPERATOR)
NAMES_FILES = {"document", "name", "letter", "scan_id", "attachment_id", "number"}
"""Holes behind which a file lies, or something that is sent as one; the others get a few names each."""


@pytest.mark.timeout(240)
def test_no_address_leads_out_of_its_folder_and_none_breaks(
    agent_with: Callable[..., Agent], device: Device, make_camera: Callable[..., Any], canary: str
) -> None:
    foreign_camera(make_camera)
    tried, wrong = set(), []
    for role in ROLES:
        world = make_world(agent_with, agent_with(role, username=f"qui-{role.value}"))
        client = logged_in(world.caller)
        caller = Caller("; ".join(f"{name}={one.value}" for name, one in client.cookies.items()))
        for route in [route for route in HOLED if route.admits(role) and route.path not in tried]:
            tried.add(route.path)
            right = {name: quote(value, safe="") for name, value in own(route, world).items()}
            for hole in route.holes:
                for written in spellings(canary) if hole in NAMES_FILES else FEW:
                    status, body = caller.get(route.filled(right | {hole: written}))
                    if status >= 500 or MARK.encode() in body or b"root:" in body:
                        wrong.append((route.path, hole, written[:60], status))
    assert len(tried) > 40
    assert not wrong


def spellings(absolute: str) -> list[str]:
    """As they stand in an address."""
    return sorted({quote(name, safe="%" if "%" in name else "") for name in names(absolute)})


FEW = ["..%2f..%2fcanary.txt", "%00", "%ff%fe", "a" * 3000, "%0d%0aX:%20y", "%2e%2e", "-1", "9" * 40]


@pytest.mark.parametrize("prefix", ["/", "/static/", "/static/console/"])
def test_no_static_name_leads_out_of_its_folder(prefix: str, canary: str, db: None) -> None:
    caller = Caller("")
    for name in [*names(canary), *names("/etc/passwd")]:
        status, body = caller.get(prefix + quote(name, safe="/\\%"))
        assert status < 500 and MARK.encode() not in body and b"root:" not in body, name
