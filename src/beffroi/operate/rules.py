"""What may be viewed, by whom, for which reason; what a camera's state means. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from beffroi.core.errors import BarredByLaw, InvalidInput, NotPermitted
from beffroi.engine.contract import GRANT_LIVE_S, GrantKind, NodeHealth
from beffroi.people.rules import Right

US = 1_000_000
DAY_S = 24 * 3600
WORKSHOP_S = DAY_S
"""A workshop camera ends by itself."""
ENROL_S = 3600
NODE_LATE_S = 6
"""Three exchanges missed."""
NODE_DOWN_S = 30
REPLAY_SPAN_MAX_S = 31 * 24 * 3600
GRANTS_MAX = 64
REFERENCE_MAX = 120

RIGHT_FOR: Mapping[GrantKind, Right] = MappingProxyType(
    {
        GrantKind.LIVE: Right.LIVE,
        GrantKind.REPLAY: Right.REPLAY,
        GrantKind.COVERAGE: Right.REPLAY,
        GrantKind.EXPORT: Right.EXPORT,
        GrantKind.SNAPSHOT: Right.LIVE,
        GrantKind.THUMBNAILS: Right.REPLAY,
        GrantKind.PTZ: Right.PTZ,
        GrantKind.TEST_PATTERN: Right.PATTERN,
    }
)
WORKSHOP_KINDS = frozenset(RIGHT_FOR) - {GrantKind.EXPORT, GrantKind.PTZ}
"""What whoever configures may open on a workshop camera."""
NEVER_US = 2**62
SPANNED = frozenset({GrantKind.REPLAY, GrantKind.COVERAGE, GrantKind.EXPORT, GrantKind.THUMBNAILS})
"""Kinds that name a span of footage; a snapshot may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCode:
    """One reason of the closed list; `needs_reference` when it is nothing without its number."""

    code: str
    label_fr: str
    label_en: str
    needs_reference: bool = False


REASONS = (
    ReasonCode(code="watch", label_fr="Veille du poste", label_en="Watch at the post"),
    ReasonCode(code="incident", label_fr="Incident en cours", label_en="Incident under way"),
    ReasonCode(code="verification", label_fr="Levée de doute", label_en="Checking a report"),
    ReasonCode(code="event", label_fr="Événement, manifestation", label_en="Public event"),
    ReasonCode(code="flagrancy", label_fr="Recherche après les faits", label_en="Search after the facts"),
    ReasonCode(
        code="requisition", label_fr="Réquisition judiciaire", label_en="Judicial requisition", needs_reference=True
    ),
    ReasonCode(
        code="access-request",
        label_fr="Demande d'accès d'une personne",
        label_en="A person's request for access",
        needs_reference=True,
    ),
    ReasonCode(code="maintenance", label_fr="Réglage, entretien", label_en="Adjustment, maintenance"),
)
_BY_CODE = {reason.code: reason for reason in REASONS}
EXPORT_REASONS = frozenset({"requisition", "access-request"})
"""What lets pictures of the public road leave. Source: CPP 60-1; CSI R. 253-3 III, R. 253-6."""
WORKSHOP_EXPORT_REASONS = EXPORT_REASONS | {"maintenance"}
"""A workshop camera films a closed room: its pictures leave for its adjustment too."""


def checked_reason(code: str, reference: str) -> ReasonCode:
    """The reason asked for.

    Errors: InvalidInput when it is not in the list, lacks its reference, or the reference is too long.
    """
    reason = _BY_CODE.get(code)
    if reason is None:
        raise InvalidInput(
            "Choose a reason from the list; no picture is shown without one.",
            message_fr="Choisissez un motif dans la liste ; aucune image n'est montrée sans motif.",
            field="reason.code",
        )
    if reason.needs_reference and not reference.strip():
        raise InvalidInput(
            f"“{reason.label_en}” needs its number.",
            message_fr=f"« {reason.label_fr} » demande son numéro.",
            field="reason.reference",
        )
    if len(reference) > REFERENCE_MAX:
        raise InvalidInput(
            f"The reference has at most {REFERENCE_MAX} characters.",
            message_fr=f"La référence a {REFERENCE_MAX} caractères au plus.",
            field="reason.reference",
        )
    return reason


def check_reason_for(kind: GrantKind, reason: ReasonCode, *, is_workshop: bool = False) -> None:
    """Nothing, when this reason opens this kind of view.

    Errors: BarredByLaw when pictures would leave for another reason than the law's.
    """
    if kind is not GrantKind.EXPORT or reason.code in (WORKSHOP_EXPORT_REASONS if is_workshop else EXPORT_REASONS):
        return
    raise BarredByLaw(
        "Pictures leave on a requisition, under its number. Lock them now and nothing is lost; note the call or the "
        "requisition; they leave once a second person validates, or the next day's validation is announced.",
        message_fr="Les images sortent sur réquisition, sous son numéro. Verrouillez-les, rien n'est perdu ; notez "
        "l'appel ou la réquisition ; elles sortent quand une deuxième personne valide, ou que sa validation du "
        "lendemain est annoncée.",
        article="CPP 60-1",
        field="reason.code",
    )


def checked_span(kind: GrantKind, from_at_us: int, to_at_us: int) -> tuple[int, int]:
    """The span of a grant: (0, 0) for live kinds.

    Errors: InvalidInput when a span is needed and missing, reversed or longer than a month.
    """
    if kind not in SPANNED and not (kind is GrantKind.SNAPSHOT and to_at_us):
        return 0, 0
    if not 0 < from_at_us < to_at_us or to_at_us - from_at_us > REPLAY_SPAN_MAX_S * US:
        raise InvalidInput(
            "Give a span: its start before its end, 31 days at most.",
            message_fr="Donnez une période : début avant la fin, 31 jours au plus.",
            field="from_at_us",
        )
    return from_at_us, to_at_us


def check_depth(from_at_us: int, now_us: int, replay_days: int | None) -> None:
    """Nothing, when a span begins within the replay depth of the role that opens it; None: no depth is set.

    Errors: NotPermitted.
    """
    if replay_days is not None and from_at_us < now_us - replay_days * DAY_S * US:
        raise NotPermitted(
            f"Your role goes back {replay_days} days, no further; somebody with a deeper replay can look.",
            message_fr=f"Votre rôle permet de relire {replay_days} jours en arrière, pas plus ; une personne dont la "
            "relecture est plus profonde peut regarder.",
            field="from_at_us",
        )


def grant_ends_at_us(issued_at_us: int, *not_after_us: int) -> int:
    """An opened grant serves at most 15 minutes, and never beyond the camera's gate or the agent's permit."""
    return min(issued_at_us + GRANT_LIVE_S * US, *not_after_us)


_PIXELS_PER_M = MappingProxyType({"detect": 25, "observe": 62.5, "recognise": 125, "identify": 250})
"""Source: EN 62676-4:2015, annex B."""
_RANGE_MAX_M = 150.0


def range_m(width_px: int, hfov_deg: float, target_class: str) -> float:
    """How far, on its axis, a camera still gives its target class enough pixels a metre."""
    density = _PIXELS_PER_M.get(target_class, 25)
    return round(min(width_px / (density * 2 * math.tan(math.radians(min(hfov_deg, 170.0) / 2))), _RANGE_MAX_M), 1)


NodeState = Literal["up", "late", "down"]


def node_state(health_at_us: int, now_us: int) -> NodeState:
    """What the age of the last exchange says of a node."""
    age_s = (now_us - health_at_us) / US
    if age_s <= NODE_LATE_S:
        return "up"
    return "late" if age_s <= NODE_DOWN_S else "down"


def check_fresh(health: NodeHealth, node: str) -> None:
    """Nothing, when the health document is that of `node`.

    Errors: InvalidInput.
    """
    if health.node != node:
        raise InvalidInput(
            f"This health document is of node {health.node!r}, not of {node!r}.",
            message_fr=f"Ce bilan est celui du nœud {health.node!r}, pas de {node!r}.",
            field="health.node",
        )
