"""Breaches of personal data: recorded, notified in 72 hours or with reasons, people told; a number in the journal."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta

import pikepdf
import pytest
from django.test import Client
from django.utils import timezone

from beffroi.core.errors import Conflict
from beffroi.core.instants import to_us
from beffroi.journal.models import Line
from beffroi.oversee.breaches import duties, services
from beffroi.oversee.breaches.rules import PeopleTold
from beffroi.oversee.models import Breach
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from beffroi.territory.models import Town

pytestmark = pytest.mark.django_db
PAGE = "/controle/violations/"
WORDS = "un disque a disparu du local"


@pytest.fixture
def dpo(town: Town, agent_with: Callable[..., Agent]) -> Agent:
    return agent_with(Role.DPO)


def written(hours_ago: int = 1, **more: object) -> dict[str, object]:
    """What is known of a stolen disk."""
    known = dict.fromkeys(services.WRITTEN)
    return {
        **known,
        "found_at": timezone.now() - timedelta(hours=hours_ago),
        "natures": ["confidentiality"],
        "happened": WORDS,
        "people_kinds": "passants filmés",
        "records": "dix minutes d'une caméra",
        "consequences": "images vues par un tiers",
        "measures": "plainte, serrure changée",
        "risk": "risk",
        **more,
    }


def test_numbers_follow_and_the_journal_has_the_number_without_the_words(dpo: Agent) -> None:
    numbers = [services.record(written(), by=dpo).pk for _ in range(2)]
    year = timezone.localdate().year
    assert numbers == [f"V-{year}-001", f"V-{year}-002"]
    assert Line.objects.filter(action="breach.recorded", subject=numbers[0]).count() == 1
    assert not Line.objects.filter(detail__contains="disque").exists()


def test_the_worker_says_once_that_the_hours_are_over(dpo: Agent) -> None:
    row = services.record(written(hours_ago=71), by=dpo)
    services.watch(to_us(timezone.now()))
    assert not Line.objects.filter(action="breach.late").exists()
    later_us = to_us(timezone.now() + timedelta(hours=2))
    services.watch(later_us)
    services.watch(later_us)
    assert Line.objects.get(action="breach.late").subject == row.pk


def test_the_first_page_shows_it_to_those_who_keep_it(dpo: Agent, client_of: Callable[..., Client]) -> None:
    row = services.record(written(hours_ago=80), by=dpo)
    for role in (Role.DPO, Role.CHIEF, Role.ADMIN):
        assert row.pk in client_of(role).get("/").content.decode()
    assert row.pk not in client_of(Role.OPERATOR).get("/").content.decode()
    assert next(iter(duties.duties(dpo, timezone.localdate()))).tone == "bad"


def test_a_late_notice_without_reasons_is_refused_beside_its_field(
    dpo: Agent, client_of: Callable[..., Client]
) -> None:
    row = services.record(written(hours_ago=80), by=dpo)
    client = client_of(Role.DPO)
    now = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    answer = client.post(f"{PAGE}{row.pk}/notifier/", {"notified_at": now})
    assert answer.status_code == 400 and "motifs du retard" in answer.content.decode()
    told = {"notified_at": now, "delay_reason": "Le prestataire a prévenu tard."}
    assert client.post(f"{PAGE}{row.pk}/notifier/", told).status_code == 302
    line = Line.objects.get(action="breach.notified")
    assert json.loads(line.detail)["is_late"] is True
    assert not list(duties.duties(dpo, timezone.localdate()))


def test_a_notice_lacks_what_the_article_asks_until_it_is_written(dpo: Agent, client_of: Callable[..., Client]) -> None:
    row = services.record(written(measures="", risk=""), by=dpo)
    client = client_of(Role.DPO)
    page = client.get(f"{PAGE}{row.pk}/").content.decode()
    assert "mesures prises" in page.lower() and "restent" in page
    with pytest.raises(Exception, match="lacks"):
        services.notify(row, timezone.now(), by=dpo)
    services.change(row, written(found_at=row.found_at), by=dpo)
    services.notify(row, timezone.now(), by=dpo)
    with pytest.raises(Conflict):
        services.change(row, written(hours_ago=5), by=dpo)


def test_people_are_told_of_a_high_risk_and_an_inquiry_may_delay_it(dpo: Agent) -> None:
    row = services.record(written(risk="high"), by=dpo)
    services.notify(row, timezone.now(), by=dpo)
    assert [due.title for due in duties.duties(dpo, timezone.localdate())] == [f"Informer les personnes de {row.pk}"]
    yesterday = timezone.localdate() - timedelta(days=1)
    services.tell_people(row, PeopleTold.DELAYED, by=dpo, reason="enquête", until_on=yesterday)
    assert list(duties.duties(dpo, timezone.localdate())), "the delay is over"
    services.tell_people(row, PeopleTold.TOLD, by=dpo)
    assert (
        not list(duties.duties(dpo, timezone.localdate())) and Line.objects.filter(action="breach.people").count() == 2
    )


def test_the_notice_is_a_paper_with_the_fields_of_the_article(dpo: Agent, client_of: Callable[..., Client]) -> None:
    row = services.record(written(), by=dpo)
    answer = client_of(Role.DPO).get(f"{PAGE}{row.pk}/pdf/")
    assert answer["Content-Type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert pdf.Root.Lang == "fr"


def test_it_is_recorded_in_the_browser(dpo: Agent, client_of: Callable[..., Client]) -> None:
    now = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    answer = client_of(Role.ADMIN).post(f"{PAGE}inscrire/", {"found_at": now, "natures": ["availability"]})
    assert answer.status_code == 302 and Breach.objects.get().natures == ["availability"]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.MAYOR, Role.INSPECTOR, Role.MAINTAINER])
def test_others_do_not_read_them(role: Role, client_of: Callable[..., Client]) -> None:
    assert client_of(role).get(PAGE).status_code == 403
