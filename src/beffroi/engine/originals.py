"""Originals of a span, as evidence: whole fragments, one file a run and configuration, and what proves them.

Nothing is cut: a file goes from the key frame at or before the span to the end of the last fragment that starts in it.
Source: ref/wire.md §6, ref/pack.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from beffroi.core.errors import InvalidInput, NotFound, Unavailable
from beffroi.engine.contract import StreamName
from beffroi.engine.fragment_copy import FragmentCopy, Seat, seats_of
from beffroi.engine.index.log import FileProof
from beffroi.engine.index.reader import FootageReader
from beffroi.engine.index.rows import FileRow
from beffroi.engine.record.folder import read_marker

Span = tuple[int, int]
FRESH_US = 180_000_000
"""A file is sealed and under a told head this long after its frames: 60 to 120 s of file, a minute for the head."""


class Original(FragmentCopy):
    """One file of the evidence. `head_bytes` of initialisation, then its fragments end to end."""

    def __init__(self, reader: FootageReader, seats: Sequence[Seat]) -> None:
        super().__init__(reader, seats)
        self.seats = seats
        self.run = seats[0][0].run

    def fields(self, place: dict[int, int]) -> dict[str, Any]:
        """What the evidence tells of it; `place`: where each recorded file stands in the list of files."""
        config = self.configs[0]
        return {
            "run": self.run,
            "codec": config.codec,
            "mime_codec": config.mime_codec,
            "width_px": config.width_px,
            "height_px": config.height_px,
            "start_at_us": self.given_from_at_us,
            "end_at_us": self.given_to_at_us,
            "frames": self.frames,
            "bytes": self.bytes,
            "head_bytes": self.head_bytes,
            "fragments": list(self._fragments(place)),
        }

    def _fragments(self, place: dict[int, int]) -> Iterator[dict[str, Any]]:
        offset = self.head_bytes
        for row, number in self.seats:
            fragment = row.fragments[number]
            yield {
                "offset": offset,
                "bytes": fragment.size,
                "start_at_us": fragment.start_at_us,
                "duration_ticks90k": fragment.duration_ticks90k,
                "frames": fragment.frames,
                "is_key": fragment.is_key,
                "file": place[row.id],
                "number": number,
            }
            offset += fragment.size


def originals_of(reader: FootageReader, camera: str, span: Span) -> list[Original]:
    """The originals of [from, to) of the main stream, in order; none where there is no footage."""
    seats = seats_of(reader, (camera, StreamName.MAIN), span)
    return [Original(reader, list(group)) for _, group in groupby(seats, lambda seat: (seat[0].run, seat[0].config_id))]


def original(reader: FootageReader, camera: str, span: Span, *, number: int) -> Original:
    """One of them.

    Errors: NotFound.
    """
    made = originals_of(reader, camera, span)
    if not 0 <= number < len(made):
        raise NotFound(
            f"There are {len(made)} originals in this span, counted from 0.",
            message_fr=f"Cette période a {len(made)} originaux, comptés à partir de 0.",
            field="number",
        )
    return made[number]


def evidence_of(reader: FootageReader, camera: str, span: Span, *, head: tuple[str, int]) -> dict[str, Any]:
    """What the originals of a span are, and the proofs of their files under the head (folder, size) of the log.

    Errors: InvalidInput when this is not the head's folder; Unavailable while a file is not yet under that head.
    """
    folder, size = head
    if read_marker(reader.folder).id != folder:
        raise InvalidInput(
            "These images lie in another footage folder than this head.",
            message_fr="Ces images se trouvent dans un autre dossier que cette tête.",
            field="folder",
        )
    made = originals_of(reader, camera, span)
    rows = {row.id: row for one in made for row, _ in one.seats}
    proofs = _proofs(reader, rows, size)
    place = {file_id: at for at, file_id in enumerate(rows)}
    whole = (
        min([span[0], *(one.given_from_at_us for one in made)]),
        max([span[1], *(one.given_to_at_us for one in made)]),
    )
    gaps = reader.gaps(camera, StreamName.MAIN, *whole)
    return {
        "originals": [one.fields(place) for one in made],
        "files": [_file(reader, row, proofs.get(row.id)) for row in rows.values()],
        "gaps": [{"from_at_us": gap.from_at_us, "to_at_us": gap.to_at_us, "cause": gap.cause.value} for gap in gaps],
    }


def _proofs(reader: FootageReader, rows: dict[int, FileRow], size: int) -> dict[int, FileProof]:
    try:
        found = reader.proofs(rows, size)
    except LookupError:
        raise too_fresh() from None
    if any(row.wrapped_key and row.id not in found for row in rows.values()):
        raise too_fresh()
    return found


def too_fresh() -> Unavailable:
    """What is asked was recorded just now."""
    return Unavailable(
        "The last files of this span are not sealed and journalled yet; ask again in three minutes.",
        message_fr="Les derniers fichiers de cette période ne sont pas encore scellés et inscrits au journal ; "
        "redemandez dans trois minutes.",
        field="to_at_us",
    )


def _file(reader: FootageReader, row: FileRow, proof: FileProof | None) -> dict[str, Any]:
    return {
        "camera": row.camera,
        "stream": row.stream.value,
        "start_at_us": row.start_at_us,
        "start_ticks90k": row.start_ticks90k,
        "decoder_record": reader.config(row.config_id).decoder_record.hex(),
        "salt": proof.salt.hex() if proof else "",
        "digests": proof.digests.hex() if proof else "",
        "leaf": proof.leaf if proof else None,
        "path": [one.hex() for one in proof.path] if proof else None,
    }
