"""The room's logbook: an offence seen is told to an OPJ, how long that took is shown, no line is ever changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from beffroi.core.dates import day_of
from beffroi.core.errors import Conflict, InvalidInput, NotFound
from beffroi.core.instants import from_us
from beffroi.journal.models import Line
from beffroi.operate.logbook import queries, services
from beffroi.operate.logbook.services import Seen, clock
from beffroi.operate.models import Device, LogLine, LogTelling
from beffroi.people.models import Agent, CameraGroup
from beffroi.people.rules import Role
from beffroi.territory.queries import town_zone

pytestmark = pytest.mark.django_db
MINUTE_US = 60_000_000


@pytest.fixture
def operator(agent_with: Callable[..., Agent]) -> Agent:
    return agent_with(Role.OPERATOR)


def seen(minutes_ago: int = 3, **changed: Any) -> Seen:
    told = {
        "code": "assault",
        "source": "round",
        "action": "state-police",
        "camera": "c01",
        "fact": "coups devant le bar",
    }
    return Seen(seen_at_us=clock.now_us() - minutes_ago * MINUTE_US, **(told | changed))


def typed(line: LogLine | None = None, **changed: str) -> dict[str, str]:
    at = from_us(line.seen_at_us if line else clock.now_us() - MINUTE_US).astimezone(town_zone())
    told = {"code": "assault", "source": "round", "action": "watched", "camera": "c01", "place": "", "fact": "coups"}
    return told | {"on": f"{at:%Y-%m-%d}", "at": f"{at:%H:%M:%S}"} | changed


def test_an_offence_waits_for_an_opj_with_its_elapsed_time_until_somebody_is_told(
    device: Device, operator: Agent, client_of: Callable[..., Client]
) -> None:
    line = services.note(seen(12), by=operator)
    services.note(seen(2, code="market", fact=""), by=operator)
    client = client_of(Role.OPERATOR)
    page = client.get("/main-courante/").content.decode()
    assert "À dire à un OPJ : 1." in page and re.search(r"\b1\d min", page) and "Agression, violences" in page
    answer = client.post(f"/main-courante/{line.pk}/opj/", {"service": "police", "means": "radio"})
    assert answer.status_code == 302
    told = LogTelling.objects.get()
    assert (told.origin, told.service, told.means, told.by) == (line.pk, "police", "radio", operator)
    day = from_us(line.seen_at_us).astimezone(town_zone()).date()
    page = client.get(f"/main-courante/?jour={day}").content.decode()
    assert "Aucun fait n'attend" in page.replace("&#x27;", "'") and re.search(r"après 1\d min", page)
    entry = Line.objects.get(action="logbook.told")
    assert (entry.author, entry.recipient, entry.subject, entry.camera) == (operator.pk, "police", line.pk, "c01")
    assert json.loads(entry.detail)["elapsed_s"] == (told.told_at_us - line.seen_at_us) // 1_000_000 >= 720


def test_a_correction_is_a_new_line_and_the_first_stays_as_it_was(device: Device, operator: Agent) -> None:
    first = services.note(seen(), by=operator)
    services.tell(first, "police", "phone", by=operator)
    before = LogLine.objects.filter(pk=first.pk).values().get()
    second = services.correct(first, seen(code="dispute", fact="deux personnes crient"), by=operator)
    assert LogLine.objects.filter(pk=first.pk).values().get() == before
    entry = queries.entry_of(operator, second.pk)
    assert (entry.line, entry.corrected, entry.told is not None) == (second, (first,), True)
    with pytest.raises(Conflict):
        services.correct(first, seen(), by=operator)
    actions = list(
        Line.objects.filter(action__startswith="logbook.").order_by("index").values_list("action", "subject")
    )
    assert actions == [
        ("logbook.noted", first.pk), ("logbook.told", first.pk), ("logbook.corrected", second.pk)
    ]  # fmt: skip
    assert [first.pk[-4:], second.pk[-4:]] == ["0001", "0002"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"code": "stranger"}, "code"),
        ({"source": "rumour"}, "source"),
        ({"action": "forgotten"}, "action"),
        ({"fact": "Mme Martin"}, "fact"),
        ({"camera": "", "place": " "}, "place"),
        ({"camera": "c99"}, "camera"),
    ],
)
def test_a_line_that_cannot_stand_is_refused_by_its_field(
    device: Device, operator: Agent, changed: dict[str, str], field: str
) -> None:
    with pytest.raises((InvalidInput, NotFound)) as refusal:
        services.note(seen(3, **changed), by=operator)
    assert refusal.value.field == field and refusal.value.message != refusal.value.message_fr
    with pytest.raises(InvalidInput):
        services.note(seen(-5), by=operator)
    assert not LogLine.objects.exists()


def test_nobody_was_told_before_it_was_seen_nor_by_an_unknown_way(device: Device, operator: Agent) -> None:
    line = services.note(seen(), by=operator)
    for service, means, told_at_us in (("mairie", "phone", 0), ("police", "pigeon", 0), ("police", "phone", 1)):
        with pytest.raises(InvalidInput):
            services.tell(line, service, means, by=operator, told_at_us=told_at_us)


def test_the_page_notes_and_corrects_without_script_and_says_what_is_refused(
    device: Device, client_of: Callable[..., Client]
) -> None:
    client = client_of(Role.CHIEF)
    page = client.get("/main-courante/noter/", {"camera": "c01", "at_us": str(clock.now_us())}).content.decode()
    assert '<option value="c01" selected>' in page
    refused = client.post("/main-courante/noter/", typed(fact="Mme Martin"))
    assert refused.status_code == 400 and "ni une apparence" in refused.content.decode().replace("&#x27;", "'")
    assert client.post("/main-courante/noter/", typed()).status_code == 302
    line = LogLine.objects.get()
    assert client.post(f"/main-courante/{line.pk}/corriger/", typed(line, fact="une bousculade")).status_code == 302
    page = client.get("/main-courante/").content.decode()
    assert "une bousculade" in page and f"corrige {line.pk}" in page


def test_lines_of_a_camera_beyond_a_group_are_not_there(
    device: Device, operator: Agent, agent_with: Callable[..., Agent]
) -> None:
    line = services.note(seen(), by=operator)
    stranger = agent_with(Role.OPERATOR, username="east")
    stranger.assignments.update(group=CameraGroup.objects.create(id="east", name="Est", cameras=["c44"]))
    stranger = Agent.objects.get(pk=stranger.pk)
    with pytest.raises(NotFound):
        queries.entry_of(stranger, line.pk)
    assert queries.of_day(stranger, day_of(from_us(line.seen_at_us), town_zone())) == []
    with pytest.raises(NotFound):
        services.note(seen(), by=stranger)


def test_old_lines_go_with_the_journals_own_time(device: Device, operator: Agent) -> None:
    line = services.note(seen(), by=operator)
    services.tell(line, "police", "phone", by=operator)
    assert services.purge_due(clock.now_us()) == 0
    LogLine.objects.update(at_us=1)
    assert services.purge_due(clock.now_us()) == 1
    assert not LogLine.objects.exists() and not LogTelling.objects.exists()
    assert Line.objects.get(action="logbook.purged").register == "erasure"


def test_a_day_that_is_none_is_refused(device: Device, client_of: Callable[..., Client]) -> None:
    client = client_of(Role.DPO)
    assert client.get("/main-courante/", {"jour": "demain"}).status_code == 400
    assert client.get("/main-courante/", {"jour": date(2026, 1, 2).isoformat()}).status_code == 200
