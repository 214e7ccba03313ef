"""Checks an exported journal with Python's standard library and openssl alone; nothing of Beffroi is needed.

    python3 verify.py [FOLDER] [--ca FILE] [--key SHA256] [--json]

FOLDER holds lines.jsonl, heads.jsonl, export.json, public.pem, perhaps anchor.json and tokens/. Exit code 0: whole;
1: something was found, each thing on its line; 2: refused before starting. `--ca`: the time-stamping authority's
certificates (PEM). `--key`: the SHA-256 of public.pem, as the town published it; without it, only the one who handed
the folder over vouches for the key. Hashes: RFC 9162 section 2.1.1; signatures: Ed25519; tokens: RFC 3161.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any


def sha256(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()


def canonical(form: object) -> bytes:
    return json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Tree:
    """The roots of the perfect subtrees, largest first."""

    def __init__(self, size: int = 0, roots: Sequence[bytes] = ()) -> None:
        self.size, self.roots = size, list(roots)

    @classmethod
    def of(cls, size: int, text: str) -> Tree:
        roots = [bytes.fromhex(text[at : at + 64]) for at in range(0, len(text), 64)]
        if len(roots) != bin(size).count("1") or text != text.lower():
            raise ValueError("not a frontier of this size")
        return cls(size, roots)

    def add(self, leaf: bytes) -> None:
        size = self.size
        while size & 1:
            leaf, size = sha256(b"\x01" + self.roots.pop() + leaf), size >> 1
        self.roots.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        found = self.roots[-1] if self.roots else sha256(b"")
        for left in reversed(self.roots[:-1]):
            found = sha256(b"\x01" + left + found)
        return found


class Signed:
    """A text signed by the journal's key, from a JSON object that holds it under `name`."""

    def __init__(self, raw: bytes, name: str) -> None:
        form: dict[str, Any] = json.loads(raw)
        if canonical(form) != raw:
            raise ValueError("not as it was written")
        self.text, self.signature = form[name].encode(), bytes.fromhex(form["signature"])
        if form["signature"] != self.signature.hex():
            raise ValueError("not as it was written")
        title, *fields = form[name].rstrip("\n").split("\n")
        if title != "beffroi journal " + name:
            raise ValueError("another statement")
        self.fields, self.form = fields, form
        self.number, self.size = int(fields[0]), int(fields[1])

    def frontier(self) -> Tree:
        tree = Tree.of(self.size, self.form["frontier"])
        if tree.root().hex() != self.fields[2]:
            raise ValueError("frontier")
        return tree


class Verifier:
    """One pass over a folder; `found` says what and where."""

    def __init__(self, folder: Path, ca: Path | None) -> None:
        self.folder, self.ca, self.lines = folder, ca, 0
        self.found: list[dict[str, str]] = []
        self.stamps: dict[str, str] = {}
        self.tree: Tree | None = None
        self.waiting: list[Signed] = []
        self.next = self.covered = 0
        self.is_clean = True

    def tell(self, where: str, what: str) -> None:
        self.found.append({"where": where, "what": what})

    def run(self) -> None:
        heads = self.heads()
        anchor = self.statement("anchor")
        last = self.statement("export")
        if last is None:
            self.tell("export.json", "missing")
        elif heads and (last.number, last.size) != (heads[-1].number, heads[-1].size):
            self.tell(f"head {last.number}", "missing: the folder ends before it")
        self.check_chain(heads, anchor)
        self.check_lines(heads, anchor)
        self.check_tokens({head.number: head for head in heads}, anchor.number if anchor else 0)

    def statement(self, name: str) -> Signed | None:
        path = self.folder / f"{name}.json"
        if not path.exists():
            return None
        try:
            signed = Signed(path.read_bytes(), name)
            if name == "anchor":
                signed.frontier()
        except (ValueError, KeyError, TypeError, AttributeError):
            self.tell(path.name, "changed")
            return None
        if not self.is_signed(signed):
            self.tell(path.name, "signature")
            return None
        return signed

    def heads(self) -> list[Signed]:
        heads = []
        for at, raw in enumerate((self.folder / "heads.jsonl").read_bytes().removesuffix(b"\n").split(b"\n"), 1):
            try:
                head = Signed(raw, "head")
                head.frontier()
                heads.append(head)
            except (ValueError, KeyError, TypeError, AttributeError, IndexError):
                self.tell(f"heads.jsonl, line {at}", "changed")
        return heads

    def check_chain(self, heads: list[Signed], anchor: Signed | None) -> None:
        """One signature, the last, vouches for all; each is checked alone when the chain does not hold."""
        follows = [
            after.number == before.number + 1 and after.fields[4] == sha256(before.text + before.signature).hex()
            for before, after in pairwise(heads)
        ]
        first = anchor.number if anchor else 0
        if heads and heads[0].number != first:
            self.tell(f"head {first}", "missing")
        if heads and all(follows) and self.is_signed(heads[-1]):
            return
        broken = [head for head in heads if not self.is_signed(head)]
        for head in broken:
            self.tell(f"head {head.number}", "signature")
        for (before, after), is_next in zip(pairwise(heads), follows, strict=True):
            if not is_next and before not in broken and after not in broken:
                self.tell(f"heads {before.number} to {after.number}", "do not follow each other")

    def is_signed(self, signed: Signed) -> bool:
        with tempfile.TemporaryDirectory() as name:
            text, signature = Path(name, "text"), Path(name, "signature")
            text.write_bytes(signed.text)
            signature.write_bytes(signed.signature)
            command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(self.folder / "public.pem"), "-rawin"]
            return succeeds([*command, "-in", str(text), "-sigfile", str(signature)])

    def check_lines(self, heads: list[Signed], anchor: Signed | None) -> None:
        """Every line by its recorded leaf, every head by its root; after what is wrong, on from the next head."""
        self.tree = anchor.frontier() if anchor else Tree()
        self.next = self.covered = self.tree.size
        self.is_clean, self.waiting = True, heads[::-1]
        self.pass_heads()
        with (self.folder / "lines.jsonl").open("rb") as file:
            for raw in file:
                self.check_line(raw)
                self.lines += 1
        if self.waiting and self.waiting[0].size > self.next:
            self.miss(self.waiting[0].size)

    def check_line(self, raw: bytes) -> None:
        index, leaf = self.read_line(raw)
        if index < self.next or (not self.waiting and index >= self.next):
            self.tell(f"line {index}", "moved or inserted")
            return
        if index > self.next:
            self.miss(index)
        self.next = index + 1
        if self.tree is not None and leaf is not None:
            self.tree.add(leaf)
        else:
            self.tree = None
        self.pass_heads()

    def read_line(self, raw: bytes) -> tuple[int, bytes | None]:
        """Index and leaf of a line; one that is not as it was written is known by its place."""
        try:
            form = json.loads(raw)
            content, salt = canonical(form["content"]), bytes.fromhex(form["salt"])
            leaf = sha256(b"\x00" + salt + content)
            index, action, subject, detail = (form["content"][at] for at in (0, 3, 8, 9))
            if (
                (form["leaf"], form["salt"]) != (leaf.hex(), salt.hex())
                or canonical(form) + b"\n" != raw
                or not isinstance(index, int)
            ):
                raise ValueError("not as it was written")
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            self.tell(f"line {self.next}", "changed")
            self.is_clean = False
            return self.next, None
        if action == "head.stamp":
            self.stamps[subject] = detail.get("sha256")
        return index, leaf

    def miss(self, stop: int) -> None:
        """The lines from the next one to `stop` are not there."""
        self.tell(f"lines {self.next} to {stop - 1}" if stop - 1 > self.next else f"line {self.next}", "missing")
        self.is_clean, self.tree = False, None
        self.next = stop
        self.pass_heads()

    def pass_heads(self) -> None:
        while self.waiting and self.waiting[-1].size <= self.next:
            head = self.waiting.pop()
            if head.size < self.next:
                continue
            if self.is_clean and self.tree is not None and self.tree.root().hex() != head.fields[2]:
                self.tell(f"lines {self.covered} to {head.size - 1}", f"do not give head {head.number}")
            self.tree, self.is_clean, self.covered = head.frontier(), True, head.size

    def check_tokens(self, heads: dict[int, Signed], first: int) -> None:
        there = {path.stem: path for path in (self.folder / "tokens").glob("*.tsr")}
        for number in sorted({*there, *(one for one in self.stamps if one.isdecimal() and int(one) >= first)}):
            head = heads.get(int(number)) if number.isdecimal() else None
            fault = "missing" if number not in there else self.token_fault(there[number], head, self.stamps.get(number))
            if fault:
                self.tell(f"token of head {number}", fault)

    def token_fault(self, path: Path, head: Signed | None, announced: str | None) -> str:
        token = path.read_bytes()
        if head is None or hashlib.sha256(token).hexdigest() != announced:
            return "not the token that a line announced"
        if sha256(head.text) not in token:
            return "it dates something else"
        if self.ca is None:
            return ""
        with tempfile.TemporaryDirectory() as name:
            text = Path(name, "text")
            text.write_bytes(head.text)
            command = ["openssl", "ts", "-verify", "-data", str(text), "-in", str(path), "-CAfile", str(self.ca)]
            return "" if succeeds(command) else "openssl ts -verify refuses it"


def succeeds(command: list[str]) -> bool:
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    parser.add_argument("--ca", type=Path, help="certificates of the time-stamping authority, PEM")
    parser.add_argument("--key", help="SHA-256 of public.pem, as published")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(argv)
    wanted = [given.folder / name for name in ("lines.jsonl", "heads.jsonl", "public.pem")]
    wanted += [given.ca] if given.ca else []
    for path in wanted:
        if not path.is_file():
            print(f"{path} is missing: give a folder that `beffroi journal export` wrote.", file=sys.stderr)
            return 2
    key = hashlib.sha256((given.folder / "public.pem").read_bytes()).hexdigest()
    verifier = Verifier(given.folder, given.ca)
    if given.key and given.key.lower() != key:
        verifier.tell("public.pem", "not the published key")
    verifier.run()
    if given.json:
        report = {"whole": not verifier.found, "lines": verifier.lines, "key_sha256": key, "found": verifier.found}
        print(json.dumps(report, indent=2))
    else:
        for one in verifier.found:
            print(f"{one['where']}: {one['what']}")
        print(f"{verifier.lines} lines, key {key}: " + (f"{len(verifier.found)} FOUND" if verifier.found else "whole"))
    return 1 if verifier.found else 0


if __name__ == "__main__":
    sys.exit(main())
