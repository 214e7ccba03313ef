"""Checks an evidence pack with Python's standard library and openssl alone; nothing of Beffroi is needed.
Vérifie un dossier de preuve avec la bibliothèque standard de Python et openssl ; rien de Beffroi n'est nécessaire.

    python3 lecteur/verifier.py [FOLDER] [--json] [--key SHA256] [--journal-key SHA256] [--ca FILE]

Exit code 0: whole; 1: something is wrong, each thing with its file, first byte and end; 2: refused, no pack there.
`--key`: SHA-256 of the sealing certificate (DER), `--journal-key`: SHA-256 of preuves/journal.pem, both as the town
published them: without them, only the one who handed the pack over vouches for the keys. `--ca`: certificates of the
time-stamping authority. Format: ref/pack.md of Beffroi. Hashes: RFC 9162 section 2.1; CMS: RFC 5652; token: RFC 3161.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

MANIFEST, SIGNATURE, TOKEN, PRINTS = "manifest.json", "manifest.json.p7s", "manifest.json.tsr", "empreintes.sha256"
UNSTAMPED = "non horodaté par un tiers"
CHANGED = "modifié (changed)"
CHUNK_BYTES = 1 << 20
BROKEN = (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, struct.error, RecursionError)
"""What reading a document that was changed can raise."""


class Finding(NamedTuple):
    """One thing that is wrong: which check, where, what. `fragment` counts from 0."""

    check: str
    file: str
    what: str
    from_byte: int | None = None
    to_byte: int | None = None
    fragment: int | None = None

    def line(self) -> str:
        place = self.file
        if self.from_byte is not None:
            place += f", octets {self.from_byte} à {self.to_byte}"
        if self.fragment is not None:
            place += f", fragment {self.fragment}"
        return f"{place} : {self.what}"


def canonical(form: object) -> bytes:
    """Sorted keys, no space, UTF-8, one line feed."""
    return json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def sha256(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()


def root_of(leaf: bytes, index: int, size: int, *, path: list[bytes]) -> bytes | None:
    """The root that a proof leads to; None when it has not the right length. RFC 9162 section 2.1.3.2."""
    if not 0 <= index < size:
        return None
    low, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if low & 1 or low == last:
            found = sha256(b"\x01" + sibling + found)
            while not low & 1 and low:
                low, last = low >> 1, last >> 1
        else:
            found = sha256(b"\x01" + found + sibling)
        low, last = low >> 1, last >> 1
    return found if last == 0 else None


def file_leaf(file: dict[str, Any]) -> bytes:
    """Leaf of a recorded file in its recorder's log."""
    texts = b"".join(struct.pack(">H", len(t)) + t for t in (file["camera"].encode(), file["stream"].encode()))
    record = bytes.fromhex(file["decoder_record"])
    fixed = struct.pack(">qqI", file["start_at_us"], file["start_ticks90k"], len(record))
    salt, digests = bytes.fromhex(file["salt"]), bytes.fromhex(file["digests"])
    return sha256(b"\x00" + salt + texts + fixed + record + digests)


def run_openssl(*arguments: str) -> bool:
    try:
        ran = subprocess.run(["openssl", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    except OSError:
        raise SystemExit("openssl est introuvable : installez-le, puis recommencez.") from None
    return ran.returncode == 0


class Verifier:
    """One pass over a folder; `found` says what and where."""

    def __init__(self, folder: Path, ca: Path | None = None) -> None:
        self.folder, self.ca = folder, ca
        self.found: list[Finding] = []
        self.digests: dict[str, str] = {}
        self.fragments = 0
        self.manifest: dict[str, Any] = {}

    def tell(self, check: str, file: str, what: str, **place: int) -> None:
        self.found.append(Finding(check, file, what, **place))

    def run(self) -> None:
        """Every check, in the order of ref/pack.md; what is wrong first is told first."""
        self.read()
        self.check_listing()
        self.check_files()
        self.check_prints()
        self.check_signature()
        self.check_token()
        self.check_proofs()

    def read(self) -> None:
        raw = (self.folder / MANIFEST).read_bytes()
        try:
            form = json.loads(raw)
            if canonical(form) != raw or form["format"] != "beffroi-pack" or form["version"] != 1:
                raise ValueError("not as it was written")
            self.manifest = form
        except BROKEN:
            self.tell(
                "listing",
                MANIFEST,
                "modifié : ce n'est plus un manifeste (changed: no manifest any more)",
                from_byte=0,
                to_byte=len(raw),
            )

    # -- listing and digests --------------------------------------------------------------------------------

    def present(self) -> list[str]:
        """Every file of the folder, by path; what is neither file nor folder is told."""
        paths = []
        for where, folders, names in os.walk(self.folder):
            for name in folders + names:
                path = Path(where, name)
                inside = path.relative_to(self.folder).as_posix()
                if path.is_symlink() or not (path.is_dir() or path.is_file()):
                    self.tell("listing", inside, "ni fichier ni dossier (neither file nor folder)")
                elif path.is_file():
                    paths.append(inside)
        return sorted(paths)

    def check_listing(self) -> None:
        there = self.present()
        try:
            listed = {file["path"] for file in self.manifest["files"]}
            stamped = self.manifest["stamp"] == TOKEN
        except BROKEN:
            return
        listed |= {MANIFEST, SIGNATURE, PRINTS} | ({TOKEN} if stamped else set())
        for path in sorted(listed - set(there)):
            self.tell("listing", path, "manque (missing)")
        for path in sorted(set(there) - listed):
            self.tell("listing", path, "n'est pas dans le manifeste (not in the manifest)")

    def check_files(self) -> None:
        """Digest of each file; an original is read once, for its own digest and its fragments'."""
        try:
            originals = {one["path"]: one for one in self.manifest.get("originals", [])}
            files = {file["path"]: (file["bytes"], file["sha256"]) for file in self.manifest.get("files", [])}
        except BROKEN:
            originals, files = {}, {}
        for path in self.present() if not self.digests else []:
            try:
                if path in originals:
                    self.check_original(path, originals[path])
                else:
                    self.digests[path] = self.digest(path)
            except BROKEN:
                self.tell("files", path, "le manifeste ne le décrit pas (not described by the manifest)")
            if path in files and path not in originals:
                self.compare(path, *files[path])
        told = [file for file in sorted(files) if file.startswith("original/")]
        lines = "".join(f"{files[path][1]}  {path}\n" for path in told)
        if files and self.manifest.get("originals_sha256") != sha256(lines.encode()).hex():
            self.tell(
                "files", MANIFEST, "l'empreinte des originaux n'est pas celle de leur liste (digest of the originals)"
            )

    def digest(self, path: str) -> str:
        made = hashlib.sha256()
        with (self.folder / path).open("rb") as stream:
            for chunk in iter(lambda: stream.read(CHUNK_BYTES), b""):
                made.update(chunk)
        return made.hexdigest()

    def compare(self, path: str, size: int, wanted: str) -> bool:
        there = (self.folder / path).stat().st_size
        if there == size and self.digests.get(path) == wanted:
            return True
        what = CHANGED if there == size else f"{there} octets au lieu de {size} (bytes instead of)"
        self.tell("files", path, what, from_byte=0, to_byte=there)
        return False

    def check_original(self, path: str, told: dict[str, Any]) -> None:
        """Fragment by fragment: boxes, then samples, each against its digest; then the whole."""
        made, before = hashlib.sha256(), len(self.found)
        with (self.folder / path).open("rb") as stream:
            head = stream.read(told["head_bytes"])
            made.update(head)
            if sha256(head).hex() != told["head_sha256"]:
                self.tell(
                    "fragments", path, "en-tête modifié (header changed)", from_byte=0, to_byte=told["head_bytes"]
                )
            for number, fragment in enumerate(told["fragments"]):
                part = stream.read(fragment["bytes"])
                made.update(part)
                self.check_fragment(path, part, number, told=fragment)
            for chunk in iter(lambda: stream.read(CHUNK_BYTES), b""):
                made.update(chunk)
        self.digests[path] = made.hexdigest()
        size = (self.folder / path).stat().st_size
        if (size, self.digests[path]) != (told["bytes"], told["sha256"]):
            end = told["bytes"]
            if size > end:
                self.tell("files", path, "octets en trop (bytes too many)", from_byte=end, to_byte=size)
            elif len(self.found) == before:
                self.tell("files", path, CHANGED, from_byte=0, to_byte=size)

    def check_fragment(self, path: str, part: bytes, number: int, *, told: dict[str, Any]) -> None:
        start, cut, end = told["offset"], told["boxes"], told["offset"] + told["bytes"]
        self.fragments += 1
        if len(part) < told["bytes"]:
            self.tell("fragments", path, "coupé (cut short)", from_byte=start + len(part), to_byte=end, fragment=number)
            return
        if sha256(part[:cut]).hex() != told["boxes_sha256"]:
            self.tell(
                "fragments",
                path,
                "boîtes modifiées (boxes changed)",
                from_byte=start,
                to_byte=start + cut,
                fragment=number,
            )
        if sha256(part[cut:]).hex() != told["payload_sha256"]:
            self.tell(
                "fragments",
                path,
                "images modifiées (pictures changed)",
                from_byte=start + cut,
                to_byte=end,
                fragment=number,
            )

    def check_prints(self) -> None:
        """`empreintes.sha256` against what is there: it also covers the seals themselves."""
        if PRINTS not in self.digests:
            return
        raw = (self.folder / PRINTS).read_bytes()
        wanted = [f"{self.digests[path]}  {path}\n".encode() for path in sorted(self.digests) if path != PRINTS]
        there = raw.splitlines(keepends=True)
        at = 0
        for line in there:
            if line not in wanted:
                path = line[66:].decode(errors="replace").strip()
                if len(line) > 66 and path in (MANIFEST, SIGNATURE, TOKEN) and path in self.digests:
                    size = (self.folder / path).stat().st_size
                    self.tell(
                        "prints",
                        path,
                        "n'a plus l'empreinte écrite (not the digest written)",
                        from_byte=0,
                        to_byte=size,
                    )
                # Of the line and its file, nothing here says which one changed.
                self.tell(
                    "prints",
                    PRINTS,
                    "ligne qui ne correspond plus (line that matches no more)",
                    from_byte=at,
                    to_byte=at + len(line),
                )
            at += len(line)
        if sorted(there, key=lambda line: line[66:]) != there or len(there) != len(wanted):
            self.tell(
                "prints",
                PRINTS,
                "lignes en plus, en moins ou déplacées (lines added, missing or moved)",
                from_byte=0,
                to_byte=len(raw),
            )

    # -- seals ----------------------------------------------------------------------------------------------

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def at_time(self) -> list[str]:
        """Certificates are judged at the time of making: their end does not void an old proof."""
        try:
            return ["-attime", str(int(self.manifest["made"]["at_us"]) // 1_000_000)]
        except BROKEN:
            return []

    def check_signature(self) -> None:
        command = ["cms", "-verify", "-binary", "-inform", "DER", "-in", self.path(SIGNATURE), "-content",
                   self.path(MANIFEST), "-CAfile", self.path("preuves/ville-chaine.pem"), "-partial_chain", "-purpose",
                   "any", "-out", os.devnull, *self.at_time()]  # fmt: skip
        if not run_openssl(*command):
            self.tell("signature", SIGNATURE, "openssl ne reconnaît pas la signature du manifeste (signature refused)")
        elif self.certificate() not in (self.folder / SIGNATURE).read_bytes():
            self.tell(
                "signature", "preuves/ville.pem", "n'est pas le certificat qui a scellé (not the sealing certificate)"
            )

    def certificate(self) -> bytes:
        """The sealing certificate, DER; nothing when it cannot be read."""
        try:
            text = (self.folder / "preuves/ville.pem").read_text()
            body = text.split("-----BEGIN CERTIFICATE-----")[1].split("-----END CERTIFICATE-----")[0]
            return base64.b64decode("".join(body.split()), validate=True)
        except (OSError, *BROKEN):
            return b"none"

    def check_token(self) -> None:
        if self.manifest.get("stamp") != TOKEN or not (self.folder / TOKEN).is_file():
            return
        authority = self.ca or self.folder / "preuves/horodatage.pem"
        command = ["ts", "-verify", "-data", self.path(MANIFEST), "-in", self.path(TOKEN), "-CAfile", str(authority)]
        if not authority.is_file():
            self.tell("token", TOKEN, "certificats de l'autorité d'horodatage absents : donnez --ca (give --ca)")
        elif not run_openssl(*command, "-partial_chain", *self.at_time()):
            self.tell("token", TOKEN, "openssl ne reconnaît pas le jeton d'horodatage (time stamp refused)")

    # -- proofs ---------------------------------------------------------------------------------------------

    def check_proofs(self) -> None:
        """Fragment → file of the recorder → head of its log → line of the journal → signed head."""
        images, journal = "preuves/images.json", "preuves/journal.json"
        where = images
        try:
            told = json.loads((self.folder / images).read_bytes())
            self.check_digests(told["files"])
            self.check_leaves(told)
            where = journal
            self.check_journal(json.loads((self.folder / journal).read_bytes()), told["heads"])
        except (OSError, *BROKEN):
            self.tell("proofs", where, "illisible (unreadable)")

    def check_digests(self, files: list[dict[str, Any]]) -> None:
        for one in self.manifest.get("originals", []):
            for number, fragment in enumerate(one["fragments"]):
                file = files[fragment["file"]]
                at = 64 * fragment["number"]
                if file["leaf"] is not None and file["digests"][at : at + 64] != fragment["payload_sha256"]:
                    what = (
                        "ces images ne sont pas celles du journal de l'enregistreur (not those of the recorder's log)"
                    )
                    self.tell("proofs", one["path"], what, fragment=number)

    def check_leaves(self, told: dict[str, Any]) -> None:
        for at, file in enumerate(told["files"]):
            if file["leaf"] is None:
                continue
            head = told["heads"][file["head"]]
            path = [bytes.fromhex(one) for one in file["path"]]
            if root_of(file_leaf(file), file["leaf"], head["size"], path=path) != bytes.fromhex(head["root"]):
                self.tell(
                    "proofs",
                    "preuves/images.json",
                    f"le fichier {at} ne mène pas à la tête de l'enregistreur (no proof)",
                )

    def check_journal(self, told: dict[str, Any], heads: list[dict[str, Any]]) -> None:
        for head in heads:
            line = json.loads(told["lines"][head["line"]]["content"])
            detail = line[9]
            if line[3] != "footage.head" or any(detail[name] != head[name] for name in ("folder", "size", "root")):
                self.tell("proofs", "preuves/journal.json", f"la ligne {line[0]} ne dit pas cette tête (another head)")
        for line in told["lines"]:
            fields = told["heads"][line["head"]]["statement"].split("\n")
            leaf = sha256(b"\x00" + bytes.fromhex(line["salt"]) + line["content"].encode())
            path = [bytes.fromhex(one) for one in line["path"]]
            if root_of(leaf, line["index"], int(fields[2]), path=path) != bytes.fromhex(fields[3]):
                self.tell(
                    "proofs",
                    "preuves/journal.json",
                    f"la ligne {line['index']} ne mène pas à la tête du journal (no proof)",
                )
        for head in told["heads"]:
            self.check_head(head)

    def check_head(self, head: dict[str, Any]) -> None:
        number = head["statement"].split("\n")[1]
        with tempfile.TemporaryDirectory() as name:
            text, signature, token = (Path(name, one) for one in ("text", "signature", "token"))
            text.write_text(head["statement"], encoding="utf-8")
            signature.write_bytes(bytes.fromhex(head["signature"]))
            key = self.path("preuves/journal.pem")
            if not head["statement"].startswith("beffroi journal head\n") or not run_openssl(
                "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", str(text), "-sigfile", str(signature)
            ):
                self.tell(
                    "proofs",
                    "preuves/journal.json",
                    f"signature de la tête {number} du journal (signature of the head)",
                )
            authority = self.ca or self.folder / "preuves/horodatage.pem"
            if head["token"] and authority.is_file():
                token.write_bytes(base64.b64decode(head["token"]))
                command = ["ts", "-verify", "-data", str(text), "-in", str(token), "-CAfile", str(authority)]
                if not run_openssl(*command, "-partial_chain", *self.at_time()):
                    self.tell(
                        "proofs",
                        "preuves/journal.json",
                        f"jeton d'horodatage de la tête {number} du journal (time stamp of the head)",
                    )

    def report(self) -> dict[str, Any]:
        """The JSON answer."""
        journal = self.folder / "preuves/journal.pem"
        return {
            "whole": not self.found,
            "number": self.manifest.get("number", ""),
            "files": len(self.digests),
            "fragments": self.fragments,
            "certificate_sha256": sha256(self.certificate()).hex(),
            "journal_key_sha256": sha256(journal.read_bytes()).hex() if journal.is_file() else "",
            "stamp": self.manifest.get("stamp", ""),
            "found": [one._asdict() for one in self.found],
        }


def pinned(verifier: Verifier, given: argparse.Namespace) -> None:
    """What the town published against what the pack holds."""
    report = verifier.report()
    for wanted, name, file in ((given.key, "certificate_sha256", "preuves/ville.pem"),
                               (given.journal_key, "journal_key_sha256", "preuves/journal.pem")):  # fmt: skip
        if wanted and wanted.lower() != report[name]:
            verifier.tell("signature", file, "n'est pas la clé publiée (not the published key)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments that `beffroi verify` shares."""
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--key", metavar="SHA256", help="of the sealing certificate, as the town published it")
    parser.add_argument("--journal-key", metavar="SHA256", help="of preuves/journal.pem, as published")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="certificates of the time-stamping authority, PEM")


def verify(folder: Path, given: argparse.Namespace) -> tuple[int, str]:
    """Exit code, and what to print."""
    if not (folder / MANIFEST).is_file():
        return 2, f"{folder} : pas de {MANIFEST} ; donnez le dossier remis (give the folder that was handed over)."
    verifier = Verifier(folder, given.ca)
    verifier.run()
    pinned(verifier, given)
    report = verifier.report()
    code = 1 if verifier.found else 0
    if given.json:
        return code, json.dumps(report, ensure_ascii=False, indent=2)
    lines = [one.line() for one in verifier.found]
    stamp = "horodaté par un tiers" if report["stamp"] == TOKEN else report["stamp"]
    told = f"{len(lines)} ANOMALIE(S) (FAULTS)" if lines else "INTÈGRE (WHOLE)"
    lines.append(f"{report['number']} : {told}. {report['files']} fichiers, {report['fragments']} fragments, {stamp}.")
    lines.append(f"certificat {report['certificate_sha256']}")
    lines.append(f"clé du journal {report['journal_key_sha256']}")
    return code, "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent.parent)
    add_arguments(parser)
    given = parser.parse_args(argv)
    code, text = verify(given.folder, given)
    print(text, file=sys.stderr if code == 2 else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main())
