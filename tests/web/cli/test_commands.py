"""init, web, serve, demo, status, backup and restore, as processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from beffroi.core.ports import family, listening
from beffroi.engine.keys import open_vault
from tests.web.cli.serving import READY_S, Serving, free_ports, run


@pytest.fixture(scope="session")
def first_init(tmp_path_factory: pytest.TempPathFactory, password: Path) -> Path:
    folder = tmp_path_factory.mktemp("first") / "town"
    answer = run(folder, "init", "--admin-name", "anne", "--admin-password-file", str(password))
    assert answer.returncode == 0, answer.stderr
    return folder


@pytest.fixture
def prepared(first_init: Path, tmp_path: Path) -> Path:
    """A copy of a prepared folder."""
    return Path(shutil.copytree(first_init, tmp_path / "town"))


@pytest.mark.slow
def test_init_makes_secrets_for_its_owner_only_and_again_changes_nothing(prepared: Path) -> None:
    files = [path for path in prepared.rglob("*") if path.is_file()]
    assert not [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]
    before = {path: path.read_bytes() for path in files if path.suffix in {".key", ".toml", ".json"}}
    answer = run(prepared, "init", "--json")
    assert (answer.returncode, json.loads(answer.stdout)["made"]) == (0, [])
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.slow
def test_init_without_an_administrator_says_what_to_give(tmp_path: Path) -> None:
    answer = run(tmp_path / "town", "init")
    assert (answer.returncode, answer.stderr.count("\n")) == (2, 1)
    assert "--admin-name" in answer.stderr


@pytest.mark.slow
def test_init_makes_a_town_authority_that_openssl_accepts(tmp_path: Path, password: Path) -> None:
    folder = tmp_path / "town"
    asked = ["--tls", "own-ca", "--name", "beffroi.ville.example", "--host", "0.0.0.0"]
    answer = run(folder, "init", *asked, "--admin-name", "anne", "--admin-password-file", str(password))
    assert answer.returncode == 0, answer.stderr
    keys = folder / "keys"
    verify = ["openssl", "verify", "-x509_strict", "-verify_hostname", "beffroi.ville.example"]
    command = [*verify, "-CAfile", str(keys / "town-ca.pem"), str(keys / "web.pem")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    certificate = (keys / "web.pem").read_bytes()
    assert run(folder, "init", *asked).returncode == 0
    assert (keys / "web.pem").read_bytes() == certificate


@pytest.mark.slow
@pytest.mark.parametrize("command", ["web"])
def test_beyond_loopback_plain_http_is_refused(prepared: Path, command: str) -> None:
    answer = run(prepared, command, BEFFROI_WEB_HOST="0.0.0.0", BEFFROI_PORT=str(free_ports()))
    assert (answer.returncode, answer.stderr.count("\n")) == (2, 1)
    assert "HTTPS" in answer.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_taken_port_is_said_in_one_line(prepared: Path, tmp_path: Path, command: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        folder = tmp_path / "demo" if command == "demo" else prepared
        answer = run(folder, command, BEFFROI_PORT=str(port))
    assert (answer.returncode, answer.stdout, answer.stderr.count("\n")) == (2, "", 1)
    assert str(port) in answer.stderr


@pytest.mark.slow
@pytest.mark.parametrize("command", ["init", "demo", "serve"])
def test_a_folder_that_cannot_be_used_is_said_in_one_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    answer = run(tmp_path / "file", command)
    assert (answer.returncode, answer.stdout, answer.stderr.count("\n")) == (2, "", 1), answer.stderr


@pytest.mark.slow
def test_an_unknown_setting_is_said_in_one_line(prepared: Path) -> None:
    answer = run(prepared, "status", BEFFROI_PROT="1")
    assert (answer.returncode, answer.stderr.count("\n")) == (2, 1)
    assert "BEFFROI_PROT" in answer.stderr


@pytest.mark.slow
def test_status_of_a_stopped_town_is_not_ready(prepared: Path) -> None:
    answer = run(prepared, "status", "--json")
    report = json.loads(answer.stdout)
    assert (answer.returncode, report["ready"], report["cameras"]) == (1, False, [])
    assert report["nodes"][0]["state"] == "down"


@pytest.mark.slow
def test_a_backup_opens_with_its_passphrase_in_an_empty_folder_only(
    prepared: Path, tmp_path: Path, password: Path
) -> None:
    open_vault(prepared / "node").close()
    file, sealed_by = tmp_path / "town.backup", ["--passphrase-file", str(password)]
    assert run(prepared, "backup", str(file), *sealed_by).returncode == 0
    assert run(prepared, "backup", str(file), *sealed_by).returncode == 2
    assert b"anne" not in file.read_bytes()
    other = tmp_path / "other"
    other.write_text("une autre phrase de passe")
    assert run(tmp_path / "new", "restore", str(file), "--passphrase-file", str(other)).returncode == 2
    assert run(tmp_path / "new", "restore", str(file), *sealed_by).returncode == 0
    assert (tmp_path / "new" / "keys" / "site.key").read_bytes() == (prepared / "keys" / "site.key").read_bytes()
    assert (prepared / "node" / "vault.sqlite3").exists()
    assert not list((tmp_path / "new").rglob("vault.sqlite3*"))  # what was destroyed since does not come back
    assert run(tmp_path / "new", "restore", str(file), *sealed_by).returncode == 2
    assert json.loads(run(tmp_path / "new", "init", "--json").stdout)["made"] == []


@pytest.mark.slow
@pytest.mark.timeout(READY_S + 120)
def test_serve_is_ready_restarts_what_falls_and_drains_at_the_first_signal(prepared: Path) -> None:
    port = free_ports()
    with Serving(prepared, BEFFROI_PORT=str(port)) as serving:
        process = serving.process
        assert serving.first_line() == f"Beffroi is ready: http://localhost:{port}\n"
        before = json.loads(run(prepared, "status", "--json", BEFFROI_PORT=str(port)).stdout)
        assert [node["state"] for node in before["nodes"]] == ["up"]
        web = children_of(process.pid, "web")
        os.kill(web[0], signal.SIGKILL)
        eventually(lambda: children_of(process.pid, "web") not in ([], web) and healthy(port))
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert not healthy(port)


@pytest.mark.slow
@pytest.mark.timeout(READY_S + 60)
def test_serve_listens_on_its_configured_ports_and_on_no_other(prepared: Path) -> None:
    port = free_ports()
    with Serving(prepared, BEFFROI_PORT=str(port)) as serving:
        assert serving.first_line().startswith("Beffroi is ready")
        held = listening(family(serving.process.pid))
        assert {(found.port, found.address) for found in held} == {(port, "127.0.0.1"), (port + 1, "127.0.0.1")}
        told = json.loads(run(prepared, "status", "--json", BEFFROI_PORT=str(port)).stdout)["ports"]
        assert [(line["port"], line["use"]) for line in told] == [(port, "web"), (port + 1, "node")]
        elsewhere = json.loads(run(prepared, "status", "--json", BEFFROI_PORT="1").stdout)["ports"]
        assert {line["use"] for line in elsewhere} == {""}


@pytest.mark.slow
@pytest.mark.timeout(READY_S + 60)
def test_an_enrolled_node_runs_while_postgresql_is_away(prepared: Path) -> None:
    port, away = free_ports(), "postgresql://nobody@127.0.0.1:1/none"
    with Serving(prepared, BEFFROI_PORT=str(port), BEFFROI_DATABASE_URL=away) as serving:
        eventually(lambda: bool(children_of(serving.process.pid, "node")) and answers(port + 1), READY_S)
        time.sleep(3)  # a second try at the database
        assert serving.process.poll() is None
        serving.process.send_signal(signal.SIGTERM)
        assert serving.process.wait(30) == 0


@pytest.mark.slow
@pytest.mark.timeout(2 * READY_S + 60)
def test_a_killed_serve_is_started_again_at_once_on_its_ports(prepared: Path) -> None:
    port = str(free_ports())
    with Serving(prepared, BEFFROI_PORT=port) as first:
        assert first.first_line().startswith("Beffroi is ready")
        first.process.kill()
        first.process.wait(10)
        with Serving(prepared, BEFFROI_PORT=port) as second:
            assert second.first_line().startswith("Beffroi is ready")


@pytest.mark.slow
@pytest.mark.timeout(READY_S + 120)
def test_nothing_outlives_a_killed_serve(prepared: Path) -> None:
    port = free_ports()
    with Serving(prepared, BEFFROI_PORT=str(port)) as serving:
        assert serving.first_line().startswith("Beffroi is ready")
        family = [pid for command in ("web", "worker", "node") for pid in children_of(serving.process.pid, command)]
        family += [pid for parent in family for pid in children(parent)]
        assert len(family) >= 5  # web's thread pool and the node's gateway are processes too
        serving.process.kill()
        eventually(lambda: not any(is_alive(pid) for pid in family), 10)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    """A zombie waiting for whoever adopted it is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children_of(pid: int, command: str) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[2:5] == [b"beffroi.cli.child", str(pid).encode(), command.encode()] and is_child(path.parent, pid):
            found.append(int(path.parent.name))
    return found


def is_child(folder: Path, pid: int) -> bool:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == pid
    except OSError:
        return False


def healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def eventually(condition: Any, deadline_s: float = 30.0) -> None:
    end_s = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.2)
