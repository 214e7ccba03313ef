"""What a witness folder says of the journal: a journal written again has other heads than those it gave away."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from django.conf import settings

from beffroi.core.errors import InvalidInput
from beffroi.journal.findings import Finding, Kind, Report
from beffroi.journal.models import Head
from beffroi.journal.queries import statement_of


def compare(folder: Path, report: Report) -> None:
    """Adds to the report every head of the witness that the journal cannot reproduce, and every one it lacks.

    Errors: InvalidInput when there is no such folder, or no head in it.
    """
    paths = sorted(folder.glob("heads-*.jsonl"))
    if not paths:
        raise InvalidInput(
            f"{folder} holds no heads-YYYY-MM.jsonl; give the witness's folder.",
            message_fr=f"{folder} ne contient aucun heads-AAAA-MM.jsonl ; donnez le dossier du témoin.",
            field="witness",
        )
    witnessed: dict[int, bytes] = {}
    for path in paths:
        for text in _heads(path, report):
            number = int(text.split(b"\n")[1])
            if witnessed.setdefault(number, text) != text:
                report.add(Finding(kind=Kind.WITNESS, head=number, detail="two heads of one number"))
    _compare(witnessed, report)
    report.witnessed = len(witnessed)


def _heads(path: Path, report: Report) -> Iterator[bytes]:
    """The signed texts of one file. A line that a crash cut short, and that was then written whole, is passed over."""
    public = settings.SITE_KEY.journal_head_key.public_key()
    lines = path.read_bytes().split(b"\n")
    for at, line in enumerate(lines):
        if not line or (at + 1 < len(lines) and lines[at + 1].startswith(line)):
            continue
        try:
            form = json.loads(line)
            text = form["head"].encode()
            public.verify(bytes.fromhex(form["signature"]), text)
        except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature):
            report.add(Finding(kind=Kind.WITNESS, detail=f"{path.name}, line {at + 1}: not a head of this journal"))
            continue
        yield text


def _compare(witnessed: dict[int, bytes], report: Report) -> None:
    if not witnessed:
        return
    last = -1
    for head in Head.objects.filter(number__gte=min(witnessed)).order_by("number").iterator(5000):
        last = head.number
        known = witnessed.get(last)
        if known is None and last < max(witnessed):
            report.add(Finding(kind=Kind.WITNESS, head=last, detail="it has not this head"))
        elif known is not None and known != statement_of(head).text:
            report.add(Finding(kind=Kind.WITNESS, head=last, detail="another head: the journal was written again"))
    for number in sorted(number for number in witnessed if number > last):
        report.add(Finding(kind=Kind.WITNESS, head=number, detail="the journal has it no more"))
