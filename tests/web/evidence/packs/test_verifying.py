"""Whatever is changed in a pack is found and its place named, also in a clean folder without Beffroi."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from beffroi.cli import main
from beffroi.evidence.packs import verifier
from beffroi.evidence.packs.contract import PackOrder
from beffroi.evidence.packs.making import make_pack
from beffroi.evidence.packs.verifier import Verifier

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
SEALED = {"manifest.json", "manifest.json.p7s", "manifest.json.tsr"}
FLIPS = 1000


def checked(pack: Path, *, seals: bool = True) -> list[verifier.Finding]:
    one = Verifier(pack)
    one.read()
    one.check_listing()
    one.check_files()
    one.check_prints()
    if seals:
        one.check_signature()
        one.check_token()
        one.check_proofs()
    return one.found


@pytest.fixture
def stamped(order: PackOrder, configured: Callable[..., None], authority: tuple[str, Path]) -> Path:
    url, ca = authority
    configured(timestamp_url=url, timestamp_ca=str(ca))
    return make_pack(order).folder


def test_one_bit_flipped_at_a_thousand_places_is_found_a_thousand_times_and_the_place_named(stamped: Path) -> None:
    assert checked(stamped) == []
    chance = random.Random(39)
    sizes = {path: path.stat().st_size for path in sorted(stamped.rglob("*")) if path.is_file()}
    small = [path for path in sizes if path.name in SEALED | {"empreintes.sha256"} or "preuves" in path.parts]
    fragments = {
        one["path"]: one["fragments"] for one in json.loads((stamped / "manifest.json").read_text())["originals"]
    }
    for number in range(FLIPS):
        among = small if number % 4 == 0 else list(sizes)
        (path,) = chance.choices(among, weights=[sizes[one] for one in among])
        at, bit = chance.randrange(sizes[path]), 1 << chance.randrange(8)
        name = path.relative_to(stamped).as_posix()
        with flipped(path, at, bit):
            found = checked(stamped, seals=path.name in SEALED)
        named = [one for one in found if one.file == name]
        assert named, f"flip {number}: {name} at {at}"
        assert all(one.from_byte is None or one.from_byte <= at < (one.to_byte or 0) for one in named)
        for one in fragments.get(name, []):
            if one["offset"] <= at < one["offset"] + one["bytes"]:
                assert [finding.fragment for finding in named] == [fragments[name].index(one)]
    assert checked(stamped) == []


class flipped:  # noqa: N801 -- reads as what it does
    """One bit of a file, changed for a while."""

    def __init__(self, path: Path, at: int, bit: int) -> None:
        self.path, self.at, self.bit = path, at, bit

    def __enter__(self) -> None:
        self.turn()

    def __exit__(self, *_: object) -> None:
        self.turn()

    def turn(self) -> None:
        with self.path.open("r+b") as file:
            file.seek(self.at)
            byte = file.read(1)[0] ^ self.bit
            file.seek(self.at)
            file.write(bytes([byte]))


def test_a_missing_an_added_a_cut_and_a_swapped_file_are_named(pack: Path, tmp_path: Path) -> None:
    originals = sorted((pack / "original").iterdir())

    def remove(copy: Path) -> str:
        (copy / "original" / originals[0].name).unlink()
        return f"original/{originals[0].name}"

    def add(copy: Path) -> str:
        (copy / "original" / "X.mp4").write_bytes(b"x")
        return "original/X.mp4"

    def link(copy: Path) -> str:
        (copy / "lien").symlink_to("/etc/hostname")
        return "lien"

    def cut(copy: Path) -> str:
        with (copy / "original" / originals[0].name).open("r+b") as file:
            file.truncate(originals[0].stat().st_size - 100)
        return f"original/{originals[0].name}"

    def lengthen(copy: Path) -> str:
        with (copy / "original" / originals[0].name).open("ab") as file:
            file.write(b"more")
        return f"original/{originals[0].name}"

    def swap(copy: Path) -> str:
        first, second = (copy / "original" / one.name for one in originals)
        first.rename(copy / "kept")
        second.rename(first)
        (copy / "kept").rename(second)
        return f"original/{originals[0].name}"

    def unseal(copy: Path) -> str:
        (copy / "manifest.json.p7s").unlink()
        return "manifest.json.p7s"

    for number, spoil in enumerate((remove, add, link, cut, lengthen, swap, unseal)):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(pack, copy)
        name = spoil(copy)
        assert name in {one.file for one in checked(copy)}, spoil.__name__


def test_fragments_moved_about_are_named_by_number(pack: Path) -> None:
    told = json.loads((pack / "manifest.json").read_text())["originals"][0]
    path, (first, second) = pack / told["path"], told["fragments"][1:3]
    content = path.read_bytes()
    parts = [content[one["offset"] : one["offset"] + one["bytes"]] for one in (first, second)]
    path.write_bytes(content[: first["offset"]] + parts[1] + parts[0] + content[second["offset"] + second["bytes"] :])
    assert {1, 2} <= {one.fragment for one in checked(pack)}


def test_a_manifest_written_anew_is_betrayed_by_its_seal(pack: Path) -> None:
    told = json.loads((pack / "manifest.json").read_text())
    told["people"]["requester"]["name"] = "Quelqu'un d'autre"
    (pack / "manifest.json").write_bytes(verifier.canonical(told))
    digests = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in pack.rglob("*") if path.is_file()}
    lines = sorted((path.relative_to(pack).as_posix(), digest) for path, digest in digests.items())
    prints = "".join(f"{digest}  {name}\n" for name, digest in lines if name != "empreintes.sha256")
    (pack / "empreintes.sha256").write_text(prints)
    assert [(one.check, one.file) for one in checked(pack)] == [("signature", "manifest.json.p7s")]


def test_footage_that_no_recorder_logged_does_not_lead_to_the_journal(pack: Path) -> None:
    path = pack / "preuves" / "images.json"
    told = json.loads(path.read_text())
    told["files"][0]["digests"] = "00" * 32 + told["files"][0]["digests"][64:]
    path.write_bytes(verifier.canonical(told))
    assert ("proofs", "preuves/images.json") in {(one.check, one.file) for one in checked(pack)}


def test_a_pack_is_verified_in_a_clean_folder_without_beffroi(stamped: Path, tmp_path: Path) -> None:
    clean = tmp_path / "disc"
    shutil.copytree(stamped, clean / "R-2026-039")
    (clean / "empty").mkdir()
    tools = clean / "bin"
    tools.mkdir()
    (tools / "openssl").symlink_to(str(shutil.which("openssl")))

    def ask(*arguments: str) -> tuple[int, Any]:
        command = [sys.executable, "-I", "-S", str(clean / "R-2026-039/lecteur/verifier.py"), "--json", *arguments]
        ran = subprocess.run(
            command, cwd=clean / "empty", env={"PATH": str(tools)}, capture_output=True, text=True, check=False
        )
        return ran.returncode, json.loads(ran.stdout) if ran.stdout else ran.stderr

    code, report = ask()
    assert (code, report["whole"], report["stamp"]) == (0, True, "manifest.json.tsr") and report["fragments"] > 10
    assert ask("--key", report["certificate_sha256"], "--journal-key", report["journal_key_sha256"])[0] == 0
    assert ask("--key", "0" * 64)[0] == 1
    original = next((clean / "R-2026-039" / "original").iterdir())
    with flipped(original, original.stat().st_size - 1, 1):
        code, report = ask()
    assert code == 1 and report["found"][0]["file"] == f"original/{original.name}"
    assert report["found"][0]["to_byte"] == original.stat().st_size
    (clean / "R-2026-039" / "manifest.json").unlink()
    assert ask()[0] == 2


def test_the_command_says_the_same_as_the_verifier_in_the_pack(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["verify", str(pack), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["whole"]
    (pack / "bordereau.pdf").write_bytes(b"%PDF")
    assert main.main(["verify", str(pack)]) == 1
    assert "bordereau.pdf, octets 0 à 4" in capsys.readouterr().out
    (pack / "bordereau.pdf").unlink()
    assert main.main(["verify", str(pack)]) == 1
    assert "bordereau.pdf : manque (missing)" in capsys.readouterr().out
    assert main.main(["verify", str(pack / "original")]) == 2


def test_openssl_and_sha256sum_alone_agree(stamped: Path) -> None:
    seal = "-in manifest.json.p7s -content manifest.json -CAfile preuves/ville-chaine.pem -purpose any"
    token = "-data manifest.json -in manifest.json.tsr -CAfile preuves/horodatage.pem"
    for line in (
        "sha256sum --strict -c empreintes.sha256",
        f"openssl cms -verify -binary -inform DER {seal} -out {os.devnull}",
        f"openssl ts -verify {token}",
    ):
        subprocess.run(line.split(), cwd=stamped, check=True, capture_output=True)
    originals = sorted(path.relative_to(stamped).as_posix() for path in (stamped / "original").iterdir())
    listed = subprocess.run(["sha256sum", *originals], cwd=stamped, check=True, capture_output=True).stdout
    told = json.loads((stamped / "manifest.json").read_text())
    assert hashlib.sha256(listed).hexdigest() == told["originals_sha256"]


def test_a_time_stamping_authority_that_is_away_leaves_a_valid_pack_that_says_so(
    order: PackOrder, configured: Callable[..., None]
) -> None:
    configured(timestamp_url="http://127.0.0.1:9/")
    made = make_pack(order)
    assert not made.is_stamped and checked(made.folder) == []
    assert json.loads((made.folder / "manifest.json").read_text())["stamp"] == "non horodaté par un tiers"


def test_an_expired_certificate_does_not_void_what_it_sealed(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Verifier(pack)
    one.read()
    assert one.at_time()[0] == "-attime"
    monkeypatch.setattr(Verifier, "at_time", lambda self: ["-attime", str(2_500_000_000)])
    one.check_signature()
    assert one.found, "fifteen years on, the certificate is over"
    monkeypatch.undo()
    assert checked(pack) == []


def test_arguments_are_those_of_the_command(pack: Path) -> None:
    parser = argparse.ArgumentParser()
    verifier.add_arguments(parser)
    assert verifier.verify(pack, parser.parse_args([]))[0] == 0
