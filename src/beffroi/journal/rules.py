"""What may stand in a line, how it becomes bytes, how it is sealed, when it goes. Pure.

Source: CSI R. 253-5 (fields, three years), CNIL délibération 2021-122 (codes, no personal data), design/journal.md.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from beffroi.core.dates import add_months
from beffroi.core.errors import InvalidInput
from beffroi.core.instants import US_PER_S, from_us, to_us

SALT_BYTES = 16
NO_SEAL = bytes(32)
"""What stands before the first line."""
HEAD_SPAN_US = 3600 * US_PER_S
"""Lines under one head are at most this far apart, so that pruning by heads keeps to the day."""
PRUNE_AHEAD_US = 25 * HEAD_SPAN_US
"""What would be too old before the next daily pruning, or shares a head with it, goes now."""
WITNESS_LATE_US = 600 * US_PER_S
STEP_BACK_US = US_PER_S
"""A clock that went back by less is only held at the last instant."""
_DETAILS_MAX = 24
_INTEGER_MAX = 2**63

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,119}")
_REASON = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_ACTION = re.compile(r"[a-z][a-z0-9-]{0,30}\.[a-z][a-z0-9-]{0,30}")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PLATE = re.compile(r"[A-Za-z]{2}[-._]?[0-9]{3}[-._]?[A-Za-z]{2}")
"""A French number plate since 2009: personal data that a code could otherwise hold."""


class Register(StrEnum):
    """The closed list of registers."""

    COLLECTION = "collection"
    CONFIGURATION = "configuration"
    VIEWING = "viewing"
    REPLAY = "replay"
    PTZ = "ptz"
    LOCK = "lock"
    EXPORT = "export"
    COMMUNICATION = "communication"
    ERASURE = "erasure"
    HABILITATION = "habilitation"
    GAP = "gap"
    CLOCK = "clock"
    FOOTAGE = "footage"
    JOURNAL = "journal"


_REGISTERS = frozenset(Register)
Detail = Mapping[str, int | bool | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a caller tells. Every text is a code or an id; `action` is `object.verb`.

    Attributes:
        author: an agent's id, `node:<id>` or `system`.
        reason: a code of the closed list of whoever asks for one; never a sentence.
        recipient: id of whom something was handed to.
        subject: id of what was acted on: a grant, an order, a hold, a device.
        detail: integers, booleans and codes.
    """

    register: Register
    action: str
    author: str = ""
    reason: str = ""
    recipient: str = ""
    camera: str = ""
    subject: str = ""
    detail: Detail = field(default_factory=dict)


_FORMS = {
    "action": _ACTION,
    "author": _CODE,
    "reason": _REASON,
    "recipient": _CODE,
    "camera": _CODE,
    "subject": _CODE,
}


def check(entry: Entry) -> None:
    """Nothing, when the entry holds codes only.

    Errors: InvalidInput naming the field.
    """
    if entry.register not in _REGISTERS:
        raise _refused("register", str(entry.register))
    for name, form in _FORMS.items():
        text = getattr(entry, name)
        if text or name == "action":
            _check_text(name, text, form)
    if len(entry.detail) > _DETAILS_MAX:
        raise _refused("detail", f"{len(entry.detail)} > {_DETAILS_MAX}")
    for key, value in entry.detail.items():
        _check_text("detail", key, _KEY)
        if isinstance(value, str):
            if value:
                _check_text(f"detail.{key}", value, _CODE)
        elif not isinstance(value, int) or not -_INTEGER_MAX <= value < _INTEGER_MAX:
            raise _refused(f"detail.{key}", str(value))


def _check_text(name: str, text: object, form: re.Pattern[str]) -> None:
    if not isinstance(text, str) or not form.fullmatch(text) or _PLATE.fullmatch(text):
        raise _refused(name, str(text))


def as_code(value: object) -> str:
    """`value` when it may stand as a code, nothing otherwise: for what another program reports."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) and not _PLATE.fullmatch(value) else ""


def as_reason(value: object) -> str:
    """`value` when it may stand as a reason, nothing otherwise."""
    return value if isinstance(value, str) and _REASON.fullmatch(value) and not _PLATE.fullmatch(value) else ""


def _refused(name: str, text: str) -> InvalidInput:
    return InvalidInput(
        f"{name}: {text[:40]!r} cannot stand in the journal; write a code or an id, never words about people.",
        message_fr=f"{name} : {text[:40]!r} ne peut pas figurer au journal ; écrivez un code ou un identifiant, "
        "jamais des mots sur des personnes.",
        field=name,
    )


# -- bytes ------------------------------------------------------------------------------------------------

_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

Fields = tuple[int, int, str, str, str, str, str, str, str]
"""index, at_us, register, action, author, reason, recipient, camera, subject."""


def detail_text(detail: Detail) -> str:
    """`detail` as it is stored and hashed: compact JSON, keys in order."""
    return _compact(dict(sorted(detail.items())))


def content(fields: Fields, detail: str) -> bytes:
    """The bytes of a line: its fields, then its detail, as one compact JSON array."""
    return f"{_compact(fields)[:-1]},{detail}]".encode()


def leaf(salt: bytes, line: bytes) -> bytes:
    """Hash of a line's content under its salt."""
    return hashlib.sha256(b"\x00" + salt + line).digest()


def seal(key: bytes, previous: bytes, line_leaf: bytes) -> bytes:
    """Links a line to the one before it for whoever has `key`; names which line was touched."""
    return hmac.digest(key, previous + line_leaf, "sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class TailState:
    """The end of the journal: `clock_us` is what the clock last said, `heads` the number of the next head."""

    size: int = 0
    seal: bytes = NO_SEAL
    at_us: int = 0
    clock_us: int = 0
    heads: int = 0

    def mark(self, key: bytes) -> bytes:
        """Only whoever has `key` can write another end."""
        text = f"tail\n{self.size}\n{self.seal.hex()}\n{self.at_us}\n{self.clock_us}\n{self.heads}\n"
        return hmac.digest(key, text.encode(), "sha256")


# -- statements that are signed -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadStatement:
    """The first `size` lines have this root. `previous`: hash of the head before, its signature included."""

    number: int
    size: int
    root: bytes
    at_us: int
    previous: bytes

    @property
    def text(self) -> bytes:
        """What is signed and time-stamped."""
        return (
            f"beffroi journal head\n{self.number}\n{self.size}\n{self.root.hex()}\n"
            f"{self.at_us}\n{self.previous.hex()}\n"
        ).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorStatement:
    """What was pruned: the lines before `size`, under head `number`. `seal`: that of the last one that went."""

    number: int
    size: int
    root: bytes
    seal: bytes
    pruned_at_us: int

    @property
    def text(self) -> bytes:
        """What is signed."""
        return (
            f"beffroi journal anchor\n{self.number}\n{self.size}\n{self.root.hex()}\n"
            f"{self.seal.hex()}\n{self.pruned_at_us}\n"
        ).encode()


def chain(text: bytes, signature: bytes) -> bytes:
    """What the next head says of a head. One signature at the end thus vouches for every head before it."""
    return hashlib.sha256(text + signature).digest()


# -- time -------------------------------------------------------------------------------------------------


def prune_before_us(now_us: int, keep_months: int) -> int:
    """Lines before this instant are pruned today, so that none is ever older than `keep_months`."""
    ahead = from_us(now_us + PRUNE_AHEAD_US)
    return to_us(datetime.combine(add_months(ahead.date(), -keep_months), ahead.timetz()))
