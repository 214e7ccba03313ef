"""`bordereau.pdf`: the paper that goes with a pack. Source: CSI R. 253-5, arrêté of 3 August 2007 art. 3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from beffroi.core.documents import document_pdf
from beffroi.core.instants import US_PER_S, from_us
from beffroi.evidence.packs.contract import PackOrder, PackPerson

TEMPLATE = Path(__file__).with_name("slip.typ")
CAUSES = {
    "connect": "caméra injoignable",
    "refused": "caméra qui refuse",
    "silent": "caméra muette",
    "loss": "paquets perdus",
    "malformed": "images inutilisables",
    "disk-stalled": "disque trop lent",
    "disk-full": "disque plein",
    "clock": "horloge de l'enregistreur changée",
    "restart": "enregistreur arrêté",
    "closed": "enregistrement arrêté",
    "mask": "masque non prouvé",
    "corrupt": "images illisibles",
}
"""Of a gap, in French, for paper."""


def slip(order: PackOrder, manifest: Mapping[str, Any]) -> bytes:
    """The PDF. `manifest`: what is known before the slip itself is listed in it."""
    zone = ZoneInfo(manifest["town"]["time_zone"])
    given = {
        "town": manifest["town"]["name"],
        "service": manifest["town"]["service"],
        "fictional": "jeu fictif" if manifest["town"]["fictional"] else None,
        "number": order.number,
        "made": "établi le " + _said(manifest["made"]["at_us"], zone),
        "request": _request(order, zone),
        "cameras": [_camera_row(one, zone) for one in manifest["cameras"]],
        "gaps": [row for one in manifest["cameras"] for row in _gap_rows(one, zone)],
        "findings": order.findings,
        "clock_note": _clock_note(manifest),
        "media": _media(order),
        "originals_sha256": manifest["originals_sha256"],
        "originals": [[one["path"], _grouped(one["bytes"]), one["sha256"]] for one in manifest["originals"]],
        "seal_note": _seal_note(manifest),
        "hand_over": _hand_over(order, zone),
        "chooser": _person(order.chooser),
        "recipient": _person(order.recipient),
        "checking": "Vérification : python3 -I lecteur/verifier.py, dans le dossier remis ; lecture : "
        "lecteur/index.html. Le sceau commence à l'enregistreur, pas à l'objectif ; ce qui était masqué ne peut pas "
        "revenir.",
    }
    return document_pdf(TEMPLATE, given, made_at=from_us(manifest["made"]["at_us"]))


def _request(order: PackOrder, zone: ZoneInfo) -> list[tuple[str, str]]:
    rows = [
        ("Cadre juridique", order.article),
        ("Procédure", order.procedure),
        ("Requérant", _person(order.requester)),
        ("Reçue le", _said(order.received_at_us, zone)),
        ("Période demandée", f"du {_said(order.from_at_us, zone)} au {_said(order.to_at_us, zone)} ({zone.key})"),
        ("Réponse", {"images": "images", "partial": "images, en partie"}[order.result.value]),
    ]
    if order.authorisation:
        rows.insert(1, ("Autorisation", order.authorisation))
    return rows


def _hand_over(order: PackOrder, zone: ZoneInfo) -> list[tuple[str, str]]:
    return [
        ("Images choisies par", _person(order.chooser)),
        ("Validées par", _validated(order, zone)),
        ("Remises à", _person(order.recipient)),
        ("Copie de la ville", order.keep_until or "détruite après la remise confirmée"),
    ]


def _validated(order: PackOrder, zone: ZoneInfo) -> str:
    if order.validator is None:
        return "agent seul en poste : validation le lendemain, à la suite"
    if not order.validated_afterwards_at_us:
        return _person(order.validator)
    return f"{_person(order.validator)} ; validé a posteriori le {_said(order.validated_afterwards_at_us, zone)}"


def _person(person: PackPerson) -> str:
    return ", ".join(part for part in (person.name, person.quality, person.unit) if part)


def _camera_row(camera: Mapping[str, Any], zone: ZoneInfo) -> list[str]:
    given = camera["given"]
    start, end = (_said(given[name], zone) for name in ("from_at_us", "to_at_us")) if given else ("aucune image", "")
    return [
        f"{camera['number']} {camera['name']}",
        start,
        end,
        _grouped(camera["frames"]),
        _clock(camera["clock"]),
        f"{len(camera['masks'])}" if camera["masks"] else "aucun",
    ]


def _clock(clock: Mapping[str, Any]) -> str:
    if clock["offset_ms"] is None:
        return "écart non mesuré"
    return f"{clock['offset_ms'] / 1000:+.2f} s".replace(".", ",")


def _clock_note(manifest: Mapping[str, Any]) -> str:
    clocks = [camera["clock"] for camera in manifest["cameras"]]
    hourly = [one for clock in clocks for one in clock.get("hourly", ())]
    if hourly:
        own = _own_clock([(_STATES.get(one["state"]), one["error_ms"]) for one in hourly], "pendant la période")
    else:
        own = _own_clock([(clock["node_synchronised"], clock["node_error_ms"]) for clock in clocks], "à l'export")
    return (
        f"Les heures sont celles de l'enregistreur, en heure locale avec son décalage sur UTC ; {own}. L'écart est "
        "celui de la caméra sur l'enregistreur (RTCP), mesuré à l'export."
    )


_STATES = {"synchronised": True, "unsynchronised": False}
KNOWN_MS = 100
"""A synchronised clock is known to a tenth of a second; worse is said."""


def _own_clock(readings: Sequence[tuple[bool | None, float | None]], when: str) -> str:
    """What the recorder's kernel said of its clock: the worst of it."""
    if any(is_synchronised is False for is_synchronised, _ in readings):
        return f"horloge de l'enregistreur NON synchronisée {when}"
    known = [error_ms or 0 for is_synchronised, error_ms in readings if is_synchronised]
    if len(known) < len(readings) or not known:
        return "l'enregistreur ne dit pas si son horloge est synchronisée"
    worst_ms = max(known)
    worse = f" (plus de {KNOWN_MS} ms)" if worst_ms > KNOWN_MS else ""
    return f"horloge de l'enregistreur synchronisée {when}, à ± {worst_ms:.0f} ms près{worse}"


def _gap_rows(camera: Mapping[str, Any], zone: ZoneInfo) -> Iterator[list[str]]:
    for gap in camera["gaps"]:
        end = _said(gap["to_at_us"], zone) if gap["to_at_us"] is not None else "dure encore"
        yield [camera["number"], _said(gap["from_at_us"], zone), end, CAUSES.get(gap["cause"], gap["cause"])]


def _media(order: PackOrder) -> list[list[str]]:
    images = [["Disque des images", serial, ""] for serial in order.media] or [["Disque des images", "", ""]]
    return [*images, ["Disque du lecteur (support distinct)", "", ""]]


def _seal_note(manifest: Mapping[str, Any]) -> str:
    dated = "horodaté par un tiers (RFC 3161)" if manifest["stamp"].endswith(".tsr") else manifest["stamp"]
    return (
        f"Manifeste scellé par le certificat de la ville (CMS), {dated}. SHA-256 du certificat :  {manifest['seal']}."
    )


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


def _said(at_us: int, zone: ZoneInfo) -> str:
    """06/11/2026 15:42:08 UTC+1: the offset tells the two hours of October apart."""
    at: datetime = from_us(at_us - at_us % US_PER_S).astimezone(zone)
    offset = at.utcoffset()
    hours = (offset.total_seconds() if offset else 0) / 3600
    return f"{at:%d/%m/%Y %H:%M:%S} UTC{hours:+g}"
