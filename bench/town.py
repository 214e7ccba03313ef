"""A whole `beffroi demo` for the live bench: 44 simulated cameras recording, node, web, worker, and their console."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Page

from bench.children import MeasureFailed, environment, stop

_READY_S = 300.0
_SETTLED_S = 10.0
_PERSONA = "operateur"
_PORTS = 3
"""Web, node and simulator stand on ports that follow each other."""


class DemoTown:
    """As a context manager: the demo runs in a folder of its own and ends with SIGINT."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said = folder / "demo.log"
        self.origin = ""

    def __enter__(self) -> DemoTown:
        settings = {"BEFFROI_DATA": str(self._folder / "demo"), "BEFFROI_PORT": str(_free_ports())}
        command = [sys.executable, "-m", "beffroi.cli.main", "demo"]
        with self._said.open("wb") as log:
            self._child = subprocess.Popen(command, env={**environment(), **settings}, stdout=log, stderr=log)
        try:
            self.origin = self._await_ready()
        except MeasureFailed:
            self.__exit__()
            raise
        time.sleep(_SETTLED_S)  # every camera plays, and has its last group of pictures in memory
        return self

    def __exit__(self, *_: object) -> None:
        stop([self._child])

    def _await_ready(self) -> str:
        deadline_s = time.monotonic() + _READY_S
        while time.monotonic() < deadline_s and self._child.poll() is None:
            if ready := re.search(r"Beffroi is ready: (\S+)", self._said.read_text()):
                return ready[1]
            time.sleep(0.5)
        raise MeasureFailed(f"demo: not ready. {self._said.read_text()[-400:]}")

    def log_in(self, page: Page) -> None:
        """The operator, through the page."""
        accounts = (self._folder / "demo" / "keys" / "demo-accounts.txt").read_text()
        found = re.search(rf"^\s*{_PERSONA}\s+(\S+)", accounts, re.MULTILINE)
        if found is None:
            raise MeasureFailed("demo: the operator's account is not in its file.")
        page.goto(self.origin)
        page.fill("input[name=login]", _PERSONA)
        page.fill("input[name=password]", found[1])
        page.press("input[name=password]", "Enter")
        page.wait_for_url(lambda url: "connexion" not in url)

    def open_wall(self, page: Page, tiles: int) -> int:
        """The wall's first page, with the reason given; returns how many of its cameras record."""
        page.goto(f"{self.origin}/mur/")
        page.wait_for_selector("#console .topbar", timeout=20_000)
        dialog = page.locator("dialog.reason")
        if dialog.is_visible():
            dialog.locator("label.choice").first.click()
            dialog.locator("button.first").click()
        cameras = json.loads(page.request.get(f"{self.origin}/api/cameras").body())["cameras"]
        shown = sorted((one for one in cameras if one["state"] != "barred"), key=lambda one: str(one["number"]))
        return sum(one["state"] == "recording" for one in shown[:tiles])


def _free_ports() -> int:
    for base in range(21_000, 32_000, 7):
        try:
            for port in range(base, base + _PORTS):
                with socket.socket() as door:
                    door.bind(("127.0.0.1", port))
        except OSError:
            continue
        return base
    raise MeasureFailed("no three free ports that follow each other")
