"""What a pack is ordered with, and what was made. Format of the folder: `ref/pack.md`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from beffroi.core.errors import InvalidInput
from beffroi.core.ids import checked_slug

NUMBER = re.compile(r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*")
"""A register number, safe as a folder's name: `R-2026-039`."""
SPAN_MOST_US = 24 * 3600 * 1_000_000
"""Of one pack: what one export of a node gives."""
CAMERAS_MOST = 64


class Result(StrEnum):
    """What the replay found; a negative answer is a document, not a pack."""

    IMAGES = "images"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackPerson:
    """Someone named on the slip. `id`: their agent id when they have an account here."""

    name: str
    quality: str = ""
    """"OPJ", "cheffe du CSU"."""
    unit: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackCamera:
    """A camera of the pack, as people know it."""

    id: str
    number: str
    name: str
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackOrder:
    """Everything a pack says that footage does not.

    `id` names the making (a slug; the same for a task that is run again); `number` names the folder. Span: half-open.
    Errors: InvalidInput naming the field that is missing or does not fit.
    """

    id: str
    number: str
    frame: str
    """Code of the frame: `60-1`, `77-1-1`, `99-3`, `autre`."""
    article: str
    """"CPP, art. 60-1"."""
    procedure: str
    """Number of the procedure at the requesting unit."""
    requester: PackPerson
    recipient: PackPerson
    """Who takes the medium away."""
    chooser: PackPerson
    """The agent who looked and chose."""
    cameras: tuple[PackCamera, ...]
    from_at_us: int
    to_at_us: int
    received_at_us: int
    result: Result = Result.IMAGES
    exporter: PackPerson | None = None
    """The agent who asked for the pack and may export: grants are asked in their name. None: the chooser."""
    validator: PackPerson | None = None
    """None: alone on shift; the slip says that validation comes the next day."""
    validated_afterwards_at_us: int = 0
    """When, of a pack made again after that; 0 of one that was validated before it left."""
    authorisation: str = ""
    """The magistrate's, where the frame wants one."""
    findings: str = ""
    """One sentence of the chooser for the slip: why partial, what is missing."""
    media: tuple[str, ...] = ()
    """Serial numbers of the discs, when they are known already; else left to be written by hand."""
    keep_until: str = ""
    """What the slip says of the town's own copy: "détruite 48 h après la remise"."""
    wants_working_copy: bool = False

    def __post_init__(self) -> None:
        checked_slug(self.id, field="id")
        if not NUMBER.fullmatch(self.number) or len(self.number) > 40:
            raise _missing("number", "a register number such as R-2026-039", "un numéro de registre comme R-2026-039")
        for name, what, what_fr in _NEEDED:
            if not getattr(self, name):
                raise _missing(name, what, what_fr)
        for name in ("requester", "recipient", "chooser"):
            if not getattr(self, name).name:
                raise _missing(name, "a name", "un nom")
        if not self.chooser.id:
            raise _missing("chooser", "the agent in whose name images are exported", "l'agent au nom de qui on exporte")
        if self.validator is not None and self.validator.id == self.chooser.id:
            raise InvalidInput(
                "Whoever chose the images cannot validate them; ask a second person.",
                message_fr="Qui a choisi les images ne peut pas les valider ; demandez à une seconde personne.",
                field="validator",
            )
        if not 0 <= self.from_at_us < self.to_at_us <= self.from_at_us + SPAN_MOST_US:
            raise _missing("to_at_us", "a span of at most a day", "une période d'un jour au plus")
        if len({camera.id for camera in self.cameras}) != len(self.cameras) or len(self.cameras) > CAMERAS_MOST:
            raise _missing("cameras", "each camera once, at most 64", "chaque caméra une fois, 64 au plus")
        for camera in self.cameras:
            checked_slug(camera.id, field="cameras")


_NEEDED = (
    ("frame", "a legal frame", "un cadre juridique"),
    ("article", "the article of the frame", "l'article du cadre"),
    ("procedure", "a procedure number", "un numéro de procédure"),
    ("cameras", "a camera", "une caméra"),
)


def _missing(field: str, what: str, what_fr: str) -> InvalidInput:
    return InvalidInput(
        f"This pack cannot be made: {field} needs {what}.",
        message_fr=f"Ce dossier de preuve ne peut pas être fait : {field} demande {what_fr}.",
        field=field,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePack:
    """A finished pack. `originals_sha256` is the short digest printed on the slip for the *procès-verbal*."""

    folder: Path
    made_at_us: int
    bytes: int
    originals: int
    manifest_sha256: str
    originals_sha256: str
    is_stamped: bool
    """Dated by a third party; else the pack says "non horodaté par un tiers"."""
    cameras_without_images: tuple[str, ...] = ()

    @property
    def journal_detail(self) -> dict[str, Any]:
        """For the line `pack.made` that the requisition's own transaction appends."""
        return {
            "bytes": self.bytes,
            "originals": self.originals,
            "manifest_sha256": self.manifest_sha256,
            "originals_sha256": self.originals_sha256,
            "is_stamped": self.is_stamped,
        }
