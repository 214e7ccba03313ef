"""The journal as a folder of text that anybody can check: `verifier.py` goes with it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from beffroi.core.errors import Conflict, InvalidInput
from beffroi.journal import rules
from beffroi.journal.models import Anchor, Head, Line
from beffroi.journal.queries import ROW, content_of, statement_of
from beffroi.journal.rules import AnchorStatement, Entry, Register
from beffroi.journal.services import append, sign_head

_CHUNK = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written."""

    folder: Path
    lines: int
    heads: int
    tokens: int


def export(folder: Path, now_us: int, *, author: str = "system") -> Exported:
    """Writes every line up to a head signed now; the export is itself a line, the last.

    Errors: Conflict when the folder holds something, InvalidInput when it cannot be made.
    """
    _make(folder)
    append(Entry(register=Register.COMMUNICATION, action="journal.export", author=author))
    sign_head(now_us)
    last = Head.objects.order_by("number").last()
    assert last is not None  # a line has just been signed
    _write_json(folder / "export.json", _export_form(last, now_us))
    anchor = Anchor.objects.first()
    if anchor is not None:
        _write_json(folder / "anchor.json", _anchor_form(anchor))
    public = settings.SITE_KEY.journal_head_key.public_key()
    (folder / "public.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    shutil.copyfile(Path(__file__).with_name("verifier.py"), folder / "verify.py")
    heads, tokens = _write_heads(folder, last)
    return Exported(folder=folder, lines=_write_lines(folder, last), heads=heads, tokens=tokens)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_empty = not any(folder.iterdir())
    except OSError as error:
        raise InvalidInput(
            f"{folder}: {error.strerror}.", message_fr=f"{folder} : {error.strerror}.", field="folder"
        ) from None
    if not is_empty:
        raise Conflict(
            f"{folder} is not empty; give a new folder.",
            message_fr=f"{folder} n'est pas vide ; donnez un nouveau dossier.",
            field="folder",
        )


def _write_lines(folder: Path, last: Head) -> int:
    count = 0
    rows = Line.objects.filter(index__lt=last.size).order_by("index").values_list(*ROW)
    with (folder / "lines.jsonl").open("wb") as file:
        for row in rows.iterator(_CHUNK):
            content, salt = content_of(row), bytes(row[10])
            leaf = rules.leaf(salt, content)
            file.write(b'{"content":%s,"leaf":"%s","salt":"%s"}\n' % (content, _hex(leaf), _hex(salt)))
            count += 1
    return count


def _write_heads(folder: Path, last: Head) -> tuple[int, int]:
    heads = tokens = 0
    (folder / "tokens").mkdir()
    with (folder / "heads.jsonl").open("wb") as file:
        for head in Head.objects.filter(number__lte=last.number).order_by("number").iterator(_CHUNK):
            form = _signed("head", statement_of(head).text, bytes(head.signature))
            file.write(_compact(form | {"frontier": bytes(head.frontier).hex()}) + b"\n")
            heads += 1
            if head.token:
                (folder / "tokens" / f"{head.number}.tsr").write_bytes(bytes(head.token))
                tokens += 1
    return heads, tokens


def _export_form(last: Head, now_us: int) -> dict[str, Any]:
    text = f"beffroi journal export\n{last.number}\n{last.size}\n{bytes(last.root).hex()}\n{now_us}\n".encode()
    return _signed("export", text, settings.SITE_KEY.journal_head_key.sign(text))


def _anchor_form(anchor: Anchor) -> dict[str, Any]:
    statement = AnchorStatement(
        number=anchor.number,
        size=anchor.size,
        root=bytes(anchor.root),
        seal=bytes(anchor.seal),
        pruned_at_us=anchor.pruned_at_us,
    )
    form = _signed("anchor", statement.text, bytes(anchor.signature))
    return form | {"frontier": bytes(anchor.frontier).hex()}


def _signed(name: str, text: bytes, signature: bytes) -> dict[str, Any]:
    return {name: text.decode(), "signature": signature.hex()}


def _write_json(path: Path, form: Mapping[str, Any]) -> None:
    path.write_bytes(_compact(form))


def _compact(form: Mapping[str, Any]) -> bytes:
    return json.dumps(form, sort_keys=True, separators=(",", ":")).encode()


def _hex(raw: bytes) -> bytes:
    return raw.hex().encode()
