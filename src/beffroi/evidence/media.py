"""On what pictures leave the town, and their reader apart from them. Pure.

Source: arrêté of 3 August 2007, art. 3 and annex 1 (TEC-18, TEC-19).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from beffroi.core.errors import BarredByLaw, InvalidInput

ARTICLE = "arrêté du 3 août 2007, art. 3"
LARGE_BYTES = 25 * 10**9
"""More than one write-once disc (BD-R, one layer) holds: a hard disk may then carry it. Ours."""


class Medium(StrEnum):
    """What an answer is handed over on."""

    DISC = "disc"
    DRIVE = "drive"
    USB = "usb"
    PLATFORM = "platform"
    PAPER = "paper"


class Exemption(StrEnum):
    """Why a rewritable medium carries what a write-once disc could: the closed list."""

    NO_BURNER = "no-burner"
    CANNOT_READ = "cannot-read"
    COURT_ASKS = "court-asks"


PHYSICAL = frozenset({Medium.DISC, Medium.DRIVE, Medium.USB})
"""Media with a serial number, which the slip and the receipt carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What leaves: the pack's bytes (0: no pictures), its medium, and the reader's own.

    `exemption`: a code of `Exemption`, for a rewritable medium.
    """

    size_bytes: int
    medium: str
    serial: str = ""
    exemption: str = ""
    reader_medium: str = ""
    reader_serial: str = ""


def check(carried: Carried) -> None:
    """Nothing, when it may leave so.

    Errors: InvalidInput naming the field; BarredByLaw for a rewritable medium without its reason, or a reader on the
    same medium as the pictures.
    """
    if carried.medium not in set(Medium) or (carried.reader_medium and carried.reader_medium not in set(Medium)):
        raise _not_listed("medium" if carried.medium not in set(Medium) else "reader_medium")
    if not carried.size_bytes:
        return
    if carried.medium == Medium.PAPER:
        raise _not_listed("medium")
    _check_rewritable(carried)
    if carried.medium in PHYSICAL and not carried.serial.strip():
        raise InvalidInput(
            "Write the serial number or mark of the medium: the slip carries it.",
            message_fr="Inscrivez le numéro ou la marque du support : le bordereau le porte.",
            field="medium_reference",
        )
    _check_reader(carried)


def _not_listed(field: str) -> InvalidInput:
    return InvalidInput("Choose the medium from the list.", message_fr="Choisissez le support dans la liste.",
                        field=field)  # fmt: skip


def _check_rewritable(carried: Carried) -> None:
    is_needed = carried.medium == Medium.USB or (carried.medium == Medium.DRIVE and carried.size_bytes <= LARGE_BYTES)
    if not is_needed or carried.exemption in set(Exemption):
        return
    if carried.exemption:
        raise InvalidInput("Choose the reason from the list.", message_fr="Choisissez le motif dans la liste.",
                           field="medium_exemption")  # fmt: skip
    raise BarredByLaw(
        f"Pictures leave on a medium that cannot be rewritten, a hard disk carries large volumes only, a USB stick is "
        f"never the sole medium ({ARTICLE}); burn a disc, or give the reason why not.",
        message_fr=f"Les images partent sur un support non réinscriptible, le disque dur ne sert qu'aux gros volumes, "
        f"une clé USB n'est jamais le seul support ({ARTICLE}) ; gravez un disque, ou donnez le motif contraire.",
        article=ARTICLE,
        field="medium",
    )


def _check_reader(carried: Carried) -> None:
    if carried.reader_medium in ("", Medium.PAPER):
        raise InvalidInput(
            f"Say on what the reader is handed over, apart from the pictures ({ARTICLE}): `beffroi reader` writes it.",
            message_fr=f"Dites sur quoi le lecteur est remis, à part des images ({ARTICLE}) : `beffroi reader` "
            "l'écrit.",
            field="reader_medium",
        )
    is_same_kind = carried.reader_medium == carried.medium
    if carried.medium in PHYSICAL and is_same_kind and carried.reader_serial.strip() in ("", carried.serial.strip()):
        raise BarredByLaw(
            f"The reader is handed over on another medium than the pictures ({ARTICLE}); give its own serial number.",
            message_fr=f"Le lecteur est remis sur un autre support que les images ({ARTICLE}) ; donnez son propre "
            "numéro.",
            article=ARTICLE,
            field="reader_reference",
        )
