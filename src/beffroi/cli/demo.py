"""`beffroi demo`: an invented Millau at work on this machine. Jeu fictif: nothing and nobody in it is real."""

from __future__ import annotations

import argparse
import dataclasses
import os
import secrets
import socket
import sys
from contextlib import closing
from pathlib import Path

import beffroi
from beffroi.cli import (
    civil,
    demo_control,
    demo_evening,
    demo_logbook,
    demo_masks,
    demo_people,
    demo_requisitions,
    init,
    serve,
    status,
)
from beffroi.cli.supervise import Part, Supervisor
from beffroi.core import config as config_tree
from beffroi.core import site_key, toml_file
from beffroi.core.config import Config

TOWN = Path(beffroi.__file__).parent / "demo_town"
FOOTAGE_MAX_GIB = 3.0
MASK_SLOTS = 0
"""One machine draws the cameras, records them and shows them: a place to burn would cost half a core of it."""
CAMERA_USER = "beffroi"
ACCOUNTS_FILE = "demo-accounts.txt"
LOG_FILE = "demo.log"
CONNECTED = 44
"""The extension's four are not connected yet: nothing is drawn for them."""
BEGINS_SHARE = 0.75
"""Of the cameras drawn when the node starts; the others are while it does."""
READY_SHARE = 0.9
"""Of the cameras whose gate is open; the town has one dead camera on purpose."""


def default_folder() -> Path:
    """Where the demo keeps its data unless BEFFROI_DATA says otherwise. Source: XDG Base Directory."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "beffroi-demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `beffroi demo`."""
    parser.description = (
        "The town of Millau, invented: simulated cameras, recording, console. "
        "Web on PORT (BEFFROI_PORT, 8400), the node on PORT+1, the cameras on PORT+2. Ctrl-C stops everything; "
        "what was recorded is kept for the next start."
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help=f"data folder (default: BEFFROI_DATA, or {default_folder()})"
    )


def run(arguments: argparse.Namespace) -> int:
    """Runs the demo until a signal; returns the exit code."""
    os.umask(0o077)
    folder = arguments.data or Path(os.environ.get("BEFFROI_DATA") or default_folder())
    config = config_tree.load(data=folder)
    rtsp_port = config.web.port + 2
    civil.writable_folder(config.data)
    _prepare_folder(config)
    config = civil.configured(folder)
    serve.check_start(config, (rtsp_port, "BEFFROI_PORT"))
    evening = demo_evening.EveningBefore(config, TOWN)
    requisitions = demo_requisitions.Requisitions(TOWN)

    def prepare() -> None:
        civil.open_civil()
        init.prepare_civil(config)
        _prepare_town(config, rtsp_port)
        requisitions.load()
        demo_control.write()
        evening.start()
        requisitions.start()

    def on_ready() -> None:
        print(f"Beffroi is ready: {config.web_url}", flush=True)
        print((config.keys / ACCOUNTS_FILE).read_text().rstrip(), flush=True)

    web, worker, node = serve.parts(config)
    # Most cameras are drawn first, once; a node would only fill its log with refusals meanwhile.
    node = dataclasses.replace(
        node, needs_preparation=True, may_start=lambda: evening.is_over() and _listens(rtsp_port)
    )
    parts = (_simulator(config, rtsp_port), web, worker, node)
    return Supervisor(parts, lambda: _is_ready(config), on_ready, prepare=prepare, log=_fresh_log(config)).run()


def _fresh_log(config: Config) -> Path:
    """What the parts say goes there; that of the start before is kept beside it."""
    log = config.data / LOG_FILE
    if log.exists():
        log.replace(log.with_suffix(".before.log"))
    log.touch(mode=0o600)
    print(f"beffroi: the parts of the demo write to {log}", file=sys.stderr, flush=True)
    return log


def _prepare_folder(config: Config) -> None:
    init.prepare_keys(config.data)
    toml_file.change(
        config.data / config_tree.FILE_NAME,
        {
            "node.footage_max_gib": FOOTAGE_MAX_GIB,
            "node.mask_slots": MASK_SLOTS,
        },
    )
    site_key.write_secret(_camera_password_file(config), secrets.token_urlsafe(18).encode())


def _camera_password_file(config: Config) -> Path:
    return config.keys / "demo-cameras.password"


def _prepare_town(config: Config, rtsp_port: int) -> None:
    """The town's text, its accounts and its cameras' addresses."""
    from beffroi.authorise.services import import_town
    from beffroi.operate.services import DeviceForm, put_devices
    from beffroi.plan.models import Camera

    import_town(TOWN)
    _bring_facts()
    password = _camera_password_file(config).read_text()
    cameras = Camera.objects.values_list("pk", "has_sub_stream")
    root = f"rtsp://127.0.0.1:{rtsp_port}"
    put_devices(
        {
            camera: DeviceForm(
                node=init.LOCAL_NODE,
                main_url=f"{root}/{camera}/main",
                sub_url=f"{root}/{camera}/sub" if has_sub else "",
                onvif_url=f"http://127.0.0.1:{rtsp_port}/{camera}/onvif/device_service",
                username=CAMERA_USER,
                password=password,
            )
            for camera, has_sub in cameras
        }
    )
    demo_people.add_accounts(config.keys / ACCOUNTS_FILE)
    demo_masks.draw(TOWN)
    demo_logbook.write(TOWN)


def _bring_facts() -> None:
    """The invented facts, as `beffroi facts import` brings them; once."""
    from beffroi.territory.factfile import FactFile
    from beffroi.territory.queries import counted_facts
    from beffroi.territory.services import import_facts

    if not counted_facts().exists():
        text = (TOWN / "facts.csv").read_text(encoding="utf-8")
        import_facts(FactFile(name="facts.csv", text=text, source="Police nationale et ville (jeu fictif)"),
                     by="system")  # fmt: skip


def _simulator(config: Config, rtsp_port: int) -> Part:
    town = ("--town", str(TOWN), "--cameras", str(CONNECTED), "--enough", str(BEGINS_SHARE))
    door = ("--rtsp-port", str(rtsp_port), "--username", CAMERA_USER)
    return Part(
        name="cameras",
        arguments=("simulate", *town, *door, "--password-file", str(_camera_password_file(config))),
        needs_preparation=False,
        shows_progress=True,
    )


def _is_ready(config: Config) -> bool:
    if not serve.answers(config):
        return False
    cameras = [camera for camera in status.report().cameras if camera.state != "barred"]
    recording = sum(camera.state == "recording" for camera in cameras)
    return recording >= READY_SHARE * len(cameras)


def _listens(port: int) -> bool:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.settimeout(serve.PROBE_S)
        return probe.connect_ex(("127.0.0.1", port)) == 0
