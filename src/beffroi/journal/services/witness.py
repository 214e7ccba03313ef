"""Heads leave the administrator's hands: a line of JSON each, into a folder or posted to an address."""

from __future__ import annotations

import http.client
import json
import logging
import os
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.db import transaction

from beffroi.core.errors import Unavailable
from beffroi.core.instants import from_us
from beffroi.journal.models import Head, Witness
from beffroi.journal.queries import statement_of
from beffroi.journal.rules import Detail, Entry, Register
from beffroi.journal.services.entries import append
from beffroi.journal.split import Split, given_back, splits

log = logging.getLogger(__name__)

_BATCH = 1000
_DEADLINE_S = 10.0


def push_heads(now_us: int) -> int:
    """Tells each witness the heads it has not; how many were told. A crash in the middle tells one twice.

    Errors: Unavailable naming the witness that did not take them; the others have theirs.
    """
    config, told, failed = settings.BEFFROI.journal, 0, None
    ways: list[tuple[str, Callable[[Sequence[Head]], None]]] = []
    if config.witness:
        ways.append(("folder", lambda heads: _write(settings.BEFFROI.data / config.witness, heads)))
    if config.witness_url:
        ways.append(("url", lambda heads: _post(config.witness_url, heads)))
    for name, tell in ways:
        try:
            told += _tell(name, tell, now_us)
        except Unavailable as error:
            failed = error
    if failed:
        raise failed
    return told


def compare_witnesses(now_us: int) -> list[Split]:
    """Fetches back what the witnesses were told. A split is kept, told to the journal once, and logged at each look.

    Errors: Unavailable when a witness holds what is not a head of this journal.
    """
    found = splits(given_back())
    for name in {one.witness for one in found}:
        first = next(one for one in found if one.witness == name)
        log.error("journal.split witness=%s others=%s head=%s size=%s", name, first.others, first.number, first.size)
        with transaction.atomic():
            new = Witness.objects.filter(pk=name, split_number__isnull=True)
            if new.update(split_number=first.number, split_at_us=now_us):
                detail: Detail = {"number": first.number, "size": first.size, "others": first.others}
                append(Entry(register=Register.CONFIGURATION, action="witness.split", author="system", subject=name,
                             detail=detail))  # fmt: skip
    return found


def _tell(name: str, tell: Callable[[Sequence[Head]], None], now_us: int) -> int:
    told = 0
    state, _ = Witness.objects.get_or_create(pk=name)
    while heads := list(Head.objects.filter(number__gte=state.next_number).order_by("number")[:_BATCH]):
        tell(heads)
        state.next_number, state.told_at_us = heads[-1].number + 1, now_us
        state.save()
        told += len(heads)
    return told


def head_line(head: Head) -> bytes:
    """One head as a witness keeps it: the text that is signed, and its signature."""
    form = {"head": statement_of(head).text.decode(), "signature": bytes(head.signature).hex()}
    return json.dumps(form, separators=(",", ":")).encode() + b"\n"


def _write(folder: Path, heads: Sequence[Head]) -> None:
    by_month: dict[str, list[Head]] = {}
    for head in heads:
        by_month.setdefault(f"heads-{from_us(head.at_us):%Y-%m}.jsonl", []).append(head)
    try:
        for name, some in by_month.items():
            _append(folder / name, b"".join(map(head_line, some)))
    except OSError as error:
        raise _refused("journal.witness", str(error)) from None


def _append(path: Path, lines: bytes) -> None:
    """Adds whole lines, on disk when it returns; what a crash cut is ended first."""
    with path.open("a+b") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                lines = b"\n" + lines
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def _post(url: str, heads: Sequence[Head]) -> None:
    headers = {"Content-Type": "application/jsonl"}
    lines = b"".join(map(head_line, heads))
    request = urllib.request.Request(url, lines, headers)  # noqa: S310 - http(s) only, checked by core.config
    try:
        with urllib.request.urlopen(request, timeout=_DEADLINE_S) as reply:  # noqa: S310
            reply.read(1024)
    except (OSError, http.client.HTTPException) as error:
        raise _refused("journal.witness_url", str(error)) from None


def _refused(field: str, cause: str) -> Unavailable:
    return Unavailable(
        f"The witness does not take the journal's heads: {cause}. They wait; check {field}.",
        message_fr=f"Le témoin ne prend pas les têtes du journal : {cause}. Elles attendent ; vérifiez {field}.",
        field=field,
    )
