"""The tables of an inspection pack: what each is called, its columns, its rows. In French, as the commission reads.

None has a place for a picture. Requisitions appear by number only: their inquiry is secret.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from beffroi.authorise import queries as authorise
from beffroi.authorise.drift import DriftKind
from beffroi.authorise.models import Drift, Order, OrderCamera, Sign
from beffroi.authorise.rules import safe_retention_s
from beffroi.authorise.signs import is_overdue
from beffroi.authorise.words import DRIFT, SHUT
from beffroi.core.dates import day_of
from beffroi.core.instants import US_PER_S, from_us, to_us
from beffroi.evidence.models import HandOver
from beffroi.journal.models import Line
from beffroi.journal.rules import Register
from beffroi.oversee import pages, words
from beffroi.oversee.selfcheck import pages as selfcheck
from beffroi.oversee.selfcheck.queries import town
from beffroi.people import queries as people
from beffroi.people.models import Agent
from beffroi.people.words import STANDINGS
from beffroi.plan import queries as plan
from beffroi.plan.models import Camera, StateChoice
from beffroi.territory.models import Purpose
from beffroi.territory.queries import town_zone

Row = Sequence[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One file of the pack. `rows` is called when it is written: registers are long."""

    name: str
    title: str
    head: Sequence[str]
    rows: Callable[[], Iterable[Row]]


def _moment(at_us: int) -> str:
    return from_us(at_us).astimezone(town_zone()).isoformat(sep=" ", timespec="seconds") if at_us else ""


def _at(at: datetime | None) -> str:
    return _moment(to_us(at)) if at else ""


def _yes(is_so: bool) -> str:
    return "oui" if is_so else "non"


def _purposes(codes: Iterable[str]) -> str:
    return " ; ".join(str(Purpose(code).label) for code in codes)


# -- orders and cameras ---------------------------------------------------------------------------------------


def _orders() -> Iterator[Row]:
    today = day_of(timezone.now(), town_zone())
    states = {view.id: view for view in authorise.orders_on(today)}
    for order in Order.objects.all():
        yield (
            order.number, order.name, order.signed_on, order.ends_on, _yes(states[order.pk].is_in_force),
            order.withdrawn_on or "", _at(order.suspended_at), order.retention_days,
            order.minimum_retention_days or "", _purposes(order.purposes), " ; ".join(order.recipients),
            states[order.pk].cameras,
        )  # fmt: skip


def _covered() -> Iterator[Row]:
    for row in OrderCamera.objects.select_related("order", "camera__site").order_by("order__number", "camera__number"):
        camera = row.camera
        yield row.order.number, camera.number, camera.name, camera.site.name, _purposes(row.purposes)


def _cameras() -> Iterator[Row]:
    now = timezone.now()
    views = plan.cameras_on(day_of(now, town_zone()))
    gates = authorise.gates([view.id for view in views], at=now)
    for view in views:
        gate = gates[view.id]
        why = " ; ".join(str(SHUT[one]) for one in gate.missing)
        state = str(StateChoice(view.state).label) if view.state else "prévue"
        yield view.number, view.name, view.phase, state, view.since_on or "", _yes(gate.is_open), gate.order, why


def _drift() -> Iterator[Row]:
    names = dict(Camera.objects.values_list("pk", "name"))
    for row in Drift.objects.order_by("-raised_at"):
        kind = ", ".join(filter(None, (str(DRIFT[DriftKind(row.kind)]), row.which)))
        raised, cleared = _at(row.raised_at), _at(row.cleared_at)
        yield names.get(row.camera, row.camera), kind, round(row.by, 2), raised, cleared or "ouvert"


def _technique() -> Iterator[Row]:
    for camera in Camera.objects.select_related("site").order_by("number"):
        yield (
            camera.number, camera.name, camera.get_kind_display(), camera.get_target_class_display(),
            f"{camera.width_px} × {camera.height_px}", camera.fps, camera.codec,
        )  # fmt: skip


def _signs() -> Iterator[Row]:
    today = day_of(timezone.now(), town_zone())
    for sign in Sign.objects.select_related("site"):
        late = sign.placed_on is not None and is_overdue(sign, today)
        yield sign.pk, sign.site.name, sign.place, sign.placed_on or "à poser", sign.checked_on or "", _yes(late)


def _checks() -> Iterator[Row]:
    now = timezone.now()
    for line in selfcheck.lines(town(to_us(now)), day_of(now, town_zone())):
        yield line.name, line.article, _yes(line.is_good), line.said


# -- registers ------------------------------------------------------------------------------------------------


def _lines(register: Register, action: str) -> Iterator[tuple[Line, dict[str, Any]]]:
    rows = Line.objects.filter(register=register.value, action=action).order_by("index")
    for line in rows.iterator(2000):
        yield line, json.loads(line.detail)


def _looks() -> Iterator[Row]:
    agents = dict(Agent.objects.values_list("pk", "name"))
    cameras = dict(Camera.objects.values_list("pk", "name"))
    for register in (Register.VIEWING, Register.REPLAY, Register.PTZ):
        for line, detail in _lines(register, "grant.given"):
            yield (
                line.index, _moment(line.at_us), words.register(line.register), pages.author(line.author, agents),
                words.reason(line.reason), cameras.get(line.camera, line.camera),
                _moment(detail.get("from_at_us", 0)), _moment(detail.get("to_at_us", 0)),
            )  # fmt: skip


def _handed() -> Iterator[Row]:
    for row in HandOver.objects.select_related("recipient").order_by("at_us"):
        yield row.requisition_id, _moment(row.at_us), row.recipient.get_quality_display(), row.get_medium_display()


def _destroyed() -> Iterator[Row]:
    for line, detail in _lines(Register.ERASURE, "footage.destroyed"):
        yield (
            line.index, line.camera, _moment(detail.get("from_at_us", 0)), _moment(detail.get("to_at_us", 0)),
            _moment(detail.get("fact_at_us", line.at_us)), detail.get("files", 0), detail.get("bytes", 0),
            detail.get("method", ""), line.reason or detail.get("reason", ""),
        )  # fmt: skip


def _habilitations() -> Iterator[Row]:
    for stand in people.register():
        kept = stand.habilitation
        if kept is not None:
            yield (
                kept.agent.name, kept.agent.title, kept.category, kept.number, kept.signed_on, kept.signed_by,
                kept.first_on, kept.last_on, kept.approval_number, str(STANDINGS[stand.standing][0]),
            )  # fmt: skip


def _retention() -> Iterator[Row]:
    """By camera: what the order allows, what is set, and the oldest age at which a picture was destroyed."""
    gates = authorise.gates(Camera.objects.values_list("pk", flat=True), at=timezone.now())
    oldest: dict[str, int] = {}
    count: dict[str, int] = {}
    for line, detail in _lines(Register.ERASURE, "footage.destroyed"):
        age_us = int(detail.get("fact_at_us", line.at_us)) - int(detail.get("from_at_us", line.at_us))
        oldest[line.camera] = max(oldest.get(line.camera, 0), age_us)
        count[line.camera] = count.get(line.camera, 0) + int(detail.get("files", 0))
    for camera in Camera.objects.order_by("number"):
        days = gates[camera.pk].retention_days
        lawful_s = safe_retention_s(days) if days else 0
        age_s = oldest.get(camera.pk, 0) // US_PER_S
        yield (
            camera.number, camera.name, days or "", min(days, settings.BEFFROI.retention.max_days) if days else "",
            count.get(camera.pk, 0), round(age_s / 86_400, 2) if age_s else "",
            _yes(age_s <= lawful_s) if age_s and lawful_s else "",
        )  # fmt: skip


TABLES: tuple[Table, ...] = (
    Table(
        name="01-arretes.csv",
        title="Arrêtés",
        head=("Numéro", "Objet", "Signé le", "Expire le", "En vigueur", "Retiré le", "Suspendu depuis",
              "Conservation (j)", "Minimum (j)", "Finalités", "Destinataires", "Caméras"),
        rows=_orders,
    ),
    Table(
        name="02-cameras-autorisees.csv",
        title="Caméras de chaque arrêté",
        head=("Arrêté", "Caméra", "Nom", "Emplacement", "Finalités"),
        rows=_covered,
    ),
    Table(
        name="03-etats.csv",
        title="État et porte de chaque caméra",
        head=("Caméra", "Nom", "Phase", "État", "Depuis le", "Porte ouverte", "Arrêté", "Pourquoi fermée"),
        rows=_cameras,
    ),
    Table(
        name="04-ecarts.csv",
        title="Écarts avec les arrêtés",
        head=("Caméra", "Écart", "Mesure", "Constaté le", "Levé le"),
        rows=_drift,
    ),
    Table(
        name="05-visionnages.csv",
        title="Registre des consultations",
        head=("Ligne", "Quand", "Registre", "Auteur", "Motif", "Caméra", "Images de", "Images à"),
        rows=_looks,
    ),
    Table(name="06-exports.csv", title="Registre des exports", head=(), rows=pages.export_rows),
    Table(
        name="07-remises.csv",
        title="Remises aux destinataires",
        head=("Réquisition", "Remise le", "Qualité du destinataire", "Support"),
        rows=_handed,
    ),
    Table(
        name="08-destructions.csv",
        title="Registre des destructions",
        head=("Ligne", "Caméra", "Images de", "Images à", "Détruites le", "Fichiers", "Octets", "Procédé", "Cause"),
        rows=_destroyed,
    ),
    Table(
        name="09-habilitations.csv",
        title="Registre des habilitations",
        head=("Agent", "Fonction", "Catégorie (R. 253-3 II)", "Acte", "Signé le", "Signataire", "Premier jour",
              "Dernier jour", "Agrément", "État"),
        rows=_habilitations,
    ),
    Table(
        name="10-conservation.csv",
        title="Preuve de la conservation",
        head=("Caméra", "Nom", "Arrêté (j)", "Réglée (j)", "Fichiers détruits", "Âge maximal (j)", "Dans la durée"),
        rows=_retention,
    ),
    Table(
        name="11-technique.csv",
        title="Caractéristiques techniques",
        head=("Caméra", "Nom", "Nature", "Classe", "Image (px)", "Images par seconde", "Codage"),
        rows=_technique,
    ),
    Table(
        name="12-affiches.csv",
        title="Affiches d'information du public",
        head=("Affiche", "Emplacement", "Endroit", "Posée le", "Vérifiée le", "Vérification en retard"),
        rows=_signs,
    ),
    Table(
        name="13-verifications.csv",
        title="Huit vérifications",
        head=("Vérification", "Texte", "Bonne", "Constat"),
        rows=_checks,
    ),
)  # fmt: skip
