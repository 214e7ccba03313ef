"""What verifying can find, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is wrong."""

    CHANGED = "changed"
    MISSING = "missing"
    INSERTED = "inserted"
    BACK_DATED = "back-dated"
    TAIL = "tail"
    ANCHOR = "anchor"
    HEAD = "head"
    SPAN = "span"
    TILE = "tile"
    STAMP = "stamp"
    WITNESS = "witness"


_WORDS: dict[Kind, tuple[str, str]] = {
    Kind.CHANGED: ("was changed", "a été modifiée"),
    Kind.MISSING: ("is missing", "manque"),
    Kind.INSERTED: ("was inserted", "a été insérée"),
    Kind.BACK_DATED: ("is dated before the one above it", "est datée d'avant la précédente"),
    Kind.TAIL: ("was changed, or is gone", "a été modifiée, ou manque"),
    Kind.ANCHOR: ("was changed", "a été modifiée"),
    Kind.HEAD: ("does not stand", "ne tient pas"),
    Kind.SPAN: (
        "do not give the signed head: written again by whoever has the site key",
        "ne donnent pas la tête signée : réécrites par qui détient la clé de site",
    ),
    Kind.TILE: ("does not fit its lines", "ne correspond pas à ses lignes"),
    Kind.STAMP: ("does not date this head", "ne date pas cette tête"),
    Kind.WITNESS: ("says otherwise", "dit autre chose"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, and where.

    Attributes:
        first, last: indexes of lines, when lines are meant; the same for one line; -1 otherwise.
        head: number of a head, -1 when none is meant.
        detail: what exactly, in English.
    """

    kind: Kind
    first: int = -1
    last: int = -1
    head: int = -1
    detail: str = ""

    def said(self, *, french: bool) -> str:
        """One line for people."""
        words = _WORDS[self.kind][1 if french else 0]
        return f"{self._where(french=french)} {words}{f' ({self.detail})' if self.detail else ''}"

    def _where(self, *, french: bool) -> str:
        if self.kind is Kind.TAIL:
            return "la fin du journal" if french else "the end of the journal"
        if self.kind is Kind.ANCHOR:
            return "l'ancre de purge" if french else "the anchor of pruning"
        if self.kind is Kind.WITNESS:
            witness = "le témoin" if french else "the witness"
            return witness if self.head < 0 else f"{witness}, {'tête' if french else 'head'} {self.head},"
        if self.first < 0:
            return f"{'tête' if french else 'head'} {self.head}"
        if self.first == self.last:
            return f"{'ligne' if french else 'line'} {self.first}"
        joint = "à" if french else "to"
        return f"{'lignes' if french else 'lines'} {self.first} {joint} {self.last}"


@dataclass(slots=True, kw_only=True)
class Report:
    """The whole answer; `findings` stops at `FINDINGS_MAX`, `found` counts on."""

    lines: int = 0
    heads: int = 0
    first: int = 0
    unsigned: int = 0
    stamps: int = 0
    witnessed: int = 0
    found: int = 0
    findings: list[Finding]

    def add(self, finding: Finding) -> None:
        """One thing more."""
        self.found += 1
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(finding)

    @property
    def is_whole(self) -> bool:
        """Nothing was found."""
        return self.found == 0


FINDINGS_MAX = 1000
