"""The letter that tells the prefect where a camera of a perimeter stands (*avis d'emplacement*).

Source: CSI R. 252-3, R. 252-17.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import translation

from beffroi.authorise.dossier import queries
from beffroi.authorise.dossier.documents.cameras import preset_rows
from beffroi.authorise.dossier.documents.gathered import TO_FILL
from beffroi.authorise.models import Contact, Order
from beffroi.core.dates import day_of
from beffroi.core.documents import PAPER, document_pdf
from beffroi.core.documents.blocks import Block, day, facts, letter, number, signatures, text
from beffroi.plan.models import Camera
from beffroi.territory.calc.lambert93 import to_en
from beffroi.territory.queries import town, town_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What the letter says. `moved_from`: longitude and latitude of the last notice, when there is one."""

    order: Order
    camera: Camera
    place: tuple[float, float]
    moved_from: tuple[float, float] | None = None
    letter_number: str = ""
    sent_on: date | None = None


def notice_pdf(said: Letter, *, made_at: datetime) -> bytes:
    """The letter as PDF/A-2a and PDF/UA-1, to be signed and sent; blanks where its number and its day are not known."""
    with translation.override("fr"):
        given = _given(said, made_at)
    return document_pdf(PAPER, given, made_at=made_at)


def _given(said: Letter, made_at: datetime) -> dict[str, object]:
    known = town()
    contacts = queries.contacts()
    return {
        "title": "Avis d'emplacement d'une caméra",
        "town": known.name if known else "",
        "service": contacts["service"].name if "service" in contacts else "",
        "reference": f"CSI R. 252-3 et R. 252-17 · arrêté {said.order.number}",
        "made": f"établi le {day(day_of(made_at, town_zone()))}",
        "fictional": "jeu fictif" if known and known.is_fictional else None,
        "draft": None,
        "blocks": _blocks(said, contacts.get("controller"), contacts.get("prefecture")),
    }


def _blocks(said: Letter, controller: Contact | None, prefecture: Contact | None) -> list[Block]:
    order, camera = said.order, said.camera
    what = "déplacée à" if said.moved_from else "posée à"
    return [
        letter(
            [controller.name, controller.address] if controller else [TO_FILL],
            [
                f"{prefecture.name}, {prefecture.address}" if prefecture else TO_FILL,
                f"Courrier n° {said.letter_number or '................'}",
            ],
        ),
        text("Madame la préfète, Monsieur le préfet,"),
        text(
            f"L'arrêté {order.number} du {day(order.signed_on)} autorise un périmètre de vidéoprotection, "
            f"{order.max_cameras} caméras au plus. En application des articles R. 252-3 et R. 252-17 du code de la "
            f"sécurité intérieure, je vous informe que la caméra ci-dessous sera {what} l'emplacement suivant, dans ce "
            "périmètre."
        ),
        facts(
            [
                ("Caméra", f"{camera.number} · {camera.name}"),
                ("Type, hauteur", f"{camera.get_kind_display()}, {number(camera.height_m, 1)} m"),
                ("Emplacement", camera.site.name),
                *_position(said),
                ("Cap, champ horizontal", f"{number(camera.bearing_deg)}°, {number(camera.hfov_deg)}°"),
                *preset_rows(camera),
            ]
        ),
        signatures(
            (
                "Le responsable",
                controller.quality if controller else TO_FILL,
                f"Le {day(said.sent_on) if said.sent_on else '................'}, signature :",
            )
        ),
    ]


def _position(said: Letter) -> list[tuple[str, object]]:
    before: list[tuple[str, object]] = []
    if said.moved_from:
        before = [("Position précédente", _written(said.moved_from))]
    return [*before, ("Position", _written(said.place))]


def _written(place: tuple[float, float]) -> str:
    east_m, north_m = to_en(*place)
    lon, lat = place
    degrees = f"{number(lat, 6)} N ; {number(lon, 6)} E"
    return f"{degrees} (WGS84) ; {number(east_m)} ; {number(north_m)} (Lambert-93)"
