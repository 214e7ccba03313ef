"""A backup holds the files that a backup has: a restore writes nothing else, whoever made the archive."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from beffroi.cli import restore
from beffroi.core import sealed_file
from beffroi.core.errors import InvalidInput
from tests.hostile_paths import names

PHRASE = "une phrase de passe assez longue"


@pytest.fixture(autouse=True)
def _umask_of_its_own() -> Iterator[None]:
    """The command takes rights away from what its process writes; the other tests keep theirs."""
    before = os.umask(0o022)
    os.umask(before)
    yield
    os.umask(before)


def archive(folder: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return sealed(folder, packed.getvalue())


def sealed(folder: Path, raw: bytes) -> Path:
    (folder / "phrase").write_text(PHRASE)
    with (folder / "town.backup").open("wb") as target:
        sealed_file.seal(io.BytesIO(raw), target, PHRASE)
    return folder / "town.backup"


def put_back(folder: Path, file: Path) -> None:
    arguments = SimpleNamespace(data=folder / "new", file=file, passphrase_file=folder / "phrase", json=True)
    restore.run(arguments)  # type: ignore[arg-type]  # a namespace like argparse's


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode = kind, target, 0o6777
    return made


MANIFEST = (member("manifest.json"), b'{"format": 1, "version": "0", "made_at": "x", "database": "civil.sqlite3"}')


def test_the_files_of_a_backup_come_back_for_their_owner_alone(tmp_path: Path) -> None:
    put_back(
        tmp_path, archive(tmp_path, MANIFEST, (member("keys/site.key"), b"k" * 32), (member("civil.sqlite3"), b""))
    )
    key = tmp_path / "new" / "keys" / "site.key"
    assert key.read_bytes() == b"k" * 32
    assert key.stat().st_mode & 0o7777 == 0o600


STRANGE = [name for name in names("/etc/cron.d/x") if name and "\0" not in name and len(name) < 99]


@pytest.mark.parametrize("name", STRANGE, ids=map(str, range(len(STRANGE))))
def test_a_name_that_no_backup_has_restores_nothing(tmp_path: Path, name: str) -> None:
    refused_and_nothing_written(tmp_path, (member(name), b"x"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_what_is_no_plain_file_restores_nothing(tmp_path: Path, kind: bytes) -> None:
    refused_and_nothing_written(tmp_path, (member("keys/site.key", kind, "/etc/passwd"), b""))


def refused_and_nothing_written(folder: Path, hostile: tuple[tarfile.TarInfo, bytes]) -> None:
    file = archive(folder, MANIFEST, hostile)
    before = set(folder.rglob("*"))
    with pytest.raises(InvalidInput):
        put_back(folder, file)
    assert set(folder.rglob("*")) - before <= {folder / "new"}


@pytest.mark.parametrize("raw", [b"", b"no archive", b"\x1f\x8b" + b"x" * 100, bytes(10_240)])
def test_what_is_no_archive_is_said_in_one_sentence(tmp_path: Path, raw: bytes) -> None:
    with pytest.raises(InvalidInput):
        put_back(tmp_path, sealed(tmp_path, raw))
