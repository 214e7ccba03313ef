"""What commands refuse: one line, an exit code, and nothing left behind."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.web.cli.serving import free_ports, run

AWAY = "postgresql://nobody@127.0.0.1:1/none"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def first_town(tmp_path_factory: pytest.TempPathFactory, password: Path) -> Path:
    folder = tmp_path_factory.mktemp("refusals") / "town"
    made = run(folder, "init", "--admin-name", "anne", "--admin-password-file", str(password))
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def town(first_town: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(first_town, tmp_path / "town"))


def is_one_line(answer: CompletedProcess[str], code: int) -> bool:
    assert (answer.returncode, answer.stdout, answer.stderr.count("\n")) == (code, "", 1), answer.stderr
    return answer.stderr.startswith("beffroi: ")


@pytest.mark.parametrize("command", ["status", "serve", "backup"])
@pytest.mark.parametrize("content", [None, b""])
def test_a_missing_civil_database_is_not_taken_for_an_empty_town(
    town: Path, password: Path, command: str, content: bytes | None
) -> None:
    database = town / "civil.sqlite3"
    database.unlink()
    if content is not None:
        database.write_bytes(content)
    answer = run(town, *asked(command, town, password), BEFFROI_PORT=str(free_ports()))
    assert is_one_line(answer, 2)
    assert "civil.sqlite3" in answer.stderr
    assert database.exists() == (content is not None)
    assert not (town / "b").exists()


@pytest.mark.parametrize(("command", "code"), [("status", 1), ("serve", 1), ("backup", 2)])
def test_a_damaged_civil_database_is_said_in_one_line(town: Path, password: Path, command: str, code: int) -> None:
    (town / "civil.sqlite3").write_bytes(b"not a database" * 1000)
    (town / "node" / "node.json").unlink()  # a node that was never enrolled has nothing to record
    answer = run(town, *asked(command, town, password), BEFFROI_PORT=str(free_ports()))
    assert is_one_line(answer, code)
    assert not (town / "b").exists()


@pytest.mark.parametrize("command", ["status", "backup", "worker"])
def test_a_postgresql_that_is_down_is_said_in_one_line(town: Path, password: Path, command: str) -> None:
    answer = run(town, *asked(command, town, password), BEFFROI_DATABASE_URL=AWAY, LANG="fr_FR.UTF-8")
    assert is_one_line(answer, 1)
    assert "La base civile" in answer.stderr


def asked(command: str, town: Path, password: Path) -> list[str]:
    return [command, str(town / "b"), "--passphrase-file", str(password)] if command == "backup" else [command]


def test_a_refused_backup_leaves_nothing_and_a_half_one_is_replaced(town: Path, password: Path, tmp_path: Path) -> None:
    short, file = tmp_path / "short", tmp_path / "town.backup"
    short.write_text("short")
    assert is_one_line(run(town, "backup", str(file), "--passphrase-file", str(short)), 2)
    assert not list(tmp_path.glob("town.backup*"))
    half = tmp_path / "town.backup.new"
    half.write_text("half of a backup")
    answer = run(town, "backup", str(file), "--passphrase-file", str(password))
    assert answer.returncode == 0, answer.stderr
    assert not half.exists()


def test_a_secret_that_is_not_text_is_refused(town: Path, tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe" * 40)
    assert is_one_line(run(town, "backup", str(tmp_path / "b"), "--passphrase-file", str(binary)), 2)
    new = tmp_path / "new"
    assert is_one_line(run(new, "init", "--admin-name", "anne", "--admin-password-file", str(binary)), 2)
    assert not new.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--host", "0.0.0.0"],
        ["--name", "b ad"],
        ["--tls", "own-ca", "--name", "b ad"],
        ["--tls", "own-ca", "--host", "nonsense.invalid"],
        ["--tls", "cert", "--cert", "/nowhere.pem", "--key", "/nowhere.key"],
    ],
)
def test_init_refuses_what_serve_would_and_writes_nothing(tmp_path: Path, password: Path, arguments: list[str]) -> None:
    new = tmp_path / "new"
    answer = run(new, "init", "--admin-name", "anne", "--admin-password-file", str(password), *arguments)
    assert is_one_line(answer, 2)
    assert not new.exists()


def test_init_into_a_file_is_said_in_one_line(tmp_path: Path, password: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    answer = run(file, "init", "--admin-name", "anne", "--admin-password-file", str(password))
    assert is_one_line(answer, 2)
    assert file.read_text() == "not a folder"


@pytest.mark.parametrize("was_there", [True, False])
def test_a_weak_first_password_leaves_the_folder_as_it_was(tmp_path: Path, *, was_there: bool) -> None:
    new, weak = tmp_path / "new", tmp_path / "weak"
    weak.write_text("anne")
    if was_there:
        new.mkdir()
    assert is_one_line(run(new, "init", "--admin-name", "anne", "--admin-password-file", str(weak)), 2)
    assert new.exists() == was_there
    assert not was_there or not list(new.iterdir())


def test_the_head_names_the_key_as_an_export_does(town: Path, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    assert run(town, "journal", "export", str(folder)).returncode == 0
    key = hashlib.sha256((folder / "public.pem").read_bytes()).hexdigest()
    assert json.loads(run(town, "journal", "head", "--json").stdout)["public_key_sha256"] == key
    assert f"public_key_sha256: {key}\n" in run(town, "journal", "head").stdout
