"""No camera is asked for where no dated fact shows the place to be exposed. Source: CSI L. 251-2, 5°; R. 252-3, 1°."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from beffroi.authorise.dossier import queries, services
from beffroi.authorise.dossier.pieces import Lack
from beffroi.authorise.models import Dossier
from beffroi.authorise.models.dossiers import Decision
from beffroi.core.errors import BarredByLaw
from beffroi.plan import services as plan
from beffroi.plan.models import Camera
from beffroi.plan.queries import histories
from beffroi.plan.rules import StateName
from beffroi.territory.models import Fact, FactImport, Zone

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


@pytest.fixture
def planned(make_camera: Callable[..., Camera]) -> Camera:
    return make_camera(in_service=False)


def fact(years_ago: int) -> None:
    """A theft in the zone, dated."""
    at = timezone.now() - timedelta(days=366 * years_ago + 1)
    batch = FactImport.objects.create(
        sha256=str(years_ago), file_name="f.csv", source="Police", by="7", begun_at=at, landed_at=at
    )
    Fact.objects.create(
        batch=batch,
        source="Police",
        reference=f"F-{years_ago}",
        kind="theft-person",
        zone_id="z1",
        from_at=at,
        to_at=at,
    )


def state(camera: str = "c01") -> StateName:
    return histories([camera])[camera][-1].state


def test_a_camera_is_not_filed_in_a_zone_without_dated_facts(planned: Camera) -> None:
    with pytest.raises(BarredByLaw, match="no dated fact of the last five years; import the facts") as caught:
        plan.record_state("c01", StateName.FILED, on=TODAY)
    assert caught.value.article == "CSI L251-2"
    assert state() is StateName.PLANNED
    fact(6)
    with pytest.raises(BarredByLaw):
        plan.record_state("c01", StateName.FILED, on=TODAY)
    fact(1)
    plan.record_state("c01", StateName.FILED, on=TODAY)
    assert state() is StateName.FILED


def test_another_purpose_needs_no_facts_of_assault_or_theft(planned: Camera) -> None:
    Zone.objects.update(purpose="traffic")
    plan.record_state("c01", StateName.FILED, on=TODAY)


@pytest.fixture
def dossier(planned: Camera, monkeypatch: pytest.MonkeyPatch) -> Dossier:
    """A dossier that lacks nothing but the facts."""
    made = Dossier.objects.create(
        pk="d", name="Centre", kind="new", purposes=["safety"], retention_days=15, opened_on=TODAY
    )
    made.cameras.add(planned)
    whole: Any = queries.missing
    monkeypatch.setattr(
        queries, "missing", lambda one, on: tuple(lack for lack in whole(one, on) if lack.lack is Lack.NO_EVIDENCE)
    )
    return made


@pytest.mark.usefixtures("papers_made")
def test_a_dossier_is_not_filed_for_a_zone_without_facts_and_files_its_cameras_with_them(dossier: Dossier) -> None:
    with pytest.raises(BarredByLaw, match="no-evidence z1"):
        services.file(dossier, on=TODAY, by="7")
    fact(1)
    services.file(dossier, on=TODAY, by="7")
    assert state() is StateName.FILED


@pytest.mark.usefixtures("papers_made")
def test_cameras_refused_are_planned_again(dossier: Dossier) -> None:
    fact(1)
    services.file(dossier, on=TODAY, by="7")
    services.record_receipt(dossier, number="R-1", on=TODAY, by="7")
    services.record_decision(dossier, Decision.REFUSED, on=TODAY, by="7")
    assert state() is StateName.PLANNED
