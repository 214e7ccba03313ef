"""What the papers of a dossier suppose or leave blank, to be verified before filing: it bars nothing."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings

from beffroi.authorise.dossier.aims import is_rest_only, short_of
from beffroi.authorise.dossier.neighbours import guessed
from beffroi.authorise.dossier.pieces import DossierMode, Doubt, Doubtful, Piece, idle_purposes, lead_of
from beffroi.authorise.drift import DriftKind
from beffroi.authorise.models import Dossier
from beffroi.authorise.queries import open_drift
from beffroi.authorise.words import drift_measure


def doubtful(dossier: Dossier) -> tuple[Doubtful, ...]:
    """All of them, as the town's data stand."""
    told = (_supposed_accesses, _public_address, _idle_purposes, _known_drift, _rest_only, _short_sight)
    return tuple(one for tell in told for one in tell(dossier))


def _supposed_accesses(dossier: Dossier) -> Iterator[Doubtful]:
    """A perimeter's plan shows no building."""
    found = guessed(dossier.cameras.all()) if dossier.perimeter is None else None
    if found is not None and found.buildings:
        kind = Doubt.SUPPOSED_ACCESSES
        yield Doubtful(piece=Piece.BLOCK_PLAN, doubt=kind, count=found.buildings, of=found.of)


def _public_address(dossier: Dossier) -> Iterator[Doubtful]:
    """The notice bears the address of its second level, a page. Source: CSI R. 253-6; instruction of 20 March 2024."""
    if dossier.mode == DossierMode.PIECES and not settings.BEFFROI.web.names:
        yield Doubtful(piece=Piece.INFORMATION, doubt=Doubt.NO_PUBLIC_ADDRESS)


def _idle_purposes(dossier: Dossier) -> Iterator[Doubtful]:
    carried = dossier.cameras.values_list("site__zone__purpose", flat=True)
    for purpose in idle_purposes(dossier.purposes, carried):
        yield Doubtful(piece=lead_of(dossier.mode), doubt=Doubt.IDLE_PURPOSE, subject=purpose)


def _known_drift(dossier: Dossier) -> Iterator[Doubtful]:
    """Cameras asked for that are not as their order has them: the request says what is planned, not what is there.

    Source: CSI R. 254-1.
    """
    asked = set(dossier.cameras.values_list("pk", flat=True))
    for row in open_drift():
        if row.camera in asked:
            measure = drift_measure(DriftKind(row.kind), row.by, row.which)
            piece, doubt = lead_of(dossier.mode), Doubt.KNOWN_DRIFT
            yield Doubtful(piece=piece, doubt=doubt, subject=row.camera, detail=row.kind, measure=measure)


def _rest_only(dossier: Dossier) -> Iterator[Doubtful]:
    """Neighbours, dwellings and masks of a piloted camera are computed for its rest and its presets alone."""
    plan = Piece.BLOCK_PLAN if dossier.perimeter is None else Piece.PERIMETER_PLAN
    for row in dossier.cameras.order_by("number"):
        if is_rest_only(row):
            yield Doubtful(piece=plan, doubt=Doubt.REST_ONLY, subject=row.pk)


def _short_sight(dossier: Dossier) -> Iterator[Doubtful]:
    for row in dossier.cameras.order_by("number"):
        if short_of(row) is not None:
            yield Doubtful(piece=Piece.CONFORMITY, doubt=Doubt.SHORT_SIGHT, subject=row.pk)
