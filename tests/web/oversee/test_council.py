"""Figures for the local council: counts of the whole town; no image, no name, no place, no number of a requisition."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pikepdf
import pytest
from django.test import Client
from django.utils import timezone

from beffroi.core.instants import to_us
from beffroi.evidence.models import Requisition, Step
from beffroi.operate.models import Device, View
from beffroi.oversee.council import queries
from beffroi.people.models import Agent
from beffroi.people.rules import Role

pytestmark = pytest.mark.django_db
PAGE = "/controle/clspd/"
SECRETS = ("R-2026-041", "Incendie de conteneurs", "Place de la Capelle", "Carrière", "Jeanne")


@pytest.fixture
def year(device: Device, agent_with: Callable[..., Agent]) -> int:
    """A requisition answered in two days and found useful, a look, and one requisition of two years ago."""
    agent, now = agent_with(Role.OPERATOR, username="Jeanne"), timezone.now()
    start_us = to_us(timezone.localtime().replace(month=1, day=1, hour=1))
    span = {"from_at_us": start_us, "to_at_us": start_us + 1, "facts": SECRETS[1], "place": SECRETS[2]}
    for rank, opened_us in ((41, start_us), (42, to_us(now - timedelta(days=800)))):
        Requisition.objects.create(
            number=f"R-2026-0{rank}", year=2026, rank=rank, officer=SECRETS[3], opened_at_us=opened_us, **span
        )
    row = Requisition.objects.get(rank=41)
    for kind, code, days in (("result", "images", 1), ("handed-over", "", 2), ("feedback", "useful", 3)):
        Step.objects.create(requisition=row, kind=kind, code=code, by=agent, at_us=start_us + days * 86_400_000_000)
    look = {"camera": "c01", "node": device.node, "kind": "live", "reason_code": "watch"}
    View.objects.create(grant="g1", agent=agent, issued_at_us=start_us, **look)
    return timezone.localdate().year


def test_a_year_is_counted_without_a_name_a_place_or_a_number(year: int, client_of: Callable[..., Client]) -> None:
    told = {part.title: dict(part.rows) for part in queries.parts(year, timezone.localdate())}
    assert told["Réquisitions"]["Reçues"] == "1" and told["Réquisitions"]["images"] == "1"
    assert told["Réquisitions"]["Délai médian de remise, jours"] == "2,0"
    assert told["Réquisitions"]["Retour de l'enquête : utile"] == "1"
    assert told["Consultations, par motif"] == {"Veille du poste": "1"}
    page = client_of(Role.COORDINATOR).get(PAGE).content.decode()
    assert not [secret for secret in SECRETS if secret in page]


def test_the_paper_holds_no_image(year: int, client_of: Callable[..., Client]) -> None:
    answer = client_of(Role.COORDINATOR).get(f"{PAGE}pdf/?annee={year}")
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert pdf.Root.Lang == "fr" and not [image for page in pdf.pages for image in page.get_images()]


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.MAYOR, Role.CHIEF])
def test_who_reads_the_programme_reads_the_figures_and_nobody_else(
    role: Role, client_of: Callable[..., Client]
) -> None:
    assert client_of(role).get(PAGE).status_code == 200
    assert client_of(role).get(f"{PAGE}?annee=hier").status_code == 400
    for other in (Role.OPERATOR, Role.MAINTAINER, Role.PARTNER):
        assert client_of(other).get(PAGE).status_code == 403
