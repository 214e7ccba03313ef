"""From a recorder's log to the town's journal: the lines that told its heads, under a head signed now."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from beffroi.core.errors import Unavailable
from beffroi.journal import queries as journal
from beffroi.journal.models import Line
from beffroi.journal.services import sign_head


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldHead:
    """The head of a recorder's log that a line of the journal tells."""

    node: str
    folder: str
    size: int
    root: str
    line: int


def newest_head(node: str) -> ToldHead:
    """The last head that a node told.

    Errors: Unavailable when it has told none yet.
    """
    told = Line.objects.filter(register="footage", action="footage.head", author=f"node:{node}")
    line = told.order_by("-index").first()
    if line is None:
        raise Unavailable(
            "The recorder has not told the journal of its footage yet; ask again in three minutes.",
            message_fr="L'enregistreur n'a encore rien inscrit de ses images au journal ; redemandez dans trois "
            "minutes.",
            field="node",
        )
    detail = json.loads(line.detail)
    return ToldHead(node=node, folder=detail["folder"], size=detail["size"], root=detail["root"], line=line.index)


@dataclass(slots=True)
class Proofs:
    """`preuves/images.json` and `preuves/journal.json`, as they grow."""

    files: list[dict[str, Any]] = field(default_factory=list)
    heads: list[ToldHead] = field(default_factory=list)

    def add(self, files: list[dict[str, Any]], head: ToldHead) -> int:
        """Recorded files under a head; returns where the first of them stands."""
        if head not in self.heads:
            self.heads.append(head)
        base, under = len(self.files), self.heads.index(head)
        self.files += [file | {"head": under if file["leaf"] is not None else None} for file in files]
        return base

    def images(self) -> dict[str, Any]:
        """How each fragment stands in a recorder's log."""
        lines = sorted({head.line for head in self.heads})
        heads = [
            {"node": one.node, "folder": one.folder, "size": one.size, "root": one.root, "line": lines.index(one.line)}
            for one in self.heads
        ]
        return {"files": self.files, "heads": heads}

    def journal(self, now_us: int) -> dict[str, Any]:
        """How those heads stand in the town's journal, under a head signed at this moment."""
        sign_head(now_us)
        proofs = [journal.proof(index) for index in sorted({head.line for head in self.heads})]
        heads: dict[int, dict[str, str]] = {}
        for proof in proofs:
            heads.setdefault(
                proof.head.number,
                {
                    "statement": proof.head.text.decode(),
                    "signature": proof.signature.hex(),
                    "token": base64.b64encode(proof.token).decode(),
                },
            )
        lines = [
            {
                "index": proof.index,
                "content": proof.content.decode(),
                "salt": proof.salt.hex(),
                "path": [one.hex() for one in proof.path],
                "head": list(heads).index(proof.head.number),
            }
            for proof in proofs
        ]
        return {"lines": lines, "heads": list(heads.values())}


def journal_key() -> bytes:
    """The journal's public key, PEM."""
    public = settings.SITE_KEY.journal_head_key.public_key()
    return bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
