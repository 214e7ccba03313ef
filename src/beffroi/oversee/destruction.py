"""What was destroyed of one camera and one day, from what the nodes told: a register, and a certificate whose hash is
a line of the journal. Source: CSI R. 253-4, R. 253-5, R. 254-1; design/keys.md.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from beffroi.core.dates import day_of, day_starts_at
from beffroi.core.documents import document_pdf
from beffroi.core.errors import InvalidInput, NotFound
from beffroi.core.instants import US_PER_S, from_us, to_us
from beffroi.evidence.models import Hold
from beffroi.journal.models import Line
from beffroi.journal.services import Entry, Register, append
from beffroi.plan.models import Camera
from beffroi.territory.queries import town, town_zone

TEMPLATE = Path(__file__).with_name("destruction.typ")
_TOLD_WITHIN_US = 400 * 86_400 * US_PER_S
"""Footage lives a month, held footage as long as its inquiry: lines later than this are of other days."""
_METHODS = {"key": "par destruction de la clé de l'heure", "unlink": "par effacement du fichier"}
_REASONS = {
    "retention": "fin de la durée de conservation",
    "cap": "plafond de volume",
    "pressure": "disque presque plein",
    "test": "fin d'un essai",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Destroyed:
    """What lines tell of one camera and day. Instants in microseconds; `last_line` is the newest line that tells it."""

    camera: str
    files: int
    size_bytes: int
    first_at_us: int
    last_at_us: int
    lines: tuple[int, ...]
    rows: tuple[tuple[int, int, int, int, str, str, str], ...]
    """Start, end, files, destroyed at, method, reason, leaves of the disk's log; by start."""


def destroyed_on(on: date, *, camera: str = "") -> dict[str, Destroyed]:
    """By camera, what was destroyed of the footage that begins on this day of the town."""
    zone = town_zone()
    start_us, end_us = (to_us(day_starts_at(day, zone)) for day in (on, on + timedelta(days=1)))
    found = Line.objects.filter(
        register=Register.ERASURE.value,
        action="footage.destroyed",
        at_us__gte=start_us,
        at_us__lt=end_us + _TOLD_WITHIN_US,
    )
    if camera:
        found = found.filter(camera=camera)
    told: dict[str, list[tuple[Line, dict[str, Any]]]] = defaultdict(list)
    for line in found.order_by("index"):
        detail = json.loads(line.detail)
        if start_us <= int(detail.get("from_at_us", -1)) < end_us:
            told[line.camera].append((line, detail))
    return {name: _destroyed(name, lines) for name, lines in told.items()}


def _destroyed(camera: str, told: list[tuple[Line, dict[str, Any]]]) -> Destroyed:
    rows = sorted(
        (
            int(detail["from_at_us"]),
            int(detail.get("to_at_us", 0)),
            int(detail.get("files", 0)),
            int(detail.get("fact_at_us", line.at_us)),
            str(detail.get("method", "")),
            line.reason,
            _leaves(detail),
        )
        for line, detail in told
    )
    return Destroyed(
        camera=camera,
        files=sum(row[2] for row in rows),
        size_bytes=sum(int(detail.get("bytes", 0)) for _, detail in told),
        first_at_us=min(row[3] for row in rows),
        last_at_us=max(row[3] for row in rows),
        lines=tuple(line.index for line, _ in told),
        rows=tuple(rows),
    )


def _leaves(detail: Mapping[str, Any]) -> str:
    first, last = detail.get("first_leaf"), detail.get("last_leaf")
    return "" if first is None else f"{first}" if first == last else f"{first}–{last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """One camera of the register of a day: recordings, destruction, transmission (document 22 of the dossier)."""

    camera: Camera
    destroyed: Destroyed | None
    held: int
    handed: int


def register_of(on: date) -> list[DayRow]:
    """The register of one day's footage, every camera of which something is known."""
    zone = town_zone()
    span = tuple(to_us(day_starts_at(day, zone)) for day in (on, on + timedelta(days=1)))
    destroyed, held, handed = destroyed_on(on), _held(span), _handed(span)
    known = set(destroyed) | set(held) | set(handed)
    return [
        DayRow(
            camera=camera,
            destroyed=destroyed.get(camera.pk),
            held=held.get(camera.pk, 0),
            handed=handed.get(camera.pk, 0),
        )
        for camera in Camera.objects.filter(pk__in=known).order_by("number")
    ]


def _held(span: tuple[int, ...]) -> dict[str, int]:
    rows = Hold.objects.filter(from_at_us__lt=span[1], to_at_us__gt=span[0], released_at_us__isnull=True)
    return _counted(rows.values_list("camera_id", flat=True))


def _handed(span: tuple[int, ...]) -> dict[str, int]:
    """Exports of pictures of this day, by camera: grants, by the span they were given for."""
    lines = Line.objects.filter(register=Register.EXPORT.value, action="grant.given", at_us__gte=span[0])
    told = [(line.camera, json.loads(line.detail)) for line in lines]
    return _counted(
        camera
        for camera, detail in told
        if detail.get("from_at_us", 0) < span[1] and detail.get("to_at_us", 0) > span[0]
    )


def _counted(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for name in names:
        found[name] += 1
    return dict(found)


# -- certificate ----------------------------------------------------------------------------------------------


def day_from(text: str) -> date:
    """A day as an address writes it. Errors: InvalidInput."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("day: write 2026-11-06.", message_fr="jour : écrivez 2026-11-06.", field="day") from None


def certificate(camera_id: str, on: date, *, by: str) -> bytes:
    """The PDF. The same facts give the same bytes; its SHA-256 becomes a line the first time.

    Errors: NotFound when the camera is not known, or nothing of that day was destroyed.
    """
    camera = Camera.objects.filter(pk=camera_id).first()
    found = destroyed_on(on, camera=camera_id).get(camera_id)
    if camera is None or found is None:
        raise NotFound(
            "Nothing of this camera and day was destroyed yet.",
            message_fr="Rien de cette caméra et de ce jour n'a encore été détruit.",
        )
    made = document_pdf(TEMPLATE, _given(camera, found, on), made_at=from_us(found.last_at_us))
    _tell(found, on, hashlib.sha256(made).hexdigest(), by=by)
    return made


def _tell(found: Destroyed, on: date, sha256: str, *, by: str) -> None:
    """Once for a document: drawn again it is the same."""
    with transaction.atomic():
        if Line.objects.filter(action="certificate.made", camera=found.camera, detail__contains=sha256).exists():
            return
        detail: Mapping[str, int | str] = {
            "day": on.isoformat(),
            "sha256": sha256,
            "files": found.files,
            "bytes": found.size_bytes,
            "from_line": min(found.lines),
            "to_line": max(found.lines),
        }
        append(
            Entry(register=Register.ERASURE, action="certificate.made", author=by, camera=found.camera, detail=detail)
        )


def _given(camera: Camera, found: Destroyed, on: date) -> dict[str, Any]:
    place, zone = town(), town_zone()
    day = f"{on:%d/%m/%Y}"
    return {
        "town": place.name if place else "",
        "service": "Centre de supervision urbain",
        "fictional": "jeu fictif" if place and place.is_fictional else None,
        "number": f"{camera.number} · {day}",
        "made": f"établi sur les faits connus le {from_us(found.last_at_us).astimezone(zone):%d/%m/%Y à %H:%M:%S}",
        "facts": [
            ("Caméra", f"{camera.number} {camera.name}"),
            ("Jour des images", f"{day} ({zone.key})"),
            ("Fichiers détruits", f"{found.files}"),
            ("Octets", f"{found.size_bytes:,}".replace(",", " ")),
            ("Premier et dernier instants de destruction", f"{_said(found.first_at_us)} – {_said(found.last_at_us)}"),
            ("Lignes du journal", f"{min(found.lines)} à {max(found.lines)} ({len(found.lines)})"),
            ("Encore sous verrou", _holds_said(camera.pk, on)),
        ],
        "rows": [
            [
                _said(start),
                _said(end),
                f"{files}",
                leaves,
                _said(at),
                _METHODS.get(method, method),
                _REASONS.get(reason, reason),
            ]
            for start, end, files, at, method, reason, leaves in found.rows
        ],
        "note": "Établi d'après ce que les enregistreurs ont dit et que le journal garde : chaque ligne est prouvée "
        "sous une tête signée. Détruire la clé d'une heure rend illisibles ses fichiers, copies et sauvegardes "
        "comprises ; aucun octet de la clé ne reste dans le coffre ni dans son miroir.",
    }


def _holds_said(camera: str, on: date) -> str:
    zone = town_zone()
    start, end = (to_us(day_starts_at(day, zone)) for day in (on, on + timedelta(days=1)))
    count = Hold.objects.filter(
        camera_id=camera, from_at_us__lt=end, to_at_us__gt=start, released_at_us__isnull=True, until_at_us__gt=end
    ).count()
    return f"{count} période{'s' if count > 1 else ''}" if count else "rien"


def _said(at_us: int) -> str:
    at = from_us(at_us).astimezone(town_zone())
    offset = at.utcoffset()
    hours = (offset.total_seconds() if offset else 0) / 3600
    return f"{at:%d/%m %H:%M:%S} UTC{hours:+g}"


def opening_day(now_us: int) -> date:
    """The day that a register opens on: the newest whose footage may be gone, a month ago."""
    return day_of(from_us(now_us), town_zone()) - timedelta(days=31)
