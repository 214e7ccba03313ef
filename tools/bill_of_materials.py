"""The bill of materials of this version, in CycloneDX: every package the locks pin, with its digests.

`python tools/bill_of_materials.py > beffroi.cdx.json`. Reads `requirements.lock` and `ui/package-lock.json`, asks
nobody. The same locks give the same bytes. Source: CycloneDX 1.6 (ECMA-424), package URL specification.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[1]
PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^\]]*\])?==(?P<version>[^ ;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def python_components(lock: str) -> Iterator[dict[str, Any]]:
    """What Python's lock pins: digests of every file that may be installed."""
    for block in re.split(r"\n(?=[A-Za-z0-9])", lock):
        found = PINNED.match(block)
        if found is not None:
            digests = [{"alg": "SHA-256", "content": digest} for digest in sorted(HASH.findall(block))]
            yield _component(f"pkg:pypi/{found['name'].lower()}@{found['version']}", found["name"], digests)


def browser_components(lock: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the pages' lock pins, without what only builds them."""
    for path, row in sorted(lock["packages"].items()):
        if not path or row.get("dev") or row.get("link"):
            continue
        name = path.rpartition("node_modules/")[2]
        algorithm, _, digest = row["integrity"].partition("-")
        named = {"sha512": "SHA-512", "sha256": "SHA-256"}[algorithm]
        digests = [{"alg": named, "content": base64.b64decode(digest).hex()}]
        yield _component(f"pkg:npm/{quote(name, safe='/')}@{row['version']}", name, digests)


def _component(purl: str, name: str, digests: list[dict[str, str]]) -> dict[str, Any]:
    version = purl.rpartition("@")[2]
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "hashes": digests}


def bill(root: Path = ROOT) -> dict[str, Any]:
    """The whole document."""
    lock, ui = (root / "requirements.lock").read_text(), (root / "ui" / "package-lock.json").read_text()
    version = re.search(r'^version = "(.+)"$', (root / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    serial = uuid.UUID(bytes=hashlib.sha256((lock + ui).encode()).digest()[:16], version=4)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "beffroi", "version": version[1]}},
        "components": [*python_components(lock), *browser_components(json.loads(ui))],
    }


if __name__ == "__main__":
    json.dump(bill(), sys.stdout, indent=1, ensure_ascii=False)
    print()
