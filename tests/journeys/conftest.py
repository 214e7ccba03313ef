"""One demo town for all journeys, in its own folder on free ports, and a real browser to walk through it.

The cameras' films are cached for the user, so only the first run ever draws them. Screenshots stay in
`test-artefacts/`.
"""

from __future__ import annotations

import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.journeys.visitor import DemoTown, Visit, Visitor

READY_S = 240.0
STOP_S = 30.0
CHROMIUM = "/usr/bin/chromium"
ACCOUNT = re.compile(r"\s+(\w+)\s+([a-z0-9]{4}(?:-[a-z0-9]{4}){3})\s")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder is a journey, and may wait for the town."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.journey)
            item.add_marker(pytest.mark.timeout(READY_S + 120))


def _free_port() -> int:
    """A port whose two successors are free too: web, node, cameras."""
    for _ in range(50):
        with ExitStack() as held:
            first = held.enter_context(closing(socket.socket()))
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                for other in (port + 1, port + 2):
                    held.enter_context(closing(socket.socket())).bind(("127.0.0.1", other))
            except (OSError, OverflowError):
                continue
            return port
    raise RuntimeError("no three free ports in a row")


def _lines(process: subprocess.Popen[str]) -> queue.Queue[str]:
    said: queue.Queue[str] = queue.Queue(10_000)

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            said.put(line)

    threading.Thread(target=read, daemon=True).start()
    return said


def _wait_ready(process: subprocess.Popen[str], said: queue.Queue[str]) -> tuple[str, dict[str, str]]:
    """Address and passwords, as the demo prints them."""
    deadline = time.monotonic() + READY_S
    url, passwords, heard = "", dict[str, str](), []
    while time.monotonic() < deadline:
        try:
            line = said.get(timeout=1.0)
        except queue.Empty:
            if url and passwords:
                return url, passwords
            if process.poll() is not None:
                break
            continue
        heard.append(line)
        if found := re.search(r"Beffroi is ready: (\S+)", line):
            url = found[1]
        elif found := ACCOUNT.match(line):
            passwords[found[1]] = found[2]
    raise RuntimeError("the demo did not get ready:\n" + "".join(heard[-40:]))


def _running_town() -> DemoTown | None:
    """A demo somebody has started: JOURNEYS_AT is its address, JOURNEYS_DATA its folder."""
    url = os.environ.get("JOURNEYS_AT")
    if not url:
        return None
    folder = Path(os.environ["JOURNEYS_DATA"])
    said = (folder / "keys" / "demo-accounts.txt").read_text()
    return DemoTown(url=url, folder=folder, passwords=dict(ACCOUNT.findall(said)))


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoTown]:
    if running := _running_town():
        yield running
        return
    folder = tmp_path_factory.mktemp("demo")
    environment = {**os.environ, "BEFFROI_DATA": str(folder), "BEFFROI_PORT": str(_free_port())}
    command = [sys.executable, "-m", "beffroi.cli.child", str(os.getpid()), "demo"]  # it dies with pytest
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    )
    try:
        url, passwords = _wait_ready(process, _lines(process))
        yield DemoTown(url=url, folder=folder, passwords=passwords)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser, town: DemoTown) -> Iterator[Visit]:
    """`visit("operateur")`: that persona, logged in through the page, at 1920 × 1080."""
    with ExitStack() as opened:

        def log_in(persona: str) -> Visitor:
            context: BrowserContext = browser.new_context(
                viewport={"width": 1920, "height": 1080}, locale="fr-FR", accept_downloads=True
            )
            opened.callback(context.close)
            page = context.new_page()
            complaints: list[str] = []
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            page.goto(town.url)
            page.fill("input[name=login]", persona)
            page.fill("input[name=password]", town.passwords[persona])
            page.press("input[name=password]", "Enter")
            page.wait_for_url(lambda url: "connexion" not in url)
            return Visitor(page=page, town=town, complaints=complaints)

        yield log_in
