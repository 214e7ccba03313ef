"""Whether the witnesses were all told the same journal: their newest heads, fetched back and compared.

A head of one number or one size that two of them, or one of them and the journal, know otherwise is a journal that was
written twice. Source: C2SP tlog-witness (split view).
"""

from __future__ import annotations

import http.client
import json
import os
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from django.conf import settings

from beffroi.core.errors import Unavailable
from beffroi.journal.models import Head
from beffroi.journal.queries import statement_of

TAIL_BYTES = 256 << 10
"""Some five hundred heads: a working day."""
_DEADLINE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A signed head as a witness gives it back."""

    witness: str
    number: int
    size: int
    text: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """One head that is told in two ways. `others`: the other witness, or `journal`."""

    witness: str
    others: str
    number: int
    size: int


def given_back() -> dict[str, list[Given]]:
    """The newest heads of each witness that gives them back. One that does not answer is left out.

    Errors: Unavailable naming a witness that holds a line which is no head of this journal.
    """
    config = settings.BEFFROI.journal
    found = {}
    if config.witness:
        found["folder"] = _read("folder", _folder_tail(settings.BEFFROI.data / config.witness))
    if config.witness_url:
        found["url"] = _read("url", _fetched(config.witness_url))
    return found


def splits(given: Mapping[str, Iterable[Given]]) -> list[Split]:
    """Each head that somebody knows otherwise, oldest first; a witness that lags is no split."""
    known: dict[tuple[str, int], tuple[str, bytes]] = {}
    found: list[Split] = []
    for witness, heads in {"journal": _own(given), **given}.items():
        for head in heads:
            for key in (("number", head.number), ("size-root", head.size)):
                text = head.text if key[0] == "number" else head.text.split(b"\n")[3]
                first, said = known.setdefault(key, (witness, text))
                if said != text:
                    found.append(Split(witness=witness, others=first, number=head.number, size=head.size))
                    break
    return sorted(found, key=lambda one: one.number) + _unknown(given)


def _own(given: Mapping[str, Iterable[Given]]) -> list[Given]:
    numbers = {head.number for heads in given.values() for head in heads}
    rows = Head.objects.filter(number__gte=min(numbers, default=0), number__lte=max(numbers, default=-1))
    return [Given(witness="journal", number=row.number, size=row.size, text=statement_of(row).text) for row in rows]


def _unknown(given: Mapping[str, Iterable[Given]]) -> list[Split]:
    """Heads newer than the journal's newest: it was put back to an older copy."""
    newest = Head.objects.order_by("number").last()
    last = newest.number if newest else -1
    return [
        Split(witness=witness, others="journal", number=head.number, size=head.size)
        for witness, heads in given.items()
        for head in heads
        if head.number > last
    ][:1]


def _read(witness: str, lines: list[bytes]) -> list[Given]:
    return [head for line in lines if line for head in _head(witness, line)]


def _head(witness: str, line: bytes) -> Iterator[Given]:
    """The head of a line; nothing for a line that a crash cut short.

    Errors: Unavailable when it is whole and not signed by this journal.
    """
    try:
        form = json.loads(line)
    except ValueError:
        return
    try:
        text = form["head"].encode()
        settings.SITE_KEY.journal_head_key.public_key().verify(bytes.fromhex(form["signature"]), text)
        number, size = (int(field) for field in text.split(b"\n")[1:3])
    except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature):
        raise Unavailable(
            f"The witness ({witness}) holds a line that is not a head of this journal; run `beffroi journal verify`.",
            message_fr=f"Le témoin ({witness}) contient une ligne qui n'est pas une tête de ce journal ; lancez "
            "`beffroi journal verify`.",
            field="witness",
        ) from None
    yield Given(witness=witness, number=number, size=size, text=text)


def _folder_tail(folder: Path) -> list[bytes]:
    """The last lines of its newest file; none when the folder is away."""
    newest = max(folder.glob("heads-*.jsonl"), default=None)
    if newest is None:
        return []
    with newest.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - TAIL_BYTES)
        file.seek(start)
        lines = file.read().split(b"\n")
    return lines[1:] if start else lines


def _fetched(url: str) -> list[bytes]:
    """What an address gives back of what was posted to it; none when it gives nothing back."""
    asked = urllib.request.Request(url, headers={"Accept": "application/jsonl"})  # noqa: S310 - http(s) only
    try:
        with urllib.request.urlopen(asked, timeout=_DEADLINE_S) as reply:  # noqa: S310
            content: bytes = reply.read(16 * TAIL_BYTES)
    except (OSError, http.client.HTTPException):
        return []
    return content[-TAIL_BYTES:].split(b"\n")[1 if len(content) > TAIL_BYTES else 0 :]
