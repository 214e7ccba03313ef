"""`beffroi simulate`: simulated cameras on one RTSP port."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import uvloop
from tqdm import tqdm

from beffroi.core.errors import InvalidInput
from beffroi.core.lifecycle import stop_event
from beffroi.simulator.cameras import invented_cameras, read_cameras
from beffroi.simulator.faults import parse
from beffroi.simulator.preparation import default_cache
from beffroi.simulator.server import Settings, Simulator
from beffroi.simulator.sky import Sky

MAX_CAMERAS = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--cameras", type=int, metavar="N", help="how many (default: all of the town, or 4)")
    parser.add_argument("--rtsp-port", type=int, required=True, metavar="P", help="port; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--town", type=Path, metavar="DIR", help="folder of a town's text files")
    parser.add_argument("--username", metavar="U", help="require Digest authentication as this user")
    parser.add_argument("--password-file", type=Path, metavar="F", help="file whose first line is the password")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="JSON of faults by camera, followed")
    parser.add_argument("--cache", type=Path, metavar="DIR", default=None, help="folder for the coded minutes")
    parser.add_argument("--sky", choices=[sky.value for sky in Sky], help="always this sky (default: by the clock)")
    parser.add_argument(
        "--enough", type=_share, default=1.0, metavar="SHARE", help="listen when this share of the cameras is drawn; "
        "the others answer when they are (default: all)"
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print the cameras as JSON when ready")


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise ValueError
    return share


def run(arguments: argparse.Namespace) -> int:
    """Prepares, says so when ready, streams until interrupted."""
    simulator = Simulator(_specs(arguments), _settings(arguments))
    simulator.bind()
    with tqdm(desc="Drawing the town", unit="camera", leave=False, disable=not sys.stderr.isatty()) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)
            if done == total:
                bar.close()

        simulator.prepare(progress, enough=arguments.enough)
        uvloop.run(_serve(simulator, as_json=arguments.json))
    return 0


def _specs(arguments: argparse.Namespace) -> list[Any]:
    count = arguments.cameras
    if count is not None and not 1 <= count <= MAX_CAMERAS:
        raise InvalidInput(
            f"--cameras: from 1 to {MAX_CAMERAS}.", message_fr=f"--cameras : de 1 à {MAX_CAMERAS}.", field="cameras"
        )
    if arguments.town is None:
        return invented_cameras(count or 4)
    specs = read_cameras(arguments.town)
    if count is not None and count > len(specs):
        raise InvalidInput(
            f"--cameras: this town has {len(specs)}.",
            message_fr=f"--cameras : cette ville en a {len(specs)}.",
            field="cameras",
        )
    return specs[:count]


def _settings(arguments: argparse.Namespace) -> Settings:
    if not 0 <= arguments.rtsp_port <= 65535:
        raise InvalidInput("--rtsp-port: from 0 to 65535.", message_fr="--rtsp-port : de 0 à 65535.", field="rtsp-port")
    if (arguments.username is None) != (arguments.password_file is None):
        raise InvalidInput(
            "--username and --password-file go together.",
            message_fr="--username et --password-file vont ensemble.",
            field="username",
        )
    try:
        password = arguments.password_file.read_text().split("\n")[0] if arguments.password_file else ""
        faults = parse(json.loads(arguments.faults.read_text())) if arguments.faults else {}
    except OSError as error:
        raise InvalidInput(
            f"{error.filename}: {error.strerror}.", message_fr=f"{error.filename} : {error.strerror}.", field="faults"
        ) from None
    except ValueError:
        raise InvalidInput(
            f"{arguments.faults}: not JSON.", message_fr=f"{arguments.faults} : ce n'est pas du JSON.", field="faults"
        ) from None
    return Settings(
        host=arguments.host,
        port=arguments.rtsp_port,
        username=arguments.username,
        password=password,
        town=arguments.town,
        cache=arguments.cache or default_cache(),
        faults=faults,
        fault_file=arguments.faults,
        sky=Sky(arguments.sky) if arguments.sky else None,
    )


async def _serve(simulator: Simulator, *, as_json: bool) -> None:
    stop = stop_event()
    await simulator.start()
    try:
        _say_ready(simulator, as_json=as_json)
        await stop.wait()
    finally:
        await simulator.close()


def _say_ready(simulator: Simulator, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"cameras": simulator.report()}, ensure_ascii=False), flush=True)
    else:
        pattern = simulator.url("CAMERA", "main").replace("/main", "/{main,sub}")
        first, last = next(iter(simulator.cameras)), list(simulator.cameras)[-1]
        print(f"{len(simulator.cameras)} cameras at {pattern}, CAMERA from {first} to {last}", flush=True)
