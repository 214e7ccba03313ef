"""Rows of a file that say a fact again: what each repeats and what becomes of it, in words.

A fact is known again by its source and reference: it is left out. Rows that say the same (kind, span, place) may be two
facts, as two bicycles stolen on one day in one street, or one fact told twice. The source's references tell them apart;
where it gave none, or another source tells it too, the person says which: nothing counts twice in silence.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from enum import StrEnum
from itertools import chain

from beffroi.core.reading import MAX_SHOWN, FolderRefused, Problem, Read
from beffroi.territory.factfile import FactRow

Says = tuple[object, ...]
"""Kind, first and last instant (UTC), then latitude and longitude, or the zone."""


class Alike(StrEnum):
    """What rows alike are: each a fact that counts, or one fact, of which the first row alone counts."""

    COUNT = "count"
    SKIP = "skip"


class RepeatKind(StrEnum):
    """How a row says a fact again."""

    KNOWN = "known"
    """Source and reference of a fact imported before, which says the same."""
    CHANGED = "changed"
    """Source and reference of a fact imported before, which says something else."""
    TWIN = "twin"
    """Says the same as a row above; neither has a reference."""
    LIKE = "like"
    """Says the same as a fact imported before, from another source or with a reference on one side only."""


DOUBTFUL = frozenset({RepeatKind.TWIN, RepeatKind.LIKE})
"""Those a person decides of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFact:
    """A fact that counts already, and where it came from."""

    source: str
    reference: str
    says: Says
    file: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A row (its line of the file) that says a fact again: that of `of_line` above, or of a file imported before."""

    line: int
    kind: RepeatKind
    of_line: int | None = None
    of_source: str = ""
    of_file: str = ""
    of_on: date | None = None
    alike: Alike | None = None
    """What was decided of rows alike; None: nothing yet."""

    @property
    def is_doubtful(self) -> bool:
        return self.kind in DOUBTFUL

    @property
    def is_left_out(self) -> bool:
        return not self.is_doubtful or self.alike is Alike.SKIP

    @property
    def messages(self) -> tuple[str, str]:
        """What the row repeats and what becomes of it, or what to do: English, French."""
        day, day_fr = (f"{self.of_on:%Y-%m-%d}", f"{self.of_on:%d/%m/%Y}") if self.of_on else ("–", "–")
        if self.kind is RepeatKind.KNOWN:
            return (
                f"is a fact known from {self.of_file}, imported on {day}: left out. If it is another fact, give it a "
                "reference of its own",
                f"est un fait déjà connu par {self.of_file}, importé le {day_fr} : laissée de côté. Si c'est un autre "
                "fait, donnez-lui sa propre référence",
            )
        if self.kind is RepeatKind.CHANGED:
            return (
                f"has the reference of a fact that {self.of_file}, imported on {day}, tells otherwise: left out, that "
                "fact stays as it is. If this is another fact, give it a reference of its own",
                f"porte la référence d'un fait que {self.of_file}, importé le {day_fr}, dit autrement : laissée de "
                "côté, ce fait reste tel quel. Si c'en est un autre, donnez-lui sa propre référence",
            )
        fate, fate_fr = _FATES[self.alike]
        if self.kind is RepeatKind.TWIN:
            return (
                f"says the same as line {self.of_line}, without a reference: {fate}",
                f"dit la même chose que la ligne {self.of_line}, sans référence : {fate_fr}",
            )
        return (
            f"says the same as a fact of « {self.of_source} » ({self.of_file}, imported on {day}): {fate}",
            f"dit la même chose qu'un fait de « {self.of_source} » ({self.of_file}, importé le {day_fr}) : {fate_fr}",
        )


_FATES: Mapping[Alike | None, tuple[str, str]] = {
    None: (
        "say whether rows alike each count (in a terminal: --alike count or --alike skip), or take it out",
        "dites si les lignes semblables comptent chacune (au terminal : --alike count ou --alike skip), ou retirez-la",
    ),
    Alike.COUNT: ("counted as a fact of its own", "comptée comme un fait de plus"),
    Alike.SKIP: ("left out", "laissée de côté"),
}


class AlikeUndecided(FolderRefused):
    """Rows say the same without a reference that tells them apart; nobody said what they are. Nothing was changed."""

    def __init__(self, file: str, repeats: Sequence[Repeat]) -> None:
        super().__init__(
            [
                Problem(file=file, message=one.messages[0], message_fr=one.messages[1], line=one.line)
                for one in sorted(repeats, key=lambda one: one.line)
                if one.is_doubtful
            ]
        )
        self.field = "alike"
        self.repeats = shown(repeats)
        self.unshown = len(repeats) - len(self.repeats)


def says(row: FactRow) -> Says:
    """What a row says, to compare."""
    place = (row.lat, row.lon) if row.lat is not None else (row.zone,)
    return (row.kind.value, row.from_.from_at.astimezone(UTC), row.to_at.astimezone(UTC), *place)


def find(
    reads: Sequence[Read[FactRow]], named: Sequence[str], *, source: str, known: Iterable[KnownFact]
) -> dict[int, Repeat]:
    """Rows that repeat, by their rank. `named`: the `references` of the rows; `known`: those that may be repeated."""
    own = {reference: index for index, reference in enumerate(named)}
    found = _twins(reads)
    facts = iter(known)
    first = next(facts, None)
    if first is None:
        return found
    said = _by_what_they_say(reads, range(len(reads)))
    for fact in chain([first], facts):
        if fact.source == source and fact.reference in own:
            index = own[fact.reference]
            kind = RepeatKind.KNOWN if says(reads[index].row) == fact.says else RepeatKind.CHANGED
            found[index] = _of(fact, reads, index, kind=kind)
            continue
        for index in said.get(fact.says, ()):
            if index not in found and _is_doubtful(fact, reads[index].row, source=source):
                found[index] = _of(fact, reads, index, kind=RepeatKind.LIKE)
    return found


def _twins(reads: Sequence[Read[FactRow]]) -> dict[int, Repeat]:
    bare = (index for index, read in enumerate(reads) if not read.row.reference)
    return {
        index: Repeat(line=_line(reads, index), kind=RepeatKind.TWIN, of_line=_line(reads, same[0]))
        for same in _by_what_they_say(reads, bare).values()
        for index in same[1:]
    }


def _by_what_they_say(reads: Sequence[Read[FactRow]], among: Iterable[int]) -> dict[Says, list[int]]:
    said: dict[Says, list[int]] = {}
    for index in among:
        said.setdefault(says(reads[index].row), []).append(index)
    return said


def decided(repeats: Mapping[int, Repeat], alike: Alike | None) -> dict[int, Repeat]:
    """The same once a person said what rows alike are."""
    return {index: replace(one, alike=alike) if one.is_doubtful else one for index, one in repeats.items()}


def shown(repeats: Iterable[Repeat]) -> tuple[Repeat, ...]:
    """The first of them: those a person decides of, then the others, by line."""
    return tuple(sorted(repeats, key=lambda one: (not one.is_doubtful, one.line))[:MAX_SHOWN])


def references(reads: Sequence[Read[FactRow]]) -> list[str]:
    """Of each row the source's own, or one made of what it says and of how many above say the same."""
    seen: dict[str, int] = {}
    found = []
    for row in (read.row for read in reads):
        if row.reference:
            found.append(row.reference)
            continue
        made = hashlib.sha256(repr((row.kind, row.from_, row.to_at, row.lat, row.lon, row.zone)).encode()).hexdigest()
        seen[made] = seen.get(made, 0) + 1
        found.append(f"{made[:40]}-{seen[made]}")
    return found


_MADE = re.compile(r"[0-9a-f]{40}-\d+")


def _is_doubtful(fact: KnownFact, row: FactRow, *, source: str) -> bool:
    """Not so where one source told both apart by its references."""
    return fact.source != source or bool(_MADE.fullmatch(fact.reference)) == bool(row.reference)


def _of(fact: KnownFact, reads: Sequence[Read[FactRow]], index: int, *, kind: RepeatKind) -> Repeat:
    return Repeat(line=_line(reads, index), kind=kind, of_source=fact.source, of_file=fact.file, of_on=fact.on)


def _line(reads: Sequence[Read[FactRow]], index: int) -> int:
    return reads[index].line or 0
