"""What decodes a camera's bytes, taken over by them, reads nothing of the town and calls nobody."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from beffroi.core.confine import version

pytestmark = pytest.mark.skipif(version() < 6, reason="this kernel has no Landlock that knows of hosts and signals")
TAKEN_OVER = """
    import json, os, signal, socket, subprocess, sys
    from pathlib import Path
    from beffroi.core.confine import confine
    asked = json.loads(sys.argv[1])
    assert confine(reads=[Path(asked["may_read"])], writes=[Path(asked["may_write"])], ports=[asked["may_call"]])

    def tried(work):
        try:
            return work() or "done"
        except PermissionError:
            return "refused"

    def call(port):
        socket.create_connection(("127.0.0.1", port), 2).close()

    def cat(path):
        return subprocess.run(["/bin/cat", path], capture_output=True)

    def listen():
        socket.create_server(("127.0.0.1", 0)).close()

    secret, footage = Path(asked["secret"]), Path(asked["may_read"])
    print(json.dumps({
        "read a key": tried(secret.read_bytes),
        "list the town's folder": tried(lambda: os.listdir(secret.parent)),
        "change a key": tried(lambda: secret.write_bytes(b"x")),
        "take a key away": tried(secret.unlink),
        "read by another program": "refused" if cat(secret).returncode else "done",
        "read the memory of the recorder": tried(lambda: Path(f"/proc/{os.getppid()}/mem").open("rb")),
        "read what the recorder was told": tried(Path(f"/proc/{os.getppid()}/environ").read_bytes),
        "end the recorder": tried(lambda: os.kill(os.getppid(), signal.SIGURG)),
        "call another camera": tried(lambda: call(asked["other"])),
        "listen": tried(listen),
        "read its footage": tried(lambda: footage.read_text()),
        "write its copy": tried(lambda: Path(asked["may_write"], "copy").write_text("copy") and None),
        "call its fence": tried(lambda: call(asked["may_call"])),
    }))
"""


def test_a_decoder_that_was_taken_over_gets_at_nothing_but_its_own(tmp_path: Path) -> None:
    secret, footage, copies = tmp_path / "town" / "site.key", tmp_path / "footage.mp4", tmp_path / "copies"
    secret.parent.mkdir()
    copies.mkdir()
    secret.write_text("secret")
    footage.write_text("footage")
    with socket.create_server(("127.0.0.1", 0)) as fence, socket.create_server(("127.0.0.1", 0)) as camera:
        ports = {"may_call": fence.getsockname()[1], "other": camera.getsockname()[1]}
        asked: dict[str, Any] = {"secret": str(secret), "may_read": str(footage), "may_write": str(copies)} | ports
        command = [sys.executable, "-c", textwrap.dedent(TAKEN_OVER), json.dumps(asked)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    own = {"read its footage": "footage", "write its copy": "done", "call its fence": "done"}
    assert {what: said for what, said in told.items() if said != "refused"} == own
    assert secret.read_text() == "secret"


def test_every_child_that_decodes_gives_up_the_rest_before_it_does() -> None:
    """The programs of the table of started programs that load a decoder."""
    decode = Path(__file__).parents[2] / "src" / "beffroi" / "engine" / "decode"
    children = [path for path in decode.glob("*.py") if "__main__" in path.read_text()]
    assert {path.stem for path in children} == {"burn", "covered_copy", "fallback_child", "prove", "working_copy"}
    texts = {path.stem: path.read_text() for path in children}
    assert not [name for name, text in texts.items() if "confine(" not in text and "reached=alone" not in text]
