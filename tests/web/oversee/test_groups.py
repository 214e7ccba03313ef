"""Exchanges of the CLSPD's working groups: read by members who pledged, by nobody else, and repeated nowhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.core.errors import BarredByLaw, Conflict, InvalidInput
from beffroi.journal.models import Line
from beffroi.operate.models import Device
from beffroi.oversee.council import queries as council
from beffroi.oversee.ethics import queries as ethics
from beffroi.oversee.groups import duties, queries, services
from beffroi.oversee.groups.rules import Place, Seated, place
from beffroi.oversee.inspection.tables import TABLES
from beffroi.oversee.models import GroupNote, Membership, WorkingGroup
from beffroi.people.models import Agent
from beffroi.people.rules import Role
from tests.web.project.matrix import logged_in

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
SAID = "Éclairage du passage Calvé à revoir avant août"


@pytest.fixture
def mayor(device: Device, agent_with: Callable[..., Agent]) -> Agent:
    return agent_with(Role.MAYOR, username="maire")


@pytest.fixture
def member(agent_with: Callable[..., Agent]) -> Agent:
    return agent_with(Role.COORDINATOR, username="coordination")


@pytest.fixture
def group(mayor: Agent, member: Agent) -> WorkingGroup:
    """With one member, who pledged, and one meeting."""
    row = services.found("Nuit", TODAY, by=mayor)
    services.name_member(row, member, by=mayor)
    services.pledge(row, by=member)
    services.note(row, TODAY, SAID, by=member)
    return row


@pytest.mark.parametrize(
    ("seats", "expected"),
    [
        ([], Place.OUTSIDE),
        ([Seated(is_pledged=False, is_ended=False)], Place.NAMED),
        ([Seated(is_pledged=True, is_ended=False)], Place.MEMBER),
        ([Seated(is_pledged=True, is_ended=True)], Place.OUTSIDE),
        ([Seated(is_pledged=True, is_ended=True), Seated(is_pledged=False, is_ended=False)], Place.NAMED),
    ],
)
def test_one_reads_from_the_pledge_to_the_end_of_the_seat(seats: list[Seated], expected: Place) -> None:
    assert place(seats) is expected


def test_a_member_reads_and_writes_once_they_pledged(
    mayor: Agent, group: WorkingGroup, agent_with: Callable[..., Agent]
) -> None:
    other = agent_with(Role.OPJ, username="opj")
    services.name_member(group, other, by=mayor)
    assert [due.url for due in duties.duties(other, TODAY)] == [f"/controle/groupes/{group.pk}/"]
    client = logged_in(other)
    page = client.get(f"/controle/groupes/{group.pk}/").content.decode()
    assert "Calvé" not in page and "Je m'engage" in page
    noted = {"met_on": TODAY.isoformat(), "text": "Bancs à déplacer"}
    assert client.post(f"/controle/groupes/{group.pk}/noter/", noted).status_code == 403
    assert client.post(f"/controle/groupes/{group.pk}/engagement/").status_code == 302
    assert client.post(f"/controle/groupes/{group.pk}/noter/", noted).status_code == 302
    page = client.get(f"/controle/groupes/{group.pk}/").content.decode()
    assert "passage Calvé" in page and "Bancs" in page and not list(duties.duties(other, TODAY))


@pytest.mark.parametrize("role", list(Role))
def test_nobody_reads_by_function_not_even_the_mayor(
    role: Role, group: WorkingGroup, client_of: Callable[..., Client]
) -> None:
    client = client_of(role)
    answers = [client.get(f"/controle/groupes/{group_id}/") for group_id in (group.pk, "nulle-part")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].content.count(b"Calv") == 0 and group.name not in answers[0].content.decode()
    assert client.post(f"/controle/groupes/{group.pk}/engagement/").status_code == 403


def test_the_mayor_who_names_members_reads_nothing_unless_named(mayor: Agent, group: WorkingGroup) -> None:
    client = logged_in(mayor)
    page = client.get("/controle/groupes/").content.decode()
    assert group.name in page and "passage" not in page
    with pytest.raises(BarredByLaw):
        queries.opened(mayor, group.pk)
    services.name_member(group, mayor, by=mayor)
    services.pledge(group, by=mayor)
    assert "passage Calv" in client.get(f"/controle/groupes/{group.pk}/").content.decode()


def test_whoever_is_removed_reads_nothing_more(mayor: Agent, member: Agent, group: WorkingGroup) -> None:
    client = logged_in(member)
    assert client.get(f"/controle/groupes/{group.pk}/").status_code == 200
    seat = Membership.objects.get()
    address = f"/controle/groupes/{group.pk}/membres/{seat.pk}/retirer/"
    assert client.post(address).status_code == 403
    assert logged_in(mayor).post(address).status_code == 302
    assert client.get(f"/controle/groupes/{group.pk}/").status_code == 403
    with pytest.raises(Conflict):
        services.end_member(Membership.objects.get(), by=mayor)


def test_only_the_mayor_names_members(group: WorkingGroup, client_of: Callable[..., Client]) -> None:
    for role in (Role.DPO, Role.CHIEF, Role.ADMIN, Role.COORDINATOR):
        assert client_of(role).get(f"/controle/groupes/{group.pk}/membres/").status_code == 403
        assert client_of(role).get("/controle/groupes/inscrire/").status_code == 403


@pytest.mark.parametrize("text", ["Madame Durand a vu trois jeunes", "Le véhicule AB-123-CD revient", "  "])
def test_a_meeting_s_note_names_nobody(text: str, member: Agent, group: WorkingGroup) -> None:
    with pytest.raises(InvalidInput) as refusal:
        services.note(group, TODAY, text, by=member)
    assert refusal.value.field == "text" and GroupNote.objects.count() == 1
    with pytest.raises(InvalidInput):
        services.note(group, TODAY + timedelta(days=1), "Demain", by=member)


def test_what_was_said_is_in_no_register_no_pack_no_report_and_no_public_page(
    member: Agent, group: WorkingGroup, client: Client
) -> None:
    logged_in(member).get(f"/controle/groupes/{group.pk}/")
    lines = list(Line.objects.filter(action__startswith="group."))
    assert {line.action for line in lines} == {
        "group.founded",
        "group.named",
        "group.pledged",
        "group.noted",
        "group.read",
    }
    told = [line.detail for line in lines]
    told += [str(row) for table in TABLES for row in table.rows()]
    told += [str(council.parts(TODAY.year, TODAY)), str(ethics.part(TODAY.year))]
    told += [client.get(path).content.decode() for path in ("/systemes/", "/droits/")]
    assert len(told) > 20 and not [text for text in told if "Calvé" in text or "Éclairage" in text]
