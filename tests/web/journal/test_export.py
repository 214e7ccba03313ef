"""A folder that anybody can check: with Python's standard library and openssl, without Beffroi."""

from __future__ import annotations

import ast
import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from beffroi.core.clock import FakeClock
from beffroi.core.errors import Conflict
from beffroi.core.merkle import root_from_proof
from beffroi.journal import queries, rules, verifier
from beffroi.journal.export import export
from beffroi.journal.models import Witness
from beffroi.journal.services import prune, push_heads, sign_head
from beffroi.journal.verifier import Verifier
from beffroi.journal.verify import verify
from tests.web.journal.conftest import found, whole, write

pytestmark = pytest.mark.django_db
MONTH_S = 31 * 24 * 3600
FLIPS = 200


@pytest.fixture
def folder(clock: FakeClock, tmp_path: Path) -> Path:
    """50 lines pruned, 120 kept, heads and the last line that says it was exported."""
    write(clock, 50, every=10)
    clock.advance(14 * MONTH_S)
    write(clock, 120)
    prune(clock.now_us())
    return export(tmp_path / "out", clock.now_us()).folder


def checked(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    """What the folder's own verifier says, in a Python that sees no other module than its own."""
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), str(folder), "--json", *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode in {0, 1}, answer.stderr
    return answer.returncode, json.loads(answer.stdout)


def places(folder: Path) -> list[str]:
    one = Verifier(folder, None)
    one.run()
    return [fault["where"] for fault in one.found]


def test_the_folder_is_whole_for_a_third_party(folder: Path) -> None:
    code, report = checked(folder)
    assert (code, report["whole"], report["found"], report["lines"]) == (0, True, [], 122)
    assert checked(folder, "--key", report["key_sha256"])[0] == 0
    assert checked(folder, "--key", "0" * 64)[1]["found"][0]["where"] == "public.pem"


def test_the_verifier_imports_the_standard_library_only() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.any_database
@pytest.mark.parametrize("name", ["lines.jsonl", "heads.jsonl", "anchor.json", "export.json", "public.pem"])
def test_one_bit_changed_anywhere_is_found_and_named(name: str, folder: Path) -> None:
    chance = random.Random(name)
    path = folder / name
    kept = path.read_bytes()
    for _ in range(FLIPS if name == "lines.jsonl" else 12):
        raw = bytearray(kept)
        at = chance.randrange(len(raw) * 8)
        raw[at // 8] ^= 1 << at % 8
        path.write_bytes(raw)
        where = places(folder)
        row = kept[: at // 8].count(b"\n")
        wanted = {
            "lines.jsonl": {f"line {50 + row}"},
            "heads.jsonl": {f"heads.jsonl, line {row + 1}", f"head {row + 4}"},
            "anchor.json": {"anchor.json"},
            "export.json": {"export.json"},
            "public.pem": {"anchor.json", "export.json"},
        }[name]
        if name == "public.pem" and not where:
            continue  # a bit of the armour's free text that openssl does not read; --key finds it
        assert wanted & set(where), (at, row, where)
    path.write_bytes(kept)
    assert places(folder) == []


@pytest.mark.parametrize("name", ["lines.jsonl", "heads.jsonl", "export.json"])
def test_a_hash_written_in_capitals_is_not_as_it_was_written(name: str, folder: Path) -> None:
    path = folder / name
    kept = path.read_text()
    for word in ("salt", "leaf", "signature", "frontier"):
        changed = re.sub(rf'("{word}":")([0-9a-f]+)', lambda found: found[1] + found[2].upper(), kept, count=1)
        path.write_text(changed)
        assert bool(places(folder)) == (changed != kept)
    path.write_text(kept)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda lines: lines[:10] + lines[11:], "line 60"),
        (lambda lines: lines[:-1], "line 171"),
        (lambda lines: lines[3:], "lines 50 to 52"),
        (lambda lines: [*lines[:10], lines[11], lines[10], *lines[12:]], "line 60"),
        (lambda lines: [*lines, lines[-1]], "line 171"),
        (lambda lines: [*lines[:10], lines[5], *lines[10:]], "line 55"),
    ],
    ids=["dropped", "last dropped", "first dropped", "swapped", "put after", "put between"],
)
def test_lines_dropped_moved_or_inserted_are_named(change: Callable[[Any], Any], wanted: str, folder: Path) -> None:
    path = folder / "lines.jsonl"
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    assert wanted in places(folder)


def test_a_folder_cut_short_with_its_heads_is_found(folder: Path) -> None:
    for name, count in (("heads.jsonl", 3), ("lines.jsonl", 41)):
        path = folder / name
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:count]))
    assert any("head" in where for where in places(folder))


def test_a_folder_that_holds_something_is_not_written_over(folder: Path, clock: FakeClock) -> None:
    with pytest.raises(Conflict):
        export(folder, clock.now_us())


def test_every_line_kept_is_proved_after_pruning(folder: Path, clock: FakeClock) -> None:
    write(clock, 400)
    sign_head(clock.now_us())
    for index in (50, 51, 60, 169, 255, 256, 300, 511, 512, 571):
        proof = queries.proof(index)
        leaf = rules.leaf(proof.salt, proof.content)
        root = root_from_proof(index, proof.head.size, leaf=leaf, path=proof.path)
        assert root == proof.head.root


def test_a_witness_that_was_cut_short_is_ended_and_goes_on(
    clock: FakeClock, configured: Callable[..., None], tmp_path: Path
) -> None:
    folder = tmp_path / "witness"
    folder.mkdir()
    configured(witness="witness")
    write(clock, 40)
    push_heads(clock.now_us())
    (path,) = folder.glob("heads-*.jsonl")
    path.write_bytes(path.read_bytes()[:-40])
    Witness.objects.update(next_number=1)
    push_heads(clock.now_us())
    report = verify(witness_folder=folder)
    assert (found(report), report.witnessed) == ([], 2)
    whole()
    shutil.rmtree(folder)
