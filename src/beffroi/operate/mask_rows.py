"""What the page of a camera's masks shows: words chosen, corners as text, history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from beffroi.core.errors import InvalidInput
from beffroi.core.instants import from_us
from beffroi.engine.contract import MaskDriver, MaskPolygon, MaskState, MaskVerdict
from beffroi.operate import mask_rules, masks
from beffroi.operate.models import Device, MaskProof, MaskVersion
from beffroi.people.models import Agent

PROOFS_SHOWN, VERSIONS_SHOWN = 30, 20
DRIVERS: dict[str, str | Promise] = {
    MaskDriver.CAMERA.value: _("posés dans la caméra (ONVIF), prouvés chaque jour"),
    MaskDriver.NODE.value: _("incrustés par l'enregistreur, 720p au plus"),
}
STANDINGS: dict[str, tuple[str | Promise, str]] = {
    "": (_("Aucun masque n'a été dessiné."), "wait"),
    "lacking": (
        _("Une habitation est dans le champ, sans masques ni constat de cette pose : la caméra reste fermée."),
        "bad",
    ),
    mask_rules.NOTHING: (_("Constat : rien d'une habitation n'est visible, à cette pose."), "ok"),
    "unknown": (_("L'enregistreur n'a pas encore parlé de ces masques."), "wait"),
    MaskState.PENDING.value: (_("En cours de preuve : ni montrée ni enregistrée jusque-là."), "warn"),
    MaskState.PROVED.value: (_("Prouvés : les masques de la caméra sont dans l'image."), "ok"),
    MaskState.BURNT.value: (_("Incrustés par l'enregistreur."), "ok"),
    MaskState.WITHHELD.value: (
        _("Ni prouvés ni incrustés : la caméra n'est ni montrée ni enregistrée."),
        "bad",
    ),
    "overdue": (_("Sans preuve depuis plus de 24 heures."), "bad"),
}
VERDICTS: dict[str, tuple[str | Promise, str]] = {
    MaskVerdict.PROVED.value: (_("prouvé"), "ok"),
    MaskVerdict.UNPROVED.value: (_("sans preuve"), "warn"),
    MaskVerdict.FAILED.value: (_("échec"), "bad"),
}
CAUSES: dict[str, str | Promise] = {
    "shows": _("quelque chose se voit sous un masque"),
    "not-black": _("un masque n'est pas noir"),
    "one-colour": _("l'image est d'une seule couleur"),
    "too-small": _("un masque est trop petit pour cette image"),
    "no-picture": _("la caméra ne donne pas d'image"),
    "undecodable": _("l'image ne se décode pas"),
    "no-answer": _("l'examen n'a pas abouti"),
    "barred": _("l'adresse ONVIF n'est pas celle d'une caméra"),
    "unreachable": _("le service ONVIF ne répond pas"),
    "refused": _("le service ONVIF refuse l'identifiant ou le mot de passe"),
    "redirected": _("le service ONVIF renvoie ailleurs"),
    "no-media2": _("la caméra n'a pas ONVIF Media2"),
    "no-masks": _("la caméra ne sait pas masquer"),
    "no-black": _("la caméra ne sait pas masquer en noir"),
    "which-source": _("plusieurs capteurs, aucun n'a ce flux"),
    "too-many": _("plus de masques que la caméra n'en accepte"),
    "cannot-cover": _("la caméra accepte trop peu de sommets"),
    "preset": _("ONVIF ne masque pas par position"),
    "not-kept": _("la caméra n'a pas gardé les masques"),
    "fault": _("le service ONVIF répond par une erreur"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """A version and who drew it."""

    number: int
    at: datetime
    author: str
    reason: str
    driver: str | Promise
    polygons: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofRow:
    """A proof; its pictures are on the node while their hour lives."""

    at: datetime
    at_us: int
    before_at_us: int
    stream: str
    version: int
    word: str | Promise
    tone: str
    cause: str | Promise
    levels: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MasksView:
    """All of it."""

    number: int
    driver: str
    driver_word: str | Promise
    text: str
    standing: str | Promise
    tone: str
    proved_at: datetime | None
    versions: tuple[VersionRow, ...]
    proofs: tuple[ProofRow, ...]


def view(device: Device, state: MaskState | None, now_us: int) -> MasksView:
    """What is to be said of a camera's masks; `state`: its node's word."""
    versions = list(MaskVersion.objects.filter(camera=device.pk).order_by("-number")[:VERSIONS_SHOWN])
    proofs = list(MaskProof.objects.filter(camera=device.pk).order_by("-at_us")[:PROOFS_SHOWN])
    last = versions[0] if versions else None
    proved = next((one for one in proofs if last and one.version == last.number and one.verdict == "proved"), None)
    is_lacking = device.camera is not None and device.pk in masks.lacking([device.pk])
    word, tone = STANDINGS["lacking" if is_lacking else _standing(last, proved, state, now_us=now_us)]
    return MasksView(
        number=last.number if last else 0,
        driver=last.driver if last else MaskDriver.CAMERA.value,
        driver_word=DRIVERS[last.driver] if last and last.polygons else "",
        text=as_text(masks.polygons_of(last)) if last else "",
        standing=word,
        tone=tone,
        proved_at=from_us(proved.at_us) if proved else None,
        versions=tuple(_version_rows(versions)),
        proofs=tuple(_proof_row(one) for one in proofs),
    )


def _standing(last: MaskVersion | None, proved: MaskProof | None, state: MaskState | None, *, now_us: int) -> str:
    if last is None:
        return ""
    if not last.polygons:
        return mask_rules.NOTHING
    return mask_rules.standing(state, proved.at_us if proved else 0, last.made_at_us, now_us=now_us)


def _version_rows(versions: list[MaskVersion]) -> Iterable[VersionRow]:
    names = {agent.pk: agent.name for agent in Agent.objects.filter(pk__in={one.author for one in versions})}
    french = get_language() == "fr"
    labels = {one.code: one.label_fr if french else one.label_en for one in mask_rules.REASONS}
    for one in versions:
        yield VersionRow(
            number=one.number,
            at=from_us(one.made_at_us),
            author=names.get(one.author, one.author),
            reason=labels.get(one.reason, one.reason),
            driver=DRIVERS[one.driver] if one.polygons else "–",
            polygons=len(one.polygons),
        )


def _proof_row(one: MaskProof) -> ProofRow:
    word, tone = VERDICTS.get(one.verdict, (one.verdict, "warn"))
    return ProofRow(
        at=from_us(one.at_us),
        at_us=one.at_us,
        before_at_us=one.before_at_us,
        stream=one.stream,
        version=one.version,
        word=word,
        tone=tone,
        cause=CAUSES.get(one.cause, one.cause),
        levels=one.levels,
        sha256=one.sha256,
    )


def reasons() -> list[tuple[str, str]]:
    """The closed list, in the reader's language."""
    french = get_language() == "fr"
    return [(one.code, one.label_fr if french else one.label_en) for one in mask_rules.REASONS]


def as_text(polygons: Iterable[MaskPolygon]) -> str:
    """One mask a line: `x,y x,y x,y`, after `[preset]` when it is for one."""
    return "\n".join(
        (f"[{polygon.preset}] " if polygon.preset else "") + " ".join(f"{x},{y}" for x, y in polygon.points)
        for polygon in polygons
    )


def from_text(text: str) -> tuple[MaskPolygon, ...]:
    """The masks of such lines.

    Errors: InvalidInput naming the line.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            found.append(_from_line(line.strip(), number))
    return tuple(found)


def _from_line(line: str, number: int) -> MaskPolygon:
    preset, corners = "", line
    if line.startswith("["):
        preset, _separator, corners = line[1:].partition("]")
    try:
        points = tuple(_corner(corner) for corner in corners.split())
    except ValueError:
        raise InvalidInput(
            f"Line {number}: write corners as x,y x,y x,y, whole numbers from 0 to 10000.",
            message_fr=f"Ligne {number} : écrivez les sommets x,y x,y x,y, en nombres entiers de 0 à 10000.",
            field="polygons",
        ) from None
    return MaskPolygon(points=points, preset=preset.strip())


def _corner(text: str) -> tuple[int, int]:
    x, y = text.split(",")
    return int(x), int(y)


def saved() -> str:
    """Said once the masks are kept."""
    return now_("Les masques sont enregistrés ; la caméra ne se rouvre que prouvée ou incrustée.")
