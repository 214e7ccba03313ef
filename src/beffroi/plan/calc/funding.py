"""Who pays: grants asked for within their rules. The rules are dated parameters with their source, never constants.

FIPD, DETR and DSIL change each year and by prefecture: a plan names the rules it was made with, and says so when they
are older than the year asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from beffroi.core.errors import InvalidInput
from beffroi.plan.calc.cost import Kind

_UNREAD = (
    "share to be verified with the prefecture: its pages do not give it",
    "part à vérifier auprès de la préfecture : ses pages ne la donnent pas",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A grant's rules. `year`, `source`, `place`: which year's circular, of which prefecture.

    `shares`: highest share of the eligible amount without tax, by kind of cost; a kind left out is not eligible.
    `cap_per_camera_eur`: highest eligible amount a camera, connection included; None, no cap.
    `is_state`: counts towards the State's highest total. `is_share_read`: the source gives the shares for that year and
    place; they are to be verified else.
    """

    id: str
    name: str
    year: int
    place: str
    source: str
    shares: Mapping[Kind, float]
    capped: tuple[Kind, ...] = (Kind.CAMERA, Kind.TRENCH, Kind.CABLE, Kind.MAST)
    cap_per_camera_eur: float | None = None
    least_request_eur: float = 0.0
    is_state: bool = True
    is_share_read: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Rules over all grants. `state_share`: highest total of State aid; with its year and source."""

    state_share: float
    year: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one scheme can give at most, and why it is not more."""

    scheme: str
    name: str
    eligible_eur: float
    grant_eur: float
    notes: tuple[str, ...]
    notes_fr: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingPlan:
    """Grants in the order asked, and what the town pays itself. A ceiling, not a promise: prefects decide."""

    cost_eur: float
    grants: tuple[Grant, ...]
    outdated: tuple[str, ...]

    @property
    def granted_eur(self) -> float:
        return math.fsum(grant.grant_eur for grant in self.grants)

    @property
    def own_eur(self) -> float:
        return self.cost_eur - self.granted_eur

    @property
    def own_share(self) -> float:
        return self.own_eur / self.cost_eur if self.cost_eur else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked: cost by kind without tax, cameras, the year of the request."""

    costs_eur: Mapping[Kind, float]
    cameras: int
    year: int

    @property
    def cost_eur(self) -> float:
        return math.fsum(self.costs_eur.values())


def funding_plan(request: Request, schemes: Sequence[Scheme], limits: Limits) -> FundingPlan:
    """The most these schemes give together, the first first.

    State grants stop at `limits.state_share` of the cost; no cost is paid for twice.

    Errors: InvalidInput when a cost is negative.
    """
    if any(not cost >= 0 for cost in request.costs_eur.values()):
        raise InvalidInput(
            "A cost is ≥ 0; mend the estimate.",
            message_fr="Un coût est ≥ 0 ; corrigez l'estimation.",
            field="costs_eur",
        )
    left, state_left = request.cost_eur, limits.state_share * request.cost_eur
    grants = []
    for scheme in schemes:
        grant = _grant(request, scheme, min(left, state_left) if scheme.is_state else left)
        left -= grant.grant_eur
        state_left -= grant.grant_eur if scheme.is_state else 0.0
        grants.append(grant)
    dated = [(scheme.id, scheme.year) for scheme in schemes] + [("limits", limits.year)]
    return FundingPlan(
        cost_eur=request.cost_eur,
        grants=tuple(grants),
        outdated=tuple(name for name, year in dated if year < request.year),
    )


def _grant(request: Request, scheme: Scheme, room_eur: float) -> Grant:
    """The scheme's grant, within its own cap and what room is left."""
    notes: list[tuple[str, str]] = [] if scheme.is_share_read else [_UNREAD]
    eligible = {kind: cost for kind, cost in request.costs_eur.items() if scheme.shares.get(kind, 0) > 0}
    capped_eur = math.fsum(eligible.get(kind, 0.0) for kind in scheme.capped)
    scale = 1.0
    if scheme.cap_per_camera_eur is not None and capped_eur > scheme.cap_per_camera_eur * request.cameras:
        scale = scheme.cap_per_camera_eur * request.cameras / capped_eur
        notes.append(
            (
                f"capped at {scheme.cap_per_camera_eur:,.0f} € a camera",
                f"plafonné à {scheme.cap_per_camera_eur:,.0f} € par caméra".replace(",", " "),
            )
        )
    kept = {kind: cost * (scale if kind in scheme.capped else 1.0) for kind, cost in eligible.items()}
    amount = math.fsum(cost * scheme.shares[kind] for kind, cost in kept.items())
    if amount > room_eur:
        amount = max(0.0, room_eur)
        notes.append(("held by the highest total of aid", "retenu par le plafond total des aides"))
    if 0 < amount < scheme.least_request_eur or not eligible:
        amount = 0.0
        notes.append(("below the smallest request, or nothing eligible", "sous le montant minimal, ou rien d'éligible"))
    return Grant(
        scheme=scheme.id,
        name=scheme.name,
        eligible_eur=math.fsum(kept.values()),
        grant_eur=amount,
        notes=tuple(note for note, _ in notes),
        notes_fr=tuple(note for _, note in notes),
    )


def of_year(schemes: Iterable[Scheme], year: int) -> list[Scheme]:
    """The newest rules of each scheme not later than a year."""
    newest: dict[str, Scheme] = {}
    for scheme in sorted(schemes, key=lambda scheme: scheme.year):
        if scheme.year <= year:
            newest[scheme.id] = scheme
    return list(newest.values())
