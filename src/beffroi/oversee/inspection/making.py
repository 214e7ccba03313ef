"""Makes the zip: a report, the signed reviews, the tables, the journal's head and proof, the list of hashes."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.utils import translation

from beffroi.core.config import USUAL_RETENTION_DAYS
from beffroi.core.instants import from_us, to_rfc3339
from beffroi.journal import queries as journal
from beffroi.journal.services import sign_head
from beffroi.journal.verify import verify
from beffroi.oversee import pages
from beffroi.oversee.inspection.tables import TABLES, Table
from beffroi.oversee.models import Review
from beffroi.oversee.paper import Paper, Section, pdf, said_at
from beffroi.oversee.reviews.documents import review_pdf

SUMS = "SHA256SUMS.txt"
_MARGIN = 8192


@dataclass(slots=True)
class _Pack:
    """A zip under way, with the hash of each file."""

    zip: zipfile.ZipFile
    now_us: int
    sums: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, content: bytes) -> None:
        """One file."""
        self.zip.writestr(self._entry(name), content)
        self.sums[name] = hashlib.sha256(content).hexdigest()

    def add_table(self, table: Table) -> int:
        """One table, streamed; its rows."""
        digest, count = hashlib.sha256(), 0
        with self.zip.open(self._entry(table.name), "w") as file:
            for text in _csv(table):
                raw = text.encode()
                digest.update(raw)
                file.write(raw)
                count += text.count("\r\n")
        self.sums[table.name] = digest.hexdigest()
        return count - 1

    def _entry(self, name: str) -> zipfile.ZipInfo:
        at = from_us(self.now_us)
        entry = zipfile.ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o440 << 16
        return entry


def make(target: BinaryIO, now_us: int) -> dict[str, str]:
    """Writes the pack into `target`; the hash of each file, by its name. Everything in it is read, nothing changed."""
    with translation.override("fr"), zipfile.ZipFile(target, "w") as opened:
        pack = _Pack(opened, now_us)
        sign_head(now_us)
        proof = _proof(now_us)
        pack.add("journal.json", _json(proof))
        pack.add("journal-public.pem", _public_key())
        counts = {table.name: pack.add_table(table) for table in TABLES}
        for review in Review.objects.filter(signed_at_us__isnull=False).select_related("signed_by"):
            pack.add(f"revues/revue-{review.month:%Y-%m}.pdf", review_pdf(review))
        pack.add("00-rapport.pdf", _report(counts, proof, now_us))
        sums = "".join(f"{digest}  {name}\n" for name, digest in sorted(pack.sums.items()))
        opened.writestr(pack._entry(SUMS), sums)
    return pack.sums


def _csv(table: Table) -> Iterable[str]:
    """The table for a spreadsheet, in pieces of some kilobytes."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";")
    buffer.write("\ufeff")
    writer.writerow(table.head or pages.export_heads())
    for row in table.rows():
        writer.writerow([pages.plain(cell) if isinstance(cell, str) else cell for cell in row])
        if buffer.tell() > _MARGIN:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


# -- the journal ----------------------------------------------------------------------------------------------


def _proof(now_us: int) -> dict[str, Any]:
    state, report = journal.state(now_us), verify()
    head = state.head
    return {
        "made_at": to_rfc3339(now_us),
        "head": {
            "statement": journal.statement_of(head).text.decode(),
            "signature": bytes(head.signature).hex(),
            "number": head.number,
            "at": to_rfc3339(head.at_us),
            "timestamp_token": bytes(head.token).hex(),
        }
        if head
        else None,
        "witness": {"is_set": state.has_witness, "is_late": state.is_witness_late},
        "verification": {name: value for name, value in asdict(report).items() if name != "findings"}
        | {"whole": report.is_whole, "findings": [one.said(french=True) for one in report.findings]},
    }


def _public_key() -> bytes:
    key = settings.SITE_KEY.journal_head_key.public_key()
    return bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _json(form: dict[str, Any]) -> bytes:
    return (json.dumps(form, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


# -- the report -----------------------------------------------------------------------------------------------


def _report(counts: dict[str, int], proof: dict[str, Any], now_us: int) -> bytes:
    verification, head = proof["verification"], proof["head"]
    said = "entier" if verification["whole"] else f"{verification['found']} anomalies : voir journal.json"
    return pdf(
        Paper(
            title="Dossier de contrôle",
            reference="CSI L. 253-1",
            made_at_us=now_us,
            service="Vidéoprotection",
            sections=[
                Section(
                    title="Ce dossier",
                    text="Établi à la demande de la commission départementale ou de l'inspection. Lecture seule : "
                    "rien n'y est une image, rien n'a été changé pour l'établir. Les réquisitions y figurent par leur "
                    "numéro. Chaque fichier a son empreinte dans SHA256SUMS.txt (sha256sum -c).",
                ),
                Section(
                    title="Fichiers",
                    head=("Fichier", "Contenu", "Lignes"),
                    rows=[(table.name, table.title, str(counts[table.name])) for table in TABLES],
                    widths=(2, 3, 1),
                ),
                Section(
                    title="Journal",
                    facts=[
                        ("Vérification", said),
                        ("Lignes", str(verification["lines"])),
                        ("Têtes signées", str(verification["heads"])),
                        ("Dernière tête", f"n° {head['number']}, {head['at']}" if head else "aucune"),
                        ("Heure par un tiers", str(verification["stamps"] or "non horodaté par un tiers")),
                        ("Témoin", "en place" if proof["witness"]["is_set"] else "aucun"),
                    ],
                ),
                Section(title="Arrêtés", **_shown(TABLES[0], (0, 3, 4, 7, 11))),
                Section(title="Écarts", empty="Aucun écart inscrit.", **_shown(TABLES[3], (0, 1, 3, 4))),
                Section(title="Vérifications", **_shown(TABLES[12], (0, 1, 2))),
                Section(title="Durée réglée par la ville", facts=_kept()),
                Section(title="Conservation", **_shown(TABLES[9], (0, 2, 3, 4, 5, 6))),
            ],
            signatures=[("Remis à", "Nom, qualité", f"Date : {said_at(now_us)[:10]}")],
        )
    )


def _kept() -> list[tuple[str, str]]:
    """Our own setting, within the order's. Its reason is due when it is not the usual one."""
    retention = settings.BEFFROI.retention
    usual = f"durée habituelle, {USUAL_RETENTION_DAYS} jours"
    return [("Au plus", f"{retention.max_days} jours"), ("Motif", retention.reason or usual)]


def _shown(table: Table, columns: tuple[int, ...]) -> dict[str, Any]:
    """Some columns of a table, for paper."""
    rows = [tuple(str(row[column]) for column in columns) for row in table.rows()]
    return {"head": tuple(table.head[column] for column in columns), "rows": rows}


def write(path: Path, now_us: int) -> dict[str, str]:
    """The pack as a new file, readable by its owner alone; whole or not there. Errors: OSError."""
    half = path.with_suffix(".part")
    with half.open("xb") as file:
        sums = make(file, now_us)
    half.chmod(0o400)
    half.replace(path)
    return sums
