"""What Beffroi is made of is known to the byte, and what is not what the lock says is not installed."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tools" / "bill_of_materials.py"
PURL = re.compile(r"pkg:(pypi|npm)/[A-Za-z0-9._~%/-]+@[A-Za-z0-9._+!-]+")


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    told = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=True)
    made: dict[str, Any] = json.loads(told.stdout)
    return made


def test_every_package_of_the_locks_is_in_the_bill_once_with_its_digests(bill: dict[str, Any]) -> None:
    lock = (ROOT / "requirements.lock").read_text()
    pinned = {
        f"pkg:pypi/{name.lower()}@{version}" for name, version in re.findall(r"^([\w.-]+)==([^ \\]+)", lock, re.M)
    }
    ui = json.loads((ROOT / "ui" / "package-lock.json").read_text())["packages"]
    shipped = {row["version"] for path, row in ui.items() if path and not row.get("dev")}
    told = [one["purl"] for one in bill["components"]]
    assert pinned == {purl for purl in told if purl.startswith("pkg:pypi/")}
    assert len(told) == len(set(told)) == len(pinned) + len([purl for purl in told if purl.startswith("pkg:npm/")])
    assert {one["version"] for one in bill["components"] if "npm" in one["purl"]} == shipped
    for one in bill["components"]:
        assert PURL.fullmatch(one["purl"]) and one["hashes"], one["purl"]
        assert all(len(digest["content"]) in (64, 128) for digest in one["hashes"])


def test_the_same_locks_give_the_same_bill(bill: dict[str, Any]) -> None:
    spec = importlib.util.spec_from_file_location("bill_of_materials", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.bill() == bill
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")


def test_installing_asks_for_every_digest() -> None:
    recipe = (ROOT / "Makefile").read_text()
    installs = [line for line in recipe.splitlines() if "pip install" in line]
    assert installs and all("--require-hashes" in line or "--no-deps" in line for line in installs)
    assert "$(NPM) ci" in recipe and "npm install" not in recipe


@pytest.mark.parametrize("is_tampered", [False, True])
def test_a_package_with_one_byte_changed_is_not_installed(tmp_path: Path, is_tampered: bool) -> None:
    """With pip as it stands in the Makefile, on a package of our own making."""
    wheel = tmp_path / "tour-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        record = "tour-1.0.dist-info/RECORD"
        files = {
            "tour.py": b"bells = 1\n",
            "tour-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tour\nVersion: 1.0\n",
            "tour-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        lines = [f"{name},sha256={_b64(one)},{len(one)}" for name, one in files.items()]
        for name, content in (files | {record: "\n".join([*lines, f"{record},,"]).encode()}).items():
            packed.writestr(name, content)
    lock = tmp_path / "lock"
    lock.write_text(f"tour==1.0 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    if is_tampered:
        wheel.write_bytes(wheel.read_bytes().replace(b"bells = 1", b"bells = 2"))
    target = tmp_path / "installed"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    command += ["--no-index", "--find-links", str(tmp_path), "--target", str(target), "-r", str(lock)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode != 0) is is_tampered, ran.stderr
    assert (target / "tour.py").exists() is not is_tampered
    assert not is_tampered or "HASHES" in ran.stderr.upper()


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
