"""The systemd units give each part what it needs and nothing of another's."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WHOLE = ROOT / "packaging" / "beffroi.service"
PARTS = {name: ROOT / "packaging" / "separate" / f"beffroi-{name}.service" for name in ("web", "node", "worker")}
ALL = [WHOLE, *PARTS.values()]
CIVIL, NODE = "/var/lib/beffroi", "/var/lib/beffroi-node"
EXPOSURE_MAX = 20
"""Of 100, as `systemd-analyze security` reckons it: OK ends at 30."""
EVERYWHERE = {
    "ProtectSystem": "strict", "ProtectHome": "true", "PrivateTmp": "true", "PrivateDevices": "true",
    "NoNewPrivileges": "true", "CapabilityBoundingSet": "", "AmbientCapabilities": "", "UMask": "0077",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6", "RestrictNamespaces": "true", "RestrictSUIDSGID": "true",
    "ProtectKernelTunables": "true", "ProtectKernelModules": "true", "ProtectKernelLogs": "true",
    "ProtectControlGroups": "true", "ProtectClock": "true", "ProtectProc": "invisible", "StateDirectoryMode": "0700",
    "SystemCallArchitectures": "native", "LockPersonality": "true",
}  # fmt: skip


def lines(path: Path) -> dict[str, list[str]]:
    """Settings of a unit, in order; a line ending in a backslash goes on."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in re.sub(r"\\\n\s*", "", path.read_text()).splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found[name].append(value)
    return found


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_every_unit_is_shut_in(path: Path) -> None:
    told = lines(path)
    assert {name: told[name] for name in EVERYWHERE} == {name: [value] for name, value in EVERYWHERE.items()}
    assert told["SystemCallFilter"] == ["@system-service", "~@privileged @resources"]
    assert told["User"] and told["User"] != ["root"]


def test_the_recorder_has_an_account_of_its_own_that_reaches_neither_database_nor_site_key() -> None:
    node = lines(PARTS["node"])
    assert node["User"] != lines(PARTS["web"])["User"] == lines(PARTS["worker"])["User"]
    assert node["StateDirectory"] == ["beffroi-node"]
    hidden = " ".join(node["InaccessiblePaths"]).replace("-/", "/").split()
    assert {CIVIL, "/etc/beffroi"} <= set(hidden)
    assert not [secret for secret in node["LoadCredential"] if "site.key" in secret]
    assert CIVIL + "/" not in " ".join(node["ExecStart"]) + " "


@pytest.mark.parametrize("name", ["web", "worker"])
def test_who_holds_the_database_reaches_no_footage_and_no_key_of_a_recorder(name: str) -> None:
    told = lines(PARTS[name])
    assert set(" ".join(told["InaccessiblePaths"]).replace("-/", "/").split()) == {NODE, "/srv/footage"}
    assert told["StateDirectory"] == ["beffroi"] and not told["ReadWritePaths"]
    assert [secret for secret in told["LoadCredential"] if secret.startswith("site.key:")]


@pytest.mark.parametrize("path", PARTS.values(), ids=PARTS)
def test_secrets_are_handed_over_by_systemd_and_stand_in_no_line(path: Path) -> None:
    told = lines(path)
    assert all(secret.partition(":")[2].startswith("/etc/beffroi/") for secret in told["LoadCredential"])
    text = " ".join([*told["ExecStart"], *told["Environment"]])
    assert not re.search(r"password|passphrase|--code |secret", text, re.IGNORECASE)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine")
@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_systemd_itself_finds_little_exposed(path: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE_MAX}", "--no-pager", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if "Unknown" in ran.stderr or "unrecognized" in ran.stderr:
        pytest.skip("this systemd-analyze knows no --offline")
    assert ran.returncode == 0, ran.stdout[-300:] + ran.stderr
